package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	"ftpcheck/probe/ftpd"
	"ftpcheck/report"

	tea "charm.land/bubbletea/v2"
)

// Bounds of what is kept of a server that runs for days.
const (
	mostSessions = 500
	mostEntries  = 1000
)

// serverModel is the screen of a server: a fold over what the server tells.
type serverModel struct {
	ctx   context.Context
	opt   ServerOptions
	style styles

	width, height int
	began, now    time.Time

	sessions []*session // in the order in which they came
	entries  []ftpd.Entry
	lost     int // entries that are not among entries any more
	came     int // sessions so far
	paused   bool

	faults  []string  // that are switched on, as in ftpd.Options
	faultAt int       // under the cursor
	ask     *argument // of a fault, being typed

	status  string // what has just happened: above the footer until the next key
	cursor  int    // number of the selected session; 0: the newest one
	looking        // overlays: help, faults, log, about
}

// argument is what a fault needs, while it is typed.
type argument struct {
	fault ftpd.Fault
	text  field
}

func newServerModel(ctx context.Context, o ServerOptions) *serverModel {
	o.Log.open()
	return &serverModel{ctx: ctx, opt: o, style: newServerStyles(o, true), faults: o.Faults, began: time.Now(), now: time.Now()}
}

func (m *serverModel) Init() tea.Cmd {
	return tea.Batch(tea.RequestBackgroundColor, m.opt.Log.next(m.ctx), everySecond())
}

// clockMsg comes once a second: the screen says how long something lasts.
type clockMsg time.Time

func everySecond() tea.Cmd {
	return tea.Tick(time.Second, func(t time.Time) tea.Msg { return clockMsg(t) })
}

func (m *serverModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		m.style = newServerStyles(m.opt, msg.IsDark())
	case clockMsg:
		m.now = time.Time(msg)
		return m, everySecond()
	case entriesMsg:
		m.now = time.Time(msg)
		m.takeIn()
		return m, m.opt.Log.next(m.ctx)
	case tea.PasteMsg:
		if m.ask != nil {
			m.ask.text.insert(msg.Content)
		}
	case tea.KeyPressMsg:
		m.status = ""
		return m, m.key(msg)
	}
	return m, nil
}

// takeIn folds what the server has told since, unless the screen is held.
func (m *serverModel) takeIn() {
	if m.paused {
		return
	}
	entries, missed := m.opt.Log.take()
	for _, e := range entries {
		m.add(e)
	}
	before := len(m.entries) + len(entries)
	m.entries = bounded(append(m.entries, entries...), mostEntries)
	m.lost += missed + before - len(m.entries)
}

// add folds one entry.
func (m *serverModel) add(e ftpd.Entry) {
	if e.Session == 0 {
		return
	}
	s := m.session(e.Session)
	if s == nil {
		s = &session{number: e.Session, came: e.Time}
		m.came = max(m.came, e.Session)
		at, _ := slices.BinarySearchFunc(m.sessions, e.Session, func(s *session, n int) int { return s.number - n })
		m.sessions = slices.Insert(m.sessions, at, s)
		m.forget()
	}
	s.add(e)
}

// forget drops the oldest sessions where there are too many: first those that
// have ended.
func (m *serverModel) forget() {
	for len(m.sessions) > mostSessions {
		at := slices.IndexFunc(m.sessions, func(s *session) bool { return !s.gone.IsZero() })
		m.sessions = slices.Delete(m.sessions, max(at, 0), max(at, 0)+1)
	}
}

// session is the session with this number; nil: it is not known any more.
func (m *serverModel) session(number int) *session {
	at := slices.IndexFunc(m.sessions, func(s *session) bool { return s.number == number })
	if at < 0 {
		return nil
	}
	return m.sessions[at]
}

// rows are the sessions, the newest one first.
func (m *serverModel) rows() []*session {
	rows := slices.Clone(m.sessions)
	slices.Reverse(rows)
	return rows
}

// selected is the session under the cursor; nil: there is none.
func (m *serverModel) selected() *session {
	rows := m.rows()
	if len(rows) == 0 {
		return nil
	}
	return rows[m.cursorIndex(rows)]
}

func (m *serverModel) cursorIndex(rows []*session) int {
	return max(slices.IndexFunc(rows, func(s *session) bool { return s.number == m.cursor }), 0)
}

// clear forgets what is over.
func (m *serverModel) clear() {
	m.sessions = slices.DeleteFunc(m.sessions, func(s *session) bool { return !s.gone.IsZero() })
	m.lost += len(m.entries)
	m.entries = nil
	m.cursor, m.scroll = 0, [panes]int{}
	m.say("what has ended is forgotten here; it is printed at the end")
}

func (m *serverModel) say(text string) { m.status = report.ASCII(text) }

// setFault switches a fault on, with its argument, or off.
func (m *serverModel) setFault(f ftpd.Fault, arg string, on bool) {
	var names []string
	for _, name := range m.faults {
		if bare, _, _ := strings.Cut(name, "="); bare != f.Name {
			names = append(names, name)
		}
	}
	given, state := f.Name, "off"
	if f.Arg != "" {
		given += "=" + arg
	}
	if on {
		names, state = append(names, given), "on"
	}
	if err := m.opt.SetFaults(names); err != nil {
		m.say(err.Error())
		return
	}
	m.faults, m.ask = names, nil
	m.say(f.Name + " is " + state + ": sessions follow from their next command on")
}

// has reports whether a fault is switched on, and its argument.
func (m *serverModel) has(f ftpd.Fault) (arg string, on bool) {
	for _, name := range m.faults {
		if bare, arg, _ := strings.Cut(name, "="); bare == f.Name {
			return arg, true
		}
	}
	return "", false
}
