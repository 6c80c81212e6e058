package netlab

import (
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
	messages []time.Time // when "time exceeded" arrives
	answered time.Time   // when all that was sent is acknowledged; zero: it is not
}

// leg is the way to one router.
type leg struct {
	delay time.Duration
	limit int  // bytes of the largest segment's data that gets there; 0: any number
	mute  bool // no ICMP message comes back over it
}

func (p *path) trail(back bool) trail {
	t := trail{drops: p.dropsAt(back), back: back}
	var delay time.Duration
	limit, mute := 0, false
	for i := range p.steps {
		link, step := p.links[i], p.steps[i]
		if back {
			link, step = p.links[len(p.links)-1-i], p.steps[len(p.steps)-1-i]
			link.limit = link.back
		}
		delay, limit = delay+link.delay, smaller(limit, link.limit)
		t.legs = append(t.legs, leg{delay, p.largest(limit), mute})
		mute = mute || step.host.mutes(p.got.src)
	}
	return t
}

// shortens reports whether what is sent now gets no further than a router.
func (t *trail) shortens() bool { return t.ttl > 0 && t.ttl <= len(t.legs) }

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
	if l := t.legs[t.ttl-1]; l.limit > 0 && len(data) > l.limit || t.drops >= 0 && t.drops < t.ttl {
		return
	}
	for _, m := range c.memories {
		switch n := t.router(m.router); {
		case n >= t.ttl:
		case now.Sub(m.last) > m.patience:
			return
		default:
			m.last = now
		}
	}
	if t.legs[t.ttl-1].mute {
		return
	}
	t.messages = append(t.messages, now.Add(2*t.legs[t.ttl-1].delay+transmission))
}

// SetTTL implements hops.Sender.
func (c *conn) SetTTL(ttl int) error {
	c.both.mu.Lock()
	defer c.both.mu.Unlock()
	c.trail.ttl, c.trail.messages = ttl, nil
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
	case len(t.messages) > 0 && past(t.messages[0]):
		t.messages = t.messages[1:]
		return hops.Expired
	case past(t.answered):
		return hops.Open
	}
	return ""
}

// RTT implements hops.Sender.
func (c *conn) RTT() time.Duration { return 2 * (c.delay + transmission) }
