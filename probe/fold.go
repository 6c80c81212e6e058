package probe

import (
	"net/netip"
	"slices"
)

// Add folds one event into the evidence. Events of an unknown kind, or about
// something that never began, are ignored: a recording may be of any origin.
func (e *Evidence) Add(ev Event) {
	switch ev.Kind {
	case KindStart:
		e.Start = ev.Start
	case KindFinish:
		e.Finished, e.Took = ev.Outcome, ev.Took
	case KindBegin, KindEnd, KindSkip:
		e.addLife(ev)
	case KindLookup:
		e.Lookup = &Lookup{Outcome: ev.Outcome, Addresses: ev.Addrs, Text: ev.Text, Took: ev.Took}
	case KindDialing, KindDial:
		e.addDial(ev)
	case KindOpen:
		if e.Session(ev.Session) == nil {
			e.Sessions = append(e.Sessions, &Session{ID: ev.Session, Check: ev.Check, Peer: ev.Addr, Local: ev.Local, Opened: ev.At})
		}
	case KindSend, KindRecv, KindNote:
		e.addLine(ev)
	case KindLogin:
		if s := e.Session(ev.Session); s != nil {
			s.LoggedIn = true
		}
	case KindLost:
		e.addLoss(ev)
	case KindLimit:
		e.Limits = append(e.Limits, Limit{
			Check: ev.Check, Session: ev.Session, Others: ev.Count,
			Code: ev.Code, Outcome: ev.Outcome, Text: ev.Text,
		})
	case KindAnnounce:
		e.addAnnounce(ev)
	case KindListen, KindArrive:
		e.addListener(ev)
	case KindData:
		e.addData(ev)
	case KindTLS:
		e.addTLS(ev)
	case KindIdle:
		e.Idle = append(e.Idle, Silence{Session: ev.Session, Took: ev.Took, Outcome: ev.Outcome, Code: ev.Code, Text: ev.Text})
	case KindHop:
		if ev.As != "" {
			e.addFollowed(ev)
			return
		}
		e.Hops = append(e.Hops, Hop{To: ev.Addr, TTL: ev.TTL, Outcome: ev.Outcome, ICMP: ev.ICMP, Took: ev.Took})
	case KindClient:
		c := e.client()
		c.Outcome, c.Text, c.Entries = ev.Outcome, ev.Text, ev.Bytes
	case KindHello, KindSeen, KindSize, KindHalf, KindQuote:
		e.addPeer(ev)
	}
}

func (e *Evidence) addLife(ev Event) {
	if ev.Try != "" || ev.Step != 0 {
		e.addTry(ev)
		return
	}
	c := e.check(ev.Check)
	switch ev.Kind {
	case KindBegin:
		c.Began, c.Running, c.Ended, c.Skipped = ev.At, true, false, ""
		if ev.Check == CheckClient {
			e.Client = nil
		}
		if isMode(ev.Check) {
			if e.Modes == nil {
				e.Modes = map[Check]*Mode{}
			}
			e.Modes[ev.Check] = &Mode{Check: ev.Check}
		}
	case KindEnd:
		c.Running, c.Ended, c.Took = false, true, ev.Took
		if m := e.mode(ev); m != nil {
			m.Ended = true
		}
	case KindSkip:
		c.Running, c.Ended, c.Skipped = false, true, ev.Text
		delete(e.Modes, ev.Check)
	}
}

// addTry is addLife for a further try, which has no line of its own.
func (e *Evidence) addTry(ev Event) {
	m := e.mode(ev)
	switch {
	case ev.Kind == KindBegin && m != nil:
		*m = Mode{Check: ev.Check, Try: ev.Try, Step: ev.Step, Size: ev.Bytes}
	case ev.Kind == KindBegin:
		e.Tries = append(e.Tries, &Mode{Check: ev.Check, Try: ev.Try, Step: ev.Step, Size: ev.Bytes})
	case m != nil:
		m.Ended = true
	}
}

func (e *Evidence) check(c Check) *CheckRun {
	if e.Checks == nil {
		e.Checks = map[Check]*CheckRun{}
	}
	if e.Checks[c] == nil {
		e.Checks[c] = &CheckRun{}
	}
	return e.Checks[c]
}

// mode returns the try that the event is about, or nil.
func (e *Evidence) mode(ev Event) *Mode {
	if ev.Try == "" && ev.Step == 0 {
		return e.Modes[ev.Check]
	}
	for _, m := range e.Tries {
		if m.Check == ev.Check && m.Try == ev.Try && m.Step == ev.Step {
			return m
		}
	}
	return nil
}

func (e *Evidence) client() *ClientRun {
	if e.Client == nil {
		e.Client = &ClientRun{}
	}
	return e.Client
}

// Transcript returns all lines that were sent and received, grouped by check
// in the order of Checks and numbered from 1, so that two runs of the same
// course give the same numbers although checks run at the same time.
func (e *Evidence) Transcript() []Line {
	var all []Line
	for _, c := range Checks {
		if run := e.Checks[c]; run != nil {
			for _, l := range run.Lines {
				l.Number = len(all) + 1
				all = append(all, l)
			}
		}
	}
	return all
}

// ControlPeer returns the server's address and port of the login session, or
// the first control address that was dialled.
func (e *Evidence) ControlPeer() netip.AddrPort {
	if s := e.Login(); s != nil {
		return s.Peer
	}
	if len(e.Control) > 0 {
		return e.Control[0].To
	}
	return netip.AddrPort{}
}

func isMode(c Check) bool { return slices.Contains(modes, c) }

func isActive(c Check) bool { return slices.Contains(Active, c) }
