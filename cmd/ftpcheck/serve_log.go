package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"ftpcheck/probe/ftpd"
	"ftpcheck/report"
)

// serveLog is what the opposite end prints and records: each entry as it
// comes, a summary of each client when it has left, and one of all at the end.
type serveLog struct {
	out     io.Writer
	json    bool
	record  *os.File // nil: nothing is recorded
	written int      // bytes in it

	mu       sync.Mutex
	visitors ftpd.Visitors
	failed   error // of the record
	stopped  bool
}

const (
	// returnTime is how long a client may be away without having left: a check
	// opens one session after the other.
	returnTime = 2 * time.Second

	maxServeRecord = 64 << 20 // bytes; then recording ends
)

var errRecordFull = errors.New("it is full")

// openServeRecord opens the file of --record; nil without a name.
func openServeRecord(name string) (*os.File, error) {
	switch name {
	case "":
		return nil, nil
	case "-":
		return nil, usageError{"a recording cannot go to standard output, where the log goes", "--record FILE, or --format json"}
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, usageError{"cannot write the recording: " + err.Error(), ""}
	}
	return f, nil
}

// add takes an entry.
func (l *serveLog) add(e ftpd.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep(e)
	switch {
	case l.json:
		l.printJSON(wireEntry(e))
	case said(e):
		fmt.Fprintln(l.out, logLine(e))
	}
	v := l.visitors.Add(e)
	switch {
	case e.What == ftpd.WhatStop:
		l.finish(e.Time)
	case e.What == ftpd.WhatLeave && v != nil && v.Living == 0:
		time.AfterFunc(returnTime, func() { l.left(v) })
	}
}

// keep writes an entry to the record.
func (l *serveLog) keep(e ftpd.Entry) {
	if l.record == nil || l.failed != nil {
		return
	}
	line, err := json.Marshal(wireEntry(e))
	if err == nil && l.written+len(line) >= maxServeRecord {
		err = errRecordFull
	}
	if err == nil {
		var n int
		n, err = l.record.Write(append(line, '\n'))
		l.written += n
	}
	l.failed = err
}

// left prints the summary of a client unless it has come back.
func (l *serveLog) left(v *ftpd.Visitor) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.stopped && v.Living == 0 && time.Since(v.To) >= returnTime {
		l.summarize(v)
	}
}

func (l *serveLog) summarize(v *ftpd.Visitor) {
	l.visitors.Forget(v.Addr)
	if l.json {
		l.printJSON(wireVisitor(v))
		return
	}
	for _, line := range visitorLines(v) {
		fmt.Fprintln(l.out, line)
	}
}

// finish prints the summaries that are due, and that of all.
func (l *serveLog) finish(at time.Time) {
	l.stopped = true
	for _, v := range l.visitors.All() {
		l.summarize(v)
	}
	if l.json {
		l.printJSON(wireTotal(at, l.visitors.Total))
		return
	}
	fmt.Fprintln(l.out, totalLine(l.visitors.Total))
}

func (l *serveLog) printJSON(v any) {
	if line, err := json.Marshal(v); err == nil {
		l.out.Write(append(line, '\n'))
	}
}

// close ends the record and says what became of it.
func (l *serveLog) close() error {
	if l.record == nil {
		return nil
	}
	err := l.record.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		err = l.failed
	}
	if err != nil {
		return fmt.Errorf("cannot write the recording: %w", err)
	}
	return nil
}

// said reports whether the text log has a line for the entry: the welcome or
// another entry says the same as those that have none. What a client learns of
// ports that it has asked for is in its summary.
func said(e ftpd.Entry) bool {
	switch e.What {
	case ftpd.WhatListen, ftpd.WhatGreet, ftpd.WhatHear, ftpd.WhatOpen, ftpd.WhatShut, ftpd.WhatHop:
		return false
	case ftpd.WhatVisit:
		return e.Command != "SEEN"
	case ftpd.WhatArrive, ftpd.WhatHalf, ftpd.WhatAbsent:
		return e.Command != "LISTEN"
	case ftpd.WhatTransfer:
		return e.Command != "SEND" && e.Command != "SINK"
	}
	return true
}

// logLine is one thing that happened, as one line.
func logLine(e ftpd.Entry) string {
	peer := "-"
	if e.Peer.IsValid() {
		peer = e.Peer.String()
	}
	return fmt.Sprintf("%s %-21s %-8s %s", clock(e.Time), peer, e.What, report.Escape(e.Text))
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05Z") }
