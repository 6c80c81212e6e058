package report

import (
	"fmt"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// Announced ports that answer, and refuse.

func dataRejected(v *view) *Finding {
	b := v.blockade()
	if b == nil {
		return nil
	}
	var f *Finding
	switch b.outcome {
	case hops.Rejected, hops.Unreachable:
		f = v.rejectedByICMP(b)
	case hops.Refused:
		f = v.rejectedByReset(b)
	}
	if f == nil {
		return nil
	}
	f.Owner = ownerAt(f.Where)
	f.Fixes = v.fixBlocked(f.Where)
	v.tellOther(f, b)
	v.rejectedBothEnds(f, b)
	return v.tlsDoubt(f)
}

func (v *view) rejectedByICMP(b *blockade) *Finding {
	var d *probe.Dial
	for _, each := range b.dials {
		if each.Outcome == b.outcome && (d == nil || each.ICMP != nil && d.ICMP == nil) {
			d = each
		}
	}
	f := v.blocked(b, "")
	f.Where = v.locate(b.trace, d.ICMP)
	f.Certainty = b.certainty(sure(d.ICMP != nil && d.ICMP.From.IsValid()))
	f.Story = append(f.Story, fmt.Sprintf("A connection to %s %s.", d.To, outcomeWords(d)))
	if b.unsaid > 0 {
		f.Story[1] += fmt.Sprintf(" %s got no answer; devices send only a few such messages a second.", count(b.unsaid, "other attempt"))
	}
	if icmp := d.ICMP; icmp != nil && icmp.From.IsValid() && icmp.From.Unmap() == v.local {
		f.Title = "This machine refuses the passive ports"
	}
	f.RuledOut = []string{"A closed port on the server: that would be a refusal without an ICMP message."}
	return f
}

// rejectedByReset: a RST that comes from a shorter distance than the server's.
func (v *view) rejectedByReset(b *blockade) *Finding {
	t, of := b.trace, v.distance()
	if v.sameMachine() {
		return nil
	}
	if t.answer != hops.Refused || of == 0 || t.distance >= of {
		return v.rejectedInFront(b)
	}
	f := v.blocked(b, "")
	f.Where = v.locate(t, nil)
	f.Certainty = b.certainty(sure(f.Where.Side != SideUnknown))
	before := "this machine"
	if t.distance > 1 {
		before = "the forward filter of " + t.hopName(t.distance-1)
	}
	f.Story = append(f.Story, fmt.Sprintf("They are refused at hop %d already, and the server is %d hops away: the refusal comes from %s, or from hop %d itself.",
		t.distance, of, before, t.distance))
	f.RuledOut = []string{"The server itself: the refusal comes from a shorter distance."}
	return f
}

// rejectedInFront: the server listened on the ports, and somebody else refused.
func (v *view) rejectedInFront(b *blockade) *Finding {
	if !v.listenedInVain() {
		return nil
	}
	f := v.blocked(b, "They were refused.")
	f.Certainty, f.Where = b.certainty(Certain), &Where{Side: SideUnknown, Of: v.distance()}
	if t := b.trace; t.answer == hops.Refused && v.distance() > 1 {
		f.Where = v.locate(t, nil)
		f.Where.Side = SideServer
		f.Story = append(f.Story, fmt.Sprintf("The refusal comes from hop %d, the distance of the server itself: from a firewall on its machine, or from the forward filter of %s.", t.distance, v.control().hopName(t.distance-1)))
	}
	return f
}

func dataRefused(v *view) *Finding {
	b := v.blockade()
	if b == nil || b.outcome != hops.Refused {
		return nil
	}
	t, of := b.trace, v.distance()
	measured := t.answer == hops.Refused && of > 0
	near := v.sameMachine()
	if measured && t.distance < of || !near && v.listenedInVain() {
		return nil
	}
	f := v.blocked(b, "They were refused.")
	f.Where = &Where{Side: SideUnknown}
	switch {
	case measured:
		f.Where = v.locate(t, nil)
		if of > 1 {
			f.Where.Side = SideServer
		}
		f.Certainty = b.certainty(sure(near))
		f.Story = append(f.Story, fmt.Sprintf("The refusal comes from hop %d, the distance of the server itself: %sit does not listen on the port that it announced, or its own firewall refuses.", t.distance, mostLikely(near)))
		switch {
		case near:
		case of == 1:
			f.RuledOut = []string{"Not ruled out: a firewall on this machine that refuses with a TCP reset."}
		default:
			f.RuledOut = []string{fmt.Sprintf("NAT in front of the server without a forward for the port: that device would refuse at its own distance, hop %d.", of-1),
				fmt.Sprintf("Not ruled out: a firewall rule on hop %d, in front of the server, that refuses with a TCP reset.", of-1)}
		}
	case near:
		f.Where, f.Certainty = &Where{Side: SideServer}, b.certainty(Certain)
		f.Story = append(f.Story, "The server runs on this machine: nothing stands between.")
	default:
		f.Certainty = Possible
		f.Story = append(f.Story, "Either the server does not listen on the port that it announced, or a device in front of it (NAT without forwarding, a firewall) refuses in its place. The distance of the refusal was not measured.")
		f.RuledOut = []string{"Not tested: which device refuses. The path check would tell (Linux)."}
	}
	r, source := v.wholeRange(v.announcedRange())
	f.Fixes = []Fix{
		{Who: ServerAdmin, Do: fmt.Sprintf("Look at the server while a client waits: ss -ltn must show the announced port. Then at the host's firewall (%s).", source), Examples: openRange(r)},
		{Who: ServerNetwork, Do: "If the server runs in a container or behind NAT: publish or forward the whole passive range.", Examples: forwardRange(r, "")},
	}
	v.refusedBothEnds(f, b)
	return v.tlsDoubt(f)
}
