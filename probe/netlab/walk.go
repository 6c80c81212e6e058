package netlab

import (
	"net/netip"
	"time"

	"ftpcheck/probe/hops"
)

// tuple names the two ends of a connection, as they stand in a packet.
type tuple struct{ src, dst netip.AddrPort }

func (t tuple) reversed() tuple { return tuple{src: t.dst, dst: t.src} }

// fate is what became of a SYN.
type fate int

const (
	arrived fate = iota // at path.end, which has yet to answer
	dropped
	reset    // a rule answered with a RST
	reported // a device answered with path.icmp
	noRoute  // it could not even leave
)

// step is one router that a SYN passed, and its addresses there.
type step struct {
	host *Host
	pre  tuple // as it came in
	mid  tuple // as the forward chain sees it: after DNAT, before SNAT
	post tuple // as it went out
}

// path is the way of one SYN. What follows it, in either direction, takes the
// same way and is translated back.
type path struct {
	from  *Host
	end   *Host // where it ended
	fate  fate
	icmp  *hops.ICMP
	delay time.Duration // from the sender to the end, one way
	sent  tuple
	got   tuple // as it reached the end
	steps []step
}

const (
	defaultTTL = 64
	// arpTimeout is how long Linux looks for a neighbour before it answers
	// "host unreachable" (three requests, a second apart).
	arpTimeout = 3 * time.Second
)

// walk sends a SYN from h device by device until something becomes of it.
// n.mu is held.
func (h *Host) walk(t tuple, ttl int) *path {
	p := &path{from: h, end: h, sent: t, got: t}
	if ttl <= 0 {
		ttl = defaultTTL
	}
	if h.owns(t.dst.Addr()) {
		return p
	}
	out, next, found := h.lookupRoute(t.dst.Addr())
	switch {
	case !found:
		p.fate = noRoute
		return p
	case out == nil:
		p.fate = dropped
		return p
	}
	if act := h.filter(t, h.toward, true); act != accept {
		p.refuse(act, t.src.Addr())
		return p
	}
	for p.cross(out, next, p.end.addressFor(out, t.src)) {
		if out, next = p.pass(&ttl, h.toward); out == nil {
			return p
		}
	}
	return p
}

// addressFor is the address with which h reports on a packet that it sends
// out itself: the packet's own source at the first host, else its own.
func (h *Host) addressFor(out *iface, src netip.AddrPort) netip.Addr {
	if h.owns(src.Addr()) {
		return src.Addr()
	}
	return out.addr(src.Addr())
}

// cross takes the packet over the link of out to the next device. It reports
// false when nobody there has the address next.
func (p *path) cross(out *iface, next, self netip.Addr) bool {
	in := out.link.neighbour(next)
	if in == nil {
		p.delay += arpTimeout
		p.report(unreachable(next), self)
		return false
	}
	p.delay += out.link.latency
	p.end = in.host
	p.arriveOn(in)
	return true
}
