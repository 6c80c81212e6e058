package report

import (
	"fmt"
	"net/netip"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// Arrow is one connection of the diagram. Its direction is that of the SYN.
type Arrow struct {
	Name    string // control, epsv data, …
	Inbound bool   // the server connects to this machine
	Arrived bool   // the connection opened
	Note    string // the port it reached, or what is known of the place where it ended
	Word    string // what became of it
	State   State

	To      netip.AddrPort // that we dialled; invalid: we did not dial
	Outcome probe.Outcome  // of that; zero when there was none
}

// Arrows returns the connections that were tried: control, then the data
// connection of each mode.
func Arrows(ev *probe.Evidence) []Arrow {
	var arrows []Arrow
	if a, ok := controlArrow(ev); ok {
		arrows = append(arrows, a)
	}
	for _, c := range probe.Passive {
		if a, ok := passiveArrow(ev, c); ok {
			arrows = append(arrows, a)
		}
	}
	for _, c := range probe.Active {
		if a, ok := activeArrow(ev, c); ok {
			arrows = append(arrows, a)
		}
	}
	return arrows
}

func controlArrow(ev *probe.Evidence) (Arrow, bool) {
	l := Line(ev, probe.CheckControl)
	a := Arrow{Name: "control", State: l.State, Word: Word(l.State)}
	if at := peerOf(ev); at.IsValid() {
		a.Arrived, a.Note, a.To, a.Outcome = true, fmt.Sprintf(":%d", at.Port()), at, hops.Open
		return a, true
	}
	for _, d := range ev.Control {
		if d.Outcome != "" {
			a.Note, a.To, a.Outcome = blockedNote(ev, &d), d.To, d.Outcome
			return a, true
		}
	}
	return a, false
}

func passiveArrow(ev *probe.Evidence, c probe.Check) (Arrow, bool) {
	l, m := Line(ev, c), ev.Modes[c]
	a := Arrow{Name: string(c) + " data", State: l.State, Word: Word(l.State)}
	if m == nil || l.State == Skip || l.State == "" {
		return a, false
	}
	d := m.Dial(probe.AsAnnounced)
	if d != nil {
		a.To, a.Outcome = d.To, d.Outcome
	}
	switch {
	case d != nil && d.Outcome == hops.Open:
		a.Arrived, a.Note = true, fmt.Sprintf(":%d", d.To.Port())
	case d != nil && d.Outcome != "":
		a.Note = blockedNote(ev, d)
	case m.Announced.IsValid():
		a.Note = m.Announced.String()
	case m.Reply != nil && m.Reply.Code >= 400:
		a.Note = fmt.Sprintf("no port announced: %d", m.Reply.Code)
	default:
		a.Note = "no port announced"
	}
	return a, true
}

func activeArrow(ev *probe.Evidence, c probe.Check) (Arrow, bool) {
	l, m := Line(ev, c), ev.Modes[c]
	a := Arrow{Name: string(c) + " data", Inbound: true, State: l.State, Word: Word(l.State)}
	if m == nil || l.State == Skip || l.State == "" {
		return a, false
	}
	switch {
	case len(m.Arrivals) > 0:
		a.Arrived = true
		a.Note = fmt.Sprintf(":%d", m.Arrivals[len(m.Arrivals)-1].From.Port())
	case m.Reply != nil && m.Reply.Code >= 400:
		a.Word = "refused"
	case m.Reply != nil && l.State == Warn:
		a.Word = "no arrival"
	}
	return a, true
}

// blockedNote says which address an attempt did not reach and, where the hop
// search knows, how far it came.
func blockedNote(ev *probe.Evidence, d *probe.Dial) string {
	t := readTrace(ev.PathTo(d.To))
	if t.expired > 0 && t.answer == hops.Timeout && d.To.Addr() == peerOf(ev).Addr() {
		return fmt.Sprintf(":%d silent after hop %d", d.To.Port(), t.expired)
	}
	return d.To.String()
}

// Word is the state as the report prints it.
func Word(s State) string {
	if s == Failed {
		return "FAIL"
	}
	return string(s)
}

// Columns of the diagram.
const (
	barColumn    = 11 // the client's side of every arrow
	nameColumn   = 19
	tipColumn    = 57 // the server's side of an arrow that arrived
	noteColumn   = 59
	wordColumn   = 66
	serverColumn = 62
	lineWidth    = 80
)

// diagram draws the arrows between the two addresses.
func diagram(arrows []Arrow, client, server string) []string {
	if len(arrows) == 0 {
		return nil
	}
	lines := []string{at(at("", barColumn-5, "you"), serverColumn, "server")}
	left := at("", barColumn-5, client)
	column := min(serverColumn, lineWidth-len(server))
	if len(left) >= column {
		lines = append(lines, left)
		left = ""
	}
	if names := at(left, column, server); names != "" {
		lines = append(lines, names)
	}
	for _, a := range arrows {
		lines = append(lines, at(shaft(a), wordColumn, a.Word))
	}
	return lines
}

// shaft draws one arrow without its last word.
func shaft(a Arrow) string {
	name := at("", nameColumn, a.Name+" ")
	room := wordColumn - 1
	switch {
	case a.Arrived && a.Inbound:
		return at(over(name, barColumn, "|<-----")+dashes(tipColumn+1-len(name)), noteColumn, a.Note)
	case a.Arrived:
		return at(over(name, barColumn, "|------")+dashes(tipColumn-len(name))+">", noteColumn, a.Note)
	case a.Inbound:
		return over(name, barColumn, "|  X---") + dashes(noteColumn+1-len(name))
	}
	return clip(over(name, barColumn, "|------")+"---X "+ASCII(a.Note), room)
}

// at appends text to line at the given column, or one blank after its end.
func at(line string, column int, text string) string {
	if text == "" {
		return line
	}
	if len(line) >= column && line != "" {
		return line + " " + text
	}
	return line + strings.Repeat(" ", column-len(line)) + text
}

// over writes text over the blanks of line at a column.
func over(line string, column int, text string) string {
	return line[:column] + text + line[column+len(text):]
}

func dashes(n int) string {
	return strings.Repeat("-", max(n, 0))
}
