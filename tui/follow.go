package tui

import (
	"fmt"
	"time"

	"ftpcheck/probe"
	"ftpcheck/report"

	tea "charm.land/bubbletea/v2"
)

// order is a run that was asked for.
type order struct {
	job    *Job
	checks []probe.Check // nil: all of the job's
}

// run starts the checks of a job; nil: all of them. A run under way is
// cancelled first, and has time to clear away what it left at the server:
// meanwhile the screen lives on.
func (m *Model) run(job *Job, checks []probe.Check) tea.Cmd {
	if m.running() {
		m.halted, m.queued = true, &order{job, checks}
		m.feed.cancel()
		return nil
	}
	m.queued = nil
	m.rest()
	if m.job != job {
		m.ended, m.whole, m.known, m.changes, m.runs = nil, nil, memory{}, nil, 0
		m.moved, m.cursor = false, ""
	}
	m.job, m.only = job, checks != nil
	m.checks = checks
	if checks == nil {
		m.checks = job.Checks
	}
	m.ev, m.report, m.seen = &probe.Evidence{}, nil, 0
	m.halted = false
	m.began = time.Now()
	m.now = m.began
	m.feed = start(m.ctx, job, m.checks)
	return tea.Batch(m.feed.next(frame), m.countSeconds())
}

// stop ends the run that is under way, and folds what is known of it.
func (m *Model) stop() {
	if m.feed == nil {
		return
	}
	m.feed.stop()
	m.fold()
}

// fold takes in the events that came since, and judges them.
func (m *Model) fold() {
	events, last := m.feed.after(m.seen)
	for _, e := range events {
		m.ev.Add(e)
	}
	m.seen += len(events)
	if last && m.ev.Finished == "" { // the run broke off: nothing may pass for complete
		m.ev.Add(probe.Event{Kind: probe.KindFinish, Outcome: probe.OutcomeCancelled, Took: m.elapsed()})
	}
	if last || len(events) > 0 || m.report == nil {
		judge := m.work.Judge
		if m.only {
			judge = judge.On(m.checks)
		}
		m.report = report.New(m.ev, judge)
	}
	if last {
		m.feed = nil
		m.settle()
	}
	m.forget()
	if m.moved || m.running() && m.runs > 0 { // what runs again must not make the cursor jump
		m.choose(m.rowAt(m.cursorIndex()))
	} else {
		m.choose(m.worst())
	}
}

// settle is the end of a run.
func (m *Model) settle() {
	switch {
	case m.ev.Finished == probe.OutcomeOK:
	case m.queued != nil: // it gives way to the next one
		return
	default:
		m.watch.on = false
		m.say("cancelled: what is missing was not tested")
		return
	}
	news := m.known.learn(m.report, m.ev, m.now)
	m.changes = append(news, m.changes...)
	m.changes = m.changes[:min(len(m.changes), mostChanges)]
	if len(news) > 0 {
		m.scroll[onLog] = 0
		m.status = ""
		m.say(news[0].what())
		if more := len(news) - 1; more > 0 {
			m.status += fmt.Sprintf("  (c: %d more)", more)
		}
	}
	if m.watch.on && m.report.Exit == report.ExitLogin && m.job.User != "anonymous" { // servers lock accounts and addresses out
		m.watch.on = false
		m.say("the watch has ended: a refused password is not sent again and again")
	}
	m.runs++
	m.ended = m.report
	if !m.only {
		m.whole = m.report
	}
}

// done is the report to take away: while a run is under way, and when it was
// cancelled, that of the run before, because half a run proves nothing. Half of
// the first one is better than none, once it is no longer under way. nil: there
// is none yet.
func (m *Model) done() *report.Report {
	if m.running() || m.ended != nil {
		return m.ended
	}
	return m.report
}

// elapsed is the time since the run began, or what it took.
func (m *Model) elapsed() time.Duration {
	if m.feed == nil && m.ev.Finished != "" {
		return m.ev.Took
	}
	return max(m.now.Sub(m.began), 0)
}

func (m *Model) running() bool { return m.feed != nil }
