package ftpd

import (
	"net/netip"

	"ftpcheck/probe/exchange"
)

// record is a fold over the entries of a visit's sessions.
type record struct {
	seen    exchange.Seen
	numbers map[int]int            // of sessions: at this server, and in the visit
	ports   map[netip.AddrPort]int // open ones, by their place in seen.Ports
	records int                    // lines, ports, knocks, dials and steps
}

// begin adds the session that has this number at the server, and returns its
// number in the record.
func (r *record) begin(atServer int, client, server netip.AddrPort, at exchange.Millis) int {
	n := len(r.seen.Sessions) + 1
	r.seen.Sessions = append(r.seen.Sessions, exchange.Session{
		Number: n, Client: client, Server: server, Began: at, Heard: at,
	})
	r.adopt(atServer, n)
	return n
}

// adopt makes the record take note of a session that has a number at the server
// and one in the visit.
func (r *record) adopt(atServer, inVisit int) {
	if r.numbers == nil {
		r.numbers, r.ports = map[int]int{}, map[netip.AddrPort]int{}
	}
	r.numbers[atServer] = inVisit
}

// room reports whether one more line, port, knock, dial or step may be kept.
func (r *record) room() bool {
	if r.records >= exchange.MaxRecords {
		r.seen.Cut = true
		return false
	}
	r.records++
	return true
}

// add takes note of an entry of one of the sessions.
func (r *record) add(e Entry, at exchange.Millis) {
	n := r.numbers[e.Session]
	if n == 0 {
		return
	}
	switch e.What {
	case WhatHear, WhatAnnounce, WhatLeave:
		r.talk(&r.seen.Sessions[n-1], e, at)
	case WhatOpen:
		r.open(n, e, at)
	case WhatArrive, WhatHalf, WhatAbsent, WhatShut:
		r.port(e, at)
	case WhatDial:
		r.dial(n, e, at)
	case WhatHop:
		r.hop(n, e)
	case WhatTransfer:
		r.transfer(e)
	}
}

// talk takes note of a command or reply, or of the end.
func (r *record) talk(s *exchange.Session, e Entry, at exchange.Millis) {
	switch e.What {
	case WhatHear:
		s.Heard = at
	case WhatLeave:
		s.Ended, s.How = max(at, 1), e.How
	}
	if e.Raw != nil && r.room() {
		s.Lines = append(s.Lines, exchange.Line{At: at, Sent: e.Code == 227 || e.Code == 229, Raw: e.Raw})
	}
}

func (r *record) open(session int, e Entry, at exchange.Millis) {
	if e.Err == "" {
		delete(r.ports, e.Local) // whatever comes is for this one
	}
	if !r.room() {
		return
	}
	p := exchange.Port{Session: session, Command: e.Command, Local: e.Local, Opened: at, Failed: e.Err, Answer: e.TTL, SendTTL: e.SendTTL}
	if e.Err == "" {
		r.ports[e.Local] = len(r.seen.Ports)
	}
	r.seen.Ports = append(r.seen.Ports, p)
}

// port takes note of what became of an open port.
func (r *record) port(e Entry, at exchange.Millis) {
	i, open := r.ports[e.Local]
	if !open {
		return
	}
	p := &r.seen.Ports[i]
	switch e.What {
	case WhatAbsent, WhatShut:
		p.Closed = max(at, 1)
	case WhatArrive, WhatHalf:
		r.knock(p, exchange.Knock{From: e.Remote, At: at, Half: e.What == WhatHalf, Refused: e.Refused})
	}
}

// knock adds a connection to a port that is kept. The first of its kind always
// has room: otherwise the record would say that none arrived.
func (r *record) knock(p *exchange.Port, k exchange.Knock) {
	known := false
	for i := range p.Knocks {
		old := &p.Knocks[i]
		if old.Half && old.From == k.From { // the third packet came late
			old.Half, old.Refused = k.Half, k.Refused
			return
		}
		known = known || old.Half == k.Half && old.Refused == k.Refused
	}
	if r.room() || !known {
		p.Knocks = append(p.Knocks, k)
	}
}

func (r *record) dial(session int, e Entry, at exchange.Millis) {
	if !r.room() {
		return
	}
	took := exchange.Millis(e.Took.Milliseconds())
	r.seen.Dials = append(r.seen.Dials, exchange.Dialing{
		Session: session, Command: e.Command, To: e.Remote, From: e.Local, TTL: e.TTL, At: at - took, Took: took,
		Outcome: e.Outcome, ICMP: e.ICMP, Err: e.Err,
	})
}

// hop adds a step to the search that the latest attempt at the same port
// belongs to, or to that of the session's own replies.
func (r *record) hop(session int, e Entry) {
	if e.Command == string(exchange.Path) {
		s := &r.seen.Sessions[session-1]
		if e.TTL == 1 {
			s.Path, s.Piece = nil, e.Sample // and none before this one
		}
		if r.room() {
			s.Path = append(s.Path, stepOf(e))
		}
		return
	}
	for i := len(r.seen.Dials) - 1; i >= 0; i-- {
		if d := &r.seen.Dials[i]; d.Session == session && d.Command == e.Command && d.To == e.Remote && d.TTL == 0 {
			if r.room() {
				d.Steps = append(d.Steps, stepOf(e))
			}
			return
		}
	}
}

func stepOf(e Entry) exchange.Step {
	return exchange.Step{TTL: e.TTL, Outcome: e.Outcome, ICMP: e.ICMP, Quote: e.Raw}
}

// transfer says of the latest connection between the two ends what it carried.
func (r *record) transfer(e Entry) {
	if !e.Remote.IsValid() {
		return
	}
	c := &exchange.Carried{
		For: e.Command, Sent: e.Sent, Received: e.Received, Sum: e.Sum, How: e.How,
		TLS: e.TLS != "", Resumed: e.Resumed, Took: exchange.Millis(e.Took.Milliseconds()),
	}
	if i, passive := r.ports[e.Local]; passive {
		knocks := r.seen.Ports[i].Knocks
		for i := len(knocks) - 1; i >= 0; i-- {
			if knocks[i].From == e.Remote {
				knocks[i].Carried = c
				if e.SendTTL > 0 {
					knocks[i].Fate, knocks[i].Sight = e.Outcome, e.Sight
				}
				return
			}
		}
	}
	for i := len(r.seen.Dials) - 1; i >= 0; i-- {
		if d := &r.seen.Dials[i]; d.To == e.Remote && d.From == e.Local {
			d.Carried = c
			return
		}
	}
}
