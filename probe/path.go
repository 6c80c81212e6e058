package probe

import (
	"context"
	"net/netip"
	"sync"

	"ftpcheck/probe/hops"
)

// maxSearches bounds the destinations of the path check: the control port and
// a few blocked data ports.
const maxSearches = 4

// path runs hop searches beside the other checks.
type path struct {
	run    *run
	ctx    context.Context
	active bool
	end    func()
	work   sync.WaitGroup

	mu   sync.Mutex
	seen map[netip.AddrPort]bool
	data netip.AddrPort // the first data port that opened

	measured chan struct{} // closed when the three below are known
	distance int           // of the control port in hops; 0: not known
	answers  []int         // the hops before it that answered
	beyond   Outcome       // of another port of the host at that distance
}

func (r *run) startPath(ctx context.Context) *path {
	p := &path{run: r, ctx: ctx, seen: map[netip.AddrPort]bool{}, measured: make(chan struct{})}
	switch {
	case !r.wants(CheckPath):
	case !r.Network.Traces():
		r.skip("not tested: this system does not tell which device answers", CheckPath)
	default:
		p.active = true
		p.end = r.begin(CheckPath)
	}
	return p
}

// search starts the hop search towards one port, once.
func (p *path) search(to netip.AddrPort) {
	if p.admit(to) {
		p.work.Go(func() { p.walk(to) })
	}
}

func (p *path) admit(to netip.AddrPort) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.active || !to.IsValid() || p.seen[to] || len(p.seen) >= maxSearches || p.ctx.Err() != nil {
		return false
	}
	p.seen[to] = true
	return true
}

func (p *path) walk(to netip.AddrPort) []hops.Step {
	dial := func(ctx context.Context, ttl int) hops.Attempt {
		return hops.Closing(p.run.Network.Dial(ctx, to, DialOptions{TTL: ttl}))
	}
	return hops.Search(p.ctx, dial, hops.MaxHops, func(ttl int, a hops.Attempt) { p.tell(to, ttl, a) })
}

func (p *path) tell(to netip.AddrPort, ttl int, a hops.Attempt) {
	p.run.emit(Event{
		Kind: KindHop, Check: CheckPath, Addr: to, TTL: ttl,
		Outcome: a.Outcome, ICMP: a.ICMP, Took: a.Took,
	})
}

// finish waits for all that runs beside the checks.
func (p *path) finish() {
	p.work.Wait()
	if p.end != nil {
		p.end()
	}
}
