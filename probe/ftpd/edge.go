package ftpd

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// errand is something that a session does at the request of another one of its
// visit, between two commands of its own: meanwhile nobody reads from its
// connection.
type errand struct {
	do   func()
	late bool          // a transfer had begun: it was not done
	done chan struct{} // closed when it is done, or too late
}

// errRunning means that a session cannot be asked now.
var errRunning = errors.New("the session is at work")

// between has the session do an errand, and waits for it.
func (s *session) between(ctx context.Context, do func()) error {
	e := &errand{do: do, done: make(chan struct{})}
	s.mu.Lock()
	if s.busy || s.errand != nil || s.ctx.Err() != nil {
		s.mu.Unlock()
		return errRunning
	}
	s.errand = e
	s.conn.SetReadDeadline(longAgo)
	s.mu.Unlock()
	select {
	case <-e.done:
		if e.late {
			return errRunning
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

var longAgo = time.Unix(1, 0)

// interrupted does the errand for which reading commands ended with err, and
// reports whether there was one.
func (s *session) interrupted(err error) bool {
	s.mu.Lock()
	e, busy := s.errand, s.busy
	s.errand = nil
	s.mu.Unlock()
	if e == nil || s.ctx.Err() != nil || !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	defer close(e.done)
	if e.late = busy; !busy {
		e.do()
	}
	return true
}

// edge searches how far packets get on the way of another session of the visit.
func edge(s *session, v *visit, arg string) {
	var req exchange.EdgeRequest
	if exchange.Decode(arg, &req) != nil {
		s.reply(noBody)
		return
	}
	other := v.member(req.Session)
	switch {
	case !maySearch(req) || other == s:
		s.reply(notAllowed)
		return
	case other == nil:
		s.reply(noSuchOne)
		return
	case !v.spend(len(req.TTLs)):
		s.reply(noRoom)
		return
	}
	s.log(Entry{What: WhatVisit, Command: string(exchange.Edge), Count: len(req.TTLs)})
	s.beside(func(aborted context.Context) {
		ctx, cancel := context.WithTimeout(aborted, exchange.EdgeLimit)
		defer cancel()
		var steps []exchange.Step
		err := other.between(ctx, func() { steps = other.edge(ctx, req) })
		switch {
		case aborted.Err() != nil:
			s.reply("426 Aborted.")
		case err != nil:
			s.reply("450 The session cannot be asked.")
		default:
			s.answer(exchange.Edge, exchange.Followed{Steps: steps})
		}
	})
}

// maySearch reports whether a request is inside all bounds.
func maySearch(r exchange.EdgeRequest) bool {
	for i, ttl := range r.TTLs {
		if ttl < 1 || ttl > hops.MaxHops || i > 0 && ttl <= r.TTLs[i-1] {
			return false
		}
	}
	return len(r.TTLs) > 0 && r.Wait > 0
}

// edge sends the pieces of one line, as if it were a reply.
func (s *session) edge(ctx context.Context, r exchange.EdgeRequest) (steps []exchange.Step) {
	sender := hops.SenderOf(s.conn)
	if sender == nil || ctx.Err() != nil {
		return nil
	}
	s.token <- struct{}{}
	defer func() { <-s.token }()
	s.conn.SetWriteDeadline(time.Now().Add(exchange.EdgeLimit))
	line := []byte("200 " + dots + dots + "\r\n")
	rest := line
	send := func() error {
		piece := rest[:1]
		rest = rest[1:]
		_, err := s.out().Write(piece)
		return err
	}
	for _, step := range hops.Edge(ctx, sender, send, slices.Clone(r.TTLs), atMost(r.Wait, time.Second)) {
		steps = append(steps, exchange.Step{TTL: step.TTL, Outcome: step.Attempt.Outcome})
	}
	if len(rest) == len(line) {
		return steps
	}
	if _, err := s.out().Write(rest); err != nil {
		s.conn.Close() // half a reply is worse than none
	}
	return steps
}

const dots = "................" // half as many as there can be pieces, or more
