package hops

import (
	"context"
	"net"
	"time"
)

// Sender is an established TCP connection of which what is sent can be made to
// expire on the way.
type Sender interface {
	// SetTTL sets the IP TTL, or the IPv6 hop limit, of all that is sent from now
	// on, repetitions included, and forgets what was heard. 0 is the system's.
	SetTTL(ttl int) error

	// Heard tells what came back since: Expired when a router said so, Open when
	// the other end has acknowledged all that was written, Reset when the
	// connection is over, and nothing when nothing came yet. A device that rejects
	// packets cannot be told from one at which they expire.
	Heard() Outcome

	// RTT is the round trip time of the connection; 0: not known.
	RTT() time.Duration
}

// SenderOf returns the connection, or what it wraps, as a Sender; nil where the
// system cannot. While a TTL is set nobody else may read from it: an ICMP
// message would end their wait.
func SenderOf(c net.Conn) Sender {
	for range maxWraps {
		if s, ok := c.(Sender); ok {
			return s
		}
		wrapped, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		c = wrapped.NetConn()
	}
	return senderOf(c)
}

const maxWraps = 4 // TLS, a meter and the like around one connection

// SecondTry is how long after the first search hops that were silent are asked
// again: routers limit their ICMP messages to about one a second for each
// destination (Linux icmp(7), icmp_ratelimit).
const SecondTry = time.Second

const (
	lookAgain = time.Millisecond
	extraWait = 100 * time.Millisecond // beyond a round trip
)

// WaitOf is how long to wait for each hop of Follow. TCP must not have begun to
// repeat things by then: it waits for a round trip and 200 ms at least (RFC 6298
// says a second, Linux TCP_RTO_MIN).
func WaitOf(s Sender) time.Duration { return s.RTT() + extraWait }

// Follow searches the hops on the way of an established connection: it sends
// piece after piece with TTL 1, 2, … until one is acknowledged, and no further
// than max. A hop that is silent for wait is asked once more when the others are
// through. send puts one more piece on the way. All that was sent arrives in the
// end, where the way is open: TCP repeats it. The TTL is the system's afterwards.
//
// The steps known by then are returned when ctx ends, or the connection.
func Follow(ctx context.Context, s Sender, send func() error, max int, wait time.Duration) (steps []Step) {
	if max < 1 || max > MaxHops {
		max = MaxHops
	}
	defer s.SetTTL(0)
	began := time.Now()
	for ttl := 1; ttl <= max; ttl++ {
		o := ask(ctx, s, send, ttl, wait)
		if o == "" || o == Reset {
			return steps
		}
		steps = append(steps, Step{TTL: ttl, Attempt: Attempt{Outcome: o}})
		if o == Open {
			break
		}
		if o == Timeout || ttl%unheard == 0 {
			catchUp(ctx, s, send, wait)
		}
	}
	for i := range steps {
		if steps[i].Attempt.Outcome != Timeout {
			continue
		}
		if !rest(ctx, time.Until(began.Add(SecondTry))) {
			return steps
		}
		if o := ask(ctx, s, send, steps[i].TTL, wait); o == Expired || o == Open {
			steps[i].Attempt.Outcome = o
		}
		catchUp(ctx, s, send, wait)
	}
	return steps
}

// unheard is how many pieces may be without an acknowledgement: far fewer than
// TCP begins with (RFC 6928: 10), as each loss makes it careful.
const unheard = 4

// catchUp lets all that was sent arrive behind a piece without a TTL. TCP sends
// nothing new while too much is not acknowledged: hops would be called silent that
// were not asked. And what a hop answers late is not taken for the next one's.
func catchUp(ctx context.Context, s Sender, send func() error, wait time.Duration) {
	ask(ctx, s, send, 0, 2*wait)
}

// ask sends one piece and waits for what becomes of it. The outcome is empty
// when ctx ended first.
func ask(ctx context.Context, s Sender, send func() error, ttl int, wait time.Duration) Outcome {
	if ctx.Err() != nil || s.SetTTL(ttl) != nil || send() != nil {
		return ""
	}
	for until := time.Now().Add(wait); ; {
		if o := s.Heard(); o != "" {
			return o
		}
		if !time.Now().Before(until) {
			return Timeout
		}
		if !rest(ctx, lookAgain) {
			return ""
		}
	}
}

// rest waits and reports whether ctx still lives then.
func rest(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
