package probe

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// confirmTries is how often a port is dialled again. Where connections fail at
// random, by one in two, seven of eight blocked ports are seen to answer.
const confirmTries = 3

// needAccount are the checks that cannot be run without a login.
func (r *run) needAccount() []Check {
	if !r.sweeps() {
		return afterLogin
	}
	return slices.DeleteFunc(slices.Clone(afterLogin), func(c Check) bool { return c == CheckPorts })
}

// begins starts the sweep at once, where it disturbs nothing.
func (s *sampler) begins(ctx context.Context) {
	if s.run.sweeps() && !s.run.listens() {
		s.begin()
		s.early.Go(func() { s.run.sweep(ctx) })
	}
}

// end makes the sweep, unless it runs already, and ends the ports check. By
// then nothing is announced any more.
func (s *sampler) end(ctx context.Context) {
	switch {
	case s.run.sweeps() && s.run.listens() && ctx.Err() == nil:
		s.begin()
		s.run.sweep(ctx)
	case s.began.IsZero() && s.why != "":
		s.run.skip(s.why, CheckPorts)
	}
	s.early.Wait()
	if !s.began.IsZero() {
		s.run.emit(Event{Kind: KindEnd, Check: CheckPorts, Took: time.Since(s.began)})
	}
}

// finish takes what is left of the samples, and dials the silent ones again
// when others opened.
func (s *sampler) finish(ctx context.Context, w *worker) {
	if !s.run.samples() || ctx.Err() != nil && s.began.IsZero() {
		return
	}
	if s.command() == "" {
		s.why = "not tested: no passive mode announced a port"
		return
	}
	if s.more() && ctx.Err() == nil && w.enter(ctx, CheckPorts) {
		s.take(ctx, w)
	}
	if s.opened && ctx.Err() == nil {
		s.confirm(ctx, w.path)
	}
	s.why = "not tested: no session was left to sample announcements in"
}

// dialFresh dials a port again while it is announced: what was blocked at
// random, or is served by one of several backends, opens now.
func (s *sampler) dialFresh(ctx context.Context, e Event) {
	e.As = AsConfirm
	var group sync.WaitGroup
	for range confirmTries - 1 {
		group.Go(func() {
			if conn, _ := s.run.dial(ctx, e, s.run.soon(), DialOptions{}); conn != nil {
				conn.Close()
			}
		})
	}
	group.Wait()
}

// confirm dials the silent ports again, all at once and with the full limit,
// so that a lost packet is not taken for a firewall. Nothing listens there any
// more: a refusal proves that the way is open.
func (s *sampler) confirm(ctx context.Context, p *path) {
	s.mu.Lock()
	silent := slices.Clone(s.silent)
	s.mu.Unlock()
	slices.SortFunc(silent, netip.AddrPort.Compare)
	var group sync.WaitGroup
	for _, to := range slices.Compact(silent) {
		p.search(to)
		group.Go(func() { s.confirmPort(ctx, to) })
	}
	group.Wait()
}

// confirmPort begins its dials a little apart; an answer to one of them ends
// them all.
func (s *sampler) confirmPort(ctx context.Context, to netip.AddrPort) {
	answered, stop := context.WithCancel(ctx)
	defer stop()
	over := time.Now().Add(s.run.Timeout)
	var group sync.WaitGroup
	for i := range confirmTries {
		group.Go(func() {
			pause(answered, time.Duration(i)*s.run.soon())
			if answered.Err() != nil || !time.Now().Before(over) {
				return
			}
			conn, a := s.run.dial(answered, Event{Check: CheckPorts, As: AsConfirm, Addr: to}, time.Until(over), DialOptions{})
			if conn != nil {
				conn.Close()
			}
			if a.Outcome != OutcomeTimeout {
				stop()
			}
		})
	}
	group.Wait()
}
