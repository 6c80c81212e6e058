package report

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// PathDiagram draws who connects to whom in lines of at most width columns,
// which is at least 38: the stations on the way with the addresses that are
// known, then each connection as an arrow in its own direction. It ends in X
// where the packets die, and in ? where that is not known.
func PathDiagram(ev *probe.Evidence, width int, paint func(string) string) []string {
	arrows := Arrows(ev)
	if len(arrows) == 0 {
		return nil
	}
	v := newView(ev)
	p, lines := newPage(width, paint)
	for _, s := range v.stations() {
		p.line("%-11s %s", s.name, clip(ASCII(s.what), p.width-12))
	}
	p.line("")
	d := pathDiagram{v: v, shaft: min(p.width-pathColumn-noteRoom-wordRoom-2, longestShaft), answersLost: v.directions().answersLost()}
	p.line("%s", d.axis())
	for _, a := range arrows {
		p.line("%-*s%s", pathColumn+d.shaft+noteRoom+2, d.arrow(a), p.word(a.Word))
	}
	return *lines
}

// Columns of the path diagram.
const (
	pathColumn   = 8 // of the client's end of an arrow
	noteRoom     = 7 // ":50012", behind the server's end
	wordRoom     = len("no arrival")
	longestShaft = 60
)

// station is a place on the way, and what is known of it.
type station struct{ name, what string }

const unknown = "?"

// stations are the places on the way from this machine to the server.
func (v *view) stations() []station {
	you := unknown
	if v.local.IsValid() {
		you = v.local.String()
	}
	list := []station{{"you", you}}
	if v.sameMachine() {
		return append(list, station{"server", "on this machine"})
	}
	switch {
	case !v.seen.known():
		list = append(list, station{"your NAT", unknown})
	case v.seen.addr != v.local:
		list = append(list, station{"your NAT", v.seen.addr.String()})
	}
	list = append(list, v.hopStations()...)
	inside := v.insideAddress()
	switch {
	case v.natHop() > 0 || inside.IsValid() && inside != v.peer.Addr().Unmap():
		nat := v.peer.Addr().Unmap().String()
		if n := v.natHop(); n > 0 {
			nat += fmt.Sprintf(", hop %d", n)
		}
		list = append(list, station{"server NAT", nat}, station{"server", addrOr(inside)})
	case v.serverSelf() == v.peer.Addr().Unmap():
		list = append(list, station{"server", v.serverSelf().String()})
	default:
		list = append(list, station{"server NAT", unknown}, station{"server", addrOr(v.peer.Addr().Unmap())})
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
func (v *view) hopStations() []station {
	t := v.control()
	last := max(v.distance()-1, t.expired)
	if n := v.natHop(); n > 0 {
		last = n - 1
	}
	var list []station
	silent := 0
	flush := func(before int) {
		switch {
		case silent == 1:
			list = append(list, station{fmt.Sprintf("hop %d", before), "does not answer"})
		case silent > 1:
			list = append(list, station{fmt.Sprintf("hops %d-%d", before-silent+1, before), "do not answer"})
		}
		silent = 0
	}
	for ttl := 1; ttl <= last; ttl++ {
		if a, ok := t.names[ttl]; ok && a.IsValid() {
			flush(ttl - 1)
			list = append(list, station{fmt.Sprintf("hop %d", ttl), a.String()})
			continue
		}
		silent++
	}
	flush(last)
	if v.distance() == 0 {
		list = append(list, station{"hops", unknown})
	}
	return list
}

// pathDiagram draws arrows between the client's bar and the server's.
type pathDiagram struct {
	v           *view
	shaft       int  // columns between the bars
	answersLost bool // the other end saw packets to its passive ports arrive: where the answers die is not known
}

// column is where a hop stands on the shaft.
func (d pathDiagram) column(hop int) int {
	return d.shaft * hop / max(d.v.distance(), 1)
}

// axis names both ends and numbers the hops between them.
func (d pathDiagram) axis() string {
	line := at("", pathColumn-2, "you")
	end := pathColumn + d.shaft - 2
	for hop := 1; hop < d.v.distance(); hop++ {
		number := strconv.Itoa(hop)
		if c := pathColumn + d.column(hop); c > len(line)+1 && c+len(number)+1 < end {
			line = at(line, c, number)
		}
	}
	return at(line, end, "server")
}

// arrow draws one connection without its last word.
func (d pathDiagram) arrow(a Arrow) string {
	name, _, _ := strings.Cut(a.Name, " ")
	head := fmt.Sprintf("%-*s|", pathColumn-1, name)
	full := dashes(d.shaft - 2)
	switch {
	case a.Arrived && a.Inbound:
		return head + "<" + full + "| " + a.Note
	case a.Arrived:
		return head + full + ">| " + a.Note
	case a.Inbound && a.Word == "refused":
		return head + strings.Repeat(" ", d.shaft-1) + "|"
	case a.Inbound:
		return head + at("", d.shaft/2, unknown) + dashes(d.shaft-d.shaft/2-2) + "|"
	case !a.To.IsValid():
		return head + clip(" "+ASCII(a.Note), d.shaft+noteRoom)
	}
	end, sign := d.end(a)
	line := head + dashes(end) + sign
	note := " " + ASCII(a.Note)
	if room := pathColumn + d.shaft + noteRoom + 1 - len(line); len(note) > room {
		note = fmt.Sprintf(" :%d", a.To.Port())
		if len(note) > room {
			note = ""
		}
	}
	return line + note
}

// end is the length of an arrow that did not arrive, and the sign at its tip.
func (d pathDiagram) end(a Arrow) (int, string) {
	t := readTrace(d.v.ev.PathTo(a.To))
	half := max((d.shaft-2)/2, 1)
	// The axis is that of the control port: another way cannot be drawn on it.
	sameWay := t.expired == 0 || t.from.IsValid() && t.from == d.v.control().names[t.expired]
	switch {
	case !t.known() || d.v.distance() == 0 || !sameWay || t.obscured():
		return half, unknown
	case d.answersLost && a.To.Port() != d.v.peer.Port():
		return half, unknown
	case t.answer == hops.Timeout && d.v.locate(t, nil).Side == SideUnknown:
		return half, unknown
	case t.answer == hops.Timeout && t.expired == 0:
		return min(1, half), "X"
	case t.answer == hops.Timeout:
		return min(d.column(t.expired)+d.shaft/max(2*d.v.distance(), 2), d.shaft-2), "X"
	}
	return min(max(d.column(cmp.Or(t.distance, t.expired))-1, 1), d.shaft-2), "X"
}
