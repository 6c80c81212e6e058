package report

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// back is the other end's hop search towards this client.
type back struct {
	dial  *exchange.Dialing
	trace trace // distances count from the other end
}

func (b back) known() bool { return b.dial != nil && b.trace.known() }

// searchBack returns the other end's hop search towards a port of ours that it
// could not reach, or one that it did reach where there is no other.
func (v *view) searchBack() (found back) {
	for _, d := range v.dialsBack() {
		if v.fromPassive(d) {
			continue // it goes the way of answers, and not of new connections
		}
		if b := readBack(d, v.rechecked()...); b.known() && (!found.known() || found.trace.answer == hops.Open) {
			found = b
		}
	}
	return found
}

// fromPassive reports whether an attempt came from a port on which the other end
// listens for passive connections.
func (v *view) fromPassive(d *exchange.Dialing) bool {
	return d.From.Port() >= 1024 && len(v.listened(d.From.Port())) > 0
}

// rechecked are the hops that answered new connections of the other end's when
// they were asked once more, behind a search.
func (v *view) rechecked() (list []probe.Hop) {
	for _, d := range v.other.Seen.Dials {
		if d.OpensHole() && !v.fromPassive(&d) && d.Outcome == hops.Expired && v.isOurs(d.To.Addr().Unmap()) {
			list = append(list, probe.Hop{To: d.To, TTL: d.TTL, Outcome: d.Outcome, ICMP: d.ICMP})
		}
	}
	return list
}

// readBack reads a search of the other end's, and what else is known of the hops
// on its way.
func readBack(d *exchange.Dialing, more ...probe.Hop) back {
	steps := more
	for _, s := range d.Steps {
		steps = append(steps, probe.Hop{To: d.To, TTL: s.TTL, Outcome: s.Outcome, ICMP: s.ICMP})
	}
	return back{d, readTrace(steps)}
}

// reach is the distance from the other end to the device that owns the address
// that it dials, if the way back is as long as the way there: a NAT device on
// this side is one hop nearer than this machine. 0: not known.
func (v *view) reach() int {
	of := v.distance()
	if of > 0 && v.seen.known() && v.seen.addr != v.local {
		return of - 1
	}
	return of
}

// locateBack turns the other end's hop search into a place in our own count:
// what it calls hop n is of-n hops away from here.
func (v *view) locateBack(b back) *Where {
	of, far, t := v.distance(), v.reach(), b.trace
	w := &Where{Side: SideUnknown, Of: of}
	if of == 0 || !b.known() || t.passed() >= of {
		return w
	}
	w.HopKnown, w.AfterHop = true, of-t.passed()
	if t.from.IsValid() && t.passed() == t.expired && !v.deaf(b) {
		w.Address = t.from.String()
	}
	w.Side = opposite(side(t.passed(), far))
	switch {
	case t.obscured() && !proven(v.missed(b)), v.deaf(b):
		w.HopKnown, w.AfterHop, w.Side = false, 0, SideUnknown
	case t.answer == hops.Timeout && w.Side != opposite(side(v.silentBack(t, far), far)):
		w.Side = SideUnknown
	}
	icmp := t.icmp
	if icmp == nil {
		icmp = b.dial.ICMP
	}
	if icmp != nil && icmp.From.IsValid() && (t.answer == hops.Rejected || t.answer == hops.Unreachable) {
		v.locateSenderBack(w, icmp.From.Unmap(), t)
	}
	return w
}

// opposite turns a side as seen from the other end into ours.
func opposite(s Side) Side {
	switch s {
	case SideClient:
		return SideServer
	case SideServer:
		return SideClient
	}
	return s
}

// silentBack is silentUntil from the other end: hops that are silent for its
// replies, which pass, are silent for all that it sends. Where that is not known,
// those count that are silent for our own search.
func (v *view) silentBack(t trace, far int) int {
	names, of, after := v.control().names, v.distance(), t.expired
	for after+1 < far {
		_, answers := names[of-after-1]
		if v.repliesExpire(after+1) || answers && !v.repliesUnheard(after+1) {
			break
		}
		after++
	}
	return after
}

// locateSenderBack places the device that rejects the other end's packets.
func (v *view) locateSenderBack(w *Where, from netip.Addr, t trace) {
	w.Address = from.String()
	for _, ttl := range slices.Sorted(maps.Keys(t.names)) {
		if t.names[ttl] == from && ttl < w.Of {
			w.HopKnown, w.AfterHop, w.Side = true, w.Of-ttl, opposite(side(ttl, v.reach()))
			return
		}
	}
	names := v.control().names
	for _, ttl := range slices.Sorted(maps.Keys(names)) {
		if names[ttl] == from {
			w.HopKnown, w.AfterHop, w.Side = true, ttl, side(ttl, w.Of)
			return
		}
	}
	switch {
	case from == v.seen.addr, from == v.local:
		w.Side = SideClient
	case from == v.peer.Addr().Unmap(), from == v.ownEnd(), sameNetwork(from, v.ownEnd()) && !sameNetwork(from, v.local):
		w.Side = SideServer
	}
}

// backStory tells how far the other end's attempt came.
func (v *view) backStory(b back, w *Where) string {
	t := b.trace
	at := func(n int) string {
		if a := t.names[n]; a.IsValid() {
			return fmt.Sprintf("its hop %d (%s)", n, a)
		}
		return fmt.Sprintf("its hop %d", n)
	}
	var s string
	switch {
	case t.answer == hops.Open:
		return ""
	case refusedThere(t.answer) && t.icmp != nil && t.icmp.From.IsValid():
		s = fmt.Sprintf("The other end searched the hops towards port %d of this client: %s rejects its packets (ICMP %d/%d)", b.dial.To.Port(), t.icmp.From.Unmap(), t.icmp.Type, t.icmp.Code)
	case refusedThere(t.answer):
		s = fmt.Sprintf("The other end searched the hops towards port %d of this client: it is refused right behind %s", b.dial.To.Port(), at(t.passed()))
		if t.passed() == 0 {
			s = fmt.Sprintf("The other end searched the hops towards port %d of this client: it is refused at its first hop, or before", b.dial.To.Port())
		}
	case t.expired == 0:
		s = fmt.Sprintf("The other end searched the hops towards port %d of this client: not even its own first hop answers", b.dial.To.Port())
	default:
		s = fmt.Sprintf("The other end searched the hops towards port %d of this client: its packets get as far as %s", b.dial.To.Port(), at(t.expired))
	}
	if w.HopKnown && w.AfterHop < w.Of {
		return s + fmt.Sprintf(". Counted from here that is hop %d of %d.", w.AfterHop, w.Of)
	}
	return s + "."
}

// backTo returns the other end's attempt at the port that an active mode
// announced, or its first attempt on request that failed.
func (v *view) backTo(a active) *exchange.Dialing {
	if t := v.twin(a.Check); t != nil && t.dialing != nil && !v.led(t) {
		return t.dialing
	}
	list := v.dialsBack()
	i := slices.IndexFunc(list, func(d *exchange.Dialing) bool { return d.Outcome != hops.Open && tested(d.Outcome) })
	if i < 0 {
		return nil
	}
	return list[i]
}
