package ftpd

import (
	"testing"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// TestDIALFromAPassivePort: only while nobody else has it, and never from one
// at which another session listens.
func TestDIALFromAPassivePort(t *testing.T) {
	own := freeRange(t, 2)
	r := serve(t, Options{Exchange: true, Passive: own})
	l, _ := listen(t)
	to := addrPort(l.Addr()).Port()
	dial := func(c *client, source uint16) exchange.Dialing {
		var got exchange.Dialled
		c.site(exchange.Dial, bodyOf(t, exchange.DialRequest{Ports: []uint16{to}, Source: []int{int(source)}, Limit: 1000}), &got)
		return got.Dials[0]
	}
	lend := func(c *client, port uint16) {
		var got exchange.Listening
		c.site(exchange.Listen, bodyOf(t, exchange.ListenRequest{Ports: []uint16{port}, For: 20_000}), &got)
		if got.Ports[0].Failed != "" {
			t.Fatal(got.Ports[0].Failed)
		}
	}
	first, other := r.login(t), r.login(t)
	first.begin()
	other.begin()
	lend(other, own.Low)
	if d := dial(first, own.Low); d.Outcome != "" || d.Err != errInUse.Error() || d.From.IsValid() {
		t.Errorf("from another session's port: %+v", d)
	}
	lend(first, own.High)
	if d := dial(first, own.High); d.Outcome != hops.Open || d.From.Port() != own.High || d.To.Port() != to {
		t.Errorf("from a port of its own: %+v", d)
	}
	eventually(t, "the other session's port is still lent", func() bool { return len(r.server.ports.lent) == 1 && len(r.server.ports.taken) == 1 })
}
