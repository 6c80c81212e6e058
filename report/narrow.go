package report

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// narrow is the part of the way on which the large packets of one direction get
// lost: they get to one hop, and not to a farther one that small packets get to.
// Both are counted from the sender; the farther one may be the receiver.
type narrow struct {
	down      bool
	last, not int
	of        int // the receiver
}

// narrow looks for the place where the larger packets of a direction get lost.
// It is not known where the other end does not stand at the distance of the
// control port, or anything nearer answers in its place.
func (v *view) narrow(s segments) (n narrow, known bool) {
	n = narrow{down: s.down, of: v.distance()}
	large, small := v.pushes(s)
	if n.of == 0 || small[n.of] != hops.Open {
		return n, false
	}
	for ttl := 1; ttl < n.of; ttl++ {
		if small[ttl] == hops.Open || large[ttl] == hops.Open {
			return n, false
		}
		if large[ttl] == hops.Expired {
			n.last = ttl
		}
	}
	n.not = n.last + 1
	for n.not < n.of && (small[n.not] != hops.Expired || large[n.not] != hops.Timeout) {
		n.not++ // it never answers, or was not asked
	}
	return n, n.last > 0 || n.not < n.of // else nothing but the ends is known
}

// pushes are what became, by TTL, of the pieces that were to get as far as one
// hop only: of those that are too large for the way and of those that are not.
func (v *view) pushes(s segments) (large, small map[int]probe.Outcome) {
	large, small = map[int]probe.Outcome{}, map[int]probe.Outcome{}
	for _, p := range v.other.Sizes {
		if p.Down != s.down || p.TTL <= 0 {
			continue
		}
		switch {
		case p.Bytes >= s.failed:
			large[p.TTL] = v.fateOfPiece(p)
		case p.Bytes <= s.passed:
			small[p.TTL] = v.fateOfPiece(p)
		}
	}
	return large, small
}

// fateOfPiece is what its sender saw of a piece that was to get as far as one
// hop; "" where that is not known. Of theirs, the connection that we opened for
// it is the one with this size and TTL.
func (v *view) fateOfPiece(p probe.Size) (fate probe.Outcome) {
	if !p.Down {
		return p.Outcome
	}
	for _, k := range v.knocksOfPiece(p) {
		fate = k.Fate
	}
	return fate
}

// knocksOfPiece are the connections over which the other end sent a piece that was
// to get as far as one hop.
func (v *view) knocksOfPiece(p probe.Size) (list []exchange.Knock) {
	for _, at := range v.listened(p.Port.Port()) {
		for _, k := range at.Knocks {
			if at.SendTTL == p.TTL && k.Fate != "" && k.Carried != nil && k.Carried.Sent == int64(p.Bytes) && v.isOurs(k.From.Addr().Unmap()) {
				list = append(list, k)
			}
		}
	}
	return list
}

// ends are the two hops as counted from here: 0 is this client, and v.distance()
// is the server.
func (n narrow) ends() (near, far int) {
	if n.down {
		return n.of - n.not, n.of - n.last
	}
	return n.last, n.not
}

// side tells on which part of the way the packets get lost, as for any other
// that do not get farther.
func (n narrow) side() Side {
	s := side(n.last, n.of)
	if s != side(n.not-1, n.of) {
		return SideUnknown
	}
	if n.down {
		return opposite(s)
	}
	return s
}

// locateNarrow adds to the finding where large packets get lost, as far as that
// is known.
func (v *view) locateNarrow(f *Finding, list []segments) {
	var found []narrow
	for _, s := range list {
		if n, known := v.narrow(s); known {
			found = append(found, n)
			f.Story = append(f.Story, v.narrowStory(n))
		}
	}
	if len(found) == 0 {
		return
	}
	w := &Where{Side: found[0].side(), Of: found[0].of, HopKnown: true, AfterHop: found[0].last}
	if found[0].down {
		w.AfterHop = w.Of - found[0].last
	}
	near, far := found[0].ends()
	for _, n := range found[1:] {
		a, b := n.ends()
		near, far = max(near, a), min(far, b)
		if w.AfterHop = near; n.side() != w.Side { // each end of the link is on a side of its own
			w.Side = SideUnknown
		}
	}
	f.RuledOut = slices.DeleteFunc(f.RuledOut, func(s string) bool { return strings.HasPrefix(s, whichLink) })
	if near >= far { // one place for each direction
		w.HopKnown, w.AfterHop = false, 0
	} else {
		link := fmt.Sprintf("the link between %s and %s", v.endName(near), v.endName(far))
		if far > near+1 {
			link = fmt.Sprintf("the narrow link somewhere between %s and %s", v.endName(near), v.endName(far))
		}
		f.Story = append(f.Story, fmt.Sprintf("So it is %s that does not carry them.", link))
		f.Fixes[0].Do = narrowFix(link)
		if a := v.control().names[w.AfterHop]; a.IsValid() {
			w.Address = a.String()
		}
	}
	if f.Where = w; w.Side != SideUnknown {
		f.Owner = ownerAt(w)
		f.Fixes[0].Who = f.Owner
	}
}

// endName is a hop in words, or the machine at the end of the way.
func (v *view) endName(hop int) string {
	switch hop {
	case 0:
		return "this client"
	case v.distance():
		return "the server"
	}
	return v.control().hopName(hop)
}

// narrowStory tells how far the large packets of a direction get.
func (v *view) narrowStory(n narrow) string {
	name, receiver := "hop %d", "the server"
	if n.down {
		name, receiver = "its hop %d", "this client"
	}
	last, not := fmt.Sprintf(name, n.last), fmt.Sprintf(name, n.not)
	if n.last == 0 {
		last = "no hop"
	}
	beyond := ", and no longer by " + not + ", which answers small ones"
	if n.not == n.of {
		beyond = ", and do not get to " + receiver
	}
	text := fmt.Sprintf("Sent %s with a limited number of hops, large packets are answered by %s%s.", n.way(), last, beyond)
	if n.down && n.last > 0 {
		text += fmt.Sprintf(" Counted from here its hop %d is %s.", n.last, v.endName(n.of-n.last))
	}
	return text
}

func (n narrow) way() string { return segments{down: n.down}.way() }

// narrowFix is what to do at a link; "" where it is not known which.
func narrowFix(link string) string {
	at := "at the narrow link (VPN, PPPoE, overlay)"
	if link != "" {
		at = "at either end of " + link + ", a VPN, PPPoE or overlay"
	}
	return "On the device " + at + ": let ICMP \"fragmentation needed\" through (type 3 code 4; ICMPv6 type 2), and clamp the segment size."
}

// whichLink begins what is said where the link is not known.
const whichLink = "Not decided: which link."
