package probe

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// Where the opposite end's connections get to this machine and our answers do not
// get back, our SYN ACKs get a TTL in the same way, and our own system shows at
// which ports handshakes stayed by half.

// maxSpare bounds the ports that are listened on only to get others.
const maxSpare = 32

// halfSources are the source ports to ask for, 20 or 0 for any other, of those
// connections that got here by half.
func (v *visit) halfSources() (list []int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, h := range v.byHalf {
		source := 0
		if h.From.Port() == activeSource {
			source = activeSource
		}
		if h.From.Addr().Unmap() == v.run.peer.Addr() && !slices.Contains(list, source) {
			list = append(list, source)
		}
	}
	return list
}

// traceOwnAnswers has the opposite end connect to ports at which our answers
// expire.
func (v *visit) traceOwnAnswers(ctx context.Context, p *place) {
	sources, ttls := v.halfSources(), v.answerTTLs(ctx)
	most := min(len(ttls)/answerTries, exchange.MaxDials)
	for round := 0; round < maxAnswerRounds && len(ttls) > 0 && ctx.Err() == nil; round++ {
		n := v.answerHere(ctx, p, sources, ttls[:min(most, len(ttls))])
		if n == 0 {
			return
		}
		ttls = ttls[n:]
	}
}

// answerHere listens on a port for each TTL, as far as there are ports, and
// returns for how many of them it is told what became of connections there.
func (v *visit) answerHere(ctx context.Context, p *place, sources, ttls []int) int {
	listeners := v.listenApart(ctx, p, ttls)
	var accepting sync.WaitGroup
	defer accepting.Wait()
	var ports []uint16
	for i, l := range listeners {
		defer l.Close()
		local := localOf(l)
		e := Event{Kind: KindListen, Check: CheckPeer, Session: p.session.id, As: AsAnswer, TTL: ttls[i],
			Local: local, Addr: netip.AddrPortFrom(v.hello.Client.Addr(), local.Port())}
		v.run.emit(e)
		ports = append(ports, local.Port())
		accepting.Go(func() { v.welcomeAll(l, e) })
	}
	if len(ports) == 0 {
		return 0
	}
	request := exchange.DialRequest{Ports: ports, Source: sources, Limit: millis(answerLimit)}
	var got exchange.Dialled
	shown := fmt.Sprintf("%s, whose answers have TTL %d to %d", shownPorts(ports), slices.Min(ttls), slices.Max(ttls))
	if p.session.query(exchange.Dial, request, shown, &got, answerLimit+v.patience()) != nil {
		return 0
	}
	v.tellHalf(Event{Check: CheckPeer, Session: p.session.id, As: AsAnswer}, ports, got.Dials)
	return len(ports)
}

// listenApart listens on ports to which the opposite end has not connected so
// far, with a TTL for each. Nobody takes these attempts for others then, and the
// system none of the handshakes: Linux keeps them when their listener is closed.
func (v *visit) listenApart(ctx context.Context, p *place, ttls []int) (list []net.Listener) {
	var spare []net.Listener
	defer func() {
		for _, l := range spare {
			l.Close()
		}
	}()
	for len(list) < len(ttls) && len(spare) < maxSpare {
		l, err := v.run.listen(ctx, p.session.local.Addr())
		if err != nil {
			break
		}
		port := localOf(l).Port()
		used := slices.ContainsFunc(v.seen.Dials, func(d exchange.Dialing) bool { return d.To.Port() == port })
		if used || slices.Contains(v.traced, port) || port < lowestPort || !hops.LimitAnswers(l, ttls[len(list)]) {
			spare = append(spare, l)
			continue
		}
		list, v.traced = append(list, l), append(v.traced, port)
	}
	return list
}
