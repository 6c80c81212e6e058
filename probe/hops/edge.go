package hops

import (
	"context"
	"time"
)

// counter is a Sender that tells how many segments with data it has put on the
// way, repetitions included.
type counter interface {
	Sent() (segments int, ok bool)
}

const (
	maxAsks  = 16              // of one Edge
	maxQuiet = 4 * time.Second // in which TCP may not send what it has: it waits longer and longer before it repeats
)

// Edge finds how far the packets of an established connection get that may be
// dead. ttls are those at which something is known to answer, in rising order.
// It asks few of them, by halves: when a connection is dead, TCP sends little.
// For the same reason a TTL counts as asked only once a segment went out with
// it. Routers limit their ICMP messages, and one message can get lost: the hop
// behind the edge is asked a second time, SecondTry after the first, and in
// between the one before it answers.
//
// send puts one more piece on the way. All that was sent arrives in the end,
// where the way is open. The TTL is the system's afterwards. The steps stand in
// the order in which they were made; they end early with ctx or the connection,
// and there are none where the system does not tell what it sends.
func Edge(ctx context.Context, s Sender, send func() error, ttls []int, wait time.Duration) []Step {
	count, ok := s.(counter)
	if !ok {
		return nil
	}
	if _, ok := count.Sent(); !ok {
		return nil
	}
	defer s.SetTTL(0)
	e := &edge{Sender: s, counter: count, send: send, ttls: ttls, wait: wait, silent: len(ttls), since: map[int]time.Time{}}
	e.find(ctx)
	return e.steps
}

type edge struct {
	Sender
	counter
	send func() error
	ttls []int
	wait time.Duration

	steps    []Step
	answered int               // so many of the first TTLs are known to answer
	silent   int               // the first TTL, by its place in ttls, that did not
	between  bool              // the last one that answers did so after that
	since    map[int]time.Time // when each was first known to be silent
}

func (e *edge) find(ctx context.Context) {
	for e.answered < e.silent {
		if !e.ask(ctx, (e.answered+e.silent)/2) {
			return
		}
	}
	if e.silent == len(e.ttls) || e.answered > 0 && !e.between && !e.ask(ctx, e.answered-1) ||
		!rest(ctx, time.Until(e.since[e.silent].Add(SecondTry))) {
		return
	}
	if e.ask(ctx, e.silent) && e.answered > e.silent { // a message was lost: the edge is farther away
		e.silent = len(e.ttls)
		for i := range e.since {
			if i >= e.answered {
				e.silent = min(e.silent, i)
			}
		}
		e.find(ctx)
	}
}

// ask makes one step, and reports whether another one can be made.
func (e *edge) ask(ctx context.Context, i int) bool {
	if len(e.steps) >= maxAsks {
		return false
	}
	o := e.try(ctx, e.ttls[i])
	if o == "" {
		return false
	}
	e.steps = append(e.steps, Step{TTL: e.ttls[i], Attempt: Attempt{Outcome: o}})
	switch {
	case o == Expired:
		e.answered, e.between = max(e.answered, i+1), e.silent < len(e.ttls)
	case o == Timeout && i < e.silent:
		e.silent, e.since[i], e.between = i, time.Now(), false
	}
	return o == Expired || o == Timeout
}

// try sends with one TTL and waits for what becomes of it, from the moment at
// which it is sent. The outcome is empty when nothing went out.
func (e *edge) try(ctx context.Context, ttl int) Outcome {
	before, ok := e.Sent()
	if !ok || ctx.Err() != nil || e.SetTTL(ttl) != nil || e.send() != nil {
		return ""
	}
	seen, asked := before, time.Time{}
	for until := time.Now().Add(maxQuiet); ; {
		heard := e.Heard()
		now, _ := e.Sent()
		switch {
		case heard == Expired && now == before: // of an earlier TTL, and late
		case heard == Expired && now > before+1:
			// The answers to what was repeated must not be taken for those to the
			// next TTL.
			rest(ctx, e.wait)
			return heard
		case heard != "":
			return heard
		}
		if now > seen {
			seen, asked = now, time.Now()
		}
		switch {
		case !asked.IsZero() && time.Since(asked) >= e.wait:
			return Timeout
		case asked.IsZero() && !time.Now().Before(until), !rest(ctx, lookSoon):
			return ""
		}
	}
}
