package report

import (
	"fmt"
	"slices"

	"ftpcheck/probe"
)

// arrivals returns the active tries whose first connection fulfils the
// condition.
func (v *view) arrivals(keep func(active, probe.Arrival) bool) []active {
	return v.activeWhere(func(a active) bool {
		return len(a.Arrivals) > 0 && a.Arrivals[0].From.IsValid() && keep(a, a.Arrivals[0])
	})
}

func checksOf(list []active) []probe.Check {
	var checks []probe.Check
	for _, a := range list {
		checks = append(checks, a.Check)
	}
	return checks
}

func activeSourceAddress(v *view) *Finding {
	list := v.arrivals(func(a active, at probe.Arrival) bool {
		return a.peer.IsValid() && at.From.Addr().Unmap() != a.peer
	})
	if len(list) == 0 {
		return nil
	}
	from := list[0].Arrivals[0].From
	return &Finding{
		Certainty: Certain, Checks: checksOf(list),
		Story:  []string{fmt.Sprintf("The control connection goes to %s, but the data connection came from %s.", list[0].peer, from)},
		Effect: "Strict clients, and firewalls that admit only the server's address, refuse such a connection. It is also what an attacker's connection looks like.",
		Fixes:  []Fix{{Who: ServerAdmin, Do: fmt.Sprintf("Let the server's data connections leave from %s, in the server or in the NAT in front of it.", list[0].peer)}},
	}
}

func activeSourcePort(v *view) *Finding {
	list := v.arrivals(func(_ active, at probe.Arrival) bool { return at.From.Port() != 20 })
	if len(list) == 0 {
		return nil
	}
	return &Finding{
		Certainty: Certain, Checks: checksOf(list),
		Story:  []string{fmt.Sprintf("The data connection came from %s; RFC 959 has it come from port 20.", list[0].Arrivals[0].From)},
		Effect: "None here. Client firewalls that admit only source port 20 drop it.",
		Fixes:  []Fix{{Who: ServerAdmin, Do: "Only if such clients matter: connect from port 20. A NAT device in front of the server may change the port as well.", Examples: sourcePort20.examples(v.product)}},
	}
}

// helperInPath: a private address was announced, and the connection arrived.
// Without NAT, as through a VPN, the server sees the private address itself.
// Under TLS no helper can have read the address. With the opposite end it shows
// what was rewritten, and whether ports open only once they are announced.
func helperInPath(v *view) *Finding {
	var f *Finding
	active, passive := v.rewrittenWell()
	seen, _ := v.sourceRewritten()
	switch {
	case active != nil:
		f = v.helperRewrites(active)
	case !seen.IsValid():
		f = v.helperGuessed()
	}
	if passive != nil {
		f = v.helperCorrects(f, passive)
	}
	return v.helperOpens(f)
}

func (v *view) helperGuessed() *Finding {
	list := v.arrivals(func(a active, _ probe.Arrival) bool {
		at := a.Announced.Addr().Unmap()
		return !encrypted(v.ev, a.Mode) && inner(at) && at == a.local && public(a.peer) && !(v.seen.known() && v.seen.addr == at)
	})
	if len(list) == 0 {
		return nil
	}
	a := list[0]
	f := &Finding{
		Certainty: sure(v.seen.known()), Checks: checksOf(list),
		Where: &Where{Side: SideClient, Of: v.distance()},
		Story: []string{fmt.Sprintf("We announced the private address %s, and the server's connection from %s arrived: a device on this side, usually the router's FTP helper (ALG), put the public address in its place.",
			a.Announced, a.Arrivals[0].From)},
		Effect: "Active mode works, in plain FTP. With TLS the helper cannot read the command, and active mode will fail.",
		Fixes:  v.usePassive(),
	}
	if v.seen.known() {
		f.Story = append(f.Story, fmt.Sprintf("The server sees this client as %s.", v.seen.addr))
	} else {
		f.RuledOut = []string{"Not ruled out: a route between the two networks without NAT, such as a VPN. The server does not say how it sees us."}
	}
	return f
}

// helperRewrites: the command arrived changed, and led back to us.
func (v *view) helperRewrites(t *twin) *Finding {
	f := &Finding{
		Certainty: Certain, Checks: []probe.Check{t.Check, probe.CheckPeer}, Quote: v.quoteCommand(t),
		Where: &Where{Side: SideClient, Of: v.distance()},
		Story: []string{"A device on the way, usually the FTP helper (ALG) of the router on this side, rewrites the active command. We sent:",
			fmt.Sprintf("What arrived at the server: %s. Its connection from %s arrived here.", unended(t.got), t.Arrivals[0].From)},
		Effect: "Active mode works, in plain FTP. With TLS the helper cannot read the command, and active mode will fail.",
		Fixes:  v.usePassive(),
	}
	if got, ok := named(t.got); !ok || got.Addr() != v.seen.addr || v.seen.addr == v.local {
		f.Where.Side = SideUnknown
	}
	for _, c := range probe.Active {
		if other := v.twin(c); other.changed() && len(other.Arrivals) > 0 {
			f.Checks = append(f.Checks, c)
		}
	}
	return f
}

// helperCorrects adds what a device in front of the server puts into passive
// replies.
func (v *view) helperCorrects(f *Finding, t *twin) *Finding {
	sent, _ := named(t.sent)
	got, _ := named(t.got)
	story := fmt.Sprintf("The server says that it answered %s by %s, and %s arrived here: a device in front of the server, an FTP helper (ALG), puts in the address under which we reach it.", verb(t.Command), unended(t.sent), got)
	to := announceable(v.peerOf(t.Mode))
	fix := Fix{Who: ServerAdmin, Do: fmt.Sprintf("Before TLS is used: announce %s instead of %s, which only the helper corrects.", to, sent.Addr()), Examples: examplesAnnounce(v, to)}
	if f != nil {
		f.Story, f.Fixes = append(f.Story, story), append(f.Fixes, fix)
		f.Checks = append(f.Checks, t.Check, probe.CheckPeer)
		return f
	}
	return &Finding{Certainty: Certain, Owner: ServerNetwork, Checks: []probe.Check{t.Check, probe.CheckPeer}, Quote: v.quoteRewritten(t),
		Where:  &Where{Side: SideServer, Of: v.distance()},
		Story:  []string{"A device on the way rewrites the reply to PASV. What arrived here:", story},
		Effect: "Plain FTP works because of the device. With TLS it cannot help, and the server's own address counts.",
		Fixes:  []Fix{fix},
	}
}

// helperOpens adds that announced ports open and others do not.
func (v *view) helperOpens(f *Finding) *Finding {
	opens, shut := v.opensPorts()
	if opens == nil {
		return f
	}
	story := []string{
		fmt.Sprintf("%s opened right after it was announced in the dialogue. The server then listened on it once more, and told so in a form that no device reads: no connection came there.", opens.To),
		fmt.Sprintf("Nor did one come at any other on which it listened in this way (%s). A device on the way reads the dialogue, and opens the ports that it finds there.", rangeList(shut, 4)),
	}
	if slices.ContainsFunc(v.listens, func(l listen) bool { return l.state == PortAnswered }) {
		story = append(story, "They open here all the same: something on the way accepts connections to ports that were not announced, and passes nothing on.")
	}
	r, source := v.wholeRange(v.announcedRange())
	fix := Fix{Who: ServerNetwork, Do: fmt.Sprintf("Before TLS is used: open the passive range by its numbers (%s).", source), Examples: openRange(r)}
	if f != nil {
		f.Story, f.Fixes = append(f.Story, story...), append(f.Fixes, fix)
		f.Checks = append(f.Checks, opens.Check, probe.CheckPeer)
		return f
	}
	return &Finding{Certainty: Certain, Owner: ServerNetwork, Checks: []probe.Check{opens.Check, probe.CheckPeer}, Where: &Where{Side: SideUnknown, Of: v.distance()},
		Story:  story,
		Effect: "Passive mode works, in plain FTP. With TLS the device cannot read the ports, and passive mode will fail.",
		Fixes:  []Fix{fix},
	}
}

func eprtUnsupported(v *view) *Finding {
	eprt, port := v.activeOf(probe.CheckEPRT), v.activeOf(probe.CheckPORT)
	if eprt == nil || !v.refused(*eprt) || eprt.Reply.Code/100 != 5 || v.masked(eprt.Check) {
		return nil
	}
	granted := port != nil && accepted(port.Mode)
	if !granted && !notUnderstood(eprt.Reply) {
		return nil
	}
	f := v.activeFinding([]active{*eprt})
	f.Certainty = sure(granted || eprt.Reply.Code == 502 || eprt.Reply.Code == 522)
	f.Story = []string{"The server refuses EPRT:"}
	f.Effect = "Clients fall back to PORT, which costs a round trip."
	if granted {
		f.RuledOut = []string{"Active mode switched off: PORT is granted."}
	}
	if eprt.peer.Is6() {
		f.Severity = Warning
		f.Effect = "No active mode over IPv6, because PORT cannot name an IPv6 address."
	}
	f.Fixes = []Fix{{Who: ServerAdmin, Do: "Update the server, or allow EPRT where it is denied."}}
	return f
}
