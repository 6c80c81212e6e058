package report

import (
	"fmt"
	"strconv"
	"strings"
)

// Measures of the drawings, in their own units. A narrow screen scales them
// down to a little more than half.
const (
	drawWidth   = 440
	drawLeft    = 10  // the client's bar
	drawRight   = 430 // the server's
	drawRow     = 34  // the height of an arrow with its words
	drawHead    = 14  // the base line of the first words
	letterWidth = 7.3
)

type (
	htmlDiagram struct {
		Width, Height    int
		Left, Right, Top int
		Client, Server   string
		ClientY, ServerY int
		TextX, WordX     int
		HopY, LabelY     int
		Hops             []htmlHop
		Rows             []htmlArrow
	}
	htmlHop struct {
		X     int
		Label string // empty: no room for it
	}
	htmlArrow struct {
		Name, Note, Word, Class string
		Words                   string // the arrow in a sentence
		TextY, Y                int
		From, To                int      // ends of the line; equal: there is none
		Strokes                 []string // the arrow's head, or the cross where packets die
		Lost, LostY             int      // the question mark where that is not known; 0: none
	}
)

// diagramOf lays out the path diagram: nil when no connection was tried.
func diagramOf(r *Report) *htmlDiagram {
	if len(r.Arrows) == 0 {
		return nil
	}
	d := &htmlDiagram{
		Width: drawWidth, Left: drawLeft, Right: drawRight, TextX: drawLeft + 8, WordX: drawRight - 8,
		Client: ASCII(r.Client.Address), Server: ASCII(r.Server.Address), ClientY: drawHead, ServerY: drawHead,
	}
	if float64(len("you  server  ")+len(d.Client)+len(d.Server))*letterWidth > drawRight-drawLeft {
		d.ServerY += 18
	}
	d.Top = d.ServerY + 8
	y := d.Top
	for hop := 1; hop < r.Path.Distance; hop++ {
		h := htmlHop{X: drawX(hop, r.Path.Distance), Label: strconv.Itoa(hop)}
		if n := len(d.Hops); n > 0 && drawX(1, r.Path.Distance)-drawLeft < 20 && hop%5 != 0 {
			h.Label = ""
		}
		d.Hops = append(d.Hops, h)
	}
	if len(d.Hops) > 0 {
		d.LabelY, d.HopY = y+12, y+20
		y += 22
	}
	for i, a := range r.Arrows {
		var end ArrowEnd
		if i < len(r.Path.Ends) {
			end = r.Path.Ends[i]
		}
		d.Rows = append(d.Rows, arrowRow(a, end, r.Path.Distance, y))
		y += drawRow
	}
	d.Height = y + 6
	return d
}

// drawX is where a hop stands.
func drawX(hop, distance int) int {
	return drawLeft + (drawRight-drawLeft)*hop/max(distance, 1)
}

// arrowRow lays out one connection below top.
func arrowRow(a Arrow, e ArrowEnd, distance, top int) htmlArrow {
	const middle = (drawLeft + drawRight) / 2
	y := top + 25
	row := htmlArrow{Name: a.Name, Note: clip(ASCII(a.Note), 40), Word: a.Word, Class: string(a.State), TextY: top + 16, Y: y, LostY: y + 4}
	what := ""
	switch {
	case a.Arrived && a.Inbound:
		row.From, row.To = drawLeft, drawRight
		row.Strokes = []string{points(drawLeft+9, y-5, drawLeft+2, y, drawLeft+9, y+5)}
	case a.Arrived:
		row.From, row.To = drawLeft, drawRight
		row.Strokes = []string{points(drawRight-9, y-5, drawRight-2, y, drawRight-9, y+5)}
	case a.Inbound && a.Word == "refused":
		what = "no connection came"
	case !a.Inbound && !a.To.IsValid():
		what = "nothing was dialled"
	case a.Inbound:
		row.From, row.To, row.Lost = middle+8, drawRight, middle
		what = unknownEnd
	case e.Place == EndUnknown:
		row.From, row.To, row.Lost = drawLeft, middle-8, middle
		what = unknownEnd
	default:
		var x int
		x, what = endOf(e, distance)
		row.From, row.To = drawLeft, x
		row.Strokes = []string{points(x-5, y-5, x+5, y+5), points(x-5, y+5, x+5, y-5)}
	}
	direction := "to the server"
	if a.Inbound {
		direction = "from the server"
	}
	row.Words = join(join(fmt.Sprintf("%s %s", a.Name, direction), " ", row.Note)+": "+a.Word, ", ", what) + "."
	return row
}

const unknownEnd = "where it ends is not known"

// endOf is where an arrow ends that did not arrive, and the words for it.
func endOf(e ArrowEnd, distance int) (x int, words string) {
	switch e.Place {
	case EndFirst:
		return drawLeft + 14, "it ends before the first hop"
	case EndBehind:
		x, words = (drawX(e.Hop, distance)+drawX(e.Hop+1, distance))/2, fmt.Sprintf("it ends behind hop %d", e.Hop)
	default:
		x, words = drawX(e.Hop, distance), fmt.Sprintf("it ends at hop %d", e.Hop)
	}
	return min(max(x, drawLeft+14), drawRight-10), words
}

// points are those of a line, as SVG writes them.
func points(xy ...int) string {
	return strings.Trim(fmt.Sprint(xy), "[]")
}
