package report

import (
	"fmt"
	"strconv"
)

type (
	htmlPorts struct {
		Head                     string
		Width, Height, BarHeight int
		Cells                    []htmlCell
		Low, High                string
		Rows                     []PortRow
	}
	htmlCell struct {
		X, Y, Width, Height int
		Class               string
	}
)

// Measures of the bar of ports.
const (
	barHeight = 20
	barCells  = 110
)

// cellHeights are those of the cells in the bar. The states differ by them, not
// by colour alone.
var cellHeights = map[PortState]int{
	PortOpen: barHeight, PortArrived: barHeight, PortRefused: 14, PortHalfway: 10, PortAnswered: 10, PortRejected: 8, PortSilent: 4,
}

// htmlPortsOf draws ports as a bar, and lists them by their state.
func htmlPortsOf(t TriedPorts) htmlPorts {
	h := htmlPorts{
		Head: ASCII(t.Head), Width: drawWidth, Height: barHeight + 20, BarHeight: barHeight,
		Low: strconv.Itoa(int(t.Runs[0].From)), High: strconv.Itoa(int(t.Runs[len(t.Runs)-1].To)),
		Rows: t.Rows,
	}
	states := map[string]PortState{mixedSign: "mixed"}
	for state, sign := range portSigns {
		states[sign] = state
	}
	signs, _ := portCells(t.Runs, barCells)
	x := func(cell int) int { return drawWidth * cell / len(signs) }
	for at := 0; at < len(signs); {
		end := at + 1
		for end < len(signs) && signs[end] == signs[at] {
			end++
		}
		if state, tried := states[signs[at]]; tried {
			height := cellHeights[state]
			if height == 0 {
				height = barHeight / 2
			}
			h.Cells = append(h.Cells, htmlCell{x(at), barHeight - height, x(end) - x(at), height, string(state)})
		}
		at = end
	}
	if h.Rows == nil {
		h.Rows = rowsOf(t.Runs)
	}
	return h
}

// rowsOf lists the first stretches of ports in one state.
func rowsOf(runs []SweptRange) []PortRow {
	var rows []PortRow
	all := stretchesOf(runs)
	for _, s := range all[:min(len(all), mostRanges)] {
		rows = append(rows, PortRow{s.state, fmt.Sprintf("%s, %d tried", portRange{s.from, s.to}, s.tried)})
	}
	if more := len(all) - mostRanges; more > 0 {
		rows = append(rows, PortRow{"", fmt.Sprintf("and %d more", more)})
	}
	return rows
}
