package tui

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ftpcheck/probe"
	"ftpcheck/report"
)

// memory is what the last runs found out: of each check and each finding, the
// last that is known.
type memory struct {
	lines    map[probe.Check]report.CheckLine
	findings map[string]report.Finding
}

// change is one difference between two runs.
type change struct {
	at   time.Time
	name string // of the check, or the finding's code
	from string // word; empty for what was not there before
	to   string // word; empty for what is gone
	text string // not escaped
}

// mostChanges bounds the list of a watch that goes on for days.
const mostChanges = 500

// learn takes in a run, and lists what it changes, the worst first. Ports and times differ in
// every run and are no change. A check that was not run again, or skipped
// because another one failed, has not changed.
func (k *memory) learn(r *report.Report, ev *probe.Evidence, at time.Time) []change {
	ran := map[probe.Check]bool{}
	for _, l := range r.Checks {
		ran[l.Check] = ev.Checks[l.Check] == nil || ev.Checks[l.Check].Skipped == ""
	}
	first := k.lines == nil
	if first {
		k.lines, k.findings = map[probe.Check]report.CheckLine{}, map[string]report.Finding{}
	}
	var list []change
	found := map[string]bool{}
	for _, f := range r.Findings {
		found[f.Code] = true
	}
	for _, f := range slices.SortedFunc(maps.Values(k.findings), worstFirst) {
		if !found[f.Code] && !slices.ContainsFunc(f.Checks, func(c probe.Check) bool { return !ran[c] }) {
			list = append(list, change{at, f.Code, strings.ToUpper(string(f.Severity)), "", f.Title})
			delete(k.findings, f.Code)
		}
	}
	for _, f := range r.Findings {
		if _, known := k.findings[f.Code]; !known && !first {
			list = append(list, change{at, f.Code, "", strings.ToUpper(string(f.Severity)), f.Title})
		}
		k.findings[f.Code] = f
	}
	for _, is := range r.Checks {
		if !ran[is.Check] {
			continue
		}
		if was, known := k.lines[is.Check]; known && gist(was) != gist(is) {
			list = append(list, change{at, string(is.Check), report.Word(was.State), report.Word(is.State), is.Summary})
		}
		k.lines[is.Check] = is
	}
	slices.SortStableFunc(list, func(a, b change) int { return cmp.Compare(a.rank(), b.rank()) })
	return list
}

// rank orders the changes of one run: what is worst comes first, and says most.
func (c change) rank() int {
	words := []string{c.from, c.to}
	switch {
	case slices.Contains(words, "PROBLEM"):
		return 0
	case slices.Contains(words, "WARNING"):
		return 1
	case slices.Contains(words, "NOTE"):
		return 3
	}
	return 2
}

// worstFirst orders findings by severity, then by code.
func worstFirst(a, b report.Finding) int {
	rank := []report.Severity{report.Problem, report.Warning, report.Note}
	return cmp.Or(cmp.Compare(slices.Index(rank, a.Severity), slices.Index(rank, b.Severity)), cmp.Compare(a.Code, b.Code))
}

// gist is a check's line without what differs in every run: its state, the
// address that was announced, and what became of its attempts.
func gist(l report.CheckLine) string {
	outcomes := []string{string(l.State), l.Announced.Addr().String()}
	for _, d := range l.Dials {
		outcomes = append(outcomes, fmt.Sprint(d.As, d.Outcome))
	}
	slices.Sort(outcomes)
	return strings.Join(slices.Compact(outcomes), " ")
}

// words are a change in one line, with its time.
func (c change) words() string { return c.at.Format("15:04:05") + "  " + c.what() }

func (c change) what() string {
	switch {
	case c.from == "":
		return fmt.Sprintf("%s: new %s, %s", c.name, c.to, c.text)
	case c.to == "":
		return fmt.Sprintf("%s: gone, %s", c.name, c.text)
	case c.from == c.to:
		return fmt.Sprintf("%s: still %s, %s", c.name, c.to, c.text)
	}
	return fmt.Sprintf("%s: %s -> %s, %s", c.name, c.from, c.to, c.text)
}
