package tui

import (
	"fmt"
	"strings"
	"time"

	"ftpcheck/report"

	tea "charm.land/bubbletea/v2"
)

// newServerStyles are the styles of the run's screen, with the words of a
// server's.
func newServerStyles(plain, dark bool) styles {
	s := newStyles(plain, dark)
	if plain {
		return s
	}
	for word, like := range map[string]string{
		"here": "ok", stateArrived: "ok", stateWaiting: "....", stateAgreed: "....",
		"away": "warn", stateDenied: "warn", stateHalf: "warn", stateAbsent: "fails", stateClosed: "fails",
		"timeout": "fails", "reset": "fails", "unreachable": "fails", "left": "-", "[x]": "warn",
	} {
		s.words[word] = s.words[like]
	}
	return s
}

// View draws the screen.
func (m *serverModel) View() tea.View {
	lines, cursor := m.draw()
	v := tea.NewView(strings.Join(lines, "\n"))
	v.AltScreen = true
	v.Cursor = cursor
	v.WindowTitle = "ftpcheck serve"
	return v
}

// draw returns the lines of the screen, none wider than it and no more than
// fit, and the place where text is being typed; nil: nowhere.
func (m *serverModel) draw() ([]string, *tea.Cursor) {
	w, h := m.width, m.height
	if w < minWidth || h < minHeight {
		return []string{clip(fmt.Sprintf("too small: need %dx%d, q quits", minWidth, minHeight), max(w, 0))}[:min(h, 1)], nil
	}
	body := m.body()
	lines := []string{m.header(), m.rule(w)}
	for i := range h - frameRows {
		line := ""
		if i < len(body) {
			line = body[i]
		}
		lines = append(lines, fit(line, w))
	}
	footer, at := m.footer()
	if at != nil {
		at.Y = h - 1
	}
	return append(lines, m.rule(w), footer), at
}

// header is the first line: the address, and how the server stands.
func (m *serverModel) header() string {
	left := " ftpcheck serve  " + report.ASCII(m.opt.Address)
	if len(m.faults) > 0 {
		left += "  " + report.ASCII(strings.Join(m.faults, " "))
	}
	here := 0
	for _, v := range m.visitors {
		if v.gone.IsZero() {
			here++
		}
	}
	words := []string{fmt.Sprintf("%d here", here)}
	if m.width >= splitWidth {
		words[0] += fmt.Sprintf(", %d came", m.came)
	}
	if n := len(m.faults); n > 0 {
		words = append(words, count(n, "fault"))
	}
	if m.paused {
		words = append(words, fmt.Sprintf("PAUSED, %d waiting", m.opt.Log.waiting()))
	} else {
		words = append(words, since(m.began, m.now))
	}
	right := strings.Join(words, "  ")
	left = clip(left, m.width-len(right)-3)
	return m.style.in(m.style.title, left) + strings.Repeat(" ", m.width-1-len(left)-len(right)) + right + " "
}

// since is a duration in whole seconds.
func since(from, to time.Time) string {
	return max(to.Sub(from), 0).Truncate(time.Second).String()
}

// footer is the last line: a question, what has just happened, or the keys.
func (m *serverModel) footer() (string, *tea.Cursor) {
	switch {
	case m.status != "":
		return " " + clip(m.status, m.width-2), nil
	case m.ask != nil:
		return m.ask.prompt(m.width)
	}
	return hintsOf(serverKeys, m.width, func(b binding) string {
		switch {
		case b.action == doBack && (m.over != doNone || m.alone):
			return "back"
		case m.over == doFaults && b.action == doPageDown:
			return "on/off"
		case m.over == doFaults && b.action == doDown, b.action == doHelp, b.action == doQuit:
			return b.short
		case m.over != doNone && b.action != doPageDown, m.alone && b.action == doOpen:
			return ""
		}
		return b.short
	}), nil
}

// body is all between header and footer.
func (m *serverModel) body() []string {
	l := m.layout()
	switch {
	case m.over == doFaults:
		return m.faultRows(m.height - frameRows)
	case m.over != doNone:
		return m.scrolled(onOverlay)
	case m.alone:
		return m.scrolled(onDetail)
	case l.wide:
		return m.wideBody(l)
	case l.split():
		return append(append(m.list(l.listWidth, l.listRows), m.rule(l.width)), m.scrolled(onDetail)...)
	case len(m.visitors) == 0:
		return m.scrolled(onDetail)
	}
	return m.list(l.listWidth, l.listRows)
}

// wideBody has the sessions on the left, the detail on the right, and the log
// below.
func (m *serverModel) wideBody(l layout) []string {
	left, right := m.list(l.listWidth, l.listRows), m.scrolled(onDetail)
	bar := " " + m.style.in(m.style.rule, m.glyph("│", "|")) + " "
	var lines []string
	for i := range l.detailRows {
		a, b := "", ""
		if i < len(left) {
			a = left[i]
		}
		if i < len(right) {
			b = right[i]
		}
		lines = append(lines, pad(a, l.listWidth)+bar+b)
	}
	if l.logRows > 0 {
		lines = append(lines, m.rule(l.width))
		lines = append(lines, m.scrolled(onLog)...)
	}
	return lines
}

func (m *serverModel) layout() layout {
	return layoutOf(m.width, m.height, max(len(m.visitors), 1), 0)
}

// rowsOf is the height of a pane.
func (m *serverModel) rowsOf(f focus) int {
	l := m.layout()
	switch {
	case f == onDetail && !m.alone && l.split():
		return l.detailRows
	case f == onLog:
		return l.logRows
	}
	return m.height - frameRows
}

// scrolled is the part of a pane's lines that is on the screen. The last row
// says how much more there is.
func (m *serverModel) scrolled(f focus) []string {
	rows, lines := m.rowsOf(f), m.linesOf(f)
	if len(lines) <= rows {
		return lines
	}
	from := min(m.scroll[f], len(lines)-rows)
	shown := append([]string{}, lines[from:from+rows]...)
	if below := len(lines) - from - rows; below > 0 {
		shown[rows-1] = m.style.in(m.style.faint, fmt.Sprintf(" (%d more below)", below+1))
	}
	return shown
}

func (m *serverModel) glyph(fine, plain string) string {
	if m.opt.ASCII {
		return plain
	}
	return fine
}

func (m *serverModel) rule(width int) string {
	return m.style.in(m.style.rule, strings.Repeat(m.glyph("─", "-"), width))
}
