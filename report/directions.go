package report

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// directions is what the other end saw of our attempts at its ports, where none
// of them opened.
type directions struct {
	lost    []uint16 // nothing arrived there
	halfway []uint16 // the first packet arrived there, and its answer did not get back
	unheard []uint16 // announced, and the other end says that it did not listen there
	exact   bool     // the other end sees a packet that is not answered to the end
}

// directions compares the passive tries that both ends saw, and the ports on
// which the other end listened at our request.
func (v *view) directions() directions {
	var r directions
	if v.other == nil {
		return r
	}
	h, _ := v.hello()
	r.exact = h.HalfOpen
	note := func(d *probe.Dial, state PortState) {
		switch port := d.To.Port(); {
		case state == PortHalfway:
			r.halfway = append(r.halfway, port)
		case state == PortSilent || state == PortRefused || state == PortRejected:
			r.lost = append(r.lost, port)
		}
	}
	for i := range v.twins {
		t := &v.twins[i]
		p := v.readPassive(t.Mode)
		switch {
		case t.dials() || t.Try != probe.TryPeer || p.host == nil || t.changed():
		case t.port != nil && t.port.Failed == "" && t.port.Local.Port() == announcedPort(t):
			note(p.host, v.fateOf(p.host, t.port))
		case t.sent != "" && v.complete():
			r.unheard = append(r.unheard, p.host.To.Port())
		}
	}
	for _, l := range v.listens {
		note(l.dial, l.state)
	}
	for _, list := range []*[]uint16{&r.lost, &r.halfway, &r.unheard} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return r
}

// announcedPort is the port in what the other end says that it sent.
func announcedPort(t *twin) uint16 {
	at, _ := named(t.sent)
	return at.Port()
}

// neverCame reports whether it is proven that our packets do not get there: the
// other end listened, would have seen even a first packet, and saw none.
func (d directions) neverCame() bool { return d.exact && len(d.lost) > 0 && len(d.halfway) == 0 }

// answersLost reports whether our packets get there, and the answers do not
// get back.
func (d directions) answersLost() bool { return len(d.halfway) > 0 && len(d.lost) == 0 }

func portWords(ports []uint16) string {
	var list []portRange
	for _, p := range ports {
		if n := len(list); n > 0 && list[n-1].high+1 == p {
			list[n-1].high = p
			continue
		}
		list = append(list, portRange{p, p})
	}
	return strings.TrimSpace(rangeList(list, 4))
}

// story tells it for the finding about blocked ports; "" when nothing is known.
func (d directions) story() string {
	switch {
	case d.answersLost():
		return fmt.Sprintf("The other end saw the packets arrive and answered them (ports %s). It is the answers that die on the way back.", portWords(d.halfway))
	case d.neverCame():
		return fmt.Sprintf("The other end listened, and nothing arrived there (ports %s): it is the packets from here that do not get through.", portWords(d.lost))
	case len(d.lost) > 0 && len(d.halfway) > 0:
		return fmt.Sprintf("The other end saw packets to port %s arrive, whose answers died on the way back, and nothing at %s.", portWords(d.halfway), portWords(d.lost))
	case len(d.lost) > 0:
		return fmt.Sprintf("The other end listened, and no connection was completed there (ports %s).", portWords(d.lost))
	}
	return ""
}

// filteredBothEnds completes data-filtered: the direction decides what the hop
// search leaves open.
func (v *view) filteredBothEnds(f *Finding, b *blockade) {
	d := v.directions()
	if s := d.story(); s != "" {
		f.Checks = append(f.Checks, probe.CheckPeer)
		f.Story = append(slices.DeleteFunc(f.Story, func(s string) bool { return d.answersLost() && strings.HasPrefix(s, packetsTo) }), s)
	}
	switch {
	case d.answersLost():
		f.Certainty = b.certainty(Certain)
		f.Where = &Where{Side: SideUnknown, Of: v.distance()} // the hop search went the other way
		f.Owner = ServerNetwork
		f.Title = "Answers from the passive ports vanish"
		f.RuledOut = withoutOpen(f.RuledOut)
		f.RuledOut = append(f.RuledOut, "A firewall that blocks new connections to these ports: they arrive.")
		v.placeAnswers(f)
		if f.Where.Side == SideUnknown {
			f.RuledOut = append(f.RuledOut, "Not decided: which device drops the answers. A stateful firewall that sees only one direction, or a rule that goes by source ports, does.")
		}
		f.Fixes = v.letAnswers(f.Where.Side)
	case d.neverCame():
		if len(d.lost) > 1 { // one record may be missed
			f.Certainty = b.certainty(Certain)
		}
		f.RuledOut = withoutOpen(f.RuledOut)
		f.RuledOut = append(f.RuledOut, "A rule on the way back: the packets do not get there in the first place.")
		if f.Where.Side == SideUnknown {
			f.RuledOut = append(f.RuledOut, "Not decided: on which side the packets die.")
		}
	case len(d.lost) > 0 && len(d.halfway) > 0: // the hop search cannot tell one from the other
		f.Where, f.Owner = &Where{Side: SideUnknown, Of: v.distance()}, ServerNetwork
		f.RuledOut = append(withoutOpen(f.RuledOut), "Not decided: in which direction packets die, and on which side. Where many get lost by chance it looks the same.")
	}
}

// letAnswers is what to do about answers that get lost on a side.
func (v *view) letAnswers(side Side) []Fix {
	_, source := v.wholeRange(v.announcedRange())
	there := []Fix{
		{Who: ServerNetwork, Do: fmt.Sprintf("Let the server's answers out: packets from its passive ports (%s) that belong to connections which were let in.", source),
			Examples: []Example{{"nft", "nft add rule inet filter output ct state established,related accept   (forward, on the device in front)"},
				{"iptables", "iptables -I OUTPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT   (FORWARD, on the device in front)"}}},
		{Who: ServerNetwork, Do: "If there are two ways out of the server's network: let the answers take the way that the connections come in by. A stateful firewall that did not see the connection begin drops them."},
	}
	server := v.peer.Addr().Unmap()
	here := Fix{Who: ClientNetwork, Do: fmt.Sprintf("On this side: let in the answers to connections that this client opens to %s.", server),
		Examples: []Example{{"nft", "nft add rule inet filter forward ct state established,related accept   (input, on this machine)"},
			{"iptables", "iptables -I FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT   (INPUT, on this machine)"}}}
	switch side {
	case SideServer:
		return there
	case SideClient:
		return []Fix{here}
	case SidePath:
		return []Fix{{Who: PathOwner, Do: fmt.Sprintf("Let answers from %s, ports %s, pass, and let them take the way that the connections come by.", server, source)}}
	}
	return append(there, here)
}

// placeAnswers uses answers that expired on the way, or else a hop search of the
// other end's that went out from a passive port, as the lost answers do.
func (v *view) placeAnswers(f *Finding) {
	if v.placeExpired(f) {
		return
	}
	for _, d := range v.dialsBack() {
		b := readBack(d)
		if !b.known() || b.trace.answer == hops.Open || !v.fromPassive(d) {
			continue
		}
		f.Where = v.locateBack(b)
		f.Owner = ownerAt(f.Where)
		f.Story = append(f.Story, fmt.Sprintf("From port %d of the server: %s", d.From.Port(), v.backStory(b, f.Where)))
		return
	}
}

// withoutOpen drops what a finding had to leave open.
func withoutOpen(list []string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return strings.HasPrefix(s, "Not ") })
}

// refusedBothEnds completes a finding about refused ports: the other end says
// whether it listened there.
func (v *view) refusedBothEnds(f *Finding, b *blockade) {
	switch d := v.directions(); {
	case len(d.unheard) > 0 && len(d.lost)+len(d.halfway) == 0:
		f.Certainty, f.Where.Side, f.Owner = b.certainty(Certain), SideServer, ServerAdmin
		f.Checks = append(f.Checks, probe.CheckPeer)
		f.Story = append(f.Story, fmt.Sprintf("The server says itself that it did not listen on the port that it announced (%s).", portWords(d.unheard)))
		f.RuledOut = []string{"A firewall or NAT on the way: nothing listened on the port."}
	case v.listenedInVain():
		f.Checks = append(f.Checks, probe.CheckPeer)
		f.Story = append(f.Story, fmt.Sprintf("The server did listen there, and no connection came (ports %s): it is a firewall on this machine that refuses, and not the server itself.", portWords(d.lost)))
	}
}

// notForwardedBothEnds completes data-not-forwarded.
func (v *view) notForwardedBothEnds(f *Finding, b *blockade) {
	d := v.directions()
	if len(d.lost) == 0 || len(d.halfway) > 0 || !d.exact && b.outcome == hops.Timeout {
		return
	}
	f.Checks = append(f.Checks, probe.CheckPeer)
	f.Story = append(f.Story, fmt.Sprintf("The server did listen there, and nothing came (ports %s).", portWords(d.lost)))
	f.RuledOut[0] = "A closed port or a firewall on the server itself: it listened, and nothing got there."
	v.tellHole(f, b, d)
}

// listenedInVain reports whether the other end listened on the ports, and
// nothing came there.
func (v *view) listenedInVain() bool {
	d := v.directions()
	return len(d.lost) > 0 && len(d.halfway) == 0
}

// rejectedBothEnds completes data-rejected.
func (v *view) rejectedBothEnds(f *Finding, b *blockade) {
	if d := v.directions(); v.listenedInVain() {
		f.Checks = append(f.Checks, probe.CheckPeer)
		f.Story = append(f.Story, fmt.Sprintf("The server did listen there, and nothing came (ports %s).", portWords(d.lost)))
		f.RuledOut = append(f.RuledOut, "A server that does not listen: it did.")
		if f.Where.Side != SideUnknown {
			f.Certainty = b.certainty(Certain)
		}
	}
}
