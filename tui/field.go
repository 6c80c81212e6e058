package tui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"ftpcheck/report"

	tea "charm.land/bubbletea/v2"
)

// field is one line of text that is being typed. It is shown in printable
// ASCII, so that its width is known and nothing pasted reaches the terminal.
type field struct {
	text   []rune
	at     int  // the cursor stands before this rune
	hidden bool // stars are shown
}

// mostTyped bounds a field in runes: a TARGET may be as long in bytes.
const mostTyped = 4096

func (f *field) set(text string) {
	f.text = nil
	f.at = 0
	f.insert(text)
}

func (f *field) String() string { return string(f.text) }

// insert puts text before the cursor. Control characters have no place in any
// field: a pasted line end must not start a run, nor reach the server.
func (f *field) insert(text string) {
	for _, r := range text {
		if unicode.IsControl(r) || r == utf8.RuneError || len(f.text) >= mostTyped {
			continue
		}
		f.text = append(f.text[:f.at:f.at], append([]rune{r}, f.text[f.at:]...)...)
		f.at++
	}
}

// key edits the text; false: the key is none of those that do.
func (f *field) key(msg tea.KeyPressMsg) bool {
	switch msg.String() {
	case "left":
		f.at = max(f.at-1, 0)
	case "right":
		f.at = min(f.at+1, len(f.text))
	case "home", "ctrl+a":
		f.at = 0
	case "end", "ctrl+e":
		f.at = len(f.text)
	case "backspace", "ctrl+h":
		f.cut(f.at-1, f.at)
	case "delete", "ctrl+d":
		f.cut(f.at, f.at+1)
	case "ctrl+u":
		f.cut(0, f.at)
	case "ctrl+k":
		f.cut(f.at, len(f.text))
	case "ctrl+w":
		before := strings.TrimRight(string(f.text[:f.at]), " ")
		f.cut(utf8.RuneCountInString(before[:strings.LastIndexByte(before, ' ')+1]), f.at)
	default:
		if msg.Text == "" {
			return false
		}
		f.insert(msg.Text)
	}
	return true
}

// cut removes a span and leaves the cursor at its place.
func (f *field) cut(from, to int) {
	from, to = max(from, 0), min(to, len(f.text))
	if from < to {
		f.text = append(f.text[:from:from], f.text[to:]...)
		f.at = from
	}
}

// view shows the part around the cursor in width columns, and the cursor's
// column.
func (f *field) view(width int) (text string, column int) {
	shown := func(r []rune) string {
		if f.hidden {
			return strings.Repeat("*", len(r))
		}
		return report.ASCII(string(r))
	}
	text, column = shown(f.text), len(shown(f.text[:f.at]))
	if cut := column - width + 1; cut > 0 {
		text, column = text[cut:], column-cut
	}
	return text[:min(len(text), width)], column
}
