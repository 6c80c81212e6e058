package tui

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/report"

	tea "charm.land/bubbletea/v2"
)

// header is the first line: the target, and how the run stands.
func (m *Model) header() string {
	left := " ftpcheck"
	if m.job != nil && !m.asking {
		left += fmt.Sprintf("  %s:%d  %s", report.ASCII(m.job.Host), m.job.Port, report.ASCII(m.job.User))
	}
	right := m.standing()
	room := m.width - len(right) - 3
	left = clip(left, room)
	return m.style.in(m.style.title, left) + strings.Repeat(" ", m.width-1-len(left)-len(right)) + right + " "
}

// standing says how the run stands.
func (m *Model) standing() string {
	var words []string
	if m.report != nil && !m.asking {
		for _, s := range []report.Severity{report.Problem, report.Warning} {
			n := 0
			for _, f := range m.findings() {
				if f.Severity == s {
					n++
				}
			}
			if n > 0 {
				words = append(words, count(n, string(s)))
			}
		}
	}
	seconds := fmt.Sprintf("%.0f s", m.elapsed().Seconds())
	switch {
	case m.asking:
	case m.running() && m.watch.on:
		words = append(words, "watch, running "+seconds)
	case m.running():
		words = append(words, "running "+seconds)
	case m.watch.on && !m.watch.next.IsZero():
		words = append(words, fmt.Sprintf("watch, next run in %.0f s", max(m.watch.next.Sub(m.now).Seconds(), 0)))
	case m.report != nil && m.report.Interrupted:
		words = append(words, "cancelled")
	case m.report != nil:
		words = append(words, strings.ToUpper(string(m.report.Result)), seconds)
	}
	return strings.Join(words, "  ")
}

func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// footer is the last line: a question, what has just happened, or the keys.
func (m *Model) footer() (string, *tea.Cursor) {
	switch {
	case m.status != "":
		return " " + clip(m.status, m.width-2), nil
	case m.prompt != nil && m.prompt.overwrite:
		return " " + clip("there is such a file already. overwrite it? y, or any other key", m.width-2), nil
	case m.prompt != nil:
		ask := " save as (" + extensions() + "): "
		text, column := m.prompt.name.view(m.width - len(ask) - 1)
		return ask + text, tea.NewCursor(len(ask)+column, 0)
	case m.asking:
		return " " + clip("enter start   up/down field   esc "+m.leaving(), m.width-2), nil
	}
	return m.hints(), nil
}

func (m *Model) leaving() string {
	if m.job == nil {
		return "quit"
	}
	return "back"
}

// hints are the keys that fit; help and quit always do.
func (m *Model) hints() string {
	var first, last []string
	used := 1
	for _, b := range keyTable {
		short := b.short
		switch {
		case b.action == doBack:
			short = m.escapes()
		case m.over != doNone && !slices.Contains([]action{doPageDown, doHelp, doQuit}, b.action):
			short = ""
		case m.alone && b.action == doOpen:
			short = ""
		}
		if short == "" {
			continue
		}
		key, _, _ := strings.Cut(b.name, " ")
		if b.action == doDown {
			key = "up/down"
		}
		hint := key + " " + short
		if b.action == doHelp || b.action == doQuit {
			last = append(last, hint)
		} else {
			first = append(first, hint)
		}
	}
	for _, hint := range last {
		used += len(hint) + 3
	}
	var hints []string
	for _, hint := range first {
		if used+len(hint)+3 > m.width {
			continue
		}
		used += len(hint) + 3
		hints = append(hints, hint)
	}
	return " " + strings.Join(append(hints, last...), "   ")
}

// escapes says what the key for going back does just now.
func (m *Model) escapes() string {
	switch {
	case m.over != doNone || m.alone:
		return "back"
	case m.running():
		return "cancel"
	case m.watch.on:
		return "end watch"
	}
	return ""
}
