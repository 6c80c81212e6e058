package report

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe"
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
func (v *view) suspects(up, down edge, of int) (list []int, narrowed bool) {
	low, high := up.answered, up.silent
	if !down.known {
		return span(low, high), false
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
	return list, true
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
	if session == nil || s.Outcome != hops.Timeout {
		return
	}
	up, down := readEdge(session.Up, of), readEdge(session.Down, of)
	if !up.known {
		return
	}
	suspects, narrowed := v.suspects(up, down, of)
	if len(suspects) == 0 { // what the ends saw does not fit together
		return
	}
	f.Story = append(f.Story, v.edgeStory(up, down, of))
	w := f.Where
	w.HopKnown, w.AfterHop = true, up.answered
	if a := v.control().names[up.answered]; a.IsValid() {
		w.Address = a.String()
	}
	f.RuledOut = slices.DeleteFunc(f.RuledOut, func(r string) bool { return strings.HasPrefix(r, notDecidedWhere) })
	sides := map[Side]bool{}
	for _, d := range suspects {
		sides[side(d, of)] = true
	}
	if len(sides) == 1 {
		w.Side = side(suspects[0], of)
		f.Owner = ownerAt(w)
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("Devices at other places: packets of this connection get through to where they stand, and %s answered when they belonged to a new one.", v.control().hopName(up.silent)))
		return
	}
	why := "The other end could not search from there."
	if narrowed {
		why = "What the two ends see fits devices at both places."
	}
	f.RuledOut = append(f.RuledOut, fmt.Sprintf("Not decided: whether %s drops them behind itself, or %s before it answers. %s", v.hopOrEnd(up.answered, of), v.hopOrEnd(up.silent, of), why))
}

// edgeStory tells how far the packets get, from both ends.
func (v *view) edgeStory(up, down edge, of int) string {
	story := "Sent over the silent connection, packets of this client get "
	switch {
	case up.answered == 0:
		story += "not even to " + v.hopOrEnd(up.silent, of)
	case up.silent >= of:
		story += "as far as " + v.hopOrEnd(up.answered, of) + ", the last one before the server"
	default:
		story += "as far as " + v.hopOrEnd(up.answered, of) + ", and " + v.hopOrEnd(up.silent, of) + " is silent"
	}
	switch {
	case !down.known:
		return story + "."
	case down.answered == 0:
		return story + fmt.Sprintf(". Those of the server do not get to %s.", v.hopOrEnd(of-down.silent, of))
	}
	return story + fmt.Sprintf(". Those of the server get to %s.", v.hopOrEnd(of-down.answered, of))
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
