package report

import (
	"cmp"
	"fmt"
	"net/netip"

	"ftpcheck/probe/hops"
)

// Path is the way between the two sides.
type Path struct {
	Stations []Station
	Distance int        // of the server, in hops; 0: unknown
	Ends     []ArrowEnd // one for each arrow
}

// Station is a place on the way, and what is known of it.
type Station struct{ Name, What string }

// ArrowEnd is where an arrow ends that did not arrive.
type ArrowEnd struct {
	Place EndPlace
	Hop   int
}

// EndPlace is where an arrow ends in relation to a hop.
type EndPlace int

const (
	EndUnknown EndPlace = iota
	EndFirst            // before the first hop, or there
	EndBehind           // between the hop and the next one
	EndBefore           // at the hop
)

const unknown = "?"

// path describes the way between the two sides, and where each arrow ends.
func (v *view) path() Path {
	arrows := Arrows(v.ev)
	if len(arrows) == 0 {
		return Path{}
	}
	p := Path{Stations: v.stations(), Distance: v.distance()}
	answersLost := v.directions().answersLost()
	for _, a := range arrows {
		p.Ends = append(p.Ends, v.arrowEnd(a, answersLost))
	}
	return p
}

// arrowEnd is where the arrow ends. answersLost: the other end saw packets to
// its passive ports arrive, so where the answers die is not known.
func (v *view) arrowEnd(a Arrow, answersLost bool) ArrowEnd {
	if a.Arrived || a.Inbound || !a.To.IsValid() {
		return ArrowEnd{}
	}
	t := readTrace(v.ev.PathTo(a.To))
	// The axis is that of the control port: another way cannot be drawn on it.
	sameWay := t.expired == 0 || t.from.IsValid() && t.from == v.control().names[t.expired]
	switch {
	case !t.known() || v.distance() == 0 || !sameWay || t.obscured():
		return ArrowEnd{}
	case answersLost && a.To.Port() != v.peer.Port():
		return ArrowEnd{}
	case t.answer == hops.Timeout && v.locate(t, nil).Side == SideUnknown:
		return ArrowEnd{}
	case t.answer == hops.Timeout && t.expired == 0:
		return ArrowEnd{Place: EndFirst}
	case t.answer == hops.Timeout:
		return ArrowEnd{EndBehind, t.expired}
	}
	return ArrowEnd{EndBefore, cmp.Or(t.distance, t.expired)}
}

// stations are the places on the way from this machine to the server.
func (v *view) stations() []Station {
	you := unknown
	if v.local.IsValid() {
		you = v.local.String()
	}
	list := []Station{{"you", you}}
	if v.sameMachine() {
		return append(list, Station{"server", "on this machine"})
	}
	switch {
	case !v.seen.known():
		list = append(list, Station{"your NAT", unknown})
	case v.seen.addr != v.local:
		list = append(list, Station{"your NAT", v.seen.addr.String()})
	}
	list = append(list, v.hopStations()...)
	inside := v.insideAddress()
	switch {
	case v.natHop() > 0 || inside.IsValid() && inside != v.peer.Addr().Unmap():
		nat := v.peer.Addr().Unmap().String()
		if n := v.natHop(); n > 0 {
			nat += fmt.Sprintf(", hop %d", n)
		}
		list = append(list, Station{"server NAT", nat}, Station{"server", addrOr(inside)})
	case v.serverSelf() == v.peer.Addr().Unmap():
		list = append(list, Station{"server", v.serverSelf().String()})
	default:
		list = append(list, Station{"server NAT", unknown}, Station{"server", addrOr(v.peer.Addr().Unmap())})
	}
	return list
}

func addrOr(a netip.Addr) string {
	if a.IsValid() {
		return a.String()
	}
	return unknown
}

// hopStations are the routers that the hop search found on the way to the
// control port. Those that do not answer share a line.
func (v *view) hopStations() []Station {
	t := v.control()
	last := max(v.distance()-1, t.expired)
	if n := v.natHop(); n > 0 {
		last = n - 1
	}
	var list []Station
	silent := 0
	flush := func(before int) {
		switch {
		case silent == 1:
			list = append(list, Station{fmt.Sprintf("hop %d", before), "does not answer"})
		case silent > 1:
			list = append(list, Station{fmt.Sprintf("hops %d-%d", before-silent+1, before), "do not answer"})
		}
		silent = 0
	}
	for ttl := 1; ttl <= last; ttl++ {
		if a, ok := t.names[ttl]; ok && a.IsValid() {
			flush(ttl - 1)
			list = append(list, Station{fmt.Sprintf("hop %d", ttl), a.String()})
			continue
		}
		silent++
	}
	flush(last)
	if v.distance() == 0 {
		list = append(list, Station{"hops", unknown})
	}
	return list
}
