package ftpd

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// perHop is the most pieces that one TTL takes: it is tried twice, with another
// piece behind each.
const perHop = 4

// follow searches the hops on the way of the session's own replies, with the
// bytes of the answer's first line: each goes out alone, with a TTL of its own.
// Or it does so with the session's last announcement, and tells what the hops
// quote of it. The session reads nothing meanwhile, and no transfer runs that
// would reply.
func follow(s *session, v *visit, arg string) {
	var req exchange.PathRequest
	if arg != "" && exchange.Decode(arg, &req) != nil {
		s.reply(noBody)
		return
	}
	s.log(Entry{What: WhatVisit, Command: string(exchange.Path)})
	to := hops.SenderOf(s.conn)
	if to == nil || !s.network.Traces() {
		s.answer(exchange.Path, exchange.Followed{})
		return
	}
	if !v.spend(1) {
		s.reply(noRoom)
		return
	}
	first := firstLine(exchange.Path)
	var sample []byte
	var steps []hops.Step
	if line := s.told + "\r\n"; req.Line && s.told != "" && s.secured == nil {
		sample = kept(line)
		steps = s.repeatAlong(to, v, first, line)
		first = firstLine(exchange.Path) + " Steps"
	} else {
		first += " " + strings.Repeat(".", perHop*hops.MaxHops)
		sent := 0
		steps = s.sendAlong(to, v, func() string {
			sent++
			return first[sent-1 : sent]
		})
		first = first[sent:]
	}
	if s.ctx.Err() != nil {
		return
	}
	var answer exchange.Followed
	for _, step := range steps {
		e := s.log(Entry{What: WhatHop, Command: string(exchange.Path), Local: s.local, Remote: s.peer, TTL: step.TTL,
			Outcome: step.Attempt.Outcome, ICMP: step.Attempt.ICMP, Raw: kept(step.Quote), Sample: sample})
		answer.Steps = append(answer.Steps, stepOf(e))
	}
	text, err := exchange.Encode(answer)
	if err != nil {
		text = ""
	}
	s.reply(answerLines(first, text)...)
}

// repeatAlong sends a line again and again, each as far as its TTL, and has what
// the hops quote of it, where the system allows it.
func (s *session) repeatAlong(to hops.Sender, v *visit, first, line string) []hops.Step {
	if s.reply(first) != nil {
		return nil
	}
	if q, end := s.server.quoterOf(s.conn); q != nil {
		defer end()
		to = q
	}
	return s.sendAlong(to, v, func() string { return line })
}

// maxQuoters bounds the connections of which is read at once what hops quote:
// the system looks at each for every ICMP message that comes.
const maxQuoters = 64

// quoterOf is hops.QuoterOf as long as there is a place.
func (s *Server) quoterOf(conn net.Conn) (hops.Quoter, func()) {
	select {
	case s.quoters <- struct{}{}:
	default:
		return nil, nil
	}
	q, end := hops.QuoterOf(conn)
	if q == nil {
		<-s.quoters
		return nil, nil
	}
	return q, func() { end(); <-s.quoters }
}

// sendAlong sends one piece after the other, each as far as its TTL, and tells
// what became of them.
func (s *session) sendAlong(to hops.Sender, v *visit, piece func() string) (steps []hops.Step) {
	ctx, cancel := context.WithTimeout(s.ctx, hops.SearchLimit)
	defer cancel()
	spent := 0
	return hops.Follow(ctx, to, func() error {
		if spent == perHop*hops.MaxHops || spent > 0 && !v.spend(1) {
			return errSpent
		}
		spent++
		s.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		_, err := s.out().Write([]byte(piece()))
		if err != nil {
			s.conn.Close()
		}
		return err
	}, hops.MaxHops, hops.WaitOf(to))
}

var errSpent = errors.New("a bound is reached")

// steady is a connection to which all writes go by hops.Push, those of TLS above
// it as well.
type steady struct{ net.Conn }

// NetConn is for hops.SenderOf.
func (c steady) NetConn() net.Conn { return c.Conn }

func (c steady) Write(b []byte) (int, error) { return hops.Push(c.Conn, b) }
