package probe

import (
	"net/netip"
	"testing"

	"ftpcheck/probe/exchange"
)

// TestForemost: the system lists handshakes in no order, and a hop search that
// nobody answers leaves up to 60 of them. The few attempts that decide where the
// answers go must not be crowded out.
func TestForemost(t *testing.T) {
	here, there := netip.MustParseAddr("203.0.113.66"), netip.MustParseAddr("198.51.100.66")
	at := func(local, from uint16) HalfOpening {
		return HalfOpening{netip.AddrPortFrom(here, local), netip.AddrPortFrom(there, from)}
	}
	var all []HalfOpening
	for i := range uint16(60) {
		all = append(all, at(20000, 40000+i)) // the search
	}
	all = append(all,
		at(20000, 20), at(20001, 50001), // attempts, as the other end told of them
		at(20002, 61000), // an attempt whose source a NAT changed
		at(2121, 20))     // another program's
	tried := []exchange.Dialing{
		{To: netip.AddrPortFrom(here, 20000), From: netip.AddrPortFrom(there, 20)},
		{To: netip.AddrPortFrom(here, 20001), From: netip.AddrPortFrom(there, 50001)},
	}
	got := foremost(all, []uint16{20000, 20001, 20002}, tried)
	if len(got) != maxKnocks*dialPorts {
		t.Errorf("%d handshakes, want %d", len(got), maxKnocks*dialPorts)
	}
	for i, want := range []HalfOpening{at(20000, 20), at(20001, 50001), at(20002, 61000)} {
		if got[i] != want {
			t.Errorf("handshake %d: %v, want %v", i, got[i], want)
		}
	}
}
