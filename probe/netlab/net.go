// Package netlab is a simulated network for FTP: hosts, routers with a hop
// distance, NAT, firewalls and FTP helpers, at the level of TCP connections.
// A Host is a probe.Network, so the prober and the server run against each
// other through it, offline and without privileges, in real or in virtual time.
//
// It is held to what the Linux kernel does with the same network: the order of
// TTL check, NAT and filter in a router, and who answers what.
package netlab

import (
	"net/netip"
	"sync"
	"time"
)

// Net is a set of hosts and the links between them.
type Net struct {
	mu       sync.Mutex // guards everything below; never held while time passes
	hosts    []*Host
	names    map[string][]netip.Addr
	servfail bool // the name server fails every question
	conns    map[*conn]struct{}
	shut     bool
}

// NewNet returns an empty network.
func NewNet() *Net {
	return &Net{names: map[string][]netip.Addr{}, conns: map[*conn]struct{}{}}
}

// Link is one network segment; a packet crosses it in its one-way latency.
type Link struct {
	latency time.Duration
	limit   int    // bytes of the largest packet that it carries; 0: any
	toward  string // only of packets in this direction, as in Rule.Toward; empty: of all
	ifaces  []*iface
}

// NewLink returns a link with this one-way latency.
func NewLink(latency time.Duration) *Link { return &Link{latency: latency} }

// Host is one device: an end host, or a router when it forwards.
type Host struct {
	net       *Net
	name      string
	toward    string // direction of the packets that it sends, as in Rule.Toward
	forwards  bool
	ifaces    []*iface
	routes    []route
	rules     []Rule
	dnat      []natRule
	snat      []natRule
	helper    bool
	boxes     []Box // those that look at what passes
	cutters   []*cutter
	pipes     map[string]*pipe // by direction, as in Rule.Toward
	expected  []*expectation
	listeners []*listener
	half      []halfOpening
	flows     map[tuple]flow // by the ends that a packet of the other side's has
	nextPort  uint16
	raw       bool // its programs may read ICMP messages
}

type iface struct {
	name     string
	host     *Host
	link     *Link
	prefixes []netip.Prefix // the host's addresses on the link, with the network's length
}

type route struct {
	to  netip.Prefix
	via netip.Addr // invalid: packets are dropped without a word (a blackhole route)
}

// firstPort is where the ports begin that a host chooses by itself.
const firstPort = 40000

// NewHost adds a host. What it sends goes toward "server" or "client".
func (n *Net) NewHost(name, toward string) *Host {
	h := &Host{net: n, name: name, toward: toward, nextPort: firstPort}
	n.hosts = append(n.hosts, h)
	return h
}

// Attach connects the host to a link with these addresses ("192.168.1.1/24").
func (h *Host) Attach(name string, l *Link, addrs ...string) {
	i := &iface{name: name, host: h, link: l}
	for _, a := range addrs {
		i.prefixes = append(i.prefixes, netip.MustParsePrefix(a))
	}
	h.ifaces = append(h.ifaces, i)
	l.ifaces = append(l.ifaces, i)
}

// Route sends packets for a prefix to a neighbour; an empty via drops them.
func (h *Host) Route(to, via string) {
	r := route{to: netip.MustParsePrefix(to)}
	if via != "" {
		r.via = netip.MustParseAddr(via)
	}
	h.routes = append(h.routes, r)
}

// Name gives a name its addresses.
func (n *Net) Name(name string, addrs ...netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.names[name] = addrs
}

// Close ends the network: listeners close, connections are reset.
func (n *Net) Close() {
	n.mu.Lock()
	n.shut = true
	var open []*conn
	for c := range n.conns {
		open = append(open, c)
	}
	var listening []*listener
	for _, h := range n.hosts {
		listening = append(listening, h.listeners...)
	}
	n.mu.Unlock()
	for _, l := range listening {
		l.Close()
	}
	for _, c := range open {
		c.abort()
	}
}

// addr returns the interface's first address of the family of like.
func (i *iface) addr(like netip.Addr) netip.Addr {
	for _, p := range i.prefixes {
		if p.Addr().Is4() == like.Is4() {
			return p.Addr()
		}
	}
	return netip.Addr{}
}

// owns reports whether a is one of the host's own addresses.
func (h *Host) owns(a netip.Addr) bool {
	for _, i := range h.ifaces {
		for _, p := range i.prefixes {
			if p.Addr() == a {
				return true
			}
		}
	}
	return a.IsLoopback()
}

// lookupRoute returns the interface towards dst and the neighbour's address,
// by the longest prefix. A nil interface with found is a blackhole route.
func (h *Host) lookupRoute(dst netip.Addr) (out *iface, next netip.Addr, found bool) {
	best := -1
	for _, i := range h.ifaces {
		for _, p := range i.prefixes {
			if p.Contains(dst) && p.Bits() > best {
				best, out, next, found = p.Bits(), i, dst, true
			}
		}
	}
	for _, r := range h.routes {
		if !r.to.Contains(dst) || r.to.Bits() <= best {
			continue
		}
		best, out, next, found = r.to.Bits(), nil, r.via, true
		for _, i := range h.ifaces {
			for _, p := range i.prefixes {
				if r.via.IsValid() && p.Contains(r.via) {
					out = i
				}
			}
		}
	}
	return out, next, found
}

// neighbour returns the interface on the link that has the address.
func (l *Link) neighbour(a netip.Addr) *iface {
	for _, i := range l.ifaces {
		for _, p := range i.prefixes {
			if p.Addr() == a {
				return i
			}
		}
	}
	return nil
}
