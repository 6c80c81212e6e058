package netlab

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
	"ftpcheck/probe/wire"
)

// talk sends a command and returns the code and first line of its reply.
func talk(t *testing.T, c net.Conn, r *bufio.Reader, command string) (code, line string) {
	t.Helper()
	if command != "" {
		fmt.Fprintf(c, "%s\r\n", command)
	}
	for {
		text, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		if line == "" {
			line = strings.TrimRight(text, "\r\n")
		}
		if len(text) > 3 && text[3] == ' ' {
			return text[:3], line
		}
	}
}

// A whole conversation through two NATs, in passive and in active mode.
func TestConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := Build(&Scenario{Client: Client{NAT: true}, Server: Server{NAT: true}, Helper: []string{"cgw", "sgw"}})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		server := netip.MustParseAddrPort("198.51.100.2:21")
		c, a := l.Client().Dial(t.Context(), server, probe.DialOptions{})
		if a.Outcome != hops.Open {
			t.Fatalf("dial: %+v", a)
		}
		defer c.Close()
		r := bufio.NewReader(c)
		for _, step := range []struct{ command, code string }{{"", "220"}, {"USER anonymous", "331"}, {"PASS x", "230"}} {
			if code, line := talk(t, c, r, step.command); code != step.code {
				t.Fatalf("%s: %s", step.command, line)
			}
		}

		_, line := talk(t, c, r, "PASV")
		addr, _, err := wire.ParsePASV(line)
		if err != nil || addr.Addr() != server.Addr() {
			t.Fatalf("%s: %v, want the helper to put in %v", line, err, server.Addr())
		}
		data, a := l.Client().Dial(t.Context(), addr, probe.DialOptions{})
		if a.Outcome != hops.Open {
			t.Fatalf("data: %+v", a)
		}
		list(t, c, r, data)

		ln, err := l.Client().Listen(t.Context(), netip.MustParseAddrPort("192.168.1.10:45000"))
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		if code, line := talk(t, c, r, "PORT 192,168,1,10,175,200"); code != "200" {
			t.Fatal(line)
		}
		arrived := make(chan net.Conn, 1)
		go func() {
			data, err := ln.Accept()
			if err != nil {
				t.Error(err)
			}
			arrived <- data
		}()
		fmt.Fprint(c, "LIST\r\n")
		data = <-arrived
		if from := data.RemoteAddr().String(); from != "198.51.100.2:20" {
			t.Errorf("active data came from %s", from)
		}
		finish(t, c, r, data)
	})
}

func list(t *testing.T, c net.Conn, r *bufio.Reader, data net.Conn) {
	t.Helper()
	fmt.Fprint(c, "LIST\r\n")
	finish(t, c, r, data)
}

// finish reads a listing to its end, and the replies that go with it.
func finish(t *testing.T, c net.Conn, r *bufio.Reader, data net.Conn) {
	t.Helper()
	text, err := io.ReadAll(data)
	data.Close()
	if err != nil || strings.Count(string(text), "\r\n") == 0 {
		t.Errorf("listing: %q, %v", text, err)
	}
	for _, want := range []string{"150", "226"} {
		if code, line := talk(t, c, r, ""); code != want {
			t.Errorf("got %s, want %s", line, want)
		}
	}
}

// The faults that are no FTP server, from the client's side.
func TestRawServers(t *testing.T) {
	for software, want := range map[string]string{
		"raw:none": "refused", "raw:ssh": "SSH-2.0-", "raw:close": "EOF", "raw:silent": "i/o timeout",
	} {
		t.Run(software, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, err := Build(&Scenario{Server: Server{Software: []string{software}}})
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				target := l.Target()
				c, a := l.Client().Dial(t.Context(), netip.MustParseAddrPort(fmt.Sprintf("%s:%d", target.Host, target.Port)), probe.DialOptions{})
				got := string(a.Outcome)
				if c != nil {
					defer c.Close()
					c.SetReadDeadline(time.Now().Add(time.Minute))
					buf := make([]byte, 64)
					n, err := c.Read(buf)
					got = fmt.Sprint(string(buf[:n]), err)
				}
				if !strings.Contains(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		})
	}
}

func TestTarget(t *testing.T) {
	tests := []struct {
		name     string
		scenario Scenario
		want     string
	}{
		{"public server", Scenario{}, "198.51.100.66:21 anonymous"},
		{"behind NAT", Scenario{Server: Server{NAT: true, Port: 2121}}, "198.51.100.2:2121 anonymous"},
		{"IPv6 only", Scenario{Client: Client{IPv6Only: true}, Server: Server{IPv6: true}}, "2001:db8:2::10:21 anonymous"},
		{"inside", Scenario{Client: Client{OnServer: true}, Server: Server{NAT: true}}, "10.0.0.10:21 anonymous"},
		{"by name", Scenario{Server: Server{User: "ann", Password: "secret"}, Run: Run{Target: "name"}}, "ftp.example.com:21 ann"},
	}
	for _, tt := range tests {
		target := tt.scenario.target()
		if got := fmt.Sprintf("%s:%d %s", target.Host, target.Port, target.User); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}
