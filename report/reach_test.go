package report

import (
	"net/netip"
	"slices"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// TestControlOrder: the addresses are dialled at once, and judged in the
// resolver's order.
func TestControlOrder(t *testing.T) {
	blocked := unreached(map[string]probe.Outcome{"203.0.113.10:21": hops.Timeout, "203.0.113.11:21": hops.Rejected}, "203.0.113.10:21", "203.0.113.11:21")
	resolved := func(ev *probe.Evidence) {
		ev.Lookup = &probe.Lookup{Outcome: probe.OutcomeOK, Addresses: []netip.Addr{netip.MustParseAddr("203.0.113.10"), netip.MustParseAddr("203.0.113.11")}}
	}
	begun := func(ev *probe.Evidence) { slices.Reverse(ev.Control) }
	for _, parts := range [][]part{{blocked, resolved}, {blocked, resolved, begun}} {
		if got := brief(Diagnose(made(parts...))); got != "likely control-filtered" {
			t.Errorf("got %s", got)
		}
	}
}

// TestControlPlace: where the control port is blocked is told by packets to
// another port of the same host. Routers that never answer look like a filter.
func TestControlPlace(t *testing.T) {
	blocked := func(o probe.Outcome, parts ...part) []part {
		return append([]part{unreached(map[string]probe.Outcome{"203.0.113.10:21": o}, "203.0.113.10:21")}, parts...)
	}
	silent, reset := path("203.0.113.10:21", "x192.168.1.1", "-"), path("203.0.113.10:21", "r")
	farther := path("203.0.113.10:23603", "x192.168.1.1", "x198.51.100.1", "r")
	tests := []struct {
		name  string
		parts []part
		want  string
		where Where
	}{
		{"silent, no other port tried", blocked(hops.Timeout, silent), "certain control-filtered", Where{SideUnknown, true, 1, 0, "192.168.1.1"}},
		{"another port is as silent", blocked(hops.Timeout, silent, path("203.0.113.10:23603", "x192.168.1.1", "-")), "certain control-filtered", Where{SideUnknown, true, 1, 0, "192.168.1.1"}},
		{"another port gets farther", blocked(hops.Timeout, silent, farther), "certain control-filtered", Where{SideClient, true, 1, 0, "192.168.1.1"}},
		{"refused at hop 1", blocked(hops.Refused, reset), "likely control-refused", Where{SideServer, true, 0, 1, ""}},
		{"so is another port", blocked(hops.Refused, reset, path("203.0.113.10:23603", "r")), "likely control-refused", Where{SideServer, true, 0, 1, ""}},
		{"refused at hop 1, another port gets farther", blocked(hops.Refused, reset, farther), "certain control-rejected", Where{SideUnknown, true, 0, 0, ""}},
		{"refused at hop 2, another port gets farther", blocked(hops.Refused, path("203.0.113.10:21", "x192.168.1.1", "r"), farther), "certain control-rejected", Where{SideClient, true, 1, 0, "192.168.1.1"}},
	}
	for _, tt := range tests {
		f := Diagnose(made(tt.parts...))
		if got := brief(f); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		} else if *f[0].Where != tt.where {
			t.Errorf("%s: at %+v, want %+v", tt.name, *f[0].Where, tt.where)
		}
	}
}
