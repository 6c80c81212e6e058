package tui

import (
	"fmt"
	"strings"

	"ftpcheck/probe"
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
		if text := f.hint(i); value == "" && text != "" && len(text)+2 <= width-formColumn-1 {
			hint = m.style.in(m.style.faint, "("+text+")")
		}
		lines = append(lines, fmt.Sprintf("%s%-*s%s%s", sign, formColumn-3, fieldNames[i], value, hint))
	}
	wrong := f.wrongLines(width)
	if room := height - len(lines); len(wrong) > room {
		return lines, cursor // the footer says it
	} else if len(wrong) < room && len(wrong) > 0 {
		lines = append(lines, "")
	}
	for _, l := range wrong {
		lines = append(lines, " "+m.style.in(m.style.mark, l))
	}
	return lines, cursor
}

// wrongLines say what is wrong, once the user has touched the form.
func (f *form) wrongLines(width int) []string {
	if f.wrong == "" || !f.tried {
		return nil
	}
	return report.Wrap(f.wrong, width-2)
}

// formFooter is what is wrong where the form has no room for it, or the keys.
func (m *Model) formFooter() string {
	f := &m.form
	start := "enter start   "
	switch {
	case len(f.wrongLines(m.width)) > m.height-frameRows-len(m.notice())-fields:
		return f.wrong
	case f.field == fieldTLS:
		return start + "left/right choose   esc " + m.leaving()
	case f.field == fieldModes && m.width < splitWidth:
		return start + "space + try, - leave out"
	case f.field == fieldModes:
		return start + "left/right choose   space + try, - leave out   esc " + m.leaving()
	}
	return start + "up/down field   esc " + m.leaving()
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
	inHost := strings.ContainsAny(f.texts[fieldHost].String(), "/@:") // a TARGET may name all
	switch {
	case i == fieldHost:
		return "name, address or ftp://HOST"
	case i == fieldPort && inHost:
		return "as in the host, or usual"
	case i == fieldPort && f.tls == probe.TLSImplicit:
		return "990"
	case i == fieldPort:
		return "21"
	case i == fieldUser && inHost:
		return "as in the host or netrc"
	case i == fieldUser:
		return "by netrc, else anonymous"
	case i == fieldPassword:
		return "FTPCHECK_PASSWORD, netrc"
	}
	return ""
}
