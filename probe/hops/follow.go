package hops

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
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

// Time between two looks for news. It grows with the wait, as many may be waited
// for at once.
const (
	lookSoon  = time.Millisecond
	lookLater = 16 * time.Millisecond
)

const extraWait = 100 * time.Millisecond // beyond a round trip

// WaitOf is how long to wait for each hop of Follow. TCP must not have begun to
// repeat things by then: it waits for a round trip and 200 ms at least (RFC 6298
// says a second, Linux TCP_RTO_MIN).
func WaitOf(s Sender) time.Duration { return s.RTT() + extraWait }

// Push writes to a connection under Follow. An ICMP message about what was sent
// before makes one write fail, and that is all that it does to an established
// connection.
func Push(w io.Writer, b []byte) (n int, err error) {
	n, err = w.Write(b)
	if errno := syscall.Errno(0); n == 0 && errors.As(err, &errno) {
		n, err = w.Write(b)
	}
	return n, err
}

// Follow searches the hops on the way of an established connection: it sends
// piece after piece with TTL 1, 2, … until one is acknowledged, and no further
// than max. A hop that is silent for wait is asked once more when the others are
// through. send puts one more piece on the way. All that was sent arrives in the
// end, where the way is open: TCP repeats it. The TTL is the system's afterwards.
//
// Where s is a Quoter, the steps hold what the hops quote.
//
// The steps known by then are returned when ctx ends, or the connection.
func Follow(ctx context.Context, s Sender, send func() error, max int, wait time.Duration) (steps []Step) {
	if max < 1 || max > MaxHops {
		max = MaxHops
	}
	defer s.SetTTL(0)
	began := time.Now()
	for ttl := 1; ttl <= max; ttl++ {
		step := Ask(ctx, s, send, ttl, wait)
		o := step.Attempt.Outcome
		if o == "" || o == Reset {
			return steps
		}
		steps = append(steps, step)
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
		if again := Ask(ctx, s, send, steps[i].TTL, wait); again.Attempt.Outcome == Expired || again.Attempt.Outcome == Open {
			steps[i] = again
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
	Ask(ctx, s, send, 0, 2*wait)
}

// Ask sends one piece with a TTL and waits for what becomes of it: Expired, Open
// or Reset, see Heard, or Timeout when nothing came in time. The outcome is empty
// when nothing was sent, or ctx ended first. The TTL stays.
func Ask(ctx context.Context, s Sender, send func() error, ttl int, wait time.Duration) Step {
	step := Step{TTL: ttl}
	if ctx.Err() != nil || s.SetTTL(ttl) != nil || send() != nil {
		return step
	}
	for began := time.Now(); ; {
		if o := s.Heard(); o != "" {
			step.Attempt.Outcome = o
			if q, ok := s.(Quoter); ok && o == Expired {
				step.quote(ctx, q)
			}
			return step
		}
		waited := time.Since(began)
		if waited >= wait {
			step.Attempt.Outcome = Timeout
			return step
		}
		if !rest(ctx, min(max(waited/4, lookSoon), lookLater, wait-waited)) {
			return step
		}
	}
}

// quoteWait is how much later than the socket's error the same message may come
// to the one who reads all.
const quoteWait = 20 * time.Millisecond

// quote notes what the hop quotes. Of several messages the last one counts: an
// earlier one may be late, from a lower TTL.
func (s *Step) quote(ctx context.Context, q Quoter) {
	for until := time.Now().Add(quoteWait); s.Quote == "" && time.Now().Before(until); {
		for got, ok := q.Quoted(); ok; got, ok = q.Quoted() {
			s.Quote, s.Attempt.ICMP = string(got.Data), &ICMP{From: got.From}
		}
		if s.Quote == "" && !rest(ctx, lookSoon) {
			return
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
