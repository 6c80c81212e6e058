package tui

import (
	"fmt"

	"ftpcheck/probe/ftpd"

	tea "charm.land/bubbletea/v2"
)

// key does what the key table says, unless an argument is being typed.
func (m *serverModel) key(msg tea.KeyPressMsg) tea.Cmd {
	does := actionIn(serverKeys, msg.String())
	switch {
	case does == doSuspend:
		return tea.Suspend
	case msg.String() == "ctrl+c":
		return tea.Quit
	case m.ask != nil:
		m.askKey(msg)
		return nil
	case m.over == doFaults && (does == doOpen || msg.String() == "space"):
		m.turnFault()
		return nil
	}
	return m.do(does)
}

func (m *serverModel) do(a action) tea.Cmd {
	switch a {
	case doQuit:
		return tea.Quit
	case doUp, doDown, doPageUp, doPageDown, doTop, doBottom:
		m.move(a)
	case doFaults, doLog, doAbout, doHelp:
		m.toggle(a)
	case doPane:
		m.nextPane()
	case doOpen:
		m.alone, m.over = m.selected() != nil, doNone
	case doBack:
		m.goBack()
	case doPause:
		m.paused = !m.paused
		m.takeIn()
	case doClear:
		m.clear()
	case doCopyCommand:
		m.say("command for the other side sent to the clipboard; a terminal without OSC 52 ignores it: i shows it")
		return tea.SetClipboard(m.opt.Command)
	}
	return nil
}

func (m *serverModel) askKey(msg tea.KeyPressMsg) {
	switch msg.String() {
	case "esc":
		m.ask = nil
	case "enter":
		m.setFault(m.ask.fault, m.ask.text.String(), true)
	default:
		m.ask.text.key(msg)
	}
}

// turnFault switches the fault under the cursor on or off. One that needs an
// argument asks for it.
func (m *serverModel) turnFault() {
	f := ftpd.Faults()[m.faultAt]
	_, on := m.has(f)
	if f.Arg != "" && !on {
		m.ask = &argument{fault: f}
		return
	}
	m.setFault(f, "", !on)
}

// toggle shows an overlay, or takes it away again.
func (m *serverModel) toggle(a action) {
	if m.over == a {
		m.over = doNone
		return
	}
	m.over = a
	m.scroll[onOverlay] = 0
}

// goBack leaves what is on top.
func (m *serverModel) goBack() {
	switch {
	case m.over != doNone:
		m.over = doNone
	case m.alone:
		m.alone = false
	default:
		m.focus = onList
	}
}

// nextPane gives the focus to the next pane that is on the screen.
func (m *serverModel) nextPane() {
	l := m.layout()
	shown := map[focus]bool{onList: true, onDetail: l.split(), onLog: l.logRows > 0}
	for m.focus = (m.focus + 1) % onOverlay; !shown[m.focus]; {
		m.focus = (m.focus + 1) % onOverlay
	}
}

// move moves the cursor or scrolls, depending on the pane. The keys for whole
// pages always scroll: the detail, where the list has the focus.
func (m *serverModel) move(a action) {
	at := m.focus
	switch {
	case m.over == doFaults:
		by := stepsOf(a, m.bodyRows()-1)
		m.faultAt = min(max(m.faultAt+by, 0), len(ftpd.Faults())-1)
		return
	case m.over != doNone:
		at = onOverlay
	case m.alone:
		at = onDetail
	case at == onList && (a == doPageUp || a == doPageDown) && m.layout().split():
		at = onDetail
	}
	if at == onList {
		m.moveCursor(stepsOf(a, m.layout().listRows-1))
		return
	}
	_, lines := m.linesOf(at)
	furthest := max(len(lines)-m.rowsOf(at), 0)
	m.scroll[at] = min(max(m.scroll[at]+stepsOf(a, m.rowsOf(at)-1), 0), furthest)
}

// stepsOf is how far a key moves, where a page has so many rows.
func stepsOf(a action, page int) int {
	page = max(page, 1)
	return map[action]int{doUp: -1, doDown: 1, doPageUp: -page, doPageDown: page, doTop: -1 << 20, doBottom: 1 << 20}[a]
}

// moveCursor selects another session. The newest one stays selected while
// others come.
func (m *serverModel) moveCursor(by int) {
	rows := m.rows()
	if len(rows) == 0 {
		return
	}
	at := min(max(m.cursorIndex(rows)+by, 0), len(rows)-1)
	if number := rows[at].number; number != m.cursor {
		m.cursor, m.scroll[onDetail] = number, 0
	}
	if at == 0 {
		m.cursor = 0
	}
}

// prompt asks for the argument of a fault.
func (a *argument) prompt(width int) (string, *tea.Cursor) {
	ask := fmt.Sprintf(" %s=%s: ", a.fault.Name, a.fault.Arg)
	text, column := a.text.view(width - len(ask) - 1)
	return ask + text, tea.NewCursor(len(ask)+column, 0)
}
