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
func newServerStyles(o ServerOptions, dark bool) styles {
	s := newStyles(Options{Plain: o.Plain, ASCII: o.ASCII}, dark)
	if o.Plain {
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
	if m.tooSmall() {
		return tooSmallLines(w, h), nil
	}
	footer, at := m.footer()
	if at != nil {
		at.Y = h - 1
	}
	return m.style.frameOf(m.header(), m.body(), append(m.notice(), footer), w, h), at
}

func (m *serverModel) tooSmall() bool { return m.width < minWidth || m.height < minHeight }

// header is the first line: the address, and how the server stands.
func (m *serverModel) header() string {
	left := " ftpcheck serve  " + report.ASCII(m.opt.Address)
	if len(m.faults) > 0 {
		left += "  " + report.ASCII(strings.Join(m.faults, " "))
	}
	here := 0
	for _, s := range m.sessions {
		if s.gone.IsZero() {
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

// notice is what has just happened, in the lines above the footer.
func (m *serverModel) notice() []string {
	return noticeOf(m.status, m.width, noticeRoom(m.height))
}

// bodyRows is the height of all between the header's rule and the footer's.
func (m *serverModel) bodyRows() int { return m.height - frameRows - len(m.notice()) }

// footer is the last line: a question, or the keys.
func (m *serverModel) footer() (string, *tea.Cursor) {
	if m.ask != nil {
		return m.ask.prompt(m.width)
	}
	return hintsOf(serverKeys, m.width, func(b binding) string {
		switch {
		case b.action == doBack && (m.over != doNone || m.alone):
			return "back"
		case m.over == doFaults && b.action == doDown && m.width < splitWidth: // on/off says more
			return ""
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

// body is all between header and footer. It begins with a rule.
func (m *serverModel) body() []string {
	l := m.layout()
	switch {
	case m.over == doFaults:
		return append([]string{m.style.across(l.width, "FAULTS")}, m.faultRows(m.bodyRows())...)
	case m.over != doNone:
		return m.pane(onOverlay, l.width)
	case m.alone, !l.split() && len(m.sessions) == 0:
		return m.pane(onDetail, l.width)
	case l.wide:
		return m.wideBody(l)
	}
	lines := append([]string{m.title(l.width)}, m.list(l.listWidth, l.listRows)...)
	if l.split() {
		lines = append(lines, m.pane(onDetail, l.width)...)
	}
	return lines
}

// wideBody has the sessions on the left, the detail on the right, and the log
// below.
func (m *serverModel) wideBody(l layout) []string {
	left := append([]string{m.title(l.listWidth)}, m.list(l.listWidth, l.listRows)...)
	lines := m.style.beside(left, m.pane(onDetail, l.detailWidth+1), l.listWidth, l.detailRows+1, map[int]string{0: "┬"})
	if l.logRows > 0 {
		lines = append(lines, m.pane(onLog, l.width)...)
	}
	return lines
}

func (m *serverModel) layout() layout {
	return layoutOf(m.width, m.height, contents{listWidth: listWidthOf(m.width, 38), items: max(len(m.sessions), 1)}).without(len(m.notice()))
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
	return m.bodyRows()
}

// pane is what is on the screen of a pane, below its title.
func (m *serverModel) pane(f focus, width int) []string {
	name, lines := m.linesOf(f)
	return m.style.paneOf(m.focused(f)+name, lines, m.scroll[f], m.rowsOf(f), width)
}

// title is that of the list.
func (m *serverModel) title(width int) string {
	return m.style.across(width, m.focused(onList)+"SESSIONS, newest first")
}

// focused is the sign of the pane that the keys for moving act on, where there
// is a choice.
func (m *serverModel) focused(f focus) string {
	if f == m.focus && m.over == doNone && !m.alone && m.layout().split() {
		return "> "
	}
	return ""
}
