package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"ftpcheck/probe/ftpd"

	tea "charm.land/bubbletea/v2"
)

// ServerOptions are what the screen of a server shows and can do.
type ServerOptions struct {
	Log       *ServerLog            // what the server tells
	Address   string                // control address, for the header
	About     func([]string) string // what there is to say of the server with these faults: lines
	Command   string                // to type at the other side
	Faults    []string              // that are switched on at first, as in ftpd.Options
	Said      func(ftpd.Entry) bool // false: only the log of the session shows the entry
	SetFaults func([]string) error  // ftpd.Server.SetFaults

	Plain bool // no colours and no attributes at all
	ASCII bool // rules of ASCII characters: the locale is not UTF-8

	Input io.Reader // the terminal that keys come from; nil: standard input
}

// mostWaiting bounds the entries that wait for the screen: it may be paused,
// or its terminal stopped, while a client goes on.
const mostWaiting = 10000

// ServerLog hands what a server tells to its screen. Its zero value is ready.
type ServerLog struct {
	mu      sync.Mutex
	entries []ftpd.Entry
	lost    int           // that were dropped because too many waited
	more    chan struct{} // there are entries; made by the screen
}

// Add is for ftpd.Options.Log. It never waits.
func (l *ServerLog) Add(e ftpd.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.entries) >= mostWaiting {
		n := mostWaiting / 10
		l.entries = append(l.entries[:0:0], l.entries[n:]...)
		l.lost += n
	}
	l.entries = append(l.entries, e)
	l.wake()
}

func (l *ServerLog) wake() {
	select {
	case l.more <- struct{}{}: // never without a screen
	default:
	}
}

// open makes the log wake its screen, also for what it holds by now.
func (l *ServerLog) open() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.more = make(chan struct{}, 1)
	if len(l.entries) > 0 {
		l.wake()
	}
}

// take returns the entries that waited, and how many were lost before them
// since it was called last.
func (l *ServerLog) take() (entries []ftpd.Entry, lost int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	entries, lost = l.entries, l.lost
	l.entries, l.lost = nil, 0
	return entries, lost
}

func (l *ServerLog) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

// entriesMsg says that the server has told something.
type entriesMsg time.Time

// next waits for entries, and a little longer for those that follow at once.
func (l *ServerLog) next(ctx context.Context) tea.Cmd {
	return func() tea.Msg {
		select {
		case <-l.more:
		case <-ctx.Done():
			return nil
		}
		select {
		case <-time.After(frame):
		case <-ctx.Done():
		}
		return entriesMsg(time.Now())
	}
}

// RunServer shows the screen of a server on standard output until the
// user quits or ctx is cancelled, as it has to be when the server ends. It
// needs a terminal.
func RunServer(ctx context.Context, o ServerOptions) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := tea.NewProgram(newServerModel(ctx, o), append(from(o.Input), tea.WithoutSignalHandler(), tea.WithFPS(20))...)
	stop := context.AfterFunc(ctx, p.Quit)
	defer stop()
	_, err := p.Run()
	switch {
	case errors.Is(err, tea.ErrProgramPanic):
		return fmt.Errorf("the screen failed: %w", err)
	case err != nil:
		return fmt.Errorf("cannot use the terminal: %w", err)
	}
	return nil
}
