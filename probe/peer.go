package probe

import (
	"context"
	"fmt"
	"sync"
	"time"

	"ftpcheck/probe/exchange"
)

// visit is what the two ends of ftpcheck do together, where the server is
// ftpcheck's own: the check peer. It begins in the login session; each mode is
// made again in a session of its own that joins the visit, ports are dialled in
// both directions, and the opposite end tells what it saw of all that. The
// transfers and the silences of the run join the visit as well.
//
// A server that claims to be ftpcheck's own gets nothing for it: what is
// dialled are ports of the control host, as after any announcement, and what is
// listened on are ports as for any active mode.
type visit struct {
	*crew
	token string         // a secret
	hello exchange.Hello // the answer to BEGIN, bounded
	host  place          // its session is open between the stages, where --parallel leaves a place
	end   func()
	seen  *exchange.Seen
	news  bool // something joined the visit since the opposite end told

	dead *session // that a silence killed; it is kept open until the opposite end has looked at it

	crowded bool // the server had no port to listen on for us

	mu      sync.Mutex
	tasks   []task
	byHalf  []HalfOpening // connections to ports of ours that got here by half
	traced  []uint16      // ports of ours at which answers were to expire
	reached []uint16      // ports at which the server listened for us, and that opened
	segment int           // bytes of data in a full segment of a connection to them; 0: not known
	mss     int           // see clamp
	closed  string        // see shut

	followed bool // see followBack
	said     []said
}

// place is a worker of the visit. A mode gets a session in which no other one
// was made.
type place struct {
	worker
	used  bool  // a mode was made in its session
	mss   int   // of its control connection; 0: the system's
	check Check // what its session is for
}

// task is a part of the visit that needs a session.
type task struct {
	check Check
	try   Try
	run   func(ctx context.Context, p *place)
}

// patience bounds the wait for an answer of the opposite end's, and for each
// line of it.
func (v *visit) patience() time.Duration {
	return min(v.run.ReplyTimeout, max(v.run.Timeout, DefaultTimeout))
}

// alone reports whether one session at a time has to do.
func (v *visit) alone() bool { return v.run.Parallel == 1 || v.limited.Load() }

// meet begins the visit in the login session, when the server shows that it can
// or the check was asked for.
func (c *crew) meet(ctx context.Context, first *worker) *visit {
	r := c.run
	switch {
	case !r.wants(CheckPeer) || c.offer == 0 && !r.Peer || ctx.Err() != nil:
		return nil
	case c.offer != 0 && c.offer != exchange.Version:
		r.emit(Event{Kind: KindSkip, Check: CheckPeer, Text: fmt.Sprintf(
			"not tested: the opposite end speaks version %d of the exchange, this one version %d", c.offer, exchange.Version)})
		return nil
	}
	v := &visit{crew: c, end: r.begin(CheckPeer)}
	v.host = place{worker: worker{crew: c, session: first.session}, check: CheckPeer}
	first.session = nil
	f := v.begin(ctx)
	if f == nil {
		if v.alone() {
			v.depart(&v.host)
		}
		return v
	}
	v.depart(&v.host)
	switch {
	case ctx.Err() != nil:
		v.end()
	case c.offer == 0:
		r.emit(Event{Kind: KindSkip, Check: CheckPeer, Text: "not tested: the server is not ftpcheck's own: " + f.why})
	default:
		r.emit(Event{Kind: KindSeen, Check: CheckPeer, Outcome: OutcomeFailed, Text: f.why})
		v.end()
	}
	return nil
}

// begin gets the token. An answer that was lost or changed is asked for again
// in a fresh session, once, from a server that shows itself.
func (v *visit) begin(ctx context.Context) *failure {
	f := &failure{why: "no session is left"}
	for n := range 2 {
		if !v.host.session.usable() && !v.open(ctx, &v.host, CheckPeer, "") {
			return f
		}
		version := fmt.Sprint(exchange.Version)
		hello, token, failed := v.host.session.hello(CheckPeer, exchange.Begin, version, version, v.patience())
		switch {
		case failed != nil:
			f = failed
		case hello.Version != exchange.Version || !tokenFits(token):
			return &failure{why: "the answer to SITE FTPCHECK BEGIN has no token that can be used", refused: true}
		default:
			v.hello, v.token = hello, token
			v.run.token.Store(&v.token)
			return nil
		}
		if f.refused || v.offer == 0 || n > 0 || ctx.Err() != nil {
			return f
		}
		v.depart(&v.host)
	}
	return f
}

// open gives the place a fresh session, which joins the visit once that has a
// token.
func (v *visit) open(ctx context.Context, p *place, check Check, try Try) bool {
	if v.shut() != "" {
		return false // and the place keeps the session that it has
	}
	v.depart(p)
	p.used, p.check, p.mss = false, check, v.clamp()
	others := v.crew.open.Load()
	if !p.enterOver(ctx, another{check, try}, DialOptions{MSS: p.mss}) {
		if others > 0 && ctx.Err() == nil {
			v.limited.Store(true)
		}
		return false
	}
	return v.token == "" || v.join(p.session, check)
}

// openPatiently is open with a server that may not have let go of the session
// before.
func (v *visit) openPatiently(ctx context.Context, p *place, check Check, try Try) bool {
	for wait := letGo; ; wait *= 3 {
		if v.open(ctx, p, check, try) {
			return true
		}
		if wait > time.Second || ctx.Err() != nil || v.shut() != "" {
			return false
		}
		pause(ctx, wait)
	}
}

// join makes a session part of the visit. One whose answer was changed is part
// of it all the same.
func (v *visit) join(s *session, check Check) bool {
	_, _, f := s.hello(check, exchange.Join, v.token, "****", v.patience())
	s.known = f == nil || !f.refused && s.usable()
	if f != nil && f.refused {
		v.mu.Lock()
		v.closed = f.why
		v.mu.Unlock()
	}
	return s.known
}

// shut says why no further session may join the visit; empty: it may.
func (v *visit) shut() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.closed
}

// clamp is the MSS of further control connections; 0: the system's.
func (v *visit) clamp() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.mss
}

// useSmallSegments is for a network in which long answers may not arrive.
func (v *visit) useSmallSegments() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.mss = smallSegment
}

// accompany makes a session of another check part of the visit.
func (v *visit) accompany(w *worker, check Check) {
	if v != nil && v.shut() == "" && w.session.usable() {
		v.news = true
		v.join(w.session, check)
	}
}

// keep takes over the session of a place, which has died.
func (v *visit) keep(ctx context.Context, w *worker) {
	if v == nil || !w.session.known || w.session.lost != OutcomeTimeout {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	dead := w.session
	if v.dead != nil || !dead.stop() {
		return
	}
	dead.stop = context.AfterFunc(ctx, func() { dead.conn.Close() })
	v.dead, w.session = dead, nil
	w.open.Add(-1)
}

func (v *visit) depart(p *place) { p.leave(p.check, v.alone()) }

// learn asks what the opposite end has seen so far, over a fresh control
// connection where the one before gave out or brought something unreadable. As
// the answer is long, that one asks for small segments.
func (v *visit) learn(ctx context.Context) *exchange.Seen {
	v.news = false
	why := "no session is left to ask in"
	for n := range 2 {
		p := &v.host
		if n > 0 {
			v.useSmallSegments()
		}
		if n > 0 || !p.session.usable() || !p.session.known || p.mss != v.clamp() {
			if !v.openPatiently(ctx, p, CheckPeer, "") {
				if shut := v.shut(); shut != "" {
					why = shut
				}
				continue
			}
		}
		p.session.try, p.check = "", CheckPeer
		var seen exchange.Seen
		f := p.session.ask(CheckPeer, exchange.Ask, "", "", &seen, v.patience())
		switch {
		case f != nil:
			why = f.why
		case !v.run.boundSeen(&seen):
			why = "the opposite end tells more than can be kept"
		default:
			v.seen = &seen
			v.run.emit(Event{Kind: KindSeen, Check: CheckPeer, Session: p.session.id, Seen: &seen})
			return &seen
		}
		if ctx.Err() != nil {
			return nil
		}
	}
	if ctx.Err() == nil {
		v.run.emit(Event{Kind: KindSeen, Check: CheckPeer, Outcome: OutcomeFailed, Text: why})
	}
	return nil
}

// rest asks what was seen and gives the session up.
func (v *visit) rest(ctx context.Context) {
	if v == nil || ctx.Err() != nil {
		return
	}
	if v.news {
		v.learn(ctx)
	}
	v.depart(&v.host)
}

// leave ends the visit and the check.
func (v *visit) leave(ctx context.Context) {
	if v == nil {
		return
	}
	if ctx.Err() == nil && v.news {
		v.learn(ctx)
	}
	v.lookBack(ctx)
	if v.host.session.usable() && ctx.Err() == nil {
		v.host.session.ask(CheckPeer, exchange.End, "", "", nil, v.patience())
	}
	v.depart(&v.host)
	v.end()
}
