package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"ftpcheck/probe"
)

// statusWidth keeps the status on one line of the narrowest usual terminal.
const statusWidth = 79

// status is one line on a terminal that says what the run waits for. It is
// rewritten in place and erased in the end. A nil status does nothing.
type status struct {
	mu      sync.Mutex
	w       io.Writer
	text    string // checks under way
	began   time.Time
	shown   string // what stands on the line
	stopped chan struct{}
}

// newStatus returns nil where standard error is not a terminal that can erase
// a line.
func newStatus(s *streams) *status {
	kind := s.getenv("TERM")
	if !s.errTerminal || kind == "" || kind == "dumb" {
		return nil
	}
	st := &status{w: s.err, began: time.Now(), stopped: make(chan struct{})}
	go st.tick()
	return st
}

// tick counts the seconds while nothing else happens.
func (st *status) tick() {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			st.mu.Lock()
			st.draw()
			st.mu.Unlock()
		case <-st.stopped:
			return
		}
	}
}

// show names the checks that are under way.
func (st *status) show(ev *probe.Evidence) {
	if st == nil {
		return
	}
	var running []string
	for _, c := range probe.Checks {
		if run := ev.Checks[c]; run != nil && run.Running {
			running = append(running, string(c))
		}
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.text = strings.Join(running, ", ")
	st.draw()
}

func (st *status) draw() {
	if st.text == "" {
		return
	}
	line := fmt.Sprintf("checking %s, %.0f s", st.text, time.Since(st.began).Seconds())
	line = line[:min(len(line), statusWidth)]
	if line != st.shown { // the same again would flicker
		fmt.Fprintf(st.w, "\r%s\x1b[K", line)
	}
	st.shown = line
}

// clear erases the line, so that something else can be printed.
func (st *status) clear() {
	if st == nil {
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.shown != "" {
		fmt.Fprint(st.w, "\r\x1b[K")
	}
	st.shown, st.text = "", ""
}

// aside returns a writer that erases the line before it writes to w.
func (st *status) aside(w io.Writer) io.Writer { return asideWriter{st, w} }

type asideWriter struct {
	status *status
	to     io.Writer
}

func (a asideWriter) Write(p []byte) (int, error) {
	a.status.clear()
	return a.to.Write(p)
}

// stop ends the counting.
func (st *status) stop() {
	if st == nil {
		return
	}
	st.clear()
	close(st.stopped)
}
