package probe_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
	"ftpcheck/probe/netlab"
)

// sweepOnly are the checks of a run that maps a range and does nothing else.
var sweepOnly = []probe.Check{probe.CheckName, probe.CheckControl, probe.CheckLogin, probe.CheckPorts}

// swept counts the outcomes of a sweep, and fails when a port was told of
// twice or not at all.
func swept(t *testing.T, ev *probe.Evidence, r probe.PortRange) map[hops.Outcome]int {
	t.Helper()
	seen, count := map[uint16]bool{}, map[hops.Outcome]int{}
	for _, d := range ev.Swept {
		if seen[d.To.Port()] {
			t.Errorf("port %d was told of twice", d.To.Port())
		}
		seen[d.To.Port()] = true
		count[d.Outcome]++
	}
	if want := int(r.High) - int(r.Low) + 1; len(seen) != want {
		t.Errorf("%d ports were told of, want %d", len(seen), want)
	}
	return count
}

func TestSweepTakesItsTime(t *testing.T) {
	thousand := probe.PortRange{Low: 50000, High: 50999}
	all := probe.PortRange{Low: 1, High: 65535}
	drop := func(ports string) netlab.Rule {
		return netlab.Rule{At: "sgw", Toward: "server", Ports: ports, Do: "drop"}
	}
	for _, test := range []struct {
		name    string
		ports   probe.PortRange
		rules   []netlab.Rule
		timeout time.Duration
		most    time.Duration
		want    map[hops.Outcome]int
	}{
		{"refused", thousand, nil, 5 * time.Second, time.Second, map[hops.Outcome]int{hops.Refused: 1000}},
		{"silent", thousand, []netlab.Rule{drop("50000-50999")}, 5 * time.Second, 11 * time.Second, map[hops.Outcome]int{hops.Timeout: 1000}},
		{"half silent", thousand, []netlab.Rule{drop("50500-50999")}, 5 * time.Second, 11 * time.Second, map[hops.Outcome]int{hops.Refused: 500, hops.Timeout: 500}},
		{"silent, a short limit", thousand, []netlab.Rule{drop("50000-50999")}, 300 * time.Millisecond, 1600 * time.Millisecond, map[hops.Outcome]int{hops.Timeout: 1000}},
		{"rejected", thousand, []netlab.Rule{{At: "sgw", Toward: "server", Ports: "50000-50999", Do: "admin-prohibited"}}, 5 * time.Second, time.Second, map[hops.Outcome]int{hops.Rejected: 1000}},
		{"every port there is", all, nil, 5 * time.Second, 10 * time.Second, map[hops.Outcome]int{hops.Refused: 65534, hops.Open: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ev, _ := simulate(t, &netlab.Scenario{Rules: test.rules},
				probe.Options{Checks: sweepOnly, Sweep: test.ports, Timeout: test.timeout})
			if got := swept(t, ev, test.ports); fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("outcomes %v, want %v", got, test.want)
			}
			took := ev.Checks[probe.CheckPorts].Took
			t.Logf("took %v", took)
			if took > test.most {
				t.Errorf("took %v, want at most %v", took, test.most)
			}
			for _, d := range ev.Swept {
				if d.Outcome == hops.Timeout && d.Took < test.timeout {
					t.Fatalf("port %d had only %v", d.To.Port(), d.Took)
				}
			}
			if len(ev.Samples) > 0 {
				t.Errorf("%d announcements were sampled", len(ev.Samples))
			}
		})
	}
}

// Where some connections fail at random, a silent port is not the firewall's
// last word.
func TestSweepDialsSilentPortsAgain(t *testing.T) {
	ports := probe.PortRange{Low: 50000, High: 50199}
	ev, _ := simulate(t, &netlab.Scenario{Rules: []netlab.Rule{{At: "sgw", Toward: "server", Ports: "50000-50199", OneIn: 4, Do: "drop"}}},
		probe.Options{Checks: sweepOnly, Sweep: ports, Timeout: 2 * time.Second})
	if got := swept(t, ev, ports); got[hops.Timeout] > 10 { // a quarter would be 50, a quarter of a quarter 12
		t.Errorf("%v, want nearly none silent", got)
	}
}

// A connection of the sweep must not take the place of one that the server
// waits for: the sweep comes when all else is over.
func TestSweepComesLast(t *testing.T) {
	ports := probe.PortRange{Low: 50000, High: 50100}
	ev, events := simulate(t, &netlab.Scenario{}, probe.Options{Sweep: ports})
	swept(t, ev, ports)
	begun := false
	for _, e := range events {
		if e.As == probe.AsSweep {
			begun = true
		} else if begun && e.Kind == probe.KindAnnounce {
			t.Fatal("a port was announced while the sweep ran")
		}
	}
	for _, m := range probe.Passive {
		if !ev.Modes[m].Listed() {
			t.Errorf("%s did not list", m)
		}
	}
	if len(ev.Samples) == 0 {
		t.Error("no announcement was sampled")
	}
}

func TestSweepNeedsNoAccount(t *testing.T) {
	ports := probe.PortRange{Low: 50000, High: 50100}
	for _, faults := range [][]string{{"login-refused"}, {"silent"}} {
		ev, _ := simulate(t, &netlab.Scenario{Server: netlab.Server{Faults: faults}}, probe.Options{Sweep: ports, ReplyTimeout: 5 * time.Second})
		swept(t, ev, ports)
		if c := ev.Checks[probe.CheckPorts]; c.Skipped != "" || !c.Ended {
			t.Errorf("%v: the ports check: %+v", faults, c)
		}
	}
}

// synctest fails on a goroutine that is left.
func TestSweepIsCancelledAtOnce(t *testing.T) {
	for _, after := range []time.Duration{150 * time.Millisecond, time.Second, 5500 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			lab, err := netlab.Build(&netlab.Scenario{Rules: []netlab.Rule{{At: "sgw", Toward: "server", Ports: "2000-65535", Do: "drop"}}})
			if err != nil {
				t.Fatal(err)
			}
			defer lab.Close()
			ctx, cancel := context.WithTimeout(t.Context(), after)
			defer cancel()
			p := probe.Prober{Network: lab.Client(), Target: lab.Target(),
				Options: probe.Options{Checks: sweepOnly, Sweep: probe.PortRange{Low: 1, High: 65535}}}
			began := time.Now()
			var last probe.Event
			for last = range p.Run(ctx) {
			}
			if last.Outcome != probe.OutcomeCancelled || time.Since(began) > after+100*time.Millisecond {
				t.Errorf("cancelled after %v, ended after %v with %q", after, time.Since(began), last.Outcome)
			}
		})
	}
}
