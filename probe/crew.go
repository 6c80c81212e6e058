package probe

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// modes in the order in which they are dealt out.
var modes = []Check{CheckEPSV, CheckPASV, CheckEPRT, CheckPORT}

// crew shares the checks that need an account out to control sessions. The
// first session logs in once; only when that worked do the others send a
// password. Each mode runs in a session of its own, at the same time, as far
// as --parallel allows; a mode whose session the server does not want beside
// the others is tried again when it is alone.
type crew struct {
	run     *run
	path    *path
	sampler *sampler

	covered  chan struct{}  // closed when the first session is encrypted, or will not be
	cover    TLSMode        // how; valid once covered: TLSOff, TLSExplicit or TLSImplicit
	decided  chan struct{}  // closed when the first login is decided
	in       bool           // how; valid once decided
	open     atomic.Int32   // control sessions open now
	limited  atomic.Bool    // the server refused a further session
	withheld atomic.Bool    // the password was not sent in a further session, whose certificate is not verified
	client   atomic.Bool    // the client check has been run, or is being
	entered  sync.WaitGroup // places that have not got into their first session yet

	featured bool   // FEAT was answered before the login
	offer    int    // version of the exchange that FEAT shows; 0: none
	visit    *visit // nil: the opposite end is not ftpcheck's own, or was not asked

	mu       sync.Mutex
	alone    []Check // modes to try again, one at a time
	lastID   int
	results  map[Check]result
	clientIn bool // the ordinary client got its listing
}

// worker is one place among the sessions open at once. It replaces its session
// when that one is dirty.
type worker struct {
	*crew
	session *session
	modes   []Check
	waited  bool // crew.entered still counts this place
}

func newCrew(r *run, p *path) *crew {
	c := &crew{run: r, path: p, sampler: newSampler(r), covered: make(chan struct{}), decided: make(chan struct{}), results: map[Check]result{}}
	c.entered.Add(1)
	return c
}

// deal shares the modes out to n places. The first place belongs to the login
// session, which has other questions to ask, and so gets its mode last.
func (c *crew) deal(n int) []*worker {
	workers := make([]*worker, n)
	for i := range workers {
		workers[i] = &worker{crew: c}
	}
	k := 0
	for _, m := range modes {
		if c.run.wants(m) {
			k++
			w := workers[k%n]
			w.modes = append(w.modes, m)
		}
	}
	return workers
}

func (c *crew) work(ctx context.Context, conn net.Conn) {
	workers := c.deal(min(c.run.Parallel, 1+len(modes)))
	first := workers[0]
	first.session = c.adopt(ctx, CheckControl, conn, c.run.peer, "")
	c.sampler.begins(ctx)

	early, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	c.in = c.getIn(early, workers, &group)
	close(c.decided)
	c.entered.Done()
	if c.in {
		c.together(ctx, first, &group)
		if c.limited.Load() {
			leaveAll(workers[1:])
		}
		c.serially(ctx, first)
		c.sampler.finish(ctx, first)
		c.compare(ctx, workers)
		c.visit = c.meet(ctx, first)
	} else {
		cancel()
		group.Wait()
		if ctx.Err() == nil {
			c.run.skip("not logged in", c.run.needAccount()...)
		}
	}
	last := CheckLogin
	if !c.run.needsLogin() {
		last = CheckControl
	}
	first.leave(last, c.limited.Load() || c.run.Parallel == 1)
	leaveAll(workers[1:])
	if c.in {
		c.rehearse(ctx)
		c.path.compare(ctx)
		c.visit.stay(ctx)
		c.transfers(ctx)
		c.idle(ctx)
		c.visit.leave(ctx)
	}
	c.sampler.end(ctx)
}

// getIn waits for the greeting, lets the other places connect, and logs the
// first session in.
func (c *crew) getIn(ctx context.Context, workers []*worker, group *sync.WaitGroup) bool {
	first := workers[0]
	if !c.greetedFirst(ctx, first) {
		switch {
		case ctx.Err() != nil:
		case first.session.shook && first.session.secret == nil:
			c.run.skip("TLS failed", CheckLogin)
		default:
			c.run.skip("no FTP greeting", CheckLogin)
			if first.session.lost == OutcomeTimeout {
				c.run.dialRandom(ctx, CheckControl, c.path)
			}
		}
		return false
	}
	if !c.run.needsLogin() {
		if c.run.wants(CheckSecure) {
			c.negotiate(ctx, first)
		}
		return false
	}
	for _, w := range workers[1:] {
		if len(w.modes) > 0 {
			c.entered.Add(1)
			w.waited = true
			group.Go(func() { w.work(ctx) })
		}
	}
	return c.negotiate(ctx, first) && first.login()
}

// together runs what runs beside the other places, and waits for them.
func (c *crew) together(ctx context.Context, first *worker, group *sync.WaitGroup) {
	first.inquire()
	first.runModes(ctx)
	if !c.limited.Load() {
		c.sampler.take(ctx, first)
	}
	group.Wait()
}

func leaveAll(workers []*worker) {
	for _, w := range workers {
		if len(w.modes) > 0 {
			w.leave(w.modes[len(w.modes)-1], false)
		}
	}
}

// work is the life of a place other than the first. One of them makes room for
// the client check; the others keep their sessions to the end.
func (w *worker) work(ctx context.Context) {
	defer w.arrived()
	w.runModes(ctx)
	last := w.modes[len(w.modes)-1]
	switch {
	case w.limited.Load():
		w.leave(last, true)
	case w.run.wants(CheckClient) && !slices.ContainsFunc(w.modes, isActive) && w.client.CompareAndSwap(false, true):
		w.leave(last, false)
		w.runClient(ctx)
	default:
		w.sampler.take(ctx, w)
	}
}

// arrived tells that the place got into its first session, or never will.
func (w *worker) arrived() {
	if w.waited {
		w.waited = false
		w.entered.Done()
	}
}

// rehearse runs the client check unless it has already run beside the others,
// and again when it was not let in beside them.
func (c *crew) rehearse(ctx context.Context) {
	again := c.limited.Load() && !c.clientIn
	if !c.run.wants(CheckClient) || !c.client.CompareAndSwap(false, true) && !again {
		return
	}
	if c.limited.Load() {
		pause(ctx, letGo)
	}
	c.runClient(ctx)
}

// letGo is how long a server may need to notice that a session has ended, and
// to count one less.
const letGo = 300 * time.Millisecond

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (w *worker) runModes(ctx context.Context) {
	for _, m := range w.modes {
		if ctx.Err() != nil {
			return
		}
		end := w.run.begin(m)
		in := w.enter(ctx, m)
		w.arrived()
		switch {
		case in:
			w.try(ctx, m)
			end()
		case ctx.Err() == nil:
			w.mu.Lock()
			w.alone = append(w.alone, m)
			w.mu.Unlock()
		}
		w.sampler.known(m)
	}
}

// serially tries the modes again that got no session beside the others.
func (c *crew) serially(ctx context.Context, w *worker) {
	slices.SortFunc(c.alone, func(a, b Check) int { return slices.Index(modes, a) - slices.Index(modes, b) })
	for _, m := range c.alone {
		end := c.run.begin(m)
		if !c.enterAlone(ctx, w, m) {
			if ctx.Err() == nil {
				c.run.skip(c.noSession(), m)
			}
			continue
		}
		w.try(ctx, m)
		end()
	}
}

// noSession says why a check got no session of its own.
func (c *crew) noSession() string {
	if c.withheld.Load() {
		return "not tested: the certificate of a further session is not verified, and so the password is not sent"
	}
	return "not tested: the server refused a further session"
}

// enterAlone waits for the server to let go of the sessions that were closed:
// it learns of that a little later.
func (c *crew) enterAlone(ctx context.Context, w *worker, m Check) bool {
	for wait := 100 * time.Millisecond; ; wait *= 3 {
		if w.enter(ctx, m) {
			return true
		}
		if wait > time.Second || ctx.Err() != nil {
			return false
		}
		pause(ctx, wait)
	}
}

func (w *worker) try(ctx context.Context, m Check) {
	got := w.attempt(ctx, m)
	w.mu.Lock()
	w.results[m] = got
	w.mu.Unlock()
	if got.announced && got.opened && !got.listed && !got.carried && !isActive(m) {
		w.path.work.Go(func() { w.run.dialRandom(ctx, m, w.path) })
	}
}

func (w *worker) attempt(ctx context.Context, m Check) result {
	if slices.Contains(Passive, m) {
		return w.tryPassive(ctx, m)
	}
	return w.tryActive(ctx, m)
}

// adopt makes a session of an open control connection.
func (c *crew) adopt(ctx context.Context, check Check, conn net.Conn, peer netip.AddrPort, try Try) *session {
	c.mu.Lock()
	c.lastID++
	id := c.lastID
	c.mu.Unlock()
	s := c.run.newSession(ctx, id, conn, peer)
	s.try = try
	c.open.Add(1)
	s.emit(Event{Kind: KindOpen, Check: check, Addr: peer, Local: s.local})
	return s
}

// leave ends the place's session.
func (w *worker) leave(check Check, wait bool) {
	if w.session == nil {
		return
	}
	w.session.quit(check, wait)
	w.session.close()
	w.session = nil
	w.open.Add(-1)
}
