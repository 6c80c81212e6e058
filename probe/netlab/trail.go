package netlab

import (
	"net/netip"
	"time"

	"ftpcheck/probe/hops"
)

var _ hops.Sender = (*conn)(nil)

// trail is what lies on the way of one end's segments, and what becomes of those
// that are to expire there.
type trail struct {
	legs  []leg // to each router, the nearest first
	drops int   // which device drops all segments, 0 the sender itself; -1: none
	back  bool  // it is the way back of the SYN

	ttl      int         // 0: none is set
	held     []byte      // what expired or was dropped, for the next repetition
	messages []message11 // under way or not heard yet
	quotes   []message11 // the same, for one who may read them
	answered time.Time   // when all that was sent is acknowledged; zero: it is not
	sent     int         // segments
}

// message11 is one "time exceeded".
type message11 struct {
	from netip.Addr
	at   time.Time // when it arrives
	data []byte    // the payload as it was when it expired
}

// leg is the way to one router.
type leg struct {
	delay  time.Duration
	limit  int        // bytes of the largest segment's data that gets there; 0: any number
	router netip.Addr // as it calls itself toward the sender
	mute   bool       // no ICMP message comes back over it
}

func (p *path) trail(back bool) trail {
	t := trail{drops: p.dropsAt(back), back: back}
	var delay time.Duration
	limit, mute := 0, false
	for i := range p.steps {
		link, s := p.links[i], p.steps[i]
		sender := s.pre.src
		if back {
			link, s = p.links[len(p.links)-1-i], p.steps[len(p.steps)-1-i]
			link.limit, sender = link.back, s.mid.dst
		}
		delay, limit = delay+link.delay, smaller(limit, link.limit)
		t.legs = append(t.legs, leg{delay, p.largest(limit), s.host.sourceFor(sender.Addr()), mute})
		mute = mute || s.host.mutes(p.got.src)
	}
	return t
}

// shortens reports whether what is sent now gets no further than a router.
func (t *trail) shortens() bool { return t.ttl > 0 && t.ttl <= len(t.legs) }

// expires reports whether a router says that a segment expired, so far as no
// device drops it before.
func (t *trail) expires() bool { return t.drops < 0 || t.drops >= t.ttl }

// router returns the number of a router as this end counts it, of one in the
// order of the SYN.
func (t *trail) router(n int) int {
	if t.back {
		return len(t.legs) + 1 - n
	}
	return n
}

// expire lets a segment go as far as its TTL. What it passes before takes note
// of it.
func (c *conn) expire(data []byte) {
	t, now := &c.trail, time.Now()
	t.held = append(t.held, data...)
	t.answered = time.Time{}
	if l := t.legs[t.ttl-1]; l.limit > 0 && len(data) > l.limit || !t.expires() {
		return
	}
	for _, m := range c.memories {
		switch n := t.router(m.router); {
		case n > t.ttl, n == t.ttl && !m.first:
		case now.Sub(m.last) > m.patience:
			return
		default:
			m.last = now
		}
	}
	// A router takes a packet's TTL before it filters or changes anything.
	for _, i := range c.inspectors {
		passes := true
		if i.router < t.ttl {
			data, passes = i.read(data)
		}
		if !passes {
			return
		}
	}
	if t.legs[t.ttl-1].mute {
		return
	}
	m := message11{t.legs[t.ttl-1].router, now.Add(2*t.legs[t.ttl-1].delay + transmission), data}
	t.messages, t.quotes = append(t.messages, m), append(t.quotes, m)
}

// SetTTL implements hops.Sender.
func (c *conn) SetTTL(ttl int) error {
	c.both.mu.Lock()
	defer c.both.mu.Unlock()
	c.trail.ttl, c.trail.messages, c.trail.quotes = ttl, nil, nil
	if !c.closed && !c.trail.shortens() && len(c.trail.held) > 0 {
		c.send(nil) // the repetition
	}
	return nil
}

// Heard implements hops.Sender.
func (c *conn) Heard() hops.Outcome {
	c.both.mu.Lock()
	defer c.both.mu.Unlock()
	t := &c.trail
	switch {
	case c.closed || past(c.resetAt):
		return hops.Reset
	case len(t.messages) > 0 && past(t.messages[0].at):
		t.messages = t.messages[1:]
		return hops.Expired
	case past(t.answered):
		return hops.Open
	}
	return ""
}

// Quoter returns the connection as one of a user who may read ICMP messages, or
// nil.
func (c *conn) Quoter() hops.Quoter {
	if !c.host.raw {
		return nil
	}
	return privileged{c}
}

type privileged struct{ *conn }

// Quoted implements hops.Quoter.
func (p privileged) Quoted() (q hops.Quote, ok bool) {
	p.both.mu.Lock()
	defer p.both.mu.Unlock()
	t := &p.trail
	if len(t.quotes) == 0 || !past(t.quotes[0].at) {
		return q, false
	}
	q = hops.Quote{From: t.quotes[0].from, Data: t.quotes[0].data}
	t.quotes = t.quotes[1:]
	return q, true
}

// RTT implements hops.Sender.
func (c *conn) RTT() time.Duration { return 2 * (c.delay + transmission) }

// Sent tells hops.Edge how many segments were put on the way.
func (c *conn) Sent() (segments int, ok bool) {
	c.both.mu.Lock()
	defer c.both.mu.Unlock()
	return c.trail.sent, true
}
