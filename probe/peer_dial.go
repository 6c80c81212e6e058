package probe

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

const (
	dialPorts = 4 // of ours: enough to tell a port that is closed from a firewall
	// maxKnocks bounds the connections accepted at one of them: the attempts that
	// we ask for, and those of the hop search that get through.
	maxKnocks    = 8
	activeSource = 20 // source port of a server's data connections (RFC 959 3.2)
)

// dialBack listens on a few ports, and has the opposite end connect to each,
// from port 20 and from a high port, and search the hops towards the first.
func (v *visit) dialBack(ctx context.Context, p *place) {
	r, s := v.run, p.session
	done, ok := r.keepOnePort(ctx)
	if !ok {
		return
	}
	defer done()
	ports, finish := v.await(ctx, p)
	defer finish()
	if len(ports) == 0 || ctx.Err() != nil {
		return
	}
	limit := v.limit()
	request := exchange.DialRequest{Ports: ports, Source: []int{activeSource, 0}, Limit: millis(limit), Search: true}
	var got exchange.Dialled
	if s.query(exchange.Dial, request, shownPorts(ports), &got, max(limit, hops.SearchLimit)+v.patience()) == nil {
		v.tellHalf(Event{Check: CheckPeer, Session: s.id}, ports, got.Dials)
		if v.leavesOpen(p, got.Dials) {
			replies := v.followBack(ctx, p) // what does get here tells how far others could
			v.recheck(ctx, p, ports, got.Dials, replies)
		}
	}
	// What it found is in the next Seen; what arrived has been told of.
}

// leavesOpen reports whether attempts of the other end leave open where they end:
// in silence, or at a device of whose address the other end knows this client.
func (v *visit) leavesOpen(p *place, tried []exchange.Dialing) bool {
	behind := v.hello.Client.Addr() != bare(p.session.local).Addr()
	return slices.ContainsFunc(tried, func(d exchange.Dialing) bool {
		return d.Outcome == hops.Timeout || behind && d.Outcome == hops.Refused
	})
}

// await listens, and tells of what arrives until finish is called.
func (v *visit) await(ctx context.Context, p *place) (ports []uint16, finish func()) {
	var listeners []net.Listener
	var accepting sync.WaitGroup
	most := dialPorts
	if a := v.run.ActivePorts; a.Low != 0 { // the active modes need two of them
		most = max(1, min(most, int(a.High)-int(a.Low)-1))
	}
	for range most {
		l, err := v.run.listen(ctx, p.session.local.Addr())
		if err != nil {
			if len(listeners) == 0 && ctx.Err() == nil {
				p.session.emit(Event{Kind: KindNote, Check: CheckPeer, Text: "cannot listen on this machine: " + err.Error()})
			}
			break
		}
		local := localOf(l)
		if local.Port() < lowestPort {
			l.Close()
			p.session.emit(Event{Kind: KindNote, Check: CheckPeer, Text: "the opposite end connects to no port below 1024 (--active-ports)"})
			break
		}
		listeners, ports = append(listeners, l), append(ports, local.Port())
		seenAs := netip.AddrPortFrom(v.hello.Client.Addr(), local.Port())
		v.run.emit(Event{Kind: KindListen, Check: CheckPeer, Session: p.session.id, Local: local, Addr: seenAs})
		accepting.Go(func() { v.welcomeAll(l, Event{Check: CheckPeer, Session: p.session.id, As: AsActive}) })
	}
	return ports, func() {
		if ctx.Err() == nil && len(listeners) > 0 {
			pause(ctx, lookAround) // a connection may be under way to accept
		}
		for _, l := range listeners {
			l.Close()
		}
		accepting.Wait()
	}
}

// tellHalf tells which of the attempts got here, as far as the system knows, and
// came to nothing, in events like e. All of them have ended for the other end.
func (v *visit) tellHalf(e Event, ports []uint16, tried []exchange.Dialing) {
	e.Kind = KindHalf
	end := e
	end.Outcome = OutcomeFailed
	if network, able := v.run.Network.(HalfOpens); able {
		all, ok := network.HalfOpen()
		all = foremost(all, ports, tried)
		for _, h := range all {
			e.Addr, e.Local = bare(h.From), bare(h.Local)
			v.run.emit(e)
		}
		if ok {
			end.Outcome = OutcomeOK
		}
		v.mu.Lock()
		v.byHalf = append(v.byHalf, all...)
		v.mu.Unlock()
	}
	v.run.emit(end)
}

// foremost picks of the handshakes at ports as many as are told of. The hop
// search towards the first port alone can leave more, so that the attempts proper
// come first.
func foremost(all []HalfOpening, ports []uint16, tried []exchange.Dialing) []HalfOpening {
	all = slices.DeleteFunc(all, func(h HalfOpening) bool { return !slices.Contains(ports, h.Local.Port()) })
	rank := func(h HalfOpening) int {
		switch {
		case slices.ContainsFunc(tried, func(d exchange.Dialing) bool {
			return d.To.Port() == h.Local.Port() && d.From.Port() == h.From.Port()
		}):
			return 0
		case h.Local.Port() != ports[0]:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(all, func(a, b HalfOpening) int { return cmp.Compare(rank(a), rank(b)) })
	return all[:min(len(all), max(len(tried), maxKnocks*dialPorts))]
}

// lookAround lets the system hand over what has arrived with the last reply.
const lookAround = time.Millisecond

// welcomeAll tells of the connections that arrive, in events like e.
func (v *visit) welcomeAll(l net.Listener, e Event) {
	e.Kind = KindArrive
	for range maxKnocks {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		e.Addr, e.Local = remoteAddr(conn), localAddr(conn)
		v.run.emit(e)
		conn.Close()
	}
}
