package netlab

import (
	"net/netip"
	"time"
)

const (
	// synSentLife is how long Linux remembers a connection of which it has seen
	// nothing but a SYN (net.netfilter.nf_conntrack_tcp_timeout_syn_sent).
	synSentLife = 120 * time.Second
	// maxFlows bounds what a router remembers. A full table lets go of what is not
	// established, as Linux does.
	maxFlows = 1 << 16
)

// flow is a connection as connection tracking remembers it from its first SYN
// on, wherever beyond the router that one ended.
type flow struct {
	inside  netip.AddrPort // who began it
	outside netip.AddrPort // whom it meant
	until   time.Time
}

// remember takes note of a SYN that has passed. A SYN of the other end's is then
// part of the same connection.
func (h *Host) remember(s step) {
	if h.flows == nil || len(h.flows) >= maxFlows {
		h.flows = map[tuple]flow{}
	}
	h.flows[s.post.reversed()] = flow{inside: s.pre.src, outside: s.pre.dst, until: time.Now().Add(synSentLife)}
}

// recall returns the connection that a SYN from its other end belongs to.
func (h *Host) recall(t tuple) (f flow, known bool) {
	f, known = h.flows[t]
	return f, known && !time.Now().After(f.until)
}

// translated reports whether a packet of the other end's is not for the address
// to which it was sent.
func (f flow) translated(t tuple) bool { return t.dst != f.inside }
