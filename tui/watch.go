package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ftpcheck/probe"
	"ftpcheck/report"

	tea "charm.land/bubbletea/v2"
)

// watching is the loop that runs the checks again and again.
type watching struct {
	on   bool
	next time.Time // when the next run begins; zero while one is under way
	turn int       // counts pauses, so that an old alarm rings in vain
}

// pause is the time from the end of one run of the watch to the next one.
func (m *Model) pause() time.Duration {
	if m.opt.Watch > 0 {
		return m.opt.Watch
	}
	return 5 * time.Second
}

// alarmMsg begins the next run of the watch.
type alarmMsg int

// wind sets the alarm for the next run.
func (m *Model) wind() tea.Cmd {
	m.watch.turn++
	m.watch.next = m.now.Add(m.pause())
	turn := m.watch.turn
	return tea.Batch(
		tea.Tick(m.pause(), func(time.Time) tea.Msg { return alarmMsg(turn) }),
		m.nextSecond(),
	)
}

// toggleWatch begins the watch, or ends it.
func (m *Model) toggleWatch() tea.Cmd {
	m.watch.on = !m.watch.on
	m.watch.next = time.Time{}
	switch {
	case !m.watch.on:
		m.watch.turn++
		m.say("the watch has ended")
		return nil
	case m.running():
		return nil // the alarm is wound when it ends
	}
	return m.run(m.job, nil)
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

// compare lists what changed from one run to the next. Ports and times differ
// in every run and are no change.
func compare(before, after *report.Report, at time.Time) []change {
	if before == nil || after == nil {
		return nil
	}
	var list []change
	for _, c := range probe.Checks {
		was, is := lineOf(before, c), lineOf(after, c)
		if was != nil && is != nil && gist(was) != gist(is) {
			list = append(list, change{at, string(c), report.Word(was.State), report.Word(is.State), is.Summary})
		}
	}
	for _, f := range after.Findings {
		if !has(before, f.Code) {
			list = append(list, change{at, f.Code, "", strings.ToUpper(string(f.Severity)), f.Title})
		}
	}
	for _, f := range before.Findings {
		if !has(after, f.Code) && ranAgain(after, f) {
			list = append(list, change{at, f.Code, strings.ToUpper(string(f.Severity)), "", f.Title})
		}
	}
	return list
}

// ranAgain reports whether the checks that a finding rests on were run again.
func ranAgain(r *report.Report, f report.Finding) bool {
	return !slices.ContainsFunc(f.Checks, func(c probe.Check) bool { return lineOf(r, c) == nil })
}

func has(r *report.Report, code string) bool {
	return slices.ContainsFunc(r.Findings, func(f report.Finding) bool { return f.Code == code })
}

// gist is a check's line without what differs in every run: its state, and
// what became of its connection attempts.
func gist(l *report.CheckLine) string {
	var outcomes []string
	for _, d := range l.Dials {
		if o := fmt.Sprint(d.As, d.Outcome); !slices.Contains(outcomes, o) {
			outcomes = append(outcomes, o)
		}
	}
	slices.Sort(outcomes)
	return fmt.Sprint(l.State, outcomes)
}

// words are a change in one line.
func (c change) words() string {
	name := fmt.Sprintf("%s  %s", c.at.Format("15:04:05"), c.name)
	switch {
	case c.from == "":
		return fmt.Sprintf("%s: new %s, %s", name, c.to, c.text)
	case c.to == "":
		return fmt.Sprintf("%s: gone, %s", name, c.text)
	case c.from == c.to:
		return fmt.Sprintf("%s: still %s, %s", name, c.to, c.text)
	}
	return fmt.Sprintf("%s: %s -> %s, %s", name, c.from, c.to, c.text)
}
