package probe_test

import (
	"fmt"
	"strings"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/netlab"
)

// Full segments that do not arrive, and small ones, are sent as far as each hop:
// x expired there, - is silence, o arrived.
func TestHowFarFullSegmentsGet(t *testing.T) {
	hole := func(at, toward string) []netlab.Box {
		return []netlab.Box{{At: at, Kind: netlab.BoxBlackHole, Value: "1000", Toward: toward}}
	}
	nat := func(s *netlab.Scenario) { s.Client.NAT, s.Server.NAT = true, true }
	few := func(s *netlab.Scenario) { s.Server.Passive = "50000-50003" }
	one := func(s *netlab.Scenario) { s.Server.Passive = "50000-50000" }
	for _, test := range []struct {
		name     string
		boxes    []netlab.Box
		change   func(*netlab.Scenario)
		up, down string // large, small
	}{
		{"nothing gets lost", nil, nil, " ", " "},
		{"at the client's router", hole("cgw", ""), nil, "x-- xxxo", "xx- xxxo"},
		{"at the provider", hole("isp", ""), nil, "xx- xxxo", "x-- xxxo"},
		{"at the server's router", hole("sgw", ""), nil, "xxx xxxo", "--- xxxo"},
		{"behind NAT at both ends", hole("isp", ""), nat, "xx- xxxo", "x-- xxxo"},
		{"toward the server", hole("isp", "server"), nil, "xx- xxxo", " "},
		{"toward the client", hole("isp", "client"), nil, " ", "xx- xxxo"},
		{"few ports", hole("isp", ""), few, "xx- xxxo", "x-- xxxo"},
		{"one port", hole("isp", ""), one, "xx- xxxo", "x-- xxxo"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ev, events := simulate(t, both(func(s *netlab.Scenario) {
				if s.Boxes = test.boxes; test.change != nil {
					test.change(s)
				}
			}), probe.Options{})
			for _, down := range []bool{false, true} {
				want := test.up
				if down {
					want = test.down
				}
				if got := farthest(ev.Peer, down); got != want {
					t.Errorf("down is %v: %q, want %q", down, got, want)
				}
			}
			replays(t, events)
		})
	}
}

// farthest is what became of the large pieces and of the small ones of a
// direction, by TTL.
func farthest(p *probe.Peer, down bool) string {
	signs := map[probe.Outcome]string{probe.OutcomeExpired: "x", probe.OutcomeTimeout: "-", probe.OutcomeOpen: "o"}
	large, small := map[int]string{}, map[int]string{}
	for _, s := range p.Sizes {
		fate := s.Outcome
		if s.TTL == 0 || s.Down != down {
			continue
		}
		for _, at := range p.Seen.Ports {
			for _, k := range at.Knocks {
				if down && at.SendTTL == s.TTL && at.Local.Port() == s.Port.Port() && k.Carried != nil && k.Carried.Sent == int64(s.Bytes) {
					fate = k.Fate
				}
			}
		}
		if s.Bytes > 1000 {
			large[s.TTL] = signs[fate]
		} else {
			small[s.TTL] = signs[fate]
		}
	}
	words := make([]string, 2)
	for i, of := range []map[int]string{large, small} {
		for ttl := 1; ttl <= 30; ttl++ {
			words[i] += of[ttl]
		}
		if len(words[i]) != len(of) {
			words[i] += fmt.Sprint(of)
		}
	}
	return strings.Join(words, " ")
}
