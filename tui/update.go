package tui

import (
	"slices"
	"time"

	"ftpcheck/probe"
	"ftpcheck/report"

	tea "charm.land/bubbletea/v2"
)

// Update folds one message into the screen.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	defer m.forget()
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.resize(msg.Width, msg.Height)
	case tea.BackgroundColorMsg:
		m.style = newStyles(m.opt, msg.IsDark())
	case timeMsg:
		m.now = time.Time(msg)
	case secondMsg:
		return m, m.second(msg)
	case eventsMsg:
		return m, m.events(msg)
	case alarmMsg:
		if m.watch.on && int(msg) == m.watch.turn && !m.running() {
			return m, m.run(m.job, nil)
		}
	case tea.PasteMsg:
		m.paste(msg.Content)
	case tea.KeyPressMsg:
		m.status = ""
		return m, m.key(msg)
	}
	return m, nil
}

// resize takes a new size. Lines are broken elsewhere in it: what belongs to
// the selected row is looked up again.
func (m *Model) resize(width, height int) {
	m.width, m.height = width, height
	m.forget()
	if !m.shown(m.focus) {
		m.focus = onList
	}
	m.choose(m.cursor)
	if m.over == doTranscript {
		m.scroll[onOverlay] = m.lineOfSelected(onOverlay)
	}
}

// forget drops what was drawn: it may have changed.
func (m *Model) forget() { m.rowsNow, m.pathOf = nil, 0 }

// second goes on counting while the run or the pause goes on.
func (m *Model) second(msg secondMsg) tea.Cmd {
	if msg.count != m.count || !m.running() && m.watch.next.IsZero() {
		return nil
	}
	m.now = msg.now
	return m.nextSecond()
}

func (m *Model) events(msg eventsMsg) tea.Cmd {
	if msg.feed != m.feed || m.feed == nil {
		return nil // of a run that was stopped
	}
	m.now = msg.now
	began := time.Now()
	m.fold()
	switch {
	case m.running():
		return m.feed.next(max(frame, frameRest*time.Since(began)))
	case m.queued != nil:
		return m.run(m.queued.job, m.queued.checks)
	case m.watch.on:
		return m.wind()
	}
	return nil
}

// key does what the key table says, unless a form or a prompt takes the key.
func (m *Model) key(msg tea.KeyPressMsg) tea.Cmd {
	does := actionOf(msg.String())
	switch {
	case does == doSuspend:
		return tea.Suspend
	case msg.String() == "ctrl+c", does == doQuit && m.tooSmall():
		return tea.Quit
	case m.prompt != nil:
		return m.promptKey(msg)
	case m.asking:
		return m.formKey(msg)
	}
	if esc, behind, both := apart(msg); both {
		return tea.Batch(m.key(esc), m.key(behind))
	}
	return m.do(does)
}

// do carries out an action.
func (m *Model) do(a action) tea.Cmd {
	switch a {
	case doQuit:
		return tea.Quit
	case doUp, doDown, doPageUp, doPageDown, doTop, doBottom:
		m.move(a)
	case doTranscript, doPath, doPorts, doChanges, doHelp:
		m.toggle(a)
		if m.over == doTranscript {
			m.scroll[onOverlay] = m.lineOfSelected(onOverlay)
		}
	case doPane:
		m.nextPane(m.shown)
	case doOpen:
		m.alone, m.over, m.scroll[onDetail] = true, doNone, 0
		m.moved = true // the detail is being read
	case doBack:
		return m.goBack()
	case doRerun:
		return m.again(nil)
	case doRerunOne:
		return m.again(m.needed())
	case doWatch:
		return m.toggleWatch()
	case doEdit:
		m.editForm()
	case doSave:
		m.askPath()
	case doCopyTicket:
		return m.copyTicket()
	}
	return nil
}

// again runs checks again; nil: all.
func (m *Model) again(checks []probe.Check) tea.Cmd {
	if m.job == nil {
		return nil
	}
	return m.run(m.job, checks)
}

// basic are the checks that lead to a login.
var basic = []probe.Check{probe.CheckName, probe.CheckControl, probe.CheckSecure, probe.CheckLogin}

// needed are the checks of the selected row, and those that they need.
func (m *Model) needed() []probe.Check {
	r, ok := m.selected()
	if !ok || m.job == nil {
		return nil
	}
	wanted := slices.Concat(basic, []probe.Check{probe.CheckPath, r.check})
	if r.finding != nil {
		wanted = append(wanted, r.finding.Checks...)
	}
	var checks []probe.Check
	for _, c := range m.job.Checks {
		if slices.Contains(wanted, c) {
			checks = append(checks, c)
		}
	}
	return checks
}

// goBack leaves what is on top: an overlay, the detail alone, the run, the
// watch.
func (m *Model) goBack() tea.Cmd {
	switch {
	case m.uncover():
	case m.running():
		m.watch.on, m.halted, m.queued = false, true, nil
		m.feed.cancel()
	case m.watch.on:
		return m.toggleWatch()
	case m.focus != onList:
		m.focus = onList
	}
	return nil
}

// shown reports whether a pane is on the screen beside the list.
func (m *Model) shown(f focus) bool {
	l := m.layout()
	return f == onList || f == onDetail && l.split() || f == onLog && l.logRows > 0
}

// move moves the cursor or scrolls, depending on the pane.
func (m *Model) move(a action) {
	at := m.paneFor(a, m.layout().split())
	m.moved = m.moved || at == onList || at == onDetail // the detail is being read
	if at == onList {
		m.choose(m.rowAt(m.cursorIndex() + stepsOf(a, m.layout().listRows-1)))
		return
	}
	m.scrollBy(at, stepsOf(a, m.rowsOf(at)-1), m.furthest(at))
}

// choose puts the cursor on a row. The panes show what belongs to it.
func (m *Model) choose(name string) {
	if name != m.cursor {
		m.cursor = name
		m.scroll[onDetail] = 0
	}
	if name, _ := m.log(); name == logTranscript {
		m.scroll[onLog] = m.lineOfSelected(onLog)
	}
}

// lineOfSelected is the first line of the transcript that belongs to the
// selected row.
func (m *Model) lineOfSelected(f focus) int {
	r, ok := m.selected()
	if !ok || m.report == nil {
		return 0
	}
	check := r.check
	if r.finding != nil && len(r.finding.Checks) > 0 {
		check = r.finding.Checks[0]
	}
	all := m.report.Transcript
	i := max(slices.IndexFunc(all, func(l probe.Line) bool { return l.Check == check }), 0)
	return min(len(report.TranscriptLines(all[:i], m.width-1)), m.furthest(f))
}
