package ftpd

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// perHop is the most pieces that one TTL takes: it is tried twice, with another
// piece behind each.
const perHop = 4

// follow searches the hops on the way of the session's own replies, with the
// bytes of the answer's first line: each goes out alone, with a TTL of its own.
// The session reads nothing meanwhile, and no transfer runs that would reply.
func follow(s *session, v *visit, _ string) {
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
	first := firstLine(exchange.Path) + " " + strings.Repeat(".", perHop*hops.MaxHops)
	steps, sent, err := s.sendAlong(to, v, first)
	if err != nil {
		return
	}
	var answer exchange.Followed
	for _, step := range steps {
		e := s.log(Entry{What: WhatHop, Command: string(exchange.Path), Local: s.local, Remote: s.peer, TTL: step.TTL, Outcome: step.Attempt.Outcome})
		answer.Steps = append(answer.Steps, stepOf(e))
	}
	text, err := exchange.Encode(answer)
	if err != nil {
		text = ""
	}
	s.reply(answerLines(first[sent:], text)...)
}

// sendAlong sends a text's bytes one by one, each as far as its TTL, and tells
// what became of them and how many went out.
func (s *session) sendAlong(to hops.Sender, v *visit, text string) (steps []hops.Step, sent int, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, hops.SearchLimit)
	defer cancel()
	steps = hops.Follow(ctx, to, func() error {
		if sent == len(text) || sent > 0 && !v.spend(1) {
			return errSpent
		}
		s.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		if _, err = s.out().Write([]byte{text[sent]}); err != nil {
			s.conn.Close()
			return err
		}
		sent++
		return nil
	}, hops.MaxHops, hops.WaitOf(to))
	return steps, sent, err
}

var errSpent = errors.New("a bound is reached")

// steady is a connection on which a write is made again that met with an ICMP
// message about what was sent before: to tell of it is all that such an error
// does to an established connection.
type steady struct{ net.Conn }

// NetConn is for hops.SenderOf.
func (c steady) NetConn() net.Conn { return c.Conn }

func (c steady) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if errno := syscall.Errno(0); n == 0 && errors.As(err, &errno) {
		n, err = c.Conn.Write(b)
	}
	return n, err
}
