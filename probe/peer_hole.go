package probe

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// Where none of the server's ports opens and a NAT device stands in front of it,
// a missing forward looks like a filter a hop further out. A hole tells them
// apart: the server sends a SYN from one of its passive ports towards a port of
// ours, which gets through its NAT and no farther. The NAT then lets in a SYN
// that goes the other way; a filter further out has seen nothing, and drops it
// like any other.

const (
	// holeTTL gets the server's SYN through a NAT device one hop away, and to the
	// next router, where it expires: before that one's filter, which so learns
	// nothing of it.
	holeTTL   = 2
	holeLimit = time.Second // for the server's SYN: "time exceeded" comes at once, or never
	// holeWait is for our SYN. It is repeated after a second, and the other end
	// tells of a handshake by half when it is half a second old.
	holeWait = 2 * time.Second
)

// mayOpenHole reports whether a hole could tell anything: neither end's part may
// be missing, and the server is known to stand behind a NAT.
func (v *visit) mayOpenHole() bool {
	own := v.hello.Server.Addr().Unmap()
	if !v.hello.Traces || !v.hello.HalfOpen || !v.run.Network.Traces() ||
		!own.IsValid() || own.IsUnspecified() || own == v.run.peer.Addr().Unmap() {
		return false
	}
	v.crew.mu.Lock()
	defer v.crew.mu.Unlock()
	for _, m := range Passive {
		if v.results[m].opened {
			return false // an announced port opens: it is a helper that opens it
		}
	}
	return true
}

// hole has the server open a way from one of its ports, and dials that port by
// it. Another one is dialled beside it, to which no way leads: what lets both in
// is not the hole.
func (v *visit) hole(ctx context.Context, p *place, shut []uint16) {
	if len(shut) < 2 || ctx.Err() != nil || !v.mayOpenHole() {
		return
	}
	done, ok := v.run.keepOnePort(ctx)
	if !ok {
		return
	}
	defer done()
	from := v.freePort(ctx, p)
	if from.Port() < lowestPort {
		return
	}
	slices.Sort(shut)
	port, other := shut[len(shut)/2], shut[0]
	request := exchange.DialRequest{Ports: []uint16{from.Port()}, Source: []int{int(port)}, TTL: holeTTL, Limit: millis(holeLimit)}
	var got exchange.Dialled
	if p.session.query(exchange.Dial, request, shownPorts(request.Ports), &got, holeLimit+v.patience()) != nil || !began(got, port) {
		return
	}
	listening, _ := v.listen(p, exchange.ListenRequest{Ports: []uint16{port, other}})
	if len(listening) < 2 || ctx.Err() != nil {
		return
	}
	through := v.toward(p, port)
	through.As = AsHole
	var both sync.WaitGroup
	both.Go(func() { v.knock(ctx, through, DialOptions{Local: from}) })
	both.Go(func() { v.knock(ctx, v.toward(p, other), DialOptions{}) })
	both.Wait()
	// What came there is in the next Seen.
}

// began reports whether the server's SYN left from the port and got no farther
// than it was to.
func began(got exchange.Dialled, port uint16) bool {
	if len(got.Dials) != 1 || got.Dials[0].From.Port() != port {
		return false
	}
	o := got.Dials[0].Outcome
	return o == hops.Expired || o == hops.Timeout // not every router tells
}

func (v *visit) knock(ctx context.Context, e Event, opt DialOptions) {
	if conn, _ := v.run.dial(ctx, e, min(v.limit(), holeWait), opt); conn != nil {
		conn.Close()
	}
}

// freePort is a port of ours that is free at this moment; zero where there is
// none.
func (v *visit) freePort(ctx context.Context, p *place) netip.AddrPort {
	l, err := v.run.listen(ctx, p.session.local.Addr())
	if err != nil {
		return netip.AddrPort{}
	}
	defer l.Close()
	return localOf(l)
}
