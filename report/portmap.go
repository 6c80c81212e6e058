package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ftpcheck/probe"
)

// portSigns are the cells of a port map. They differ by shape.
var portSigns = map[PortState]string{
	PortOpen: "#", PortRefused: "x", PortSilent: ".", PortRejected: "!",
	PortArrived: "@", PortAnswered: "o", PortHalfway: "~",
}

// portLegend says in more words what a state means.
var portLegend = map[PortState]string{
	PortArrived:  "arrived: both ends saw it",
	PortAnswered: "answered on the way, and never arrived",
	PortHalfway:  "half-way: it arrived, and its answer was lost",
}

// mixedSign is a cell whose ports or attempts differ.
const mixedSign = "*"

func signOf(s PortState) string { return cmp.Or(portSigns[s], mixedSign) }

// portMapPage is a page with port maps, and the signs on it.
type portMapPage struct {
	*page
	signs map[string]bool
}

// PortMapLines draws the data ports that were tried in lines of at most width
// columns. It is empty when none was tried.
func PortMapLines(ev *probe.Evidence, width int, paint func(string) string) []string {
	plain, lines := newPage(width, paint)
	p := portMapPage{plain, map[string]bool{}}
	for _, t := range newView(ev).triedPorts() {
		p.draw(t)
	}
	p.legend()
	return *lines
}

func (p portMapPage) draw(t TriedPorts) {
	p.bar(t.Head, t.Runs)
	if t.Rows == nil {
		p.stretches(t.Runs)
		return
	}
	for _, row := range t.Rows {
		p.row(row)
	}
	p.line("")
}

// row lists the ports of a state, behind its sign.
func (p portMapPage) row(row PortRow) {
	sign := signOf(row.State)
	p.signs[sign] = true
	head := fmt.Sprintf("  %s %s%*s", sign, p.word(string(row.State)), stateWidth-len(row.State), "")
	for _, l := range wrap(row.Words, p.width-stateWidth-4) {
		p.line("%s%s", head, l)
		head = strings.Repeat(" ", stateWidth+4)
	}
}

// stateWidth is the width of the states behind their signs.
const stateWidth = 10

// legend explains the signs that were drawn.
func (p portMapPage) legend() {
	var words []string
	for _, s := range mapStates {
		if p.signs[signOf(s)] {
			words = append(words, signOf(s)+" "+cmp.Or(portLegend[s], string(s)))
		}
	}
	if p.signs[mixedSign] {
		words = append(words, mixedSign+" not all alike")
	}
	if p.signs[" "] {
		words = append(words, "blank: not tried")
	}
	if len(words) == 0 {
		return
	}
	for _, l := range wrap(strings.Join(words, "; "), p.width) {
		p.line("%s", l)
	}
}

// portCells are at most most cells for the ports from the first to the last of
// the runs: the sign of the ports in each. cell is that of a port.
func portCells(runs []SweptRange, most int) (signs []string, cell func(port uint16) int) {
	low, high := int(runs[0].From), int(runs[len(runs)-1].To)
	cells := min(high-low+1, most)
	cell = func(port uint16) int { return (int(port) - low) * cells / (high - low + 1) }
	signs = slices.Repeat([]string{" "}, cells)
	for _, r := range runs {
		for at := cell(r.From); at <= cell(r.To); at++ {
			switch sign := signOf(r.State); signs[at] {
			case " ", sign:
				signs[at] = sign
			default:
				signs[at] = mixedSign
			}
		}
	}
	return signs, cell
}

// bar draws ports as a bar of cells, with numbers where the state changes.
func (p portMapPage) bar(head string, runs []SweptRange) {
	for _, l := range wrap(ASCII(head), p.width) {
		p.line("%s", l)
	}
	signs, cell := portCells(runs, p.width-2)
	for _, sign := range signs {
		p.signs[sign] = true
	}
	p.line("")
	p.line("[%s]", strings.Join(signs, ""))
	p.line("%s", numbersUnder(stretchesOf(runs), func(port uint16) int { return 1 + cell(port) }, p.width))
	p.line("")
}

// stretches lists ports by the state that neighbours have in common.
func (p portMapPage) stretches(runs []SweptRange) {
	all := stretchesOf(runs)
	for _, s := range all[:min(len(all), mostRanges)] {
		p.signs[signOf(s.state)] = true
		p.line("  %-11s  %s %s, %d tried", portRange{s.from, s.to}, signOf(s.state), p.word(string(s.state)), s.tried)
	}
	if more := len(all) - mostRanges; more > 0 {
		p.line("  and %d more", more)
	}
	p.line("")
}

// numbersUnder writes the first port of each stretch under its cell, and the
// last port of all at the right, as far as there is room.
func numbersUnder(stretches []stretch, column func(uint16) int, width int) string {
	last := stretches[len(stretches)-1].to
	end := max(min(column(last), width-len("65535")), 1)
	line := ""
	for _, s := range stretches {
		if c := column(s.from); line == "" || c > len(line) && c+len("65535") < end {
			line = at(line, c, strconv.Itoa(int(s.from)))
		}
	}
	if end > len(line) {
		line = at(line, end, strconv.Itoa(int(last)))
	}
	return line
}
