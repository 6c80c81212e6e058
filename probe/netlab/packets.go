package netlab

import (
	"sync"
	"time"
)

// Bytes of a packet around its data: IPv4 or IPv6 header, TCP header, and the
// timestamps that Linux puts into each segment (RFC 7323), at the expense of
// the data.
const (
	ipv4Header = 20
	ipv6Header = 40
	tcpHeader  = 20
	timestamps = 12

	ethernet = 1500 // bytes of a packet on an ordinary link
)

// limitToward is the link's limit for packets in one direction; 0: there is none.
func (l *Link) limitToward(toward string) int {
	if l.toward != "" && l.toward != toward {
		return 0
	}
	return l.limit
}

// smaller returns the smaller of two limits, of which 0 is none.
func smaller(a, b int) int {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// largest returns how many bytes of data a segment of the connection may carry
// and still arrive where packets are limited so; 0 is any number. A longer
// write is cut into full segments, none of which arrives when the first does
// not: nobody tells the sender, which repeats it for ever.
func (p *path) largest(limit int) int {
	headers := ipv4Header + tcpHeader
	if p.sent.dst.Addr().Is6() {
		headers = ipv6Header + tcpHeader
	}
	mss := ethernet - headers
	if p.mss > 0 {
		mss = min(mss, p.mss)
	}
	if limit == 0 || headers+mss <= limit {
		return 0
	}
	return limit - headers - timestamps
}

// pipe is a router that passes on so many bytes a second in one direction, of
// all connections together.
type pipe struct {
	mu   sync.Mutex
	rate int       // bytes a second
	free time.Time // when all that came before is through
}

// through returns when so many bytes that come at the given time are through.
func (p *pipe) through(came time.Time, bytes int) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if came.Before(p.free) {
		came = p.free
	}
	p.free = came.Add(time.Duration(bytes) * time.Second / time.Duration(p.rate))
	return p.free
}

// memory is what a router remembers of one connection, as connection tracking
// does.
type memory struct {
	router   int           // its number on the way of the SYN, from 1
	patience time.Duration // how long it remembers a silent connection
	first    bool          // it looks at that before it looks at the TTL
	last     time.Time     // when a packet of it passed last
}

// memories returns what the router will remember of a connection that begins;
// none when it forgets nothing.
func (h *Host) memories(router int) []*memory {
	var all []*memory
	for _, b := range h.boxes {
		if b.Kind == BoxIdle || b.Kind == BoxIdleFirst {
			patience, _ := time.ParseDuration(b.Value) // Validate has read it
			all = append(all, &memory{router: router, patience: patience, first: b.Kind == BoxIdleFirst, last: time.Now()})
		}
	}
	return all
}

// remembered reports whether a packet that is sent at the given time passes
// all filters and all routers that may have forgotten its connection. One that
// has drops whatever comes of it, from both ends.
func (c *conn) remembered(sent time.Time) bool {
	for _, m := range c.memories {
		if sent.Sub(m.last) > m.patience {
			c.lost = true
		}
	}
	if c.lost {
		return false
	}
	for _, m := range c.memories {
		m.last = c.arrival(sent, 0) // and the acknowledgement comes back
	}
	return true
}
