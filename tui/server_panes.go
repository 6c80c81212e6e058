package tui

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe/ftpd"
	"ftpcheck/report"
)

// linesOf is what a pane shows, and what it is called.
func (m *serverModel) linesOf(f focus) (name string, lines []string) {
	switch f {
	case onDetail:
		return m.detail()
	case onLog:
		return "LOG, newest first", m.logLines()
	}
	switch m.over {
	case doHelp:
		return "KEYS", helpOf(serverKeys, m.width)
	case doLog:
		return "LOG, newest first", m.logLines()
	case doAbout:
		return "SERVER", m.aboutLines(m.width)
	}
	return "", nil
}

// list draws the sessions around the cursor, the newest one first.
func (m *serverModel) list(width, height int) []string {
	rows := m.rows()
	if len(rows) == 0 {
		return []string{" no session yet"}
	}
	at := m.cursorIndex(rows)
	from := min(max(at-height/2, 0), max(len(rows)-height, 0))
	var lines []string
	for i := from; i < min(from+height, len(rows)); i++ {
		lines = append(lines, m.rowLine(rows[i], i == at, width))
	}
	return lines
}

func (m *serverModel) rowLine(s *session, here bool, width int) string {
	sign := "   "
	if here {
		sign = " > "
	}
	number, word := fmt.Sprintf("%3d  ", s.number), s.word()
	rest := clip(fmt.Sprintf("  %-15s %s", s.peer.Addr(), report.ASCII(s.summary())), width-len(sign)-len(number)-len(word))
	if here && m.focus == onList && !m.style.plain {
		return m.style.here.Render(pad(sign+number+word+rest, width))
	}
	return sign + number + m.style.word(word) + rest
}

// detail is what there is to say about the selected session: what was
// announced, what arrived, what was answered.
func (m *serverModel) detail() (name string, lines []string) {
	width := m.detailWidth()
	s := m.selected()
	if s == nil {
		return "SERVER", m.aboutLines(width)
	}
	for _, l := range report.Wrap(m.standing(s), width-1) {
		lines = append(lines, " "+l)
	}
	lines = append(lines, "", " "+m.style.in(m.style.title, "data connections"))
	if len(s.tries) == 0 {
		lines = append(lines, " none was announced")
	}
	for _, t := range slices.Backward(s.tries) {
		lines = append(lines, m.tryLines(t, width)...)
	}
	lines = append(lines, "", " "+m.style.in(m.style.title, "log"))
	for _, e := range slices.Backward(s.lines) {
		lines = append(lines, m.entryLine(e, width, false))
	}
	return fmt.Sprintf("SESSION %d, newest first", s.number), lines
}

// standing says who a session is.
func (m *serverModel) standing(s *session) string {
	text := s.peer.String()
	if s.own {
		text += ", an ftpcheck"
	}
	if s.user != "" {
		text += ", logged in as " + s.user
	}
	if s.tls != "" {
		text += ", " + s.tls
	}
	if s.gone.IsZero() {
		return text + ", here for " + since(s.came, m.now)
	}
	return text + ", left after " + since(s.came, s.gone) + ": " + s.end
}

// tryLines are one data connection: in one line where it fits, else with its
// end in a second one.
func (m *serverModel) tryLines(t *try, width int) []string {
	who, what := "we", t.announced.String()
	if t.command == "PORT" || t.command == "EPRT" {
		who = "it"
	}
	switch {
	case t.announced.Port() == 0: // it could not be parsed
		what = t.raw
	case !t.announced.IsValid(): // RFC 2428 3: a 229 names no address
		what = fmt.Sprintf("port %d", t.announced.Port())
	}
	what = report.ASCII(what)
	head := fmt.Sprintf(" %s  %s %s announced %s  ", t.at.UTC().Format(clock), t.command, who, what)
	if len(head)+len(t.state)+1+len(report.ASCII(t.rest)) > width { // who announced is in the command
		head = fmt.Sprintf(" %s  %s %s  ", t.at.UTC().Format(clock), t.command, what)
	}
	if width < splitWidth {
		head = fmt.Sprintf(" %s %s  ", t.command, what)
	}
	head = clip(head, width-len(t.state))
	rest := strings.TrimRight(" "+report.ASCII(t.rest), " ")
	answer := report.ASCII(t.answer)
	if one := len(head) + len(t.state) + len(rest) + len(answer) + 2; answer != "" && one <= width {
		return []string{head + m.style.word(t.state) + rest + "; " + answer}
	}
	lines := []string{head + m.style.word(t.state) + clip(rest, width-len(head)-len(t.state))}
	if answer != "" {
		lines = append(lines, clip("      "+answer, width))
	}
	return lines
}

// clock is how times are shown: those of the log that serve prints.
const clock = "15:04:05Z"

func (m *serverModel) entryLine(e ftpd.Entry, width int, numbered bool) string {
	who := ""
	switch {
	case numbered && e.Session > 0:
		who = fmt.Sprintf("%3d  ", e.Session)
	case numbered:
		who = "  -  "
	}
	text := fmt.Sprintf(" %s  %s%-8s %s", e.Time.UTC().Format(clock), who, e.What, report.ASCII(e.Text))
	return clip(text, width)
}

func (m *serverModel) logLines() []string {
	var lines []string
	for _, e := range slices.Backward(m.entries) {
		if m.opt.Said(e) {
			lines = append(lines, m.entryLine(e, m.width-1, true))
		}
	}
	if m.lost > 0 {
		lines = append(lines, fmt.Sprintf(" %d earlier entries are not kept", m.lost))
	}
	return lines
}

func (m *serverModel) aboutLines(width int) []string {
	var lines []string
	for text := range strings.Lines(m.opt.About(m.faults)) {
		text = strings.TrimRight(text, "\n")
		for _, l := range report.Wrap(text, width-2) {
			lines = append(lines, " "+l)
		}
	}
	return lines
}

// faultRows are the faults around the cursor. On a narrow screen what the one
// under the cursor does stands below in full.
func (m *serverModel) faultRows(height int) []string {
	var lines []string
	all := ftpd.Faults()
	var below []string
	if m.width < wideWidth {
		below = report.Wrap(all[m.faultAt].About, m.width-2)
	}
	height -= len(below)
	from := min(max(m.faultAt-height/2, 0), max(len(all)-height, 0))
	for i := from; i < min(from+height, len(all)); i++ {
		f := all[i]
		arg, on := m.has(f)
		sign, box, name := "   ", "[ ]", f.Name
		if i == m.faultAt {
			sign = " > "
		}
		switch {
		case on && f.Arg != "":
			box, name = "[x]", name+"="+arg
		case on:
			box = "[x]"
		case f.Arg != "":
			name += "=" + f.Arg
		}
		rest := clip(fmt.Sprintf(" %-22s  %s", report.ASCII(name), f.About), m.width-len(sign)-len(box)-1)
		if i == m.faultAt && !m.style.plain {
			lines = append(lines, m.style.here.Render(pad(sign+box+rest, m.width)))
			continue
		}
		lines = append(lines, sign+m.style.word(box)+rest)
	}
	for _, l := range below {
		lines = append(lines, " "+l)
	}
	return lines
}

func (m *serverModel) detailWidth() int {
	l := m.layout()
	if l.wide && !m.alone {
		return l.detailWidth
	}
	return m.width - 1
}
