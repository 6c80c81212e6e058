package netlab

import "time"

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

// largest returns how many bytes of data a segment of the connection may carry
// and still arrive, in either direction; 0 is any number. A longer write is
// cut into full segments, none of which arrives when the first does not:
// nobody tells the sender, which repeats it for ever.
func (p *path) largest() int {
	headers := ipv4Header + tcpHeader
	if p.sent.dst.Addr().Is6() {
		headers = ipv6Header + tcpHeader
	}
	mss := ethernet - headers
	if p.mss > 0 {
		mss = min(mss, p.mss)
	}
	if p.limit == 0 || headers+mss <= p.limit {
		return 0
	}
	return p.limit - headers - timestamps
}

// memory is what a router remembers of one connection, as connection tracking
// does.
type memory struct {
	patience time.Duration // how long it remembers a silent connection
	last     time.Time     // when a packet of it passed last
}

// memories returns what the router will remember of a connection that begins;
// none when it forgets nothing.
func (h *Host) memories() []*memory {
	var all []*memory
	for _, b := range h.boxes {
		if b.Kind == BoxIdle {
			patience, _ := time.ParseDuration(b.Value) // Validate has read it
			all = append(all, &memory{patience: patience, last: time.Now()})
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
		m.last = c.arrival(sent) // and the acknowledgement comes back
	}
	return true
}
