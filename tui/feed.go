package tui

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"ftpcheck/probe"

	tea "charm.land/bubbletea/v2"
)

// frame is the pause in which events are collected before the screen is drawn
// again: at most ten times a second, however fast they come. Where judging
// them takes long, as with a sweep of all ports, the pause is so many times as
// long.
const (
	frame     = 100 * time.Millisecond
	frameRest = 30
)

// feed is one run under way. It keeps the events, so that none is lost between
// a message that was never delivered and the report that is printed on quit.
type feed struct {
	mu     sync.Mutex
	events []probe.Event
	more   chan struct{} // there are more events than before
	ended  chan struct{} // closed when all are there
	cancel context.CancelFunc
	broken string // what the run panicked with, and where; empty: it did not
}

// start runs the checks of a job. The run ends soon after ctx is cancelled.
func start(ctx context.Context, job *Job, checks []probe.Check) *feed {
	ctx, cancel := context.WithCancel(ctx)
	f := &feed{more: make(chan struct{}, 1), ended: make(chan struct{}), cancel: cancel}
	go func() {
		defer close(f.ended)
		defer cancel()
		defer func() {
			if p := recover(); p != nil {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.broken = fmt.Sprintf("%v\n%s", p, debug.Stack())
			}
		}()
		for e := range job.Run(ctx, checks) {
			f.add(e)
		}
	}()
	return f
}

func (f *feed) add(e probe.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = append(f.events, e)
	select {
	case f.more <- struct{}{}:
	default:
	}
}

// after returns the events behind the first n, and whether they are the last.
func (f *feed) after(n int) (events []probe.Event, last bool) {
	select {
	case <-f.ended:
		last = true
	default:
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.events[n:len(f.events):len(f.events)], last
}

// stop cancels the run and waits for its end: nothing of it is left behind.
func (f *feed) stop() {
	if f != nil {
		f.cancel()
		<-f.ended
	}
}

// eventsMsg says that a run has gone on.
type eventsMsg struct {
	feed *feed
	now  time.Time
}

// next waits for events, and for a pause longer for those that follow at once.
// A panic of the run goes on here, where Bubble Tea catches it and restores the
// terminal.
func (f *feed) next(pause time.Duration) tea.Cmd {
	return func() tea.Msg {
		select {
		case <-f.more:
			select {
			case <-time.After(pause):
			case <-f.ended:
			}
		case <-f.ended:
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.broken != "" {
			panic(f.broken)
		}
		return eventsMsg{f, time.Now()}
	}
}
