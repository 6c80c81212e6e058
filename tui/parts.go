package tui

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/report"

	tea "charm.land/bubbletea/v2"
)

// What the screens of a run and of a server have in common.

// actionIn returns what a key does by a table.
func actionIn(table []binding, key string) action {
	for _, b := range table {
		if slices.Contains(b.keys, key) {
			return b.action
		}
	}
	return doNone
}

// apart takes a key with alt apart into esc and the key behind it: a terminal
// sends the same for both, and over a slow line two keys come together. No
// table has a key with alt.
func apart(msg tea.KeyPressMsg) (esc, behind tea.KeyPressMsg, both bool) {
	behind = msg
	behind.Mod &^= tea.ModAlt
	return tea.KeyPressMsg{Code: tea.KeyEscape}, behind, msg.Mod.Contains(tea.ModAlt)
}

// hintsOf are the keys of a table that fit in width columns; help and quit
// always do. short is the word for a key; empty leaves it out.
func hintsOf(table []binding, width int, short func(binding) string) string {
	var first, last []string
	gap := "   "
	if width < splitWidth {
		gap = "  "
	}
	used := 1
	for _, b := range table {
		word := short(b)
		if word == "" {
			continue
		}
		key, _, _ := strings.Cut(b.name, " ")
		if b.action == doDown {
			key = "up/down"
		}
		hint := key + " " + word
		if b.action == doHelp || b.action == doQuit {
			last = append(last, hint)
			used += len(hint) + len(gap)
		} else {
			first = append(first, hint)
		}
	}
	var hints []string
	for _, hint := range first {
		if used+len(hint)+len(gap) <= width+1 { // none follows the last one
			used += len(hint) + len(gap)
			hints = append(hints, hint)
		}
	}
	return " " + strings.Join(append(hints, last...), gap)
}

// nameWidth is the width of the keys' names in the help.
const nameWidth = 12

// helpOf is a key table for people.
func helpOf(table []binding, width int) []string {
	var lines []string
	for _, b := range table {
		name := b.name
		for _, l := range report.Wrap(b.long, width-nameWidth-3) {
			lines = append(lines, fmt.Sprintf(" %-*s %s", nameWidth, name, l))
			name = ""
		}
	}
	return lines
}

// paneOf is the part of a pane's lines that fits in rows, below a rule that
// names it and says which part that is.
func (s styles) paneOf(name string, lines []string, from, rows, width int) []string {
	if all := len(lines); all > rows {
		from = min(from, all-rows)
		lines = lines[from : from+rows]
		name += fmt.Sprintf("  %d-%d of %d", from+1, from+rows, all)
	}
	return append([]string{s.across(width, name)}, lines...)
}

// noticeRoom is the room for what has just happened, in lines.
func noticeRoom(height int) int { return min(3, max((height-frameRows)/4, 1)) }

// noticeOf sets what has just happened in at most so many lines.
func noticeOf(text string, width, most int) []string {
	if text == "" {
		return nil
	}
	var lines []string
	for _, l := range report.Wrap(text, width-2) {
		lines = append(lines, " "+l)
	}
	if len(lines) > most {
		lines = lines[:most]
		lines[most-1] = clip(lines[most-1]+" ...", width-1)
	}
	return lines
}

// frameOf puts a body, which begins with a rule, between header and footer, in
// exactly height lines of at most width columns.
func (s styles) frameOf(header string, body, footer []string, width, height int) []string {
	lines, room := append([]string{header}, body...), height-1-len(footer)
	for len(lines) < room {
		lines = append(lines, "")
	}
	lines = append(append(lines[:room], s.across(width, "")), footer...)
	for i := range lines {
		lines[i] = fit(lines[i], width)
	}
	return lines
}

// tooSmallLines is all of a screen that is too small, in what room there is.
func tooSmallLines(width, height int) []string {
	return []string{clip(fmt.Sprintf("too small: need %dx%d, q quits", minWidth, minHeight), max(width, 0))}[:min(max(height, 0), 1)]
}

// beside puts two blocks side by side in so many rows, with a bar between
// them. joints says in which rows a rule of one of them meets the bar, and
// with which character; the others have none.
func (s styles) beside(left, right []string, leftWidth, rows int, joints map[int]string) []string {
	line := func(block []string, i int) string {
		if i < len(block) {
			return block[i]
		}
		return ""
	}
	var lines []string
	for i := range rows {
		bar := s.glyph("│", "|")
		if joint, meets := joints[i]; meets {
			bar = s.glyph(joint, "+")
		}
		lines = append(lines, pad(line(left, i), leftWidth)+s.in(s.rule, bar)+line(right, i))
	}
	return lines
}
