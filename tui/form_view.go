package tui

import (
	"fmt"
	"strings"

	"ftpcheck/report"

	tea "charm.land/bubbletea/v2"
)

// formColumn is where the fields' values begin.
const formColumn = 13

// formLines draws the form, and says where the cursor stands in it.
func (m *Model) formLines(width, height int) ([]string, *tea.Cursor) {
	f := &m.form
	var lines []string
	if height >= fields+6 {
		for _, l := range report.Wrap("Which FTP server shall be checked? Run this on the machine whose transfers fail.", width-2) {
			lines = append(lines, " "+l)
		}
		lines = append(lines, "")
	}
	var cursor *tea.Cursor
	for i := range fields {
		value, column := f.view(i, width-formColumn-1)
		sign := "   "
		if i == f.field {
			sign = " > "
			cursor = tea.NewCursor(formColumn+column, len(lines))
		}
		hint := ""
		if room := width - formColumn - len(value) - 3; len(f.hint(i)) <= room && value == "" {
			hint = m.style.in(m.style.faint, f.hint(i))
		}
		lines = append(lines, fmt.Sprintf("%s%-*s%s%s", sign, formColumn-3, fieldNames[i], value, hint))
	}
	if f.wrong == "" || !f.tried {
		return lines, cursor
	}
	if len(lines)+2 < height {
		lines = append(lines, "")
	}
	for _, l := range report.Wrap(f.wrong, width-2) {
		lines = append(lines, " "+m.style.in(m.style.mark, l))
	}
	return lines, cursor
}

// view is a field's value in width columns, and the cursor's column in it.
func (f *form) view(i, width int) (string, int) {
	switch i {
	case fieldTLS:
		return "< " + string(f.tls) + " >", 2
	case fieldModes:
		var words []string
		column := 0
		for j, c := range formModes {
			if j == f.mode {
				column = len(strings.Join(words, " ")) + min(j, 1)
			}
			sign := "+"
			if f.without[c] {
				sign = "-"
			}
			words = append(words, sign+string(c))
		}
		return strings.Join(words, " "), column
	}
	return f.texts[i].view(width)
}

// hint says what an empty field means.
func (f *form) hint(i int) string {
	switch i {
	case fieldHost:
		return "name, address or ftp://HOST"
	case fieldPort:
		if f.tls == tlsModes[len(tlsModes)-1] {
			return "990"
		}
		return "21"
	case fieldUser:
		return "anonymous"
	}
	return ""
}
