package netlab

import (
	"net/netip"
	"slices"
	"time"

	"ftpcheck/probe/hops"
)

// tuple names the two ends of a connection, as they stand in a packet.
type tuple struct{ src, dst netip.AddrPort }

func (t tuple) reversed() tuple { return tuple{src: t.dst, dst: t.src} }

// fate is what became of a SYN.
type fate int

const (
	arrived  fate = iota // at path.end, which has yet to answer
	dropped              // nobody says anything
	reset                // a rule answered with a RST
	reported             // a device answered with path.icmp
	noRoute              // it never left the sender
)

// step is one router that a SYN passed, and the connection's ends there.
type step struct {
	host *Host
	pre  tuple // as it came in
	mid  tuple // as the forward chain sees it: after DNAT, before SNAT
	post tuple // as it went out
}

// crossing is a link that a SYN took, to the device of that number from 1.
type crossing struct {
	delay time.Duration
	limit int // bytes of the largest packet in its direction; 0: there is none
	back  int // the same in the other direction
}

// path is the way of one SYN. What follows it, in either direction, takes the
// same way and is translated back, as connection tracking does.
type path struct {
	sent   tuple
	fate   fate
	icmp   *hops.ICMP
	from   *Host
	steps  []step
	links  []crossing
	end    *Host         // where it ended
	in     *iface        // over which it came there; nil when it never left from
	limit  int           // bytes of the largest packet that all its links carry in its direction; 0: there is none
	back   int           // the same in the other direction
	mss    int           // bytes of the largest segment, as its sender announced it
	got    tuple         // its ends as they are there
	delay  time.Duration // one way from the sender to the end
	search time.Duration // how long the end looked for a neighbour in vain

	// A NAT device took the SYN for its answer to another one. What the end
	// answers has another sequence number than that one, so that it is invalid
	// there, and leaves untranslated: it reaches nobody.
	crossed bool
}

const (
	defaultTTL = 64
	// arpTimeout is how long Linux looks for a neighbour before it answers
	// "host unreachable": three requests, a second apart.
	arpTimeout = 3 * time.Second
)

// walk sends a SYN device by device until something becomes of it. The
// network's lock is held: what the devices remember may change.
func (h *Host) walk(t tuple, ttl int) *path {
	p := &path{sent: t, from: h, end: h, got: t}
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
	if !h.forwards && !p.filter(t, stateNew) { // a router's rules are not for what it sends itself
		return p
	}
	if ttl <= 0 {
		ttl = defaultTTL
	}
	for p.cross(out, next) {
		if out, next = p.pass(&ttl); out == nil {
			break
		}
	}
	return p
}

// cross takes the SYN over a link to the neighbour with the address next. It
// reports false when there is none.
func (p *path) cross(out *iface, next netip.Addr) bool {
	in := out.link.neighbour(next)
	if in == nil {
		p.search = arpTimeout
		p.report(noNeighbour)
		return false
	}
	over := crossing{out.link.latency, out.link.limitToward(p.from.toward), out.link.limitToward(opposite(p.from.toward))}
	p.links = append(p.links, over)
	p.delay += over.delay
	p.limit, p.back = smaller(p.limit, over.limit), smaller(p.back, over.back)
	p.end, p.in = in.host, in
	return true
}

// pass takes the SYN through the device that it has reached, and returns
// where it leaves it. The interface is nil when it goes no further. The order
// is the kernel's: destination NAT, routing, TTL, filter, source NAT.
func (p *path) pass(ttl *int) (out *iface, next netip.Addr) {
	h := p.end
	s := step{host: h, pre: p.got, mid: p.got}
	related, state := h.claim(s.pre), stateNew
	answered, known := h.recall(s.pre)
	switch {
	case related != nil:
		state = stateRelated
		s.mid.dst = related.real
	case known:
		state, p.crossed = stateEstablished, p.crossed || answered.translated(s.pre)
		s.mid.dst = answered.inside
	default:
		s.mid.dst = h.translateDst(p.in, s.pre)
	}
	p.got = s.mid
	if h.owns(s.mid.dst.Addr()) {
		p.filter(s.mid, state)
		return nil, next
	}
	if !h.forwards {
		p.fate = dropped
		return nil, next
	}
	out, next, found := h.lookupRoute(s.mid.dst.Addr())
	switch {
	case !found:
		p.report(noNetwork)
		return nil, next
	case out == nil:
		p.fate = dropped
		return nil, next
	case *ttl <= 1:
		p.report(timeExceeded)
		return nil, next
	}
	*ttl--
	if !p.filter(s.mid, state) {
		return nil, next
	}
	s.post = s.mid
	switch {
	case related != nil:
		s.post.src = netip.AddrPortFrom(related.as, s.mid.src.Port())
	case known:
		s.post.src = answered.outside
	default:
		s.post.src = h.translateSrc(p.in, out, s.mid)
		h.remember(s)
	}
	p.steps, p.got = append(p.steps, s), s.post
	return out, next
}

// filter applies the rules of the device that the SYN has reached. It reports
// false when that was the end of it.
func (p *path) filter(t tuple, state string) bool {
	switch do := p.end.filter(t, p.from.toward, state); do {
	case doAccept:
		return true
	case doDrop:
		p.fate = dropped
	case doReset:
		p.fate = reset
	default:
		p.report(rejections[do])
	}
	return false
}

// report makes the device that the SYN has reached answer with an ICMP error.
// It uses its address on the side of the sender; the NAT devices that the
// message passes on its way back put the address that the sender knows in the
// place of one behind a destination NAT.
func (p *path) report(m message) {
	if slices.ContainsFunc(p.steps, func(s step) bool { return s.host.mutes(p.got.src) }) {
		p.fate = dropped
		return
	}
	p.fate = reported
	from := p.end.sourceFor(p.got.src.Addr())
	for i := len(p.steps) - 1; i >= 0; i-- {
		if s := p.steps[i]; s.pre.dst != s.mid.dst {
			from = s.pre.dst.Addr()
		}
	}
	p.icmp = m.icmp(from)
}

// carries reports whether the packets that follow the SYN get through: from
// its sender to its receiver, or back.
func (p *path) carries(back bool) bool { return p.dropsAt(back) < 0 }

// dropsAt returns which device drops what follows the SYN, counted from the
// sender of these packets: 0 is itself, the last one their receiver; -1: none.
func (p *path) dropsAt(back bool) int {
	toward := p.from.toward
	if back {
		toward = opposite(toward)
	}
	through := func(h *Host, t tuple) bool {
		if back {
			t = t.reversed()
		}
		return h.filter(t, toward, stateEstablished) == doAccept
	}
	if p.in == nil {
		return -1
	}
	hosts, tuples := []*Host{p.from}, []tuple{p.sent}
	for _, s := range p.steps {
		hosts, tuples = append(hosts, s.host), append(tuples, s.mid)
	}
	hosts, tuples = append(hosts, p.end), append(tuples, p.got)
	if back {
		slices.Reverse(hosts)
		slices.Reverse(tuples)
	}
	for i, h := range hosts {
		if i == 0 && h.forwards { // a router's rules are not for what it sends itself
			continue
		}
		if !through(h, tuples[i]) {
			return i
		}
	}
	return -1
}

func opposite(toward string) string {
	if toward == towardServer {
		return towardClient
	}
	return towardServer
}
