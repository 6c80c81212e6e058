package tui

import (
	"fmt"
	"strings"

	"ftpcheck/report"
)

// list draws the rows around the cursor, below their title.
func (m *Model) list(width, height int) []string {
	var lines []string
	at := 0
	rows, cursor := m.rows(), m.cursorIndex()
	for i, r := range rows {
		if r.finding != nil && i > 0 && rows[i-1].finding == nil {
			lines = append(lines, "")
		}
		if i == cursor {
			at = len(lines)
		}
		lines = append(lines, m.rowLine(r, i == cursor, width))
	}
	from := min(max(at-height/2, 0), max(len(lines)-height, 0))
	return m.style.paneOf(m.focused(onList)+"CHECKS", lines, from, height, width)
}

// rowLine draws one row. The one under the cursor has a sign, and colours
// turned around while the keys move it.
func (m *Model) rowLine(r row, here bool, width int) string {
	sign, word := "   ", r.word
	if here {
		sign = " > "
	}
	rest := fmt.Sprintf("  %-8s %s", r.name, report.ASCII(r.text))
	blanks := strings.Repeat(" ", max(4-len(word), 0))
	if r.finding != nil {
		rest, blanks = "  "+report.ASCII(r.text), strings.Repeat(" ", max(7-len(word), 0))
	}
	rest = clip(blanks+rest, width-len(sign)-len(word))
	if here && m.focus == onList && !m.style.plain {
		return m.style.here.Render(pad(sign+word+rest, width))
	}
	return sign + m.style.word(word) + rest
}
