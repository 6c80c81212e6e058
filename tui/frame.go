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
		left += fmt.Sprintf("  %s  %s", report.ASCII(report.HostPort(m.job.Host, m.job.Port)), report.ASCII(m.job.User))
	}
	right := ""
	for _, right = range m.standing() {
		if len(right) <= m.width-leastTarget {
			break
		}
	}
	left = clip(left, m.width-len(right)-3)
	return m.style.in(m.style.title, left) + strings.Repeat(" ", m.width-1-len(left)-len(right)) + right + " "
}

// leastTarget is the room that the target has in any case.
const leastTarget = 28

// standing says how the run stands: at length, then shorter.
func (m *Model) standing() []string {
	if m.asking && !m.running() && !m.watch.on || m.report == nil && !m.running() {
		return nil
	}
	short, long := m.stage()
	words := m.counts()
	return []string{strings.Join(append(words, long), "  "), long, short}
}

// stage says where in its life the run is, in a word and in more.
func (m *Model) stage() (short, long string) {
	seconds := fmt.Sprintf("%.0f s", m.elapsed().Seconds())
	switch {
	case m.running() && m.queued != nil:
		return "restarting", "restarting"
	case m.running() && m.halted:
		return "cancelling", "cancelling"
	case m.running() && m.watch.on:
		return "watch", "watch, running " + seconds
	case m.running():
		return "running", "running " + seconds
	case m.watch.on:
		return "watch", fmt.Sprintf("watch, next in %.0f s", max(m.watch.next.Sub(m.now).Seconds(), 0))
	case m.report.Interrupted:
		return "cancelled", "cancelled"
	}
	result := m.verdict(m.report)
	return result, result + "  " + seconds
}

// verdict is the result of a run. One of some checks alone says so: it has
// nothing to say of the others.
func (m *Model) verdict(r *report.Report) string {
	result := strings.ToUpper(string(r.Result))
	if r == m.whole || len(r.Checks) == 0 {
		return result
	}
	return fmt.Sprintf("%s of %d checks", result, len(r.Checks))
}

// counts are the numbers of findings that ask for something.
func (m *Model) counts() []string {
	var words []string
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
	return words
}

func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// notice is what has just happened, in the lines above the footer.
func (m *Model) notice() []string {
	most := noticeRoom(m.height)
	if m.asking { // the form's fields come first
		most = min(most, max(m.height-frameRows-fields, 1))
	}
	return noticeOf(m.status, m.width, most)
}

// footer is the last line: a question, or the keys.
func (m *Model) footer() (string, *tea.Cursor) {
	switch {
	case m.prompt != nil && m.prompt.overwrite:
		ask := " exists: overwrite it? y or n"
		if m.width < splitWidth {
			ask = ": overwrite it? y or n"
		}
		return " " + clip(report.ASCII(m.prompt.name.String()), m.width-2-len(ask)) + ask, nil
	case m.prompt != nil:
		ask := " save as (" + extensions() + "): "
		if m.width < splitWidth {
			ask = " save as: "
		}
		text, column := m.prompt.name.view(m.width - len(ask) - 1)
		return ask + text, tea.NewCursor(len(ask)+column, 0)
	case m.asking:
		return " " + clip(m.formFooter(), m.width-2), nil
	}
	return m.hints(), nil
}

func (m *Model) leaving() string {
	if m.job == nil {
		return "quit"
	}
	return "back"
}

// hints are the keys that fit.
func (m *Model) hints() string {
	return hintsOf(keyTable, m.width, func(b binding) string {
		switch {
		case b.action == doBack:
			return m.escapes()
		case m.over != doNone && !slices.Contains([]action{doPageDown, doHelp, doQuit}, b.action):
			return ""
		case m.alone && (b.action == doOpen || b.action == doDown), m.opt.Fixed && b.action == doEdit:
			return ""
		}
		return b.short
	})
}

// escapes says what the key for going back does just now.
func (m *Model) escapes() string {
	switch {
	case m.over != doNone || m.alone:
		return "back"
	case m.running() && (!m.halted || m.queued != nil):
		return "cancel"
	case m.watch.on:
		return "end watch"
	}
	return ""
}
