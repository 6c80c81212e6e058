package tui

import (
	"fmt"
	"strings"

	"ftpcheck/report"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// View draws the screen.
func (m *Model) View() tea.View {
	lines, cursor := m.draw()
	v := tea.NewView(strings.Join(lines, "\n"))
	v.AltScreen = true
	v.Cursor = cursor
	v.WindowTitle = m.windowTitle()
	return v
}

// windowTitle names the target, and the last result: a watch may go on in a
// window that nobody looks at.
func (m *Model) windowTitle() string {
	if m.job == nil || m.asking {
		return "ftpcheck"
	}
	state := ""
	switch {
	case m.ended != nil && (m.watch.on || !m.running()):
		state = m.verdict(m.ended)
	case m.running() || m.report != nil:
		state, _ = m.stage()
	}
	return fmt.Sprintf("ftpcheck %s: %s", report.ASCII(m.job.Host), state)
}

// draw returns the lines of the screen, none wider than it and no more than
// fit, and the place where text is being typed; nil: nowhere.
func (m *Model) draw() ([]string, *tea.Cursor) {
	w, h := m.width, m.height
	if m.tooSmall() {
		return tooSmallLines(w, h), nil
	}
	var body []string
	var cursor *tea.Cursor
	notice := m.notice()
	if m.asking {
		form, at := m.formLines(w, h-frameRows-len(notice))
		at.Y += 2
		body, cursor = append([]string{m.style.across(w, "TARGET")}, form...), at
	} else {
		body = m.body()
	}
	footer, at := m.footer()
	if at != nil {
		at.Y = h - 1
		cursor = at
	}
	return m.style.frameOf(m.header(), body, append(notice, footer), w, h), cursor
}

func (m *Model) tooSmall() bool { return m.width < minWidth || m.height < minHeight }

// body is all between header and footer, without the form. It begins with a
// rule.
func (m *Model) body() []string {
	l := m.layout()
	switch {
	case m.over != doNone:
		return m.pane(onOverlay, l.width)
	case m.alone:
		return m.pane(onDetail, l.width)
	case l.wide:
		return m.wideBody(l)
	}
	lines := m.list(l.listWidth, l.listRows)
	if l.split() {
		lines = append(lines, m.pane(onDetail, l.width)...)
	}
	return lines
}

// wideBody has the list and the path on the left, the detail on the right, and
// what was said below.
func (m *Model) wideBody(l layout) []string {
	left := m.list(l.listWidth, l.listRows)
	if l.pathRows > 0 {
		for len(left) <= l.listRows {
			left = append(left, "")
		}
		left = append(left, m.style.across(l.listWidth, "PATH"))
		left = append(left, m.pathLines(l.listWidth)...)
	}
	joints := map[int]string{0: "┬"}
	if l.pathRows > 0 {
		joints[l.listRows+1] = "┤"
	}
	lines := m.style.beside(left, m.pane(onDetail, l.detailWidth+1), l.listWidth, l.detailRows+1, joints)
	if l.logRows > 0 {
		lines = append(lines, m.pane(onLog, l.width)...)
	}
	return lines
}

func (m *Model) layout() layout {
	c := contents{items: len(m.rows()), calm: true}
	if c.items > 0 && m.rows()[c.items-1].finding != nil {
		c.items++ // the blank before the findings
	}
	for _, r := range m.rows() {
		if r.finding != nil && r.finding.Severity != report.Note {
			c.calm = false
		}
	}
	// Most checks have room for an address and what became of it. The list takes
	// what the detail would leave blank.
	c.listWidth = max(listWidthOf(m.width, 42), min(m.width-widestText-3, 120))
	if m.width >= wideWidth {
		c.path = len(m.pathLines(c.listWidth))
	}
	return layoutOf(m.width, m.height, c).without(len(m.notice()))
}

// rowsOf is the height of a pane.
func (m *Model) rowsOf(f focus) int {
	l := m.layout()
	switch {
	case f == onDetail && !m.alone:
		return l.detailRows
	case f == onLog:
		return l.logRows
	}
	return m.height - frameRows - len(m.notice())
}

// linesOf is what a pane shows, and what it is called.
func (m *Model) linesOf(f focus) (name string, lines []string) {
	switch f {
	case onDetail:
		return "DETAIL", m.detail()
	case onLog:
		return m.log()
	case onOverlay:
		return m.overlay()
	}
	return "", nil
}

// furthest is how far a pane can be scrolled.
func (m *Model) furthest(f focus) int {
	_, lines := m.linesOf(f)
	return max(len(lines)-m.rowsOf(f), 0)
}

// pane is the part of a pane's lines that is on the screen, below a rule that
// names it and says which part that is.
func (m *Model) pane(f focus, width int) []string {
	name, lines := m.linesOf(f)
	return m.style.paneOf(m.focused(f)+name, lines, m.scroll[f], m.rowsOf(f), width)
}

// focused is the sign of the pane that the keys for moving act on, where there
// is a choice.
func (m *Model) focused(f focus) string {
	if f == m.focus && m.over == doNone && !m.alone && m.layout().split() {
		return "> "
	}
	return ""
}

// clip cuts printable ASCII text to width columns.
func clip(text string, width int) string {
	switch {
	case len(text) <= width:
		return text
	case width < 8:
		return text[:max(width, 0)]
	}
	return text[:width-3] + "..."
}

// pad fills a line with blanks up to width, and cuts a wider one.
func pad(line string, width int) string {
	return fit(line, width) + strings.Repeat(" ", max(width-lipgloss.Width(line), 0))
}

// fit cuts a line that is wider than width columns.
func fit(line string, width int) string {
	if lipgloss.Width(line) <= width {
		return line
	}
	return lipgloss.NewStyle().MaxWidth(width).Render(line)
}
