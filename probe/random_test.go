package probe_test

import (
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
	"ftpcheck/probe/netlab"
)

// Ports that the server did not announce are dialled when a connection that
// opened brought nothing, and never when all is well.
func TestRandomPorts(t *testing.T) {
	for _, test := range []struct {
		name string
		s    netlab.Scenario
		want int
		how  hops.Outcome
	}{
		{"healthy", netlab.Scenario{}, 0, ""},
		{"something accepts every port", netlab.Scenario{Boxes: []netlab.Box{{At: "sgw", Kind: netlab.BoxFalseOpen}}}, 2, hops.Open},
		{"the server is silent", netlab.Scenario{Server: netlab.Server{Faults: []string{"silent"}}}, 2, hops.Refused},
	} {
		t.Run(test.name, func(t *testing.T) {
			ev, _ := simulate(t, &test.s, probe.Options{Timeout: 2 * time.Second, ReplyTimeout: 8 * time.Second})
			if len(ev.Randoms) != test.want {
				t.Fatalf("%d random ports were dialled, want %d", len(ev.Randoms), test.want)
			}
			for _, d := range ev.Randoms {
				if d.Outcome != test.how {
					t.Errorf("%s is %s, want %s", d.To, d.Outcome, test.how)
				}
				for _, a := range ev.Announced() {
					if a.Announced.Port() == d.To.Port() {
						t.Errorf("%s was announced", d.To)
					}
				}
			}
		})
	}
}

// A proxy at the client's router answers at the control port, one hop away;
// the data port is the server's own, four hops away.
func TestDataPortBehindTheControlPort(t *testing.T) {
	for _, test := range []struct {
		name     string
		s        netlab.Scenario
		searched int // hops to the data port
	}{
		{"healthy", netlab.Scenario{}, 0},
		{"a firewall drops other ports", netlab.Scenario{Rules: []netlab.Rule{{At: "sgw", Toward: "server", Ports: "2000-40000", Do: "drop"}}}, 1},
		{"a proxy", netlab.Scenario{Boxes: []netlab.Box{{At: "cgw", Kind: netlab.BoxProxy}}}, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			ev, _ := simulate(t, &test.s, probe.Options{Checks: modesOnly})
			var path []probe.Hop
			for _, a := range ev.Announced() {
				path = append(path, ev.PathTo(a.Dial.To)...)
			}
			if len(path) != test.searched {
				t.Fatalf("hops to the data port: %+v, want %d of them", path, test.searched)
			}
			if n := len(path); n > 1 && (path[0].Outcome != hops.Expired || path[n-1].TTL != n || path[n-1].Outcome == hops.Expired) {
				t.Errorf("hops to the data port: %+v", path)
			}
		})
	}
}

// Connections that fail at random open when they are made again, while the
// port is announced or after.
func TestRandomlyBlockedPortsAnswerAgain(t *testing.T) {
	ev, _ := simulate(t, &netlab.Scenario{Rules: []netlab.Rule{
		{At: "sgw", Toward: "server", State: "new", Ports: "50000-50100", OneIn: 2, Do: "drop"},
	}}, probe.Options{Timeout: 2 * time.Second})
	again, fresh := 0, 0
	for _, d := range ev.Confirms {
		if d.Session != 0 && d.Outcome == hops.Open {
			fresh++
		}
		if d.Session == 0 && d.Outcome == hops.Refused {
			again++
		}
	}
	if fresh == 0 || again == 0 {
		t.Errorf("%d opened while announced, %d were refused after; confirms: %+v", fresh, again, ev.Confirms)
	}
	if ev.Took > 5*time.Second {
		t.Errorf("took %v", ev.Took)
	}
}

// A boundary stays where it is: a blocked port is blocked each time.
func TestBoundaryIsConfirmed(t *testing.T) {
	ev, _ := simulate(t, &netlab.Scenario{Rules: []netlab.Rule{
		{At: "sgw", Toward: "server", Ports: "50040-50100", Do: "drop"},
	}}, probe.Options{})
	if len(ev.Confirms) < 3 {
		t.Errorf("%d confirming dials", len(ev.Confirms))
	}
	for _, d := range ev.Confirms {
		if d.Outcome != hops.Timeout {
			t.Errorf("%s: %s", d.To, d.Outcome)
		}
	}
	if ev.Took > 2*probe.DefaultTimeout+3*time.Second { // a mode, then the confirming dials
		t.Errorf("took %v", ev.Took)
	}
}
