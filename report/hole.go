package report

import (
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// A hole is a way through the other end's NAT that it opens by a SYN of its own,
// which gets no farther. What comes back in by it says nothing about the ports
// themselves, and so no other rule may take it for an attempt at them.

// opensHole reports whether an attempt of the other end's was to open a hole.
func opensHole(d *exchange.Dialing) bool {
	return d.Command == string(exchange.Dial) && d.TTL > 0
}

// behindHole reports whether the other end listened there for what comes in by
// a hole.
func behindHole(seen *exchange.Seen, p *exchange.Port) bool {
	return p.Command == string(exchange.Listen) && slices.ContainsFunc(seen.Dials, func(d exchange.Dialing) bool {
		return opensHole(&d) && d.From.Port() == p.Local.Port() && d.At <= p.Opened
	})
}

// throughHole is a port at which a connection of ours arrived by a hole alone; 0:
// there is none. The other end's SYN must not have got through to here: then all
// on the way has seen it.
func (v *view) throughHole() uint16 {
	if v.other == nil || v.other.Seen == nil {
		return 0
	}
	for i := range v.other.Holes {
		if d := &v.other.Holes[i]; d.Local.Port() > 0 && v.openedFor(d) && v.cameBy(d) {
			return d.To.Port()
		}
	}
	return 0
}

// openedFor reports whether the other end's SYN left for our end of the attempt,
// and ended on the way.
func (v *view) openedFor(d *probe.Dial) bool {
	return slices.ContainsFunc(v.other.Seen.Dials, func(o exchange.Dialing) bool {
		return opensHole(&o) && o.From.Port() == d.To.Port() && o.To.Port() == d.Local.Port() && v.isOurs(o.To.Addr().Unmap()) &&
			(o.Outcome == hops.Expired || o.Outcome == hops.Timeout)
	})
}

// cameBy reports whether the attempt arrived, in whole or by half.
func (v *view) cameBy(d *probe.Dial) bool {
	return slices.ContainsFunc(v.other.Seen.Ports, func(p exchange.Port) bool {
		return p.Local.Port() == d.To.Port() && p.Failed == "" && behindHole(v.other.Seen, &p) &&
			slices.ContainsFunc(p.Knocks, func(k exchange.Knock) bool {
				return !k.Refused && k.From.Port() == d.Local.Port() && v.isOurs(k.From.Addr().Unmap())
			})
	})
}
