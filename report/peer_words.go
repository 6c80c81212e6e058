package report

import (
	"net/netip"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// What the opposite end says of itself and of what came to its ports.

// complete reports whether the other end told all that it saw, and lately.
func (v *view) complete() bool {
	return v.other != nil && v.other.Seen != nil && !v.other.Seen.Cut && v.other.Missed == ""
}

// wouldTell points to the opposite end, where it was not asked.
func (v *view) wouldTell() string {
	if v.other != nil {
		return ""
	}
	return " The opposite end (ftpcheck serve) would tell."
}

// hello is how the other end sees one of our sessions, the first one that it
// spoke of.
func (v *view) hello() (exchange.Hello, bool) { return firstHello(v.other) }

func firstHello(p *probe.Peer) (first exchange.Hello, found bool) {
	if p == nil {
		return first, false
	}
	id := 0
	for n, h := range p.Hellos {
		if !found || n < id {
			id, first, found = n, h, true
		}
	}
	return first, found
}

// peerSight is this client as the other end sees it.
func peerSight(ev *probe.Evidence) sight {
	if !wasRun(ev, probe.CheckPeer) {
		return sight{}
	}
	h, ok := firstHello(ev.Peer)
	a := h.Client.Addr().Unmap()
	if !ok || !a.IsValid() || a.IsUnspecified() {
		return sight{}
	}
	return sight{addr: a, check: probe.CheckPeer}
}

// ownEnd is the other end's own address of the control connection, behind its
// NAT where there is one; invalid when it does not say.
func (v *view) ownEnd() netip.Addr {
	h, ok := v.hello()
	if !ok {
		return netip.Addr{}
	}
	return h.Server.Addr().Unmap()
}

// translatedEnd is that address where it is not the one that we reach, because a
// NAT device stands in between.
func (v *view) translatedEnd() netip.Addr {
	if a := v.ownEnd(); a.IsValid() && !a.IsUnspecified() && a != v.peer.Addr().Unmap() && !v.sameMachine() {
		return a
	}
	return netip.Addr{}
}

// listened returns the records of a port on which the other end listened.
func (v *view) listened(port uint16) []*exchange.Port { return v.theirPorts[port] }

// came reports whether a connection of ours got to one of the ports, in whole,
// and whether one got there by half: the answer to its first packet was lost.
// Others on the Internet knock as well; turned says that one was refused because
// it came from an address that the other end does not know as ours.
func (v *view) came(ports ...*exchange.Port) (whole, half, turned bool) {
	for _, p := range ports {
		for _, k := range p.Knocks {
			switch ours := v.isOurs(k.From.Addr().Unmap()); {
			case k.Refused:
				turned = true
			case k.Half:
				half = half || ours
			default:
				whole = true
			}
		}
	}
	return whole, half, turned
}

// isOurs reports whether the other end saw one of our sessions come from there,
// or it is our own address: behind a proxy on the control port, data comes from
// another address than the sessions do.
func (v *view) isOurs(a netip.Addr) bool {
	if a.IsValid() && a == v.local && public(a) {
		return true
	}
	for _, h := range v.other.Hellos {
		if a.IsValid() && h.Client.Addr().Unmap() == a {
			return true
		}
	}
	return false
}

// fateOf compares one attempt of ours with what the other end saw of it at the
// ports that it can have reached. It is "" where nothing is known.
func (v *view) fateOf(d *probe.Dial, ports ...*exchange.Port) PortState {
	if d == nil || !tested(d.Outcome) || len(ports) == 0 {
		return ""
	}
	whole, half, turned := v.came(ports...)
	told := v.complete() || !slices.ContainsFunc(ports, func(p *exchange.Port) bool { return p.Closed == 0 })
	state := PortStateOf(d.Outcome)
	switch {
	case opened(d) && (whole || turned):
		return PortArrived
	case opened(d) && half: // it is what follows that does not get there
		return ""
	case opened(d) && !told, d.Outcome == hops.Timeout && !whole && !half && !told:
		return ""
	case opened(d):
		return PortAnswered
	case whole || half:
		return PortHalfway
	case d.Outcome == hops.Timeout && strangerByHalf(ports) && v.answeredNearer():
		return "" // it may be ours: behind a proxy, data comes from another address than the sessions do
	}
	return state
}

// answeredNearer reports whether packets to another port of the server's get past
// where the control port is answered.
func (v *view) answeredNearer() bool {
	of := v.distance()
	return of > 0 && v.passes(v.peer, of)
}

func strangerByHalf(ports []*exchange.Port) bool {
	return slices.ContainsFunc(ports, func(p *exchange.Port) bool {
		return slices.ContainsFunc(p.Knocks, func(k exchange.Knock) bool { return k.Half })
	})
}
