package probe

import (
	"context"
	"time"

	"ftpcheck/probe/wire"
)

// greeted waits for the greeting of the place's session and reports whether it
// lets us in. A 120 says that the real one comes later (RFC 959 5.4).
func (w *worker) greeted(check Check) (wire.Reply, bool) {
	deadline := time.Now().Add(w.run.ReplyTimeout)
	for {
		reply, ok := w.session.reply(check, deadline)
		if !ok || reply.Code/100 != 1 {
			return reply, ok && reply.Code/100 == 2
		}
	}
}

// login logs the first session in.
func (w *worker) login() bool {
	end := w.run.begin(CheckLogin)
	defer end()
	reply, ok := w.user(CheckLogin)
	if ok && reply.Code == 331 {
		reply, ok = w.pass(CheckLogin)
	}
	return ok && w.welcome(CheckLogin, reply)
}

func (w *worker) user(check Check) (wire.Reply, bool) {
	return w.session.command(check, "USER "+w.run.Target.User)
}

// pass is the only place that sends the password.
func (w *worker) pass(check Check) (wire.Reply, bool) {
	if w.session.unverified() {
		w.session.emit(Event{Kind: KindNote, Check: check, Text: errUnverified.Error()})
		return wire.Reply{}, false
	}
	if !w.session.send(check, "PASS "+w.run.Target.Password, "PASS ****") {
		return wire.Reply{}, false
	}
	return w.session.reply(check, time.Now().Add(w.run.ReplyTimeout))
}

func (w *worker) welcome(check Check, reply wire.Reply) bool {
	if reply.Code/100 != 2 {
		return false
	}
	w.session.emit(Event{Kind: KindLogin, Check: check})
	return true
}

// inquire asks what the server tells of itself and of both ends' addresses.
// All the answers together get the time of one.
func (w *worker) inquire() {
	deadline := time.Now().Add(w.run.ReplyTimeout)
	for _, command := range []string{"FEAT", "SYST", "STAT"} {
		if command == "FEAT" && w.featured {
			continue
		}
		if !w.session.send(CheckLogin, command, command) {
			return
		}
		reply, ok := w.session.reply(CheckLogin, deadline)
		if !ok {
			return
		}
		if command == "FEAT" {
			w.offer = offered(reply)
		}
	}
}

// enter makes sure that the place has a clean session that is logged in. When
// the server does not want a further one, a KindLimit event says so.
func (w *worker) enter(ctx context.Context, check Check) bool {
	if w.session.usable() {
		return true
	}
	w.leave(check, false)
	others := int(w.open.Load())
	conn, a := w.run.dial(ctx, Event{Check: check, As: AsControl, Addr: w.run.peer}, w.run.Timeout, DialOptions{})
	if conn == nil {
		w.refuse(ctx, Event{Check: check, Count: others, Outcome: a.Outcome, Text: a.Err})
		return false
	}
	w.session = w.adopt(ctx, check, conn, w.run.peer, "")
	reply, ok := w.enterSession(ctx, check)
	if ok {
		return true
	}
	e := Event{Check: check, Session: w.session.id, Count: others, Outcome: w.session.lost, Code: reply.Code}
	if w.session.unverified() {
		w.withheld.Store(true)
		w.leave(check, false)
		return false
	}
	w.leave(check, false)
	if reply.Code != 0 {
		e = w.run.received(e, reply.Lines[len(reply.Lines)-1].Raw)
	}
	w.refuse(ctx, e)
	return false
}

// enterSession takes a new session from its greeting to its login. The
// password waits until it is known to be right.
func (w *worker) enterSession(ctx context.Context, check Check) (reply wire.Reply, ok bool) {
	if w.run.TLS == TLSImplicit && !w.session.encrypt(ctx, check) {
		return reply, false
	}
	if reply, ok = w.greeted(check); !ok {
		return reply, false
	}
	select {
	case <-w.covered:
	case <-ctx.Done():
		return wire.Reply{}, false
	}
	if reply, ok = w.coverSession(ctx, check); !ok {
		return reply, false
	}
	if reply, ok = w.user(check); ok && reply.Code == 331 {
		select {
		case <-w.decided:
		case <-ctx.Done():
		}
		if ctx.Err() != nil || !w.in {
			return wire.Reply{}, false
		}
		reply, ok = w.pass(check)
	}
	return reply, ok && w.welcome(check, reply)
}

func (c *crew) refuse(ctx context.Context, e Event) {
	if ctx.Err() != nil || e.Outcome == OutcomeCancelled {
		return
	}
	select {
	case <-c.decided:
		if !c.in {
			return
		}
	default:
	}
	c.limited.Store(true)
	e.Kind = KindLimit
	c.run.emit(e)
}
