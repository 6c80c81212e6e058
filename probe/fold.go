package probe

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
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
	case KindListen:
		if m := e.mode(ev); m != nil {
			m.Listen, m.Announced = ev.Local, ev.Addr
		}
	case KindArrive:
		if m := e.mode(ev); m != nil {
			m.Arrivals = append(m.Arrivals, Arrival{From: ev.Addr, Local: ev.Local, At: ev.At, Replied: m.Reply != nil})
		}
	case KindData:
		e.addData(ev)
	case KindTLS:
		e.addTLS(ev)
	case KindIdle:
		e.Idle = append(e.Idle, Silence{Session: ev.Session, Took: ev.Took, Outcome: ev.Outcome, Code: ev.Code, Text: ev.Text})
	case KindHop:
		e.Hops = append(e.Hops, Hop{To: ev.Addr, TTL: ev.TTL, Outcome: ev.Outcome, ICMP: ev.ICMP, Took: ev.Took})
	case KindClient:
		c := e.client()
		c.Outcome, c.Text, c.Entries = ev.Outcome, ev.Text, ev.Bytes
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

// addTLS puts a handshake where its connection is.
func (e *Evidence) addTLS(ev Event) {
	h := Handshake{As: ev.As, To: ev.Addr, Outcome: ev.Outcome, Text: ev.Text, Took: ev.Took}
	if ev.TLS != nil {
		h.TLS = *ev.TLS
	}
	m := e.mode(ev)
	switch {
	case ev.As == AsTrial || ev.As == AsImplicit:
		e.Trials = append(e.Trials, h)
	case ev.As == AsControl:
		if s := e.Session(ev.Session); s != nil {
			s.TLS = &h
		}
	case ev.As == AsClient:
		setTLS(e.client().Dials, ev, &h)
	case m == nil:
	case ev.As == AsActive:
		for i := range m.Arrivals {
			if m.Arrivals[i].From == ev.Addr {
				m.Arrivals[i].TLS = &h
			}
		}
	default:
		setTLS(m.Dials, ev, &h)
	}
}

func setTLS(dials []Dial, ev Event, h *Handshake) {
	for i := range dials {
		if dials[i].To == ev.Addr && dials[i].As == ev.As {
			dials[i].TLS = h
		}
	}
}

// dials returns the list that an attempt in this role belongs to, or nil.
func (e *Evidence) dials(ev Event) *[]Dial {
	switch ev.As {
	case AsControl:
		if ev.Check == CheckControl {
			return &e.Control
		}
	case AsAnnounced, AsControlHost:
		if m := e.mode(ev); m != nil {
			return &m.Dials
		}
	case AsConfirm:
		return &e.Confirms
	case AsSweep:
		return &e.Swept
	case AsRandom:
		return &e.Randoms
	case AsClient:
		return &e.client().Dials
	}
	return nil
}

func (e *Evidence) addDial(ev Event) {
	began := ev.At
	if ev.Kind == KindDial {
		began -= ev.Took
	}
	d := Dial{
		Check: ev.Check, Session: ev.Session, As: ev.As, To: ev.Addr, Local: ev.Local,
		Outcome: ev.Outcome, ICMP: ev.ICMP, Began: began, Took: ev.Took, Text: ev.Text,
	}
	if ev.As == AsSample {
		for _, s := range e.Samples {
			if s.Session == ev.Session && s.Announced.Port() == ev.Addr.Port() && s.Dial.Outcome == "" {
				s.Dial = d
				break
			}
		}
	}
	switch list := e.dials(ev); {
	case list == nil:
	case ev.As == AsSweep: // tens of thousands, each told of once
		*list = append(*list, d)
	default:
		putDial(list, d)
	}
}

// putDial replaces the attempt that was under way by its outcome.
func putDial(list *[]Dial, d Dial) {
	for i := range *list {
		o := &(*list)[i]
		if o.Outcome == "" && o.To == d.To && o.As == d.As && o.Check == d.Check {
			*o = d
			return
		}
	}
	*list = append(*list, d)
}

func (e *Evidence) addLine(ev Event) {
	c := e.check(ev.Check)
	c.Lines = append(c.Lines, Line{At: ev.At, Check: ev.Check, Session: ev.Session, Dir: ev.Kind, Text: ev.Text})
	s := e.Session(ev.Session)
	switch {
	case ev.Kind == KindNote && ev.As == AsAnnounced:
		if m := e.mode(ev); m != nil {
			m.NotDialled = ev.Text
		}
	case ev.Kind == KindNote && ev.As == AsUpload:
		e.Left = append(e.Left, ev.Text)
	case ev.Kind == KindNote && ev.As == AsActive:
		if m := e.mode(ev); m != nil {
			m.Waited = ev.Took
		}
	case ev.Kind == KindSend && s != nil:
		x := &Exchange{Check: ev.Check, Command: ev.Text}
		s.Exchanges = append(s.Exchanges, x)
		s.partial = nil
		if m := e.mode(ev); m != nil {
			m.Session = ev.Session
			switch verbOf(ev.Text) {
			case "EPSV", "PASV", "EPRT", "PORT":
				m.Command = ev.Text
			case "LIST", "RETR", "STOR":
				m.List = x
			case "SIZE":
				m.size = x
			}
		}
	case ev.Kind == KindRecv && s != nil:
		s.partial = append(s.partial, ev.Text)
		if ev.Code != 0 {
			e.addReply(s, ev, len(c.Lines)-1)
		}
	}
}

func (e *Evidence) addReply(s *Session, ev Event, line int) {
	r := Reply{Code: ev.Code, Lines: s.partial, Line: line, Took: ev.Took}
	s.partial = nil
	if len(s.Exchanges) == 0 {
		s.Greeting = &r
		return
	}
	x := s.Exchanges[len(s.Exchanges)-1]
	x.Replies = append(x.Replies, r)
	verb := verbOf(x.Command)
	if m := e.mode(ev); m != nil && m.Command == x.Command {
		m.Reply = &r
	} else if m != nil && m.size == x && ev.Code == 213 {
		m.Size = sizeOf(ev.Text)
	}
	if ev.Check == CheckPorts && (verb == "PASV" || verb == "EPSV") && ev.Code/100 != 2 {
		e.Samples = append(e.Samples, &Sample{Session: ev.Session, Command: x.Command, Code: ev.Code, Text: ev.Text})
	}
}

// sizeOf reads the reply to SIZE (RFC 3659 4); 0 where there is none.
func sizeOf(text string) int64 {
	_, number, _ := strings.Cut(text, " ")
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func (e *Evidence) addLoss(ev Event) {
	l := &Loss{Check: ev.Check, Outcome: ev.Outcome, Text: ev.Text, Took: ev.Took}
	if s := e.Session(ev.Session); s != nil {
		if n := len(s.Exchanges); n > 0 {
			l.Command = s.Exchanges[n-1].Command
		}
		l.Partial = s.partial
		s.Lost = l
	}
	if m := e.mode(ev); m != nil {
		m.Lost = l
	}
}

func (e *Evidence) addAnnounce(ev Event) {
	if m := e.mode(ev); m != nil {
		m.Announced = ev.Addr
		if ev.Outcome == OutcomeMalformed {
			m.Malformed = ev.Text
		}
		return
	}
	if ev.Check == CheckPorts && ev.Outcome != OutcomeMalformed {
		s := &Sample{Session: ev.Session, Announced: ev.Addr}
		if c := e.Session(ev.Session); c != nil && len(c.Exchanges) > 0 {
			s.Command = c.Exchanges[len(c.Exchanges)-1].Command
		}
		e.Samples = append(e.Samples, s)
	}
}

func (e *Evidence) addData(ev Event) {
	m := e.mode(ev)
	if m == nil {
		return
	}
	data := &Data{Bytes: ev.Bytes, Outcome: ev.Outcome, Took: ev.Took}
	if ev.As == AsActive {
		for i := range m.Arrivals {
			if m.Arrivals[i].From == ev.Addr {
				m.Arrivals[i].Data = data
			}
		}
		return
	}
	for i := range m.Dials {
		if m.Dials[i].To == ev.Addr && m.Dials[i].As == ev.As {
			m.Dials[i].Data = data
		}
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

func verbOf(command string) string {
	verb, _, _ := strings.Cut(command, " ")
	return strings.ToUpper(verb)
}
