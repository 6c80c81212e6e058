package tui

import (
	"context"
	"fmt"
	"time"

	"ftpcheck/probe"
	"ftpcheck/report"

	tea "charm.land/bubbletea/v2"
)

// Model is the screen and what it shows. Use New.
type Model struct {
	ctx   context.Context
	work  Work
	opt   Options
	style styles

	width, height int
	now           time.Time // of the last message that carries a time
	count         int       // how often seconds began to be counted

	job     *Job
	feed    *feed  // nil while no run is under way
	seen    int    // events of feed that were folded
	halted  bool   // the run under way was cancelled
	queued  *order // the run that begins when the one under way has ended
	only    bool   // this run leaves out some of the job's checks
	checks  []probe.Check
	began   time.Time
	ev      *probe.Evidence
	report  *report.Report // on ev; nil before the first run
	runs    int            // of this job that were not cancelled
	known   memory
	ended   *report.Report // of the last run that was not cancelled; nil when there was none
	whole   *report.Report // of the last of these that left out no check
	watch   watching
	changes []change // newest first

	form   form
	asking bool // the form is on the screen
	prompt *prompt
	status string // what has just happened: above the footer until the next key

	cursor string // name of the row: a check's, or a finding's code
	moved  bool   // the user has moved the cursor
	focus  focus
	alone  bool   // the detail has the screen to itself
	over   action // an overlay: help, transcript, path, ports, changes; or none
	scroll [panes]int

	// What View needs again and again until the next message.
	rowsNow []row
	pathOf  int // width of path; 0: it is not drawn yet
	path    []string
}

// focus is the pane that the keys for moving act on.
type focus int

const (
	onList focus = iota
	onDetail
	onLog
	onOverlay
	panes
)

// New returns a screen. Its runs end when ctx is cancelled.
func New(ctx context.Context, w Work, o Options) *Model {
	m := &Model{ctx: ctx, work: w, opt: o, style: newStyles(o, true), ev: &probe.Evidence{}}
	m.form = newForm(o)
	m.asking = o.Job == nil
	m.say(o.Say...)
	return m
}

// Init starts the run that was asked for.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{tea.RequestBackgroundColor, now}
	if m.opt.Job != nil {
		cmds = append(cmds, m.run(m.opt.Job, nil))
	}
	return tea.Batch(cmds...)
}

// timeMsg says what time it is.
type timeMsg time.Time

func now() tea.Msg { return timeMsg(time.Now()) }

// secondMsg is timeMsg, again and again while something counts seconds.
type secondMsg struct {
	count int // Model.count, when the counting began
	now   time.Time
}

// countSeconds begins to count seconds. What counted them before stops.
func (m *Model) countSeconds() tea.Cmd {
	m.count++
	return m.nextSecond()
}

func (m *Model) nextSecond() tea.Cmd {
	count := m.count
	return tea.Tick(time.Second, func(t time.Time) tea.Msg { return secondMsg{count, t} })
}

// order is a run that was asked for.
type order struct {
	job    *Job
	checks []probe.Check // nil: all of the job's
}

// run starts the checks of a job; nil: all of them. A run under way is
// cancelled first, and has time to clear away what it left at the server:
// meanwhile the screen lives on.
func (m *Model) run(job *Job, checks []probe.Check) tea.Cmd {
	m.asking = false
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
		m.report = report.New(m.ev, m.work.Judge)
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
	m.runs++
	m.ended = m.report
	if !m.only {
		m.whole = m.report
	}
}

// done is the report to take away: while a run is under way that of the run
// before, because half a run proves nothing. nil: there is none yet.
func (m *Model) done() *report.Report {
	if m.running() {
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

// say puts what has happened, warnings and errors above the footer.
func (m *Model) say(texts ...string) {
	for _, t := range texts {
		if m.status != "" {
			m.status += "; "
		}
		m.status += report.ASCII(t)
	}
}

// Outcome is what is left when the screen is closed.
type Outcome struct {
	Reports []*report.Report // to print; the last one judges; none when nothing was run
	Cut     bool             // a further run was cut short and is not among them
}

// Close ends a run that is under way and returns what to print: the last
// report. One on some of the checks follows the last one on all of them. A
// first run that is cut short is reported, a further one is not.
func (m *Model) Close() Outcome {
	m.stop()
	last, cut := m.report, false
	if last != nil && last.Interrupted && m.ended != nil {
		last, cut = m.ended, true
	}
	switch {
	case last == nil:
		return Outcome{}
	case m.whole != nil && m.whole != last:
		return Outcome{[]*report.Report{m.whole, last}, cut}
	}
	return Outcome{[]*report.Report{last}, cut}
}
