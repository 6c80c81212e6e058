package probe

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

// finish takes what is left of the samples, dials the silent ones again when
// others opened, and ends the ports check.
func (s *sampler) finish(ctx context.Context, w *worker) {
	if !s.run.wants(CheckPorts) || ctx.Err() != nil && s.began.IsZero() {
		return
	}
	if s.command() == "" {
		s.run.skip("not tested: no passive mode announced a port", CheckPorts)
		return
	}
	if s.more() && ctx.Err() == nil && w.enter(ctx, CheckPorts) {
		s.take(ctx, w)
	}
	if s.opened {
		s.confirm(ctx, w.path)
	}
	if s.began.IsZero() {
		s.run.skip("not tested: no session was left to sample announcements in", CheckPorts)
		return
	}
	s.run.emit(Event{Kind: KindEnd, Check: CheckPorts, Took: time.Since(s.began)})
}

// confirm dials every silent port once more, all at once and with the full
// limit, so that one lost packet is not taken for a firewall. Nothing listens
// there any more: a refusal proves that the way is open.
func (s *sampler) confirm(ctx context.Context, p *path) {
	var group sync.WaitGroup
	seen := map[netip.AddrPort]bool{}
	for _, to := range s.silent {
		if seen[to] {
			continue
		}
		seen[to] = true
		p.search(to)
		group.Go(func() {
			conn, _ := s.run.dial(ctx, Event{Check: CheckPorts, As: AsConfirm, Addr: to}, s.run.Timeout, DialOptions{})
			if conn != nil {
				conn.Close()
			}
		})
	}
	group.Wait()
}
