package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// watching is the loop that runs the checks again and again.
type watching struct {
	on   bool
	next time.Time // when the next run begins; zero while one is under way
	turn int       // counts pauses, so that an old alarm rings in vain
}

// watchPause is the time from the end of one run of the watch to the next one.
const watchPause = 5 * time.Second

// alarmMsg begins the next run of the watch.
type alarmMsg int

// wind sets the alarm for the next run.
func (m *Model) wind() tea.Cmd {
	m.watch.turn++
	m.watch.next = m.now.Add(watchPause)
	turn := m.watch.turn
	return tea.Batch(
		tea.Tick(watchPause, func(time.Time) tea.Msg { return alarmMsg(turn) }),
		m.countSeconds(),
	)
}

// rest ends the pause of the watch.
func (m *Model) rest() {
	m.watch.next = time.Time{}
	m.watch.turn++
}

// toggleWatch begins the watch, or ends it. A run under way is its first one.
func (m *Model) toggleWatch() tea.Cmd {
	if m.job == nil {
		return nil
	}
	m.watch.on = !m.watch.on
	m.rest()
	switch {
	case !m.watch.on:
		m.say("the watch has ended")
		return nil
	case m.running():
		return nil
	}
	return m.run(m.job, nil)
}
