package report

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// trace is what the hop search towards one port means. Distances count
// routers from the client, from 1.
type trace struct {
	to       netip.AddrPort
	expired  int                // the farthest hop that answered "time exceeded"; 0: none did
	from     netip.Addr         // its address, when it named itself
	names    map[int]netip.Addr // every hop that answered so; invalid where it did not name itself
	answer   probe.Outcome      // the first other answer behind that hop; timeout: silence; zero: not tested
	distance int                // the TTL of that answer or of the first silence
	icmp     *hops.ICMP         // of that answer
}

func (t trace) known() bool { return t.answer != "" }

// passed is the last hop that saw the packet: an answer from hop n proves hop
// n-1, also when that one sent no message of its own (they are rate limited).
func (t trace) passed() int {
	// Any hop before the TTL's reach may reject, and its first messages get lost
	// to a rate limit as well.
	if t.answer == hops.Timeout || t.answer == hops.Rejected || t.answer == hops.Unreachable {
		return t.expired
	}
	return max(t.expired, t.distance-1)
}

// obscured reports whether silent hops stand before an ICMP rejection: any of
// them may have sent it, if its first messages were suppressed.
func (t trace) obscured() bool {
	return (t.answer == hops.Rejected || t.answer == hops.Unreachable) && t.distance > t.expired+1
}

// readTrace reads TTL-limited attempts. A silent hop with answering ones
// behind it is a router that sends no ICMP, not the place where packets die.
func readTrace(steps []probe.Hop) trace {
	t := trace{names: map[int]netip.Addr{}}
	steps = slices.DeleteFunc(slices.Clone(steps), func(h probe.Hop) bool {
		return h.TTL < 1 || !tested(h.Outcome) && h.Outcome != hops.Expired
	})
	slices.SortStableFunc(steps, func(a, b probe.Hop) int { return cmp.Compare(a.TTL, b.TTL) })
	for _, h := range steps {
		t.to = h.To
		if h.Outcome == hops.Expired {
			t.expired, t.from = h.TTL, netip.Addr{}
			if h.ICMP != nil {
				t.from = h.ICMP.From.Unmap()
			}
			t.names[h.TTL] = t.from
		}
	}
	for _, h := range steps {
		if h.TTL <= t.expired {
			continue
		}
		switch {
		case h.Outcome != hops.Timeout:
			t.answer, t.distance, t.icmp = h.Outcome, h.TTL, h.ICMP
			return t
		case t.answer == "" && h.TTL == t.expired+1:
			t.answer, t.distance = hops.Timeout, h.TTL
		}
	}
	return t
}

// control is the hop search towards the control port.
func (v *view) control() trace { return readTrace(v.ev.PathTo(v.peer)) }

// distance is the server's hop distance, measured on the control port; 0 when
// it is not known.
func (v *view) distance() int {
	if t := v.control(); t.answer == hops.Open || t.answer == hops.Reset {
		return t.distance
	}
	return 0
}

// traceTo returns the first hop search towards one of the given ports, and one
// that ended in the same way on another side, if there are such.
func (v *view) traceTo(ports []*probe.Dial) (first, other trace) {
	for _, d := range ports {
		switch t := readTrace(v.ev.PathTo(d.To)); {
		case !t.known():
		case !first.known():
			first = t
		case !other.known() && t.answer == first.answer && v.locate(t, nil).Side != v.locate(first, nil).Side:
			other = t
		}
	}
	return first, other
}

// sameMachine reports whether the server runs on this machine.
func (v *view) sameMachine() bool {
	return classOf(v.peer.Addr()) == classLoopback || v.local.IsValid() && v.peer.Addr().Unmap() == v.local
}

// natHop is the hop in front of the server that names itself with the server's
// address: a NAT device which forwards the control port to a host behind it.
// 0: there is none, or it is not known.
func (v *view) natHop() int {
	t := v.control()
	for ttl := 1; ttl < v.distance(); ttl++ {
		if a := t.names[ttl]; a.IsValid() && a == v.peer.Addr().Unmap() {
			return ttl
		}
	}
	return 0
}

// natSign says by which observation the server is known to be behind NAT; ""
// when there is none.
func (v *view) natSign() string {
	if n := v.natHop(); n > 0 {
		return fmt.Sprintf("hop %d answers with the server's own address %s, and the server is %d hops away",
			n, v.peer.Addr().Unmap(), v.distance())
	}
	if a := v.translatedEnd(); a.IsValid() {
		return fmt.Sprintf("the server's own end of the control connection is %s", a)
	}
	if !public(v.peer.Addr()) {
		return ""
	}
	if a := v.insideAddress(); a.IsValid() {
		return fmt.Sprintf("the server itself names its private address %s", a)
	}
	return ""
}

// insideAddress is the server's address behind its NAT, where it shows.
func (v *view) insideAddress() netip.Addr {
	if a := v.translatedEnd(); a.IsValid() {
		return a
	}
	if p := v.passiveOf(probe.CheckPASV); p != nil && p.Announced.IsValid() && inner(p.Announced.Addr()) {
		return p.Announced.Addr().Unmap()
	}
	if a := v.serverSelf(); inner(a) {
		return a
	}
	return netip.Addr{}
}

// hopName is a hop in words, with its address when known.
func (t trace) hopName(ttl int) string {
	if a, ok := t.names[ttl]; ok && a.IsValid() {
		return fmt.Sprintf("hop %d (%s)", ttl, a)
	}
	return fmt.Sprintf("hop %d", ttl)
}

// locate turns the trace of a blocked port into a place. Silence from hop n
// on means the forward filter of hop n-1, or hop n itself; an ICMP message
// names its sender; a RST comes from its own distance, or from the forward
// filter one hop before.
func (v *view) locate(t trace, icmp *hops.ICMP) *Where {
	w := &Where{Side: SideUnknown, Of: v.distance()}
	if t.known() {
		w.HopKnown, w.AfterHop = true, t.passed()
		if t.from.IsValid() && w.AfterHop == t.expired {
			w.Address = t.from.String()
		}
		w.Side = side(w.AfterHop, w.Of)
		if w.Side == SideUnknown && sameNetwork(t.from, t.to.Addr()) {
			w.Side = SideServer
		}
		if w.Of > 0 && w.AfterHop >= w.Of {
			// The control port answers nearer than this port's path ends:
			// something answers in the server's place.
			w.Side, w.Of = SideUnknown, 0
		}
		if t.answer == hops.Timeout && w.Side != side(v.silentUntil(t), w.Of) {
			w.Side = SideUnknown
		}
		if w.Of == 1 && v.sameMachine() {
			w.Side = SideServer
		}
		if t.obscured() {
			w.HopKnown, w.AfterHop, w.Side = false, 0, SideUnknown
		}
	}
	if icmp == nil {
		icmp = t.icmp
	}
	if icmp != nil && icmp.From.IsValid() {
		v.locateSender(w, icmp.From.Unmap(), t)
	}
	return w
}

// side tells on which part of the way a device stands whose last answering
// hop is after, of that many hops in all.
func side(after, of int) Side {
	switch {
	case after == 0 && of <= 2: // this machine's firewall looks like what stands right behind it
		return SideUnknown
	case after <= 1 && of != 2 && of != 1:
		return SideClient
	case of == 0:
		return SideUnknown
	case after >= of-1:
		return SideServer
	}
	return SidePath
}

// silentUntil is the farthest hop at which packets may have died, given that
// some routers behind the last answering one never answer: those that were
// silent for the control port, too.
func (v *view) silentUntil(t trace) int {
	c, after := v.control(), t.expired
	for after+1 < v.distance() {
		if _, answered := c.names[after+1]; answered {
			break
		}
		after++
	}
	return after
}

// locateSender places the device that sent an ICMP rejection.
func (v *view) locateSender(w *Where, from netip.Addr, t trace) {
	w.Address = from.String()
	for _, names := range []map[int]netip.Addr{t.names, v.control().names} {
		for _, ttl := range slices.Sorted(maps.Keys(names)) {
			if names[ttl] == from {
				w.HopKnown, w.AfterHop, w.Side = true, ttl, side(ttl, w.Of)
				if w.Side == SideUnknown && sameNetwork(from, v.peer.Addr()) {
					w.Side = SideServer
				}
				return
			}
		}
	}
	switch {
	case from == v.peer.Addr().Unmap(), from == t.to.Addr().Unmap():
		w.Side = SideServer
	case from == v.local, inner(from) && sameNetwork(from, v.local):
		w.Side = SideClient
	}
}

// ownerAt is who runs the device at a place.
func ownerAt(w *Where) Owner {
	if w != nil {
		switch w.Side {
		case SideClient:
			return ClientNetwork
		case SidePath:
			return PathOwner
		}
	}
	return ServerNetwork
}
