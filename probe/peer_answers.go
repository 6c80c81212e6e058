package probe

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// Where SYNs get to the server and its answers do not get back, the server gives
// answers a TTL of 1, 2, …, each at a port of its own. One that expires on the way
// ends its handshake there; one that vanishes leaves it half open. From which hop
// on they vanish is in the next Seen.

const (
	// answerTries is how often each TTL is tried, in rounds of their own: an attempt
	// may get lost, and a router sends few ICMP messages a second.
	answerTries = 2
	// answerLimit is that of an attempt. SYN and answer are repeated after a second.
	answerLimit = 2500 * time.Millisecond
	// answerSettles is how much longer the opposite end watches: a handshake that
	// began with the second SYN has to stay by half for as long as any other.
	answerSettles   = 750 * time.Millisecond
	maxAnswerRounds = 5 // where few ports are left
)

// answersVanish reports whether the opposite end has answered our SYNs and none
// of our connections to its ports came about.
func (v *visit) answersVanish() bool {
	return v.hello.HalfOpen && len(v.reached) == 0 && len(v.halfway()) > 0
}

// halfway are the ports to which a SYN of ours came and the third packet of the
// handshake did not. Behind a hole that is so wherever a NAT device stands.
func (v *visit) halfway() (ports []uint16) {
	if v.seen == nil {
		return nil
	}
	for _, p := range v.seen.Ports {
		half := slices.ContainsFunc(p.Knocks, func(k exchange.Knock) bool {
			return k.Half && k.From.Addr() == v.hello.Client.Addr()
		})
		if port := p.Local.Port(); half && p.Answer == 0 && !v.seen.BehindHole(&p) && v.dialable(port) && !slices.Contains(ports, port) {
			ports = append(ports, port)
		}
	}
	return ports
}

// traceAnswers asks for answers that expire, at ports where answers vanished.
func (v *visit) traceAnswers(ctx context.Context, p *place) {
	v.followBack(ctx, p)
	ports, ttls := v.halfway(), v.answerTTLs(ctx)
	most := len(ttls) / answerTries
	for round := 0; round < maxAnswerRounds && len(ttls) > 0 && ctx.Err() == nil; round++ {
		n := min(most, len(ttls), len(ports))
		if !v.limitAnswers(ctx, p, ports[:n], ttls[:n]) {
			return
		}
		ttls, ports = ttls[n:], append(slices.Clone(ports[n:]), ports[:n]...)
	}
}

// answerTTLs are those to ask for: one that gets as far as any packet does, for
// comparison, and each up to the server's distance. It is empty where that is
// not known.
func (v *visit) answerTTLs(ctx context.Context) (ttls []int) {
	of := v.path.away(ctx)
	if of == 0 || of >= hops.MaxHops {
		return nil
	}
	for range answerTries {
		ttls = append(ttls, hops.MaxHops)
		for ttl := 1; ttl <= of; ttl++ {
			ttls = append(ttls, ttl)
		}
	}
	return ttls
}

// limitAnswers has the opposite end listen on the ports, each with the TTL of the
// same place for its answers, and dials them. It reports whether to go on.
func (v *visit) limitAnswers(ctx context.Context, p *place, ports []uint16, ttls []int) bool {
	request := exchange.ListenRequest{Ports: ports, Answer: ttls, For: millis(answerLimit + answerSettles + listenSlack)}
	shown := fmt.Sprintf("%s, answers with TTL %d to %d", shownPorts(ports), slices.Min(ttls), slices.Max(ttls))
	var got exchange.Listening
	if p.session.query(exchange.Listen, request, shown, &got, v.patience()) != nil {
		return false
	}
	limited := map[uint16]int{}
	for _, port := range got.Ports[:min(len(got.Ports), len(ports))] {
		if port.Failed == "" {
			limited[port.Local.Port()] = port.Answer
		}
	}
	var group sync.WaitGroup
	for i, port := range ports {
		if limited[port] != ttls[i] { // in use, or its system cannot
			continue
		}
		group.Go(func() {
			e := Event{Check: CheckPeer, Session: p.session.id, As: AsAnswer, Addr: v.at(port), TTL: ttls[i]}
			if conn, _ := v.run.dial(ctx, e, answerLimit, DialOptions{}); conn != nil {
				conn.Close()
			}
		})
		pause(ctx, exchange.DialGap)
	}
	group.Wait()
	pause(ctx, answerSettles)
	return len(limited) > 0
}
