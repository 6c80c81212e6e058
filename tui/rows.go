package tui

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/report"
)

// row is one line of the list: a check, or a finding.
type row struct {
	name    string // of the check, or the finding's code
	check   probe.Check
	finding *report.Finding // nil: a check
	word    string          // its state
	text    string          // not escaped
}

// rows are the list: the checks of the job in their order, then the findings.
func (m *Model) rows() []row {
	if m.rowsNow == nil {
		m.rowsNow = m.makeRows()
	}
	return m.rowsNow
}

func (m *Model) makeRows() []row {
	rows := []row{}
	for _, c := range probe.Checks {
		if r, ok := m.checkRow(c); ok {
			rows = append(rows, r)
		}
	}
	now := map[string]bool{}
	for _, f := range m.findings() {
		rows = append(rows, row{name: f.Code, finding: &f, word: strings.ToUpper(string(f.Severity)), text: f.Title})
		now[f.Code] = true
	}
	for _, f := range slices.SortedFunc(maps.Values(m.known.findings), worstFirst) {
		if !now[f.Code] { // not found again yet, or not looked for
			rows = append(rows, row{name: f.Code, finding: &f, word: "-", text: fmt.Sprintf("was %s: %s", strings.ToUpper(string(f.Severity)), f.Title)})
		}
	}
	return rows
}

// checkRow is the row of a check. One that has no result yet shows what the
// run before said of it.
func (m *Model) checkRow(c probe.Check) (row, bool) {
	r := row{name: string(c), check: c}
	l := report.LineAt(m.ev, c, m.elapsed())
	was, known := m.known.lines[c]
	due := m.job != nil && slices.Contains(m.job.Checks, c) && c != probe.CheckPeer // which runs only where ftpcheck is at the other end
	if l.State == "" && !known && !due {
		return r, false
	}
	switch l.State {
	case "":
		r.word, r.text = "-", m.why(c)
		if known { // in an earlier run
			r.text = fmt.Sprintf("was %s: %s", report.Word(was.State), was.Summary)
		}
	case report.Running:
		r.word, r.text = "....", l.Summary
	default:
		r.word, r.text = report.Word(l.State), l.Summary
	}
	return r, true
}

// why says why a check has no result.
func (m *Model) why(c probe.Check) string {
	switch {
	case !slices.Contains(m.checks, c):
		return "not run again"
	case m.running():
		return "waiting"
	}
	return "not tested"
}

// findings are those to show: while the run goes on, only what is certain and
// rests on checks that have ended.
func (m *Model) findings() []report.Finding {
	if m.report == nil {
		return nil
	}
	if !m.running() {
		return m.report.Findings
	}
	var sure []report.Finding
	for _, f := range m.report.Findings {
		open := slices.ContainsFunc(f.Checks, func(c probe.Check) bool {
			run := m.ev.Checks[c]
			return run == nil || !run.Ended
		})
		if f.Certainty == report.Certain && !open {
			sure = append(sure, f)
		}
	}
	return sure
}

// cursorIndex is the row under the cursor.
func (m *Model) cursorIndex() int {
	return max(slices.IndexFunc(m.rows(), func(r row) bool { return r.name == m.cursor }), 0)
}

// rowAt names the row with this index, or the nearest one.
func (m *Model) rowAt(i int) string {
	rows := m.rows()
	if len(rows) == 0 {
		return ""
	}
	return rows[min(max(i, 0), len(rows)-1)].name
}

// worst names the row that deserves the first look: the worst finding, else
// the first check under way, else the first that is not well.
func (m *Model) worst() string {
	rows := m.rows()
	for _, r := range rows {
		if r.finding != nil && r.finding.Severity != report.Note {
			return r.name
		}
	}
	for _, word := range []string{"....", report.Word(report.Failed), report.Word(report.Warn)} {
		for _, r := range rows {
			if r.word == word {
				return r.name
			}
		}
	}
	return m.rowAt(0)
}

// selected is the row under the cursor; false when there is none.
func (m *Model) selected() (row, bool) {
	rows := m.rows()
	if len(rows) == 0 {
		return row{}, false
	}
	return rows[m.cursorIndex()], true
}
