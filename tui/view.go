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
	v.WindowTitle = "ftpcheck"
	if m.job != nil {
		v.WindowTitle += " " + report.ASCII(m.job.Host)
	}
	return v
}

// draw returns the lines of the screen, none wider than it and no more than
// fit, and the place where text is being typed; nil: nowhere.
func (m *Model) draw() ([]string, *tea.Cursor) {
	w, h := m.width, m.height
	if w < minWidth || h < minHeight {
		return []string{clip(fmt.Sprintf("too small: need %dx%d, q quits", minWidth, minHeight), max(w, 0))}[:min(h, 1)], nil
	}
	body := make([]string, 0, h)
	var cursor *tea.Cursor
	if m.asking {
		body, cursor = m.formLines(w, h-frameRows)
	} else {
		body = m.body()
	}
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
		cursor = at
	} else if cursor != nil {
		cursor.Y += 2
	}
	return append(lines, m.rule(w), footer), cursor
}

// body is all between header and footer, without the form.
func (m *Model) body() []string {
	l := m.layout()
	switch {
	case m.over != doNone:
		return m.scrolled(onOverlay, m.overlay())
	case m.alone:
		return m.scrolled(onDetail, m.detail())
	case l.wide:
		return m.wideBody(l)
	case l.split():
		return append(append(m.list(l.listWidth, l.listRows), m.rule(l.width)), m.scrolled(onDetail, m.detail())...)
	}
	return m.list(l.listWidth, l.listRows)
}

// wideBody has the list and the path on the left, the detail on the right, and
// what was said below.
func (m *Model) wideBody(l layout) []string {
	left := m.list(l.listWidth, l.listRows)
	if l.pathRows > 0 {
		for len(left) < l.listRows {
			left = append(left, "")
		}
		left = append(left, "")
		left = append(left, m.pathLines(l.listWidth)...)
	}
	right := m.scrolled(onDetail, m.detail())
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
		lines = append(lines, m.scrolled(onLog, m.log())...)
	}
	return lines
}

func (m *Model) layout() layout {
	items := len(m.rows())
	if len(m.findings()) > 0 {
		items++ // the blank before them
	}
	path := 0
	if m.width >= wideWidth {
		path = len(m.pathLines(layoutOf(m.width, m.height, 0, 0).listWidth))
	}
	return layoutOf(m.width, m.height, items, path)
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
	return m.height - frameRows
}

// linesOf is what a pane shows.
func (m *Model) linesOf(f focus) []string {
	switch f {
	case onDetail:
		return m.detail()
	case onLog:
		return m.log()
	case onOverlay:
		return m.overlay()
	}
	return nil
}

// furthest is how far a pane can be scrolled.
func (m *Model) furthest(f focus) int {
	return max(len(m.linesOf(f))-m.rowsOf(f), 0)
}

// scrolled is the part of a pane's lines that is on the screen. The last row
// says how much more there is.
func (m *Model) scrolled(f focus, lines []string) []string {
	rows := m.rowsOf(f)
	if rows <= 0 {
		return nil
	}
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

// glyph is a character of a rule, or its stand-in where the locale has none.
func (m *Model) glyph(fine, plain string) string {
	if m.opt.ASCII {
		return plain
	}
	return fine
}

func (m *Model) rule(width int) string {
	return m.style.in(m.style.rule, strings.Repeat(m.glyph("─", "-"), width))
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
