package report

import (
	"fmt"
	"strconv"
	"strings"

	"ftpcheck/probe"
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
	path := newView(ev).path()
	p, lines := newPage(width, paint)
	for _, s := range path.Stations {
		p.line("%-11s %s", s.Name, clip(ASCII(s.What), p.width-12))
	}
	p.line("")
	d := pathDiagram{distance: path.Distance, shaft: min(p.width-pathColumn-noteRoom-wordRoom-2, longestShaft)}
	p.line("%s", d.axis())
	for i, a := range arrows {
		p.line("%-*s%s", pathColumn+d.shaft+noteRoom+2, d.arrow(a, path.Ends[i]), p.word(a.Word))
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

// pathDiagram draws arrows between the client's bar and the server's.
type pathDiagram struct {
	distance int // of the server, in hops
	shaft    int // columns between the bars
}

// column is where a hop stands on the shaft.
func (d pathDiagram) column(hop int) int {
	return d.shaft * hop / max(d.distance, 1)
}

// axis names both ends and numbers the hops between them.
func (d pathDiagram) axis() string {
	line := at("", pathColumn-2, "you")
	end := pathColumn + d.shaft - 2
	for hop := 1; hop < d.distance; hop++ {
		number := strconv.Itoa(hop)
		if c := pathColumn + d.column(hop); c > len(line)+1 && c+len(number)+1 < end {
			line = at(line, c, number)
		}
	}
	return at(line, end, "server")
}

// arrow draws one connection without its last word.
func (d pathDiagram) arrow(a Arrow, e ArrowEnd) string {
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
	end, sign := d.end(e)
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
func (d pathDiagram) end(e ArrowEnd) (int, string) {
	half := max((d.shaft-2)/2, 1)
	switch e.Place {
	case EndFirst:
		return min(1, half), "X"
	case EndBehind:
		return min(d.column(e.Hop)+d.shaft/max(2*d.distance, 2), d.shaft-2), "X"
	case EndBefore:
		return min(max(d.column(e.Hop)-1, 1), d.shaft-2), "X"
	}
	return half, unknown
}
