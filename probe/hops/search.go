package hops

import (
	"context"
	"sync"
	"time"
)

// Bounds of a hop search.
const (
	MaxHops      = 30                      // the highest TTL that is tried, as traceroute does
	AttemptLimit = time.Second             // for one attempt: Linux sends its next SYN after one second
	SearchLimit  = 2500 * time.Millisecond // for a whole search, also towards a port that stays silent
)

const (
	ahead    = 3                     // TTLs that are tried beyond the highest one that answered
	pace     = 50 * time.Millisecond // after this without news the next TTL is tried: 30 within 1.4 s
	graceMin = 200 * time.Millisecond
)

// Step is what one TTL of a hop search observed. Its outcome is Timeout when
// two attempts brought nothing.
type Step struct {
	TTL     int
	Attempt Attempt
	Quote   string // of Follow: the payload as it arrived at the hop, as far as that is known
}

// Search asks every hop on the way to a port: it dials with TTL 1, 2, … until a
// TTL is answered otherwise than by "time exceeded", and no further than max.
// The result holds one step for each TTL from 1 to that one. each, if not nil,
// gets the same steps in the same order as soon as they are known.
//
// dial must close at once a connection that it opens (see Closing), and return
// when its context ends. Several run at a time. Few of them are ahead of the
// answers, so that a server is not asked many times more than needed. A TTL
// from which nothing came is tried once more, because routers limit their ICMP
// messages, to about one a second for each destination (Linux icmp(7),
// icmp_ratelimit). When ctx is cancelled, the steps known by then are returned.
func Search(ctx context.Context, dial func(ctx context.Context, ttl int) Attempt, max int, each func(ttl int, a Attempt)) []Step {
	if max < 1 || max > MaxHops {
		max = MaxHops
	}
	ctx, cancel := context.WithTimeout(ctx, SearchLimit)
	s := &search{
		ctx: ctx, dial: dial, each: each, top: max,
		results: make(chan result, 2*max),
		hops:    make([]hop, max+1),
	}
	for ttl := range s.hops {
		s.hops[ttl].ctx, s.hops[ttl].cancel = context.WithCancel(ctx)
	}
	defer s.running.Wait()
	defer cancel()
	if ctx.Err() == nil {
		s.run()
	}
	return s.steps
}

// hop is the state of one TTL.
type hop struct {
	ctx     context.Context
	cancel  context.CancelFunc
	giveUp  context.CancelFunc // ends the latest attempt alone
	tries   int                // attempts begun
	pending int                // of these not over
	known   bool               // something came back
	attempt Attempt
}

func (h *hop) final() bool { return h.known || h.tries > 0 && h.pending == 0 }

// observed is what the TTL's step says. An attempt that the search itself cut
// short, because a higher TTL had answered, has timed out.
func (h *hop) observed() Attempt {
	if h.attempt.Outcome == "" && h.ctx.Err() != nil {
		h.attempt.Outcome = Timeout
		h.attempt.Err = "no answer in time"
	}
	return h.attempt
}

type result struct {
	ttl     int
	attempt Attempt
}

type search struct {
	ctx      context.Context
	dial     func(ctx context.Context, ttl int) Attempt
	each     func(ttl int, a Attempt)
	results  chan result
	running  sync.WaitGroup
	patience *time.Timer // until the next TTL is tried without an answer
	hops     []hop       // by TTL
	next     int         // the lowest TTL not tried yet
	top      int         // the first TTL known to be answered otherwise than by "time exceeded", or the highest to try
	steps    []Step
}

func (s *search) run() {
	s.next = 1
	s.patience = time.NewTimer(pace)
	defer s.patience.Stop()
	for s.next <= ahead && s.advance() {
	}
	for len(s.steps) < s.top {
		select {
		case r := <-s.results:
			s.take(r)
		case <-s.patience.C:
			s.advance()
		}
		s.settle()
		switch err := s.ctx.Err(); {
		case err == context.Canceled:
			return
		case err != nil: // out of time on a busy machine: no further TTL
			s.top = min(s.top, s.next-1)
		}
	}
}

// advance tries the next TTL and reports whether there is one.
func (s *search) advance() bool {
	if s.next > s.top || s.ctx.Err() != nil {
		return false
	}
	s.try(s.next)
	s.next++
	s.patience.Reset(pace)
	return true
}

func (s *search) try(ttl int) {
	h := &s.hops[ttl]
	h.tries++
	h.pending++
	ctx, cancel := context.WithTimeout(h.ctx, AttemptLimit)
	h.giveUp = cancel
	s.running.Go(func() {
		defer cancel()
		s.results <- result{ttl, s.dial(ctx, ttl)}
	})
}

// take judges the end of one attempt.
func (s *search) take(r result) {
	h := &s.hops[r.ttl]
	h.pending--
	if h.known || r.ttl > s.top {
		return
	}
	h.attempt = r.attempt
	switch r.attempt.Outcome {
	case "", Timeout:
		if h.tries < 2 && h.ctx.Err() == nil {
			s.try(r.ttl)
		}
	case Expired:
		h.known = true
		h.cancel()
		for s.next <= r.ttl+ahead && s.advance() {
		}
	default:
		h.known = true
		s.end(r)
	}
}

// end notes that r came from the destination or from a device that answers in
// its place: higher TTLs are void, and lower ones that have not answered by now
// get one more chance, as long as a few such answers take.
func (s *search) end(r result) {
	for ttl := r.ttl; ttl <= s.top; ttl++ {
		s.hops[ttl].cancel()
	}
	s.top = r.ttl
	grace := min(max(4*r.attempt.Took, graceMin), AttemptLimit)
	for ttl := 1; ttl < r.ttl; ttl++ {
		h := &s.hops[ttl]
		if h.known {
			continue
		}
		if h.tries < 2 {
			time.AfterFunc(grace/2, h.giveUp) // and take tries again
		}
		time.AfterFunc(grace, h.cancel)
	}
}

// settle hands out the steps that are known, in the order of their TTLs.
func (s *search) settle() {
	for ttl := len(s.steps) + 1; ttl <= s.top && s.hops[ttl].final(); ttl++ {
		if s.ctx.Err() == context.Canceled {
			return
		}
		a := s.hops[ttl].observed()
		s.steps = append(s.steps, Step{TTL: ttl, Attempt: a})
		if s.each != nil {
			s.each(ttl, a)
		}
	}
}
