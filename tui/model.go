package tui

import (
	"context"
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

	cursor  string // name of the row: a check's, or a finding's code
	moved   bool   // the user has moved the cursor
	looking        // overlays: help, transcript, path, ports, changes

	// What View needs again and again until the next message.
	rowsNow []row
	pathOf  int // width of path; 0: it is not drawn yet
	path    []string
}

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
	Reports []*report.Report // to print, oldest first; none when nothing was run
	Partial bool             // the last one is on some of the checks alone; one before it is on all
	Cut     bool             // a further run was cut short and is not among them
}

// Close ends a run that is under way and returns what to print: the last
// report. One on some of the checks follows the last one on all of them. A
// first run that is cut short is reported, a further one is not.
func (m *Model) Close() Outcome {
	m.stop()
	last := m.done()
	if last == nil {
		return Outcome{}
	}
	out := Outcome{Partial: last == m.ended && last != m.whole, Cut: last != m.report}
	if out.Partial && m.whole != nil {
		out.Reports = append(out.Reports, m.whole)
	}
	out.Reports = append(out.Reports, last)
	return out
}
