package report

import (
	"fmt"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// tellHole completes data-not-forwarded by what came in by a hole.
func (v *view) tellHole(f *Finding, b *blockade, d directions) {
	i := -1
	if v.other.Seen != nil {
		i = slices.IndexFunc(v.other.Holes, func(d probe.Dial) bool { return d.Local.Port() > 0 && v.openedFor(&d) })
	}
	switch {
	case i < 0 || !d.exact || len(d.lost) < 2: // of one attempt the record may be missing
	case v.cameBy(&v.other.Holes[i]):
		f.Certainty = b.certainty(Certain)
		f.Story = append(f.Story, fmt.Sprintf("Then the server sent a packet from its port %d to a port of ours, which got through its NAT and no farther. By that way a connection from here to port %[1]d arrived at the server: no router farther out drops it. It is the NAT device, or a firewall right in front of it, that does not lead on what comes unasked.", v.other.Holes[i].To.Port()))
		f.RuledOut = append(withoutOpen(f.RuledOut), "A filter of a router farther out than the NAT device: it would have dropped that connection as well.",
			"Not told apart: a forward that is missing, a rule at the same place that stops new connections before the forward, and a firewall in front of the NAT device that is no hop of its own and remembers connections.")
	case v.complete():
		f.RuledOut[len(f.RuledOut)-1] += " A way through the NAT, opened from inside, brought nothing either: that is so with such a filter, and with a NAT device that changes ports."
	}
}

// openedFor reports whether the other end's SYN left for our end of the attempt,
// and ended on the way. One that got through to here was seen by all between.
func (v *view) openedFor(d *probe.Dial) bool {
	return slices.ContainsFunc(v.other.Seen.Dials, func(o exchange.Dialing) bool {
		return o.OpensHole() && o.From.Port() == d.To.Port() && o.To.Port() == d.Local.Port() && v.isOurs(o.To.Addr().Unmap()) &&
			(o.Outcome == hops.Expired || o.Outcome == hops.Timeout)
	})
}

// cameBy reports whether the attempt arrived, in whole or by half.
func (v *view) cameBy(d *probe.Dial) bool {
	return slices.ContainsFunc(v.other.Seen.Ports, func(p exchange.Port) bool {
		return p.Local.Port() == d.To.Port() && p.Failed == "" && v.other.Seen.BehindHole(&p) &&
			slices.ContainsFunc(p.Knocks, func(k exchange.Knock) bool {
				return !k.Refused && k.From.Port() == d.Local.Port() && v.isOurs(k.From.Addr().Unmap())
			})
	})
}
