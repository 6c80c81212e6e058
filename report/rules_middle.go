package report

import (
	"fmt"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// Devices that answer in the server's place.
var middleRules = []rule{
	{Code: Code{"data-false-open", Problem, ServerNetwork, "Something accepts every port",
		"A device on the way completes every connection in the server's place, and the server never sees it."},
		when: dataFalseOpen, hides: []string{"control-silent", "data-stalled", "data-silent", "data-reset", "data-source-rejected", "data-tls-failed", "mtu-black-hole", "completion-reply-missing", "later-transfers-fail"}},
	{Code: Code{"control-intercepted", Warning, ClientNetwork, "A proxy answers on the control port",
		"The control port is answered at a shorter distance than the server's data ports: something stands in between and speaks FTP."},
		when: controlIntercepted},
}

// randoms are the attempts at ports that the server did not announce.
func (v *view) randoms() (open, shut []*probe.Dial) {
	for i := range v.ev.Randoms {
		d := &v.ev.Randoms[i]
		switch {
		case !tested(d.Outcome) || !v.ran(d.Check):
		case opened(d):
			open = append(open, d)
		default:
			shut = append(shut, d)
		}
	}
	return open, shut
}

// randomsShut reports whether a port that was not announced stayed closed.
func (v *view) randomsShut() bool {
	_, shut := v.randoms()
	return len(shut) > 0
}

// dataFalseOpen: ports open that the server did not announce, so that an open
// port proves nothing. It is the cause only where nothing sensible came over
// those that it did announce, and the server does not speak of having seen
// them.
func dataFalseOpen(v *view) *Finding {
	if f := v.neverThere(); f != nil {
		return f
	}
	open, shut := v.randoms()
	if len(open) == 0 || len(shut) > 0 {
		return nil
	}
	f := &Finding{Certainty: sure(len(open) > 1)}
	if s := v.login; s != nil && s.Greeting == nil && s.Lost != nil && s.Lost.Outcome == hops.Timeout {
		f.Checks = append(f.Checks, probe.CheckControl)
	}
	for _, t := range v.transfers() {
		r := t.final()
		switch {
		case !t.passive:
		case t.Listed() || t.carried() > 0 || t.aborted() || r != nil && r.Code == 425 && sourceText.MatchString(text(r)):
			if t.opened {
				return nil
			}
		case t.opened:
			f.Checks = append(f.Checks, t.Check)
			if f.Quote == nil && r != nil {
				f.Quote = v.quoteReply(t.Check, r)
			}
		}
	}
	for _, p := range v.passive {
		switch h := v.handshakeFailed(p.Mode); {
		case h == nil || !p.open():
		case h.Outcome != hops.Timeout:
			return nil
		default:
			f.Checks = append(f.Checks, p.Check)
		}
	}
	if len(f.Checks) == 0 {
		return nil
	}
	what := "the announced data ports open, and nothing comes over them"
	f.Effect = "Clients connect, and then hang: listings and transfers fail."
	if f.Checks[0] == probe.CheckControl {
		what = "the control port opens, and no greeting comes"
		f.Effect = "Clients connect, and then hang before the login."
	}
	f.Story = []string{
		fmt.Sprintf("Here %s. So do ports open that the server never announced: %s.", what, dialList(open)),
		"Something completes every handshake by itself, such as a SYN proxy, a scrubbing service or a security product on this machine. An open port says nothing about the server then.",
	}
	f.RuledOut = []string{"A blocked port, and a server that hangs: ports that nobody listens on open as well."}
	if len(open) == 1 {
		f.RuledOut = append(f.RuledOut, "Not ruled out: a service of its own on the one port that was tried.")
	}
	v.placeFalseOpen(f, open[0])
	f.Fixes = falseOpenFixes(f.Owner)
	return f
}

// neverThere: connections opened here, and the other end saw none of them on
// ports on which it listened.
func (v *view) neverThere() *Finding {
	f := &Finding{Certainty: Certain}
	var open []*probe.Dial
	for i := range v.twins {
		t := &v.twins[i]
		p := v.readPassive(t.Mode)
		if t.dials() || t.port == nil || t.port.Failed != "" || t.changed() || t.Listed() || v.fateOf(p.host, t.port) != PortAnswered {
			continue
		}
		if d := p.data(); d != nil && d.Bytes > 0 {
			return nil
		}
		open = append(open, p.host)
		f.Checks = append(f.Checks, t.Check)
	}
	if len(open) == 0 {
		return nil
	}
	for _, t := range v.transfers() {
		if t.passive && t.opened && !t.Listed() && t.carried() == 0 {
			f.Checks = append(f.Checks, t.Check)
		}
	}
	f.Checks = append(f.Checks, probe.CheckPeer)
	f.Story = []string{
		fmt.Sprintf("The announced data ports open here (%s), and the other end, which listened on them, saw no connection.", dialList(open)),
		"Something completes the handshake in the server's place and passes nothing on, such as a SYN proxy, a scrubbing service or a security product on this machine.",
	}
	f.Effect = "Clients connect, and then hang: listings and transfers fail."
	f.RuledOut = []string{"A server that hangs: it waited for the connection, and none came.", "A blocked port: an answer came from somewhere."}
	at := open[0]
	if random, _ := v.randoms(); len(random) > 0 {
		f.RuledOut = append(f.RuledOut, "A service of its own on these ports: ports that nobody listens on open as well.")
		at = random[0]
	}
	v.placeFalseOpen(f, at)
	f.Fixes = falseOpenFixes(f.Owner)
	return f
}

func falseOpenFixes(who Owner) []Fix {
	return []Fix{{Who: who, Do: "Find the device that accepts connections for the server (SYN proxy, DDoS protection, antivirus, load balancer), and let it pass the passive ports on, or leave them alone."},
		{Who: ServerAdmin, Do: "Look at the server while a client waits: tcpdump shows whether the data connection gets there."}}
}

func dialList(dials []*probe.Dial) string {
	var ports []portRange
	for _, d := range dials {
		ports = append(ports, portRange{d.To.Port(), d.To.Port()})
	}
	slices.SortFunc(ports, func(a, b portRange) int { return int(a.low) - int(b.low) })
	return rangeList(ports, 4)
}

// placeFalseOpen uses hop searches that found the very hop which accepts: one
// attempt at the server's own distance says only that it is no farther away.
func (v *view) placeFalseOpen(f *Finding, random *probe.Dial) {
	of := v.distance()
	f.Where = &Where{Side: SideUnknown, Of: of}
	for _, a := range append(v.attempts(), attempt{Dial: random}) {
		steps := v.ev.PathTo(a.To)
		t := readTrace(steps)
		near := t.distance == 1 || slices.ContainsFunc(steps, func(h probe.Hop) bool { return h.TTL == t.distance-1 })
		if t.answer != hops.Open || of == 0 || t.distance > of || !near {
			continue
		}
		f.Where.HopKnown, f.Where.AfterHop, f.Where.Side = true, t.distance, side(t.distance, of)
		if name := v.control().names[t.distance]; name.IsValid() {
			f.Where.Address = name.String()
		}
		f.Story = append(f.Story, fmt.Sprintf("Port %d is accepted at hop %d already; the server is %d hops away.", a.To.Port(), t.distance, of))
		if t.distance == of {
			f.Where.Side = SideServer
			f.Story[len(f.Story)-1] = fmt.Sprintf("Port %d is accepted at hop %d, the distance of the server itself.", a.To.Port(), of)
		}
		break
	}
	f.Owner = ownerAt(f.Where)
}

// controlIntercepted: the greeting that arrived is not the one that was sent; or
// a packet towards a data port of the server expires at a distance from which
// the control port already answers.
func controlIntercepted(v *view) *Finding {
	return v.otherGreeting(v.answersNearer())
}

// proxied reports whether the control port is answered in the server's place.
func (v *view) proxied() bool { return v.answersNearer() != nil }

func (v *view) answersNearer() *Finding {
	of := v.distance()
	if of == 0 || v.sameMachine() {
		return nil
	}
	var beyond []probe.Hop
	for _, a := range v.attempts() {
		if !a.fresh || a.To.Addr().Unmap() != v.peer.Addr().Unmap() {
			continue
		}
		for _, h := range v.ev.PathTo(a.To) {
			if h.Outcome == hops.Expired && h.TTL >= of && (len(beyond) == 0 || beyond[len(beyond)-1].To != h.To) {
				beyond = append(beyond, h)
			}
		}
	}
	if len(beyond) == 0 {
		return nil
	}
	h := beyond[0]
	names := readTrace(v.ev.PathTo(h.To))
	// Nothing of the server's stands at the first hop, unless the server is there.
	gateway := of == 1 && !sameNetwork(v.peer.Addr(), v.local)
	f := &Finding{Certainty: sure(gateway || len(beyond) > 1 && v.natSign() == ""), Checks: []probe.Check{probe.CheckControl, probe.CheckPath},
		Where: &Where{Side: SideUnknown, HopKnown: true, AfterHop: of},
		Story: []string{
			fmt.Sprintf("The control port %s answers at hop %d. A packet to port %d of the same address passes %s and goes on: the server itself is farther away.", v.peer, of, h.To.Port(), names.hopName(of)),
			fmt.Sprintf("So %s answers on the control port in the server's place: a transparent FTP proxy, or a security gateway that reads FTP.", names.hopName(of)),
		},
		Effect: "What clients see is what the proxy lets through: commands may be missing, TLS refused, addresses rewritten.",
		Fixes: []Fix{{Who: ClientNetwork, Do: fmt.Sprintf("If it is not wanted: switch off the FTP proxy on %s for this server, or reach the server another way (VPN).", names.hopName(of))},
			{Who: ClientUser, Do: "Compare the greeting with the one that is seen from another network."}},
	}
	if a := names.names[of]; a.IsValid() {
		f.Where.Address = a.String()
	}
	f.RuledOut = []string{"Not ruled out: a device at the server's side that leads the control port and the data ports to two machines."}
	confirmed := v.confirms(beyond)
	switch {
	case confirmed && !gateway:
		f.Certainty = Certain
		f.Checks = append(f.Checks, probe.CheckPeer)
		f.RuledOut = []string{"Two machines behind one address: the port is the other end's own, and its control connection is this one."}
	case gateway:
		f.Where.Side = SideClient
		f.RuledOut = []string{"A device at the server's side: the first hop is this network's own."}
	case v.split(beyond):
		confirmed = true
		v.placeSplit(f, h)
	}
	if of == 2 && !gateway {
		f.RuledOut = append(f.RuledOut, "Not decided: whether hop 2 belongs to this network or to its provider.")
	}
	if len(beyond) == 1 && !gateway && !confirmed {
		f.RuledOut = append(f.RuledOut, "Not ruled out: two ways of different length. One port was compared.")
	}
	return f
}
