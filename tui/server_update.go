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
	case msg.String() == "ctrl+c", does == doQuit && m.tooSmall():
		return tea.Quit
	case m.ask != nil:
		m.askKey(msg)
		return nil
	case m.over == doFaults && (does == doOpen || msg.String() == "space"):
		m.turnFault()
		return nil
	}
	if esc, behind, both := apart(msg); both {
		return tea.Batch(m.key(esc), m.key(behind))
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
		m.nextPane(m.shown)
	case doOpen:
		m.alone, m.over = m.selected() != nil, doNone
		m.hold()
	case doBack:
		if !m.uncover() {
			m.focus = onList
		}
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

// shown reports whether a pane is on the screen beside the list.
func (m *serverModel) shown(f focus) bool {
	l := m.layout()
	return f == onList || f == onDetail && l.split() || f == onLog && l.logRows > 0
}

// move moves the cursor or scrolls, depending on the pane.
func (m *serverModel) move(a action) {
	if m.over == doFaults {
		m.faultAt = min(max(m.faultAt+stepsOf(a, m.bodyRows()-1), 0), len(ftpd.Faults())-1)
		return
	}
	at := m.paneFor(a, m.layout().split())
	switch at {
	case onList:
		m.moveCursor(stepsOf(a, m.layout().listRows-1))
		return
	case onDetail:
		m.hold()
	}
	_, lines := m.linesOf(at)
	m.scrollBy(at, stepsOf(a, m.rowsOf(at)-1), max(len(lines)-m.rowsOf(at), 0))
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

// hold keeps the selected session selected while others come: its detail is
// being read.
func (m *serverModel) hold() {
	if s := m.selected(); s != nil {
		m.cursor = s.number
	}
}

// prompt asks for the argument of a fault.
func (a *argument) prompt(width int) (string, *tea.Cursor) {
	ask := fmt.Sprintf(" %s=%s: ", a.fault.Name, a.fault.Arg)
	text, column := a.text.view(width - len(ask) - 1)
	return ask + text, tea.NewCursor(len(ask)+column, 0)
}
