package report

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// edge is how far the packets of a dead connection get, as one end found: hops
// count from that end.
type edge struct {
	known    bool
	answered int // the last hop that answers; 0: none does
	silent   int // the first hop behind it that answered our control search and does not now; one past the routers: none was asked
}

// readEdge reads a search along a dead connection to something that many hops
// away. It is known when the silence behind the edge was seen twice, and the hop
// before it answered in between.
func readEdge(steps []probe.Hop, of int) edge {
	e := edge{silent: of}
	twice, back := 0, false
	for _, h := range steps {
		if h.Outcome == hops.Expired {
			e.answered = max(e.answered, h.TTL)
		}
	}
	for _, h := range steps {
		if h.TTL > e.answered && h.Outcome != hops.Open {
			e.silent = min(e.silent, h.TTL)
		}
	}
	for _, h := range steps {
		switch {
		case h.TTL == e.silent && h.Outcome == hops.Reset:
			twice, back = 2, true // nothing is asked after that
		case h.TTL == e.silent:
			twice++
		case h.TTL == e.answered:
			back = back || twice == 1
		}
	}
	e.known = len(steps) > 0 && of > 0 && (e.silent == of || twice > 1 && (back || e.answered == 0))
	return e
}

// suspects are the devices that can have dropped the packets, by their distance
// from here: 0 is this machine, and the server is the last.
//
// A device drops packets before it looks at their TTL, or after: a hop that
// answers the packets of one end and not those of the other passes them on, and
// they die elsewhere. Only a NAT device is different: packets that come to its
// own address end there.
func (v *view) suspects(up, down edge, of int) (list []int) {
	low, high := up.answered, up.silent
	if !down.known {
		return span(low, high)
	}
	low, high = max(low, of-down.silent), min(high, of-down.answered)
	for d := low; d <= high; d++ {
		here, there := up.answered >= d, of-down.answered <= d
		switch {
		case d == 0, d == of, here == there:
		case here && d == of-v.reach(): // our own NAT device
		case there && d == v.natHop(): // the server's
		default:
			continue
		}
		list = append(list, d)
	}
	if list == nil {
		list = span(low, high) // it stands between them, and is no hop
	}
	return list
}

func span(low, high int) (list []int) {
	for d := low; d <= high; d++ {
		list = append(list, d)
	}
	return list
}

// placeDeath completes the finding about a dead connection with the place where
// its packets die.
func (v *view) placeDeath(f *Finding, s *probe.Silence) {
	session, of := v.ev.Session(s.Session), v.distance()
	if d, _ := v.deathOf(s); session == nil || s.Outcome != hops.Timeout || d.arrived {
		return
	}
	up, down := readEdge(session.Up, of), readEdge(session.Down, of)
	if !up.known {
		return
	}
	// A filter that lets no ICMP in to the other end makes all hops silent there.
	down.known = down.known && (down.silent == of || v.hopAnswersThere(down.silent))
	suspects := v.suspects(up, down, of)
	if len(suspects) == 0 { // what the ends saw does not fit together
		return
	}
	f.Story = append(f.Story, v.edgeStory(up, down, of))
	if d := suspects[0]; len(suspects) == 1 && 0 < d && d < of && (up.answered >= d) == (of-down.answered <= d) {
		f.Story[len(f.Story)-1] += fmt.Sprintf(" No other device than %s fits both.", v.hopOrEnd(d, of))
	}
	w := f.Where
	w.HopKnown, w.AfterHop = true, up.answered
	if a := v.control().names[up.answered]; a.IsValid() {
		w.Address = a.String()
	}
	f.RuledOut = slices.DeleteFunc(f.RuledOut, func(r string) bool { return strings.HasPrefix(r, notDecidedWhere) })
	if w.Side = sideOf(suspects, of); w.Side != SideUnknown {
		f.Owner = ownerAt(w)
		f.RuledOut = append(f.RuledOut, "A device at another place: packets of the silent connection pass there.")
		return
	}
	last, first := v.hopOrEnd(suspects[0], of), v.hopOrEnd(suspects[len(suspects)-1], of)
	f.RuledOut = append(f.RuledOut, fmt.Sprintf("%sThe device may be anything from %s to %s: some drop packets before they would answer, and some after.", notDecidedWhere, last, first))
}

// hopAnswersThere reports whether that hop, as the other end counts, answered it
// when it searched the way to a new connection, or that of a live one.
func (v *view) hopAnswersThere(hop int) bool {
	if v.other == nil || v.other.Seen == nil {
		return false
	}
	at := func(s exchange.Step) bool {
		return s.TTL == hop && (s.Outcome == hops.Expired || s.Outcome == hops.Refused || s.Outcome == hops.Reset || s.Outcome == hops.Open)
	}
	return v.repliesExpire(hop) ||
		slices.ContainsFunc(v.other.Seen.Dials, func(d exchange.Dialing) bool { return slices.ContainsFunc(d.Steps, at) })
}

// sideOf is the side on which all of the devices stand.
func sideOf(devices []int, of int) Side {
	all := side(devices[0], of)
	for _, d := range devices {
		if side(d, of) != all {
			return SideUnknown
		}
	}
	return all
}

// edgeStory tells how far the packets get, from both ends.
func (v *view) edgeStory(up, down edge, of int) string {
	story := "Packets that this end sends over the silent connection "
	switch silent := v.hopOrEnd(up.silent, of); {
	case up.answered == 0:
		story += fmt.Sprintf("do not even get an answer from %s", silent)
	default:
		story += fmt.Sprintf("get to %s", v.hopOrEnd(up.answered, of))
		if up.silent < of {
			story += fmt.Sprintf(", and %s does not answer them", silent)
		}
	}
	switch silent := v.hopOrEnd(of-down.silent, of); {
	case !down.known:
	case down.answered == 0:
		story += fmt.Sprintf(". Those from the other end do not even get an answer from %s", silent)
	default:
		story += fmt.Sprintf(". Those from the other end get to %s", v.hopOrEnd(of-down.answered, of))
		if down.silent < of {
			story += fmt.Sprintf(", and %s does not answer them", silent)
		}
	}
	if up.silent < of {
		story += fmt.Sprintf(". New connections were answered by %s", v.hopOrEnd(up.silent, of))
	}
	return story + "."
}

// hopOrEnd is a device of the way in words.
func (v *view) hopOrEnd(d, of int) string {
	switch {
	case d <= 0:
		return "this machine"
	case d >= of:
		return "the server"
	}
	return v.control().hopName(d)
}
