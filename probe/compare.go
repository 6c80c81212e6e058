package probe

import (
	"context"
	"sync"
)

// another is a further try of a mode, in a session of its own, in which one
// thing is different.
type another struct {
	check Check
	try   Try
}

// others lists the tries that decide something, given what the modes came to.
func (c *crew) others() []another {
	var list []another
	encrypted := c.cover != TLSOff
	plainToo := c.cover == TLSExplicit && c.run.mayExpose() // an implicit port knows nothing else
	for _, m := range modes {
		got, tried := c.results[m]
		switch {
		case !tried || got.listed:
		case plainToo && isActive(m) && !got.opened: // also where PORT was refused: a helper would have translated it
			list = append(list, another{m, TryPlain})
		case !got.announced:
		case plainToo && !got.opened:
			list = append(list, another{m, TryPlain})
		case got.stalled && !isActive(m):
			list = append(list, another{m, TryClamped})
			if plainToo {
				list = append(list, another{m, TryPlain})
			}
		case encrypted && got.opened:
			list = append(list, another{m, TryUnresumed}, another{m, TryClearData})
		}
	}
	if m, ok := c.reuses(); ok {
		list = append(list, another{m, TryUnresumed})
	}
	return list
}

// reuses names a mode that works with a resumed TLS session, where it is not
// known yet whether it works without. The ordinary client never resumes.
func (c *crew) reuses() (Check, bool) {
	if c.clientIn {
		return "", false
	}
	for _, m := range modes {
		if got := c.results[m]; got.listed && got.resumed {
			return m, true
		}
	}
	return "", false
}

// stalled reports whether a mode's data connection opened and then did not
// come to its end.
func (c *crew) stalled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, got := range c.results {
		if got.stalled || got.failed {
			return true
		}
	}
	return false
}

// compare makes the further tries, as many at once as there are places.
func (c *crew) compare(ctx context.Context, workers []*worker) {
	list := c.others()
	if len(list) == 0 || ctx.Err() != nil {
		return
	}
	leaveAll(workers[1:])
	places := max(1, c.run.Parallel-1)
	if c.limited.Load() || c.run.Parallel == 1 {
		workers[0].leave(CheckLogin, true)
		places = 1
	}
	queue := make(chan another)
	var group sync.WaitGroup
	for range min(places, len(list)) {
		group.Go(func() {
			for t := range queue {
				c.tryAnother(ctx, t)
			}
		})
	}
	for _, t := range list {
		queue <- t
	}
	close(queue)
	group.Wait()
}

// tryAnother makes one further try. That its session is refused is no limit of
// the server's: it may not want a session like this one.
func (c *crew) tryAnother(ctx context.Context, t another) {
	if ctx.Err() != nil {
		return
	}
	r := c.run
	e := Event{Check: t.check, Try: t.try}
	e.Kind = KindBegin
	r.emit(e)
	w := &worker{crew: c}
	if w.enterAnew(ctx, t) {
		got := w.attempt(ctx, t.check)
		if t.try == TryUnresumed && !got.listed {
			w.session.command(t.check, "NOOP") // vsftpd hangs up after its refusal, ProFTPD goes on
		}
	}
	w.leave(t.check, c.limited.Load())
	e.Kind = KindEnd
	r.emit(e)
}

// enterAnew opens a session for a further try and logs it in.
func (w *worker) enterAnew(ctx context.Context, t another) bool {
	return w.enterOver(ctx, t, DialOptions{})
}

func (w *worker) enterOver(ctx context.Context, t another, opt DialOptions) bool {
	e := Event{Check: t.check, As: AsControl, Addr: w.run.peer, Try: t.try}
	conn, _ := w.run.dial(ctx, e, w.run.Timeout, opt)
	if conn == nil {
		return false
	}
	w.session = w.adopt(ctx, t.check, conn, w.run.peer, t.try)
	w.session.brief = !w.results[t.check].listed
	_, ok := w.enterSession(ctx, t.check)
	return ok
}
