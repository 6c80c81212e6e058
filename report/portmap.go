package report

import (
	"cmp"
	"fmt"
	"maps"
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
// columns: those that the server announced, those of a sweep, and those that
// both ends tried, in both directions. It is empty when none was tried.
func PortMapLines(ev *probe.Evidence, width int, paint func(string) string) []string {
	plain, lines := newPage(width, paint)
	p := portMapPage{plain, map[string]bool{}}
	v := newView(ev)
	var announced []PortState
	var at []uint16
	for _, d := range v.announcedDials() {
		at, announced = append(at, d.To.Port()), append(announced, PortStateOf(d.Outcome))
	}
	if ports := portStates(at, announced); len(ports) > 0 {
		head := fmt.Sprintf("%s tried that the server announced", count(len(ports), "port"))
		p.bar(join(head, ", ", AnnouncedRangeOf(ev).words())+".", ports)
		p.stretches(ports)
	}
	if s := SweepOf(ev); s != nil {
		ports := statesIn(SweptRanges(ev.Swept))
		p.bar(fmt.Sprintf("Sweep of %s, ports %s: %s.", s.Host, portRange{s.Low, s.High}, s.Words()), ports)
		p.stretches(ports)
	}
	if m := v.portMap(); m != nil {
		p.bothEnds(m)
	}
	p.legend()
	return *lines
}

// announcedDials are the attempts at the ports that were announced, as the
// announcements arrived here.
func (v *view) announcedDials() []*probe.Dial {
	var list []*probe.Dial
	note := func(d *probe.Dial) {
		if d != nil && tested(d.Outcome) && v.ran(d.Check) {
			list = append(list, d)
		}
	}
	for _, p := range v.passive {
		note(p.host)
	}
	for _, s := range v.ev.Samples {
		note(&s.Dial)
	}
	for i := range v.ev.Confirms {
		note(&v.ev.Confirms[i])
	}
	for _, t := range v.steps() {
		note(t.host)
	}
	return list
}

// bothEnds draws the ports that both ends tried.
func (p portMapPage) bothEnds(m *PortMap) {
	if ports := statesIn(m.ToServer); len(ports) > 0 {
		p.bar(m.serverHead(), ports)
		p.stretches(ports)
	}
	var at []uint16
	var states []PortState
	for _, c := range m.ToClient {
		at, states = append(at, c.Port), append(states, c.State)
	}
	if ports := portStates(at, states); len(ports) > 0 {
		p.bar(m.clientHead(), ports)
		for _, s := range mapStates {
			if words := m.clientPorts(s); words != "" {
				p.clientRow(s, words)
			}
		}
		p.line("")
	}
}

// clientRow lists the ports of a state, behind its sign.
func (p portMapPage) clientRow(s PortState, words string) {
	p.signs[signOf(s)] = true
	head := fmt.Sprintf("  %s %s%*s", signOf(s), p.word(string(s)), stateWidth-len(s), "")
	for _, l := range wrap(words, p.width-stateWidth-4) {
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

// portState is one port that was tried. Where the attempts at it differ, the
// state names all that came of them.
type portState struct {
	port  uint16
	state PortState
}

// portStates are the ports that were tried, in their order, by attempts and
// what came of each.
func portStates(ports []uint16, states []PortState) []portState {
	came := map[uint16][]string{}
	for _, s := range mapStates {
		for i, port := range ports {
			if states[i] == s && !slices.Contains(came[port], string(s)) {
				came[port] = append(came[port], string(s))
			}
		}
	}
	var all []portState
	for _, port := range slices.Sorted(maps.Keys(came)) {
		all = append(all, portState{port, PortState(strings.Join(came[port], " and "))})
	}
	return all
}

// statesIn are the ports in ranges.
func statesIn(ranges []SweptRange) []portState {
	var all []portState
	for _, r := range ranges {
		for port := int(r.From); port <= int(r.To); port++ {
			all = append(all, portState{uint16(port), r.State})
		}
	}
	return all
}

// bar draws ports as a bar of cells, with numbers where the state changes.
func (p portMapPage) bar(head string, ports []portState) {
	for _, l := range wrap(ASCII(head), p.width) {
		p.line("%s", l)
	}
	low, high := int(ports[0].port), int(ports[len(ports)-1].port)
	cells := min(high-low+1, p.width-2)
	cell := func(port uint16) int { return (int(port) - low) * cells / (high - low + 1) }
	bar := slices.Repeat([]string{" "}, cells)
	for _, s := range ports {
		switch at, sign := cell(s.port), signOf(s.state); bar[at] {
		case " ", sign:
			bar[at] = sign
		default:
			bar[at] = mixedSign
		}
	}
	for _, sign := range bar {
		p.signs[sign] = true
	}
	p.line("")
	p.line("[%s]", strings.Join(bar, ""))
	p.line("%s", numbersUnder(stretchesOf(ports), func(port uint16) int { return 1 + cell(port) }, p.width))
	p.line("")
}

// stretches lists ports by the state that neighbours have in common.
func (p portMapPage) stretches(ports []portState) {
	all := stretchesOf(ports)
	for _, s := range all[:min(len(all), mostRanges)] {
		p.signs[signOf(s.state)] = true
		p.line("  %-11s  %s %s, %d tried", portRange{s.from, s.to}, signOf(s.state), p.word(string(s.state)), s.tried)
	}
	if more := len(all) - mostRanges; more > 0 {
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
