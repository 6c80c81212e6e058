package report

import (
	"net/netip"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
)

// A server may choose one port twice in a session: each transfer is compared
// with what the other end carried for it.
func TestTransfersOverTheSamePort(t *testing.T) {
	at := netip.MustParseAddrPort("198.51.100.66:50013")
	var seen exchange.Seen
	ev := &probe.Evidence{}
	for step, bytes := range []int64{16, 300, 1048576} {
		seen.Ports = append(seen.Ports, exchange.Port{Session: 6, Command: "EPSV", Local: at, Knocks: []exchange.Knock{{Carried: &exchange.Carried{Received: bytes}}}})
		ev.Tries = append(ev.Tries, &probe.Mode{Check: probe.CheckTransfer, Step: step + 1, Session: 9, Command: "EPSV", Announced: at})
	}
	v := &view{ev: ev}
	for i, m := range ev.Tries {
		if got := portOf(&seen, &exchange.Session{Number: 6}, m, v.portBefore(m)); got != &seen.Ports[i] {
			t.Errorf("step %d: %+v, want %+v", m.Step, got, seen.Ports[i])
		}
	}
}
