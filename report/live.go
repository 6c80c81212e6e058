package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"ftpcheck/probe"
)

// LineAt is Line at a moment of the run: a check under way says what it waits
// for, and counts the time against the limit. now is the time since the run
// began.
func LineAt(ev *probe.Evidence, c probe.Check, now time.Duration) CheckLine {
	l := Line(ev, c)
	if l.State == Running {
		l.Summary = waitingAt(ev, c, now)
	}
	return l
}

// waitingAt says what a running check waits for.
func waitingAt(ev *probe.Evidence, c probe.Check, now time.Duration) string {
	timeout, reply := probe.DefaultTimeout, probe.DefaultReplyTimeout
	if ev.Start != nil {
		timeout = cmp.Or(ev.Start.Options.Timeout, timeout)
		reply = cmp.Or(ev.Start.Options.ReplyTimeout, reply)
	}
	for _, d := range dialsOf(ev, c) {
		if d.Outcome == "" {
			return d.To.String() + " no answer yet" + clock(now-d.Began, timeout)
		}
	}
	if s := greetingDue(ev, c); s != nil {
		return "no greeting yet" + clock(now-s.Opened, reply)
	}
	run := ev.Checks[c]
	if len(run.Lines) == 0 {
		return "running"
	}
	last := run.Lines[len(run.Lines)-1]
	verb, _, _ := strings.Cut(last.Text, " ")
	switch m := ev.Modes[c]; {
	case m != nil && m.Listen.IsValid() && accepted(m) && len(m.Arrivals) == 0:
		return fmt.Sprintf("no connection at %s yet%s", m.Announced, clock(now-last.At, timeout))
	case last.Dir == probe.KindSend:
		return fmt.Sprintf("no reply to %s yet%s", verb, clock(now-last.At, reply))
	}
	if c == probe.CheckControl && last.Dir == probe.KindRecv { // the hop search to it comes when all sessions are in
		return "the greeting came"
	}
	return "running"
}

// greetingDue is the control session of a check that waits for its greeting, or
// nil.
func greetingDue(ev *probe.Evidence, c probe.Check) *probe.Session {
	for _, s := range ev.Sessions {
		if s.Check == c && s.Greeting == nil && s.Lost == nil && len(s.Exchanges) == 0 {
			return s
		}
	}
	return nil
}

// clock counts whole seconds against a limit, from the first one on.
func clock(waited, limit time.Duration) string {
	if waited < time.Second {
		return ""
	}
	return fmt.Sprintf(", %d s of %s", min(waited, limit)/time.Second, ms(limit))
}

// dialsOf are the connection attempts of one check, in the order in which they
// began.
func dialsOf(ev *probe.Evidence, c probe.Check) []probe.Dial {
	var dials []probe.Dial
	if m := ev.Modes[c]; m != nil {
		dials = append(dials, m.Dials...)
	}
	for _, m := range ev.Tries {
		if m.Check == c {
			dials = append(dials, m.Dials...)
		}
	}
	switch c {
	case probe.CheckControl:
		dials = append(dials, ev.Control...)
	case probe.CheckPorts:
		for _, s := range ev.Samples {
			if s.Dial.To.IsValid() {
				dials = append(dials, s.Dial)
			}
		}
		dials = append(dials, ev.Confirms...)
	case probe.CheckClient:
		if ev.Client != nil {
			dials = append(dials, ev.Client.Dials...)
		}
	}
	slices.SortStableFunc(dials, func(a, b probe.Dial) int { return cmp.Compare(a.Began, b.Began) })
	return dials
}
