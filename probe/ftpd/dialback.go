package ftpd

import (
	"context"
	"math"
	"net/netip"
	"slices"
	"sync"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// dialBack connects to the ports that a DIAL names, at the client's own
// address, and closes at once. It answers when all attempts have ended.
func dialBack(s *session, v *visit, arg string) {
	var req exchange.DialRequest
	if exchange.Decode(arg, &req) != nil {
		s.reply(noBody)
		return
	}
	if len(req.Source) == 0 {
		req.Source = []int{0}
	}
	if !s.mayDial(req) {
		s.reply(notAllowed)
		return
	}
	n := len(req.Ports) * len(req.Source)
	if !v.spend(n) {
		s.reply(noRoom)
		return
	}
	s.log(Entry{What: WhatVisit, Command: string(exchange.Dial), Count: n})
	if slices.ContainsFunc(req.Source, isPassive) {
		s.dropLoans() // the port may be one of them
	}
	b := &backwards{s: s, visit: v, limit: atMost(req.Limit, s.server.opt.DataTimeout)}
	b.answer.adopt(s.number, s.place)
	s.beside(func(ctx context.Context) {
		b.run(ctx, req)
		if ctx.Err() != nil {
			s.reply("426 Aborted.")
			return
		}
		s.answer(exchange.Dial, exchange.Dialled{Dials: b.answer.seen.Dials})
	})
}

// mayDial reports whether a request is inside all bounds. Where the network
// does not honour a TTL, none may be asked for: the SYN would go all the way.
func (s *session) mayDial(r exchange.DialRequest) bool {
	fits := 0 < len(r.Ports) && len(r.Ports) <= exchange.MaxDials && len(r.Source) <= 2 && 0 < r.Limit
	fits = fits && (r.TTL == 0 || 0 < r.TTL && r.TTL <= hops.MaxHops && !r.Search && s.network.Traces())
	for _, port := range r.Ports {
		fits = fits && port >= leastPort
	}
	for _, source := range r.Source {
		fits = fits && 0 <= source && source <= math.MaxUint16 && (!isPassive(source) || s.lends(uint16(source)))
	}
	return fits
}

// isPassive reports whether a source of a DIAL has to be a passive port.
func isPassive(source int) bool { return source != 0 && source != dataPort }

// backwards is one DIAL.
type backwards struct {
	s     *session
	visit *visit
	limit time.Duration // of each attempt

	mu     sync.Mutex
	answer record
}

// run makes all attempts side by side, and the hop search with them.
func (b *backwards) run(ctx context.Context, r exchange.DialRequest) {
	var all sync.WaitGroup
	var steps []hops.Step
	to := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(b.s.peer.Addr(), port) }
	if r.Search && b.s.network.Traces() {
		all.Go(func() { steps = b.search(ctx, to(r.Ports[0])) })
	}
	for _, source := range r.Source {
		for _, port := range r.Ports {
			all.Go(func() { b.dial(ctx, to(port), source, r.TTL) })
			pause(ctx, exchange.DialGap)
		}
	}
	all.Wait()
	for _, step := range steps {
		e := attempt(string(exchange.Dial), to(r.Ports[0]), step.Attempt)
		e.What, e.TTL = WhatHop, step.TTL
		b.tell(e)
	}
}

func (b *backwards) dial(ctx context.Context, to netip.AddrPort, source, ttl int) {
	ctx, cancel := context.WithTimeout(ctx, b.limit)
	defer cancel()
	local, ports := b.s.source(uint16(source)), &b.s.server.ports
	if isPassive(source) {
		local = netip.AddrPortFrom(b.s.local.Addr(), uint16(source)) // where LISTEN listens
	}
	a := hops.Attempt{Err: errInUse.Error()}
	if !isPassive(source) || ports.take(local) {
		a = hops.Closing(b.s.network.Dial(ctx, to, probe.DialOptions{Local: local, TTL: ttl}))
		if isPassive(source) {
			ports.free(local)
		}
	}
	e := attempt(string(exchange.Dial), to, a)
	e.TTL = ttl
	b.tell(e)
}

// search asks the hops on the way back to the client. It stops where the visit
// has no attempts left.
func (b *backwards) search(ctx context.Context, to netip.AddrPort) []hops.Step {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dial := func(ctx context.Context, ttl int) hops.Attempt {
		if !b.visit.spend(1) {
			cancel()
			return hops.Attempt{}
		}
		return hops.Closing(b.s.network.Dial(ctx, to, probe.DialOptions{Local: b.s.source(0), TTL: ttl}))
	}
	return slices.Clone(hops.Search(ctx, dial, hops.MaxHops, nil))
}

// tell logs an attempt and adds it to the answer.
func (b *backwards) tell(e Entry) {
	e = b.s.log(e)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer.add(e, b.visit.at(e.Time))
}
