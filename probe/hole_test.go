package probe_test

import (
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
	"ftpcheck/probe/netlab"
)

// TestHole: when the server is asked to open a way through its NAT, from where
// to where, and how far. It is asked once, and only where nothing opens.
func TestHole(t *testing.T) {
	unforwarded := func(s *netlab.Scenario) { s.Server.NAT, s.Server.Forward = true, []string{"21"} }
	sample := probe.PortRange{Low: 41000, High: 41002}
	one := probe.PortRange{Low: 41000, High: 41000}
	tests := []struct {
		name   string
		change func(*netlab.Scenario)
		active probe.PortRange
		dug    bool
	}{
		{"not forwarded", unforwarded, probe.PortRange{}, true},
		{"from ports of the client's choice", unforwarded, sample, true},
		{"from the only one", unforwarded, one, true},
		{"a filter without NAT", func(s *netlab.Scenario) {
			s.Rules = []netlab.Rule{{At: "sgw", Toward: "server", Ports: "50000-50100", Do: "drop"}}
		}, probe.PortRange{}, false},
		{"rejected in front of the NAT", func(s *netlab.Scenario) {
			unforwarded(s)
			s.Rules = []netlab.Rule{{At: "isp", Toward: "server", Ports: "50000-50100", Do: "admin-prohibited"}}
		}, probe.PortRange{}, false},
		{"forwarded", func(s *netlab.Scenario) { s.Server.NAT = true }, probe.PortRange{}, false},
		{"a helper opens what is announced", func(s *netlab.Scenario) {
			unforwarded(s)
			s.Helper = []string{"sgw"}
		}, probe.PortRange{}, false},
		{"one port alone: none to compare with", func(s *netlab.Scenario) {
			unforwarded(s)
			s.Server.Passive = "50000-50000"
		}, probe.PortRange{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ev, _ := simulate(t, both(tt.change), probe.Options{ActivePorts: tt.active, Timeout: time.Second})
			var sent []exchange.Dialing
			for _, d := range ev.Peer.Seen.Dials {
				if d.OpensHole() {
					sent = append(sent, d)
				}
			}
			dials := ev.Peer.Holes
			if !tt.dug {
				if len(sent)+len(dials) > 0 {
					t.Errorf("sent %+v, dialled %+v", sent, dials)
				}
				return
			}
			if len(sent) != 1 || len(dials) != 1 {
				t.Fatalf("sent %+v, dialled %+v", sent, dials)
			}
			s, d := sent[0], dials[0]
			if s.TTL != 2 || s.Outcome != hops.Expired || s.From.Port() != d.To.Port() || s.To.Port() != d.Local.Port() {
				t.Errorf("sent %+v, dialled %+v", s, d)
			}
			if p, r := d.Local.Port(), tt.active; r.Low > 0 && (p < r.Low || p > r.High) {
				t.Errorf("dialled from port %d", p)
			}
			for i := range ev.Peer.Seen.Ports {
				p := &ev.Peer.Seen.Ports[i]
				hole := ev.Peer.Seen.BehindHole(p) && p.Local.Port() == d.To.Port()
				if came := len(p.Knocks) == 1 && p.Knocks[0].Half && p.Knocks[0].From.Port() == d.Local.Port(); came != hole || len(p.Knocks) > 1 {
					t.Errorf("port %d, behind the hole %v: %+v", p.Local.Port(), hole, p.Knocks)
				}
			}
		})
	}
}

// TestHoleInTime: it costs no more than its own limits where everything is
// filtered.
func TestHoleInTime(t *testing.T) {
	filtered := both(func(s *netlab.Scenario) {
		s.Server.NAT = true
		s.Rules = blockedEverywhere.Rules
	})
	_, all := simulate(t, filtered, probe.Options{})
	if began, done := stage(all); done-began > 2*probe.DefaultTimeout+3*time.Second {
		t.Errorf("took %v", done-began)
	}
}
