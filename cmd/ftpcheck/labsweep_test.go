//go:build linux

package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe/netlab"
)

// TestLabSweep has the program map ports that are dropped, refused, open and
// rejected, and compares the map with the one that nmap draws.
func TestLabSweep(t *testing.T) {
	program := openLab(t)
	const timeout = 2 * time.Second
	n := newLabNet(t, &netlab.Scenario{
		Rules: []netlab.Rule{
			{At: "sgw", Toward: "server", Ports: "40000-40999", Do: "drop"},
			{At: "sgw", Toward: "server", Ports: "42000-42299", Do: "drop"},
			{At: "sgw", Toward: "server", Ports: "42300-42399", Do: "reset"},
			{At: "sgw", Toward: "server", Ports: "42400-42499", Do: "admin-prohibited"},
			{At: "isp", Toward: "server", Ports: "42950-42999", Do: "drop"},
		},
	})
	startServer(t, n, "vsftpd")
	for _, port := range []int{42800, 42801, 42802, 42900} {
		l, err := n.listen("srv", fmt.Sprintf(":%d", port))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
	}
	for _, test := range []struct {
		ports  string
		within time.Duration
	}{
		{"40000-40999", 2*timeout + time.Second}, // silent
		{"41000-41999", time.Second},             // refused
		{"42000-42999", 2*timeout + time.Second}, // mixed
	} {
		sweep := *n
		run := *n.scenario
		run.Run.Args = []string{"--checks", "name,control,login,ports", "--sweep", test.ports, "--timeout", timeout.String()}
		sweep.scenario = &run
		got := runProgram(t, &sweep, program)
		if got.took > test.within && !slowed() {
			t.Errorf("%s took %v, want at most %v", test.ports, got.took, test.within)
		}
		if ours, its := sweptPorts(t, got.text), nmapPorts(t, n, test.ports); !maps.Equal(ours, its) {
			t.Errorf("%s: %d ports, nmap has %d", test.ports, len(ours), len(its))
			for _, port := range differing(ours, its) {
				t.Errorf("port %d is %q, to nmap %q", port, ours[port], its[port])
			}
		}
	}
}

// sweptPorts reads the map in the program's JSON, in nmap's words.
func sweptPorts(t *testing.T, text []byte) map[int]string {
	t.Helper()
	var report struct {
		Checks []struct {
			Sweep struct {
				Ports []struct {
					From, To int
					State    string
				}
			}
		}
	}
	if err := json.NewDecoder(strings.NewReader(string(text))).Decode(&report); err != nil {
		t.Fatal(err)
	}
	words := map[string]string{"open": "open", "refused": "closed", "silent": "filtered", "rejected": "filtered"}
	ports := map[int]string{}
	for _, c := range report.Checks {
		for _, r := range c.Sweep.Ports {
			for p := r.From; p <= r.To; p++ {
				ports[p] = words[r.State]
			}
		}
	}
	return ports
}

// nmapPorts has nmap draw the map. Without the last two options, which do not
// change what it finds, a thousand silent ports take it 100 s.
func nmapPorts(t *testing.T, n *labNet, ports string) map[int]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := n.command(ctx, "cli", "nmap", "-sT", "-T4", "-n", "-Pn", "-p", ports, "-oX", "-",
		"--max-rtt-timeout", "200ms", "--min-parallelism", "500", newLabAddresses(n.scenario).target).Output()
	if err != nil {
		t.Fatalf("nmap: %v\n%s", err, out)
	}
	var scan struct {
		Ports []struct {
			ID    int `xml:"portid,attr"`
			State struct {
				State string `xml:"state,attr"`
			} `xml:"state"`
		} `xml:"host>ports>port"`
		Others []struct {
			State   string `xml:"state,attr"`
			Reasons []struct {
				Ports string `xml:"ports,attr"`
			} `xml:"extrareasons"`
		} `xml:"host>ports>extraports"`
	}
	if err := xml.Unmarshal(out, &scan); err != nil {
		t.Fatal(err)
	}
	found := map[int]string{}
	for _, p := range scan.Ports {
		found[p.ID] = p.State.State
	}
	for _, o := range scan.Others {
		for _, r := range o.Reasons {
			for part := range strings.SplitSeq(r.Ports, ",") {
				low, high, several := strings.Cut(part, "-")
				if !several {
					high = low
				}
				for p, last := number(t, low), number(t, high); p <= last; p++ {
					found[p] = o.State
				}
			}
		}
	}
	return found
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// differing returns the first few ports on which two maps disagree.
func differing(a, b map[int]string) (ports []int) {
	for port := 1; port < 1<<16 && len(ports) < 5; port++ {
		if a[port] != b[port] {
			ports = append(ports, port)
		}
	}
	return ports
}
