package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ftpcheck/probe"
)

// portSigns are the cells of a port map. They differ by shape.
var portSigns = map[PortState]string{PortOpen: "#", PortRefused: "x", PortSilent: ".", PortRejected: "!"}

// mixedSign is a cell whose ports differ.
const mixedSign = "*"

// PortMapLines draws the data ports that were tried in lines of at most width
// columns: those that the server announced, and those of a sweep. It is empty
// when none was tried.
func PortMapLines(ev *probe.Evidence, width int, paint func(string) string) []string {
	p, lines := newPage(width, paint)
	var announced []probe.Dial
	for _, a := range newView(ev).attempts() {
		announced = append(announced, *a.Dial)
	}
	if ports := portStates(announced); len(ports) > 0 {
		head := fmt.Sprintf("%s tried that the server announced", count(len(ports), "port"))
		p.portBar(join(head, ", ", AnnouncedRangeOf(ev).words())+".", ports)
	}
	if s := SweepOf(ev); s != nil {
		p.portBar(fmt.Sprintf("Sweep of %s, ports %s: %s.", s.Host, portRange{s.Low, s.High}, s.Words()), portStates(ev.Swept))
	}
	if len(*lines) > 0 {
		for _, l := range wrap("# open, x refused, . silent, ! rejected, "+mixedSign+" ports that differ; blank: not tried", p.width) {
			p.line("%s", l)
		}
	}
	return *lines
}

// portState is one port that was tried.
type portState struct {
	port  uint16
	state PortState
}

// portStates are the ports that were tried, in their order.
func portStates(dials []probe.Dial) []portState {
	var all []portState
	for _, r := range SweptRanges(dials) {
		for port := int(r.From); port <= int(r.To); port++ {
			all = append(all, portState{uint16(port), r.State})
		}
	}
	return all
}

// portBar draws ports as a bar of cells, with numbers where the state changes,
// and lists the stretches.
func (p *page) portBar(head string, ports []portState) {
	for _, l := range wrap(ASCII(head), p.width) {
		p.line("%s", l)
	}
	low, high := int(ports[0].port), int(ports[len(ports)-1].port)
	cells := min(high-low+1, p.width-2)
	cell := func(port uint16) int { return (int(port) - low) * cells / (high - low + 1) }
	bar := slices.Repeat([]string{" "}, cells)
	for _, s := range ports {
		switch at, sign := cell(s.port), portSigns[s.state]; bar[at] {
		case " ", sign:
			bar[at] = sign
		default:
			bar[at] = mixedSign
		}
	}
	p.line("")
	p.line("[%s]", strings.Join(bar, ""))
	stretches := stretchesOf(ports)
	p.line("%s", numbersUnder(stretches, func(port uint16) int { return 1 + cell(port) }, p.width))
	p.line("")
	for _, s := range stretches[:min(len(stretches), mostRanges)] {
		p.line("  %-11s  %s %s, %d tried", portRange{s.from, s.to}, portSigns[s.state], p.word(string(s.state)), s.tried)
	}
	if more := len(stretches) - mostRanges; more > 0 {
		p.line("  and %d more", more)
	}
	p.line("")
}

// stretch is a run of tried ports in one state. Between them may be others
// that were not tried.
type stretch struct {
	from, to uint16
	state    PortState
	tried    int
}

func stretchesOf(ports []portState) []stretch {
	var list []stretch
	for _, s := range ports {
		if n := len(list); n > 0 && list[n-1].state == s.state {
			list[n-1].to = s.port
			list[n-1].tried++
			continue
		}
		list = append(list, stretch{s.port, s.port, s.state, 1})
	}
	return list
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
