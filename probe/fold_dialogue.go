package probe

import (
	"strconv"
	"strings"
)

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

func verbOf(command string) string {
	verb, _, _ := strings.Cut(command, " ")
	return strings.ToUpper(verb)
}

// addFollowed adds a step of a search along a session.
func (e *Evidence) addFollowed(ev Event) {
	s, h := e.Session(ev.Session), Hop{To: ev.Addr, TTL: ev.TTL, Outcome: ev.Outcome}
	switch {
	case s == nil:
	case ev.As == AsUp:
		s.Up = append(s.Up, h)
	case ev.As == AsDown:
		s.Down = append(s.Down, h)
	}
}
