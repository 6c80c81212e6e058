package probe

import (
	"context"
	"slices"
	"sync"
	"time"

	"ftpcheck/probe/wire"
)

const (
	firstSilence = 15 * time.Second // of the staircase
	noopPatience = 10 * time.Second // for the answer after a silence
	repeated     = 2 * time.Second  // after a search, for what TCP repeats
)

// silences are 15 s, 30 s, 1 min … and the longest that was asked for. A short
// one is halved twice instead.
func silences(longest time.Duration) []time.Duration {
	if longest <= firstSilence {
		return []time.Duration{longest / 4, longest / 2, longest}
	}
	var list []time.Duration
	for d := firstSilence; d < longest; d *= 2 {
		list = append(list, d)
	}
	return append(list, longest)
}

// share deals the silences out to that many sessions, so that all of them
// together take little longer than the longest: each goes to the session that
// is silent for the shortest time so far.
func share(list []time.Duration, sessions int) [][]time.Duration {
	parts := make([][]time.Duration, min(sessions, len(list)))
	sums := make([]time.Duration, len(parts))
	for _, d := range slices.Backward(list) {
		i := slices.Index(sums, slices.Min(sums))
		parts[i] = append(parts[i], d)
		sums[i] += d
	}
	for _, part := range parts {
		slices.Sort(part)
	}
	return parts
}

// idle runs the idle check: several control sessions are silent for longer and
// longer. Once one has died, longer silences tell nothing more.
func (c *crew) idle(ctx context.Context) {
	if !c.run.wants(CheckIdle) || c.run.Idle <= 0 || ctx.Err() != nil {
		return
	}
	c.visit.rest(ctx)
	end := c.run.begin(CheckIdle)
	all := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	list := silences(c.run.Idle)
	workers := c.enterIdle(ctx, min(c.run.Parallel, len(list)))
	if len(workers) == 0 {
		if ctx.Err() == nil {
			c.run.skip(c.noSession(), CheckIdle)
		}
		return
	}
	defer end()
	var group sync.WaitGroup
	for i, part := range share(list, len(workers)) {
		group.Go(func() {
			w := workers[i]
			if !w.keepSilent(ctx, part) {
				c.visit.keep(all, w)
				cancel()
			}
			w.leave(CheckIdle, false)
		})
	}
	group.Wait()
}

// enterIdle opens up to n sessions. The server may want fewer; the silences
// are shared out to those that it lets in. Each begins with a NOOP, so that
// all are silent from the same moment.
func (c *crew) enterIdle(ctx context.Context, n int) (in []*worker) {
	for len(in) < n && (len(in) == 0 || !c.limited.Load()) {
		w := &worker{crew: c}
		if len(in) == 0 && !c.enterAlone(ctx, w, CheckIdle) || len(in) > 0 && !w.enter(ctx, CheckIdle) {
			break
		}
		c.visit.accompany(w, CheckIdle)
		in = append(in, w)
	}
	if len(in) > 1 {
		for _, w := range in {
			w.session.command(CheckIdle, "NOOP")
		}
	}
	return in
}

// keepSilent makes one silence after the other in the place's session, and
// reports whether the session lives.
func (w *worker) keepSilent(ctx context.Context, list []time.Duration) bool {
	for _, d := range list {
		if !w.session.usable() {
			return true // it died before it was silent
		}
		e := Event{Kind: KindIdle, Check: CheckIdle, Outcome: OutcomeOK}
		began := time.Now()
		reply, outcome, alert := w.session.hush(began.Add(d))
		e.Took = time.Since(began)
		if ctx.Err() != nil {
			return true // another session has told enough
		}
		if outcome == OutcomeOK {
			reply, outcome, alert = w.wake(ctx)
		}
		if ctx.Err() != nil {
			return true
		}
		e.Outcome, e.Code, e.Text = outcome, reply.Code, alert
		if n := len(reply.Lines); n > 0 {
			e = w.run.received(e, reply.Lines[n-1].Raw)
		}
		w.session.emit(e)
		if outcome != OutcomeOK {
			w.session.lost = outcome
			return false
		}
	}
	return true
}

// hush listens until then. A server that gives up says so by itself.
func (s *session) hush(until time.Time) (reply wire.Reply, o Outcome, alert string) {
	s.conn.SetReadDeadline(until)
	reply, err := s.read.ReadReply(nil)
	switch {
	case err == nil:
		return reply, OutcomeClosed, ""
	case ending(err) == OutcomeTimeout:
		return wire.Reply{}, OutcomeOK, ""
	}
	o, alert = s.parting(err)
	return reply, o, alert
}

// wake sends a NOOP after a silence and waits for its answer. With ftpcheck at
// the other end, one that is not even acknowledged begins a search for the place
// where the packets die. It comes that soon because TCP sends little of anything
// new once its first wait is over, 200 ms beyond a round trip.
func (w *worker) wake(ctx context.Context) (reply wire.Reply, o Outcome, alert string) {
	s := w.session
	until := time.Now().Add(min(s.run.ReplyTimeout, noopPatience))
	s.conn.SetDeadline(until)
	s.emit(Event{Kind: KindSend, Check: CheckIdle, Text: "NOOP"})
	if _, err := s.conn.Write([]byte("NOOP\r\n")); err != nil {
		o, alert = s.parting(err)
		return reply, o, alert
	}
	edge := w.edgeOf(s)
	if edge != nil {
		s.conn.SetReadDeadline(time.Now().Add(s.run.answerSoon()))
	}
	reply, err := s.read.ReadReply(nil)
	if edge != nil && err != nil && ending(err) == OutcomeTimeout {
		if edge.needed() {
			edge.find(ctx)
		}
		if soon := time.Now().Add(repeated); soon.After(until) {
			until = soon
		}
		s.conn.SetDeadline(until)
		reply, err = s.read.ReadReply(nil)
		if err == nil && edge.owed && reply.Code != 421 {
			reply, err = s.read.ReadReply(nil) // it lives, and answers the other NOOP as well
		}
	}
	switch {
	case err != nil:
		o, alert = s.parting(err)
		return reply, o, alert
	case reply.Code == 421: // the server was about to give up
		return reply, OutcomeClosed, ""
	}
	s.emit(s.run.received(Event{Kind: KindRecv, Check: CheckIdle, Code: reply.Code}, reply.Lines[len(reply.Lines)-1].Raw))
	return reply, OutcomeOK, ""
}

// parting classifies the error that ended a silent connection. Nobody but the
// server itself can end TLS by an alert, of which close_notify is one: vsftpd
// 3.0.3 sends decode_error when its idle timer runs out, and no 421.
func (s *session) parting(err error) (o Outcome, alert string) {
	if name, ok := alertOf(err); ok {
		return OutcomeAlert, name
	}
	o = ending(err)
	if c, ok := s.conn.(*secured); ok && o == OutcomeClosed && !c.cut() {
		return OutcomeAlert, "close_notify"
	}
	return o, ""
}
