package report

import (
	"fmt"
	"net/netip"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// The control port where no connection to it opens.

// unreached returns the control attempts when not one opened. Those without a
// route on this machine are left out where others say more.
func (v *view) unreached() []*probe.Dial {
	var all, routed []*probe.Dial
	for i := range v.ev.Control {
		d := &v.ev.Control[i]
		if opened(d) {
			return nil
		}
		if tested(d.Outcome) {
			all = append(all, d)
			if !noRoute(d) {
				routed = append(routed, d)
			}
		}
	}
	if len(routed) > 0 {
		all = routed
	}
	v.inOrder(all)
	return all
}

// inOrder sorts attempts by their address as the resolver did. They were begun
// at once.
func (v *view) inOrder(dials []*probe.Dial) {
	if v.ev.Lookup == nil {
		return
	}
	place := func(d *probe.Dial) int { return slices.Index(v.ev.Lookup.Addresses, d.To.Addr()) }
	slices.SortStableFunc(dials, func(a, b *probe.Dial) int { return place(a) - place(b) })
}

// noRoute reports whether this machine itself has no way to the address.
func noRoute(d *probe.Dial) bool { return d.Outcome == hops.Unreachable && d.ICMP == nil }

// firstUnreached returns the first address's attempt if it ended so. Addresses
// that ended otherwise are told of in the story.
func (v *view) firstUnreached(outcomes ...probe.Outcome) (d *probe.Dial, f *Finding) {
	list := v.unreached()
	if len(list) == 0 || !slices.Contains(outcomes, list[0].Outcome) {
		return nil, nil
	}
	d = list[0]
	f = &Finding{Certainty: Likely, Checks: []probe.Check{probe.CheckControl},
		Story: []string{fmt.Sprintf("%s %s.", d.To, outcomeWords(d))}, Effect: "No client can connect from here."}
	for _, other := range list[1:] {
		f.Story[0] += fmt.Sprintf(" %s %s.", other.To, outcomeWords(other))
	}
	f.Where = v.locate(readTrace(v.ev.PathTo(d.To)), d.ICMP)
	return d, f
}

// passes reports whether packets to another port of the same host got at least
// as far as a hop.
func (v *view) passes(to netip.AddrPort, hop int) bool {
	return slices.ContainsFunc(v.ev.Hops, func(h probe.Hop) bool {
		return h.To.Addr() == to.Addr() && h.To != to && h.Outcome == hops.Expired && h.TTL >= hop
	})
}

// onOtherPorts adds that packets to another port of the same host get no farther.
func (v *view) onOtherPorts(to netip.AddrPort) string {
	if slices.ContainsFunc(v.ev.Hops, func(h probe.Hop) bool { return h.To.Addr() == to.Addr() && h.To != to && tested(h.Outcome) }) {
		return ", on another port neither"
	}
	return ""
}

// refusedOnTheWay reports whether the refusal comes from nearer than where
// packets to another port of the same host get.
func (v *view) refusedOnTheWay(d *probe.Dial) bool {
	t := readTrace(v.ev.PathTo(d.To))
	return d.Outcome == hops.Refused && t.answer == hops.Refused && v.passes(d.To, t.distance)
}

func controlRejected(v *view) *Finding {
	d, f := v.firstUnreached(hops.Rejected, hops.Unreachable, hops.Refused)
	if f == nil || d.Outcome == hops.Refused && !v.refusedOnTheWay(d) {
		return nil
	}
	f.Owner = ownerAt(f.Where)
	f.Certainty = sure(d.ICMP != nil && d.ICMP.From.IsValid())
	if d.Outcome == hops.Refused {
		f.Certainty = Certain
		f.Story = append(f.Story, fmt.Sprintf("The refusal comes from hop %d or from nearer. Packets to another port of the same host get farther, so that it is not the server that refuses.", f.Where.AfterHop+1))
	}
	f.Fixes = []Fix{{Who: f.Owner, Do: fmt.Sprintf("Let TCP to %s pass.", d.To)}}
	if noRoute(d) {
		f.Title, f.Owner, f.Where.Side = "This machine has no route to the server", ClientNetwork, SideClient
		f.Fixes = []Fix{{Who: ClientNetwork, Do: fmt.Sprintf("Check this machine's %s address and route.", family(d.To.Addr()))}}
	}
	return f
}

func controlRefused(v *view) *Finding {
	d, f := v.firstUnreached(hops.Refused)
	if f == nil || v.refusedOnTheWay(d) {
		return nil
	}
	near := classOf(d.To.Addr()) == classLoopback
	f.Certainty = sure(near)
	t := readTrace(v.ev.PathTo(d.To))
	if t.answer == hops.Refused {
		f.Story = append(f.Story, fmt.Sprintf("The refusal comes from hop %d.", t.distance))
		f.Where.Side, f.Where.Of = SideServer, t.distance
		if t.distance <= 2 && public(d.To.Addr()) && inner(d.Local.Addr()) {
			f.Where.Side, f.Owner = SideClient, ClientNetwork
			f.Story = append(f.Story, "That is this side's own router, or the device right behind it, not the server.")
		}
	}
	if !near {
		f.RuledOut = []string{"A server that is down or a dropped packet: something answered.", "Not ruled out: a firewall that refuses in the server's place."}
	}
	port := d.To.Port()
	f.Fixes = []Fix{{Who: ServerAdmin, Do: "Start the server, and let it listen on the outer address.",
		Examples: []Example{{"Linux", fmt.Sprintf("ss -ltnp 'sport = :%d'", port)}, {"Docker", fmt.Sprintf("docker run -p %d:%d ...", port, port)}}},
		{Who: ClientUser, Do: "Check the port: FTP uses 21, FTP over implicit TLS 990, SFTP (SSH) 22."}}
	return f
}

func controlFiltered(v *view) *Finding {
	d, f := v.firstUnreached(hops.Timeout)
	if f == nil {
		return nil
	}
	t := readTrace(v.ev.PathTo(d.To))
	f.Certainty = sure(t.answer == hops.Timeout)
	switch {
	case t.answer != hops.Timeout:
	case v.passes(d.To, t.distance):
		f.Story = append(f.Story, fmt.Sprintf("Packets get as far as %s, and those to another port farther. So these die in the forward filter of hop %d, or at hop %d itself.",
			t.hopName(t.expired), t.expired, t.distance))
	default:
		f.Where.Side = SideUnknown
		f.Story = append(f.Story, fmt.Sprintf("Packets get as far as %s; from hop %d on nothing answers%s. They die there, or farther on behind routers that do not answer.",
			t.hopName(t.expired), t.distance, v.onOtherPorts(d.To)))
	}
	f.Owner = ownerAt(f.Where)
	if f.Where.Side == SideUnknown {
		f.RuledOut = []string{"Not decided: a firewall on this side or the server's, or a server that is switched off. Another FTP server tried from here, or this one tried from elsewhere, would tell."}
	}
	port := portRange{d.To.Port(), d.To.Port()}
	at := Fix{Who: ServerNetwork, Do: fmt.Sprintf("Open TCP port %s inbound to %s.", port, d.To.Addr().Unmap()), Examples: openRange(port)}
	client := Fix{Who: ClientNetwork, Do: fmt.Sprintf("Allow outgoing TCP to %s.", d.To), Examples: openOut(port, d.To.Addr().Unmap().String())}
	f.Fixes = []Fix{at, client}
	if f.Where.Side == SideClient {
		f.Fixes = []Fix{client}
	}
	return f
}
