package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// Active mode: the server connects to the client.
var activeRules = []rule{
	{Code: Code{"server-side-source-nat", Warning, ServerNetwork, "The server sees its gateway, not clients",
		"The server sees this client under an address of its own network: something on its side rewrites the source of connections."},
		when: serverSourceNAT, hides: []string{"active-behind-nat"}},
	{Code: Code{"active-command-rewritten", Warning, ClientNetwork, "The active command arrives rewritten",
		"The PORT or EPRT that reached the server is not the one that was sent, and nothing arrives because of it."},
		when: activeCommandRewritten},
	{Code: Code{"active-behind-nat", Warning, ClientNetwork, "NAT on this side stops active mode",
		"The address that the client announces in active mode is not the one under which the server sees it."},
		when: activeBehindNAT},
	{Code: Code{"active-disabled", Warning, ServerAdmin, "The server refuses active mode",
		"The server refuses PORT and EPRT whatever address they name."},
		when: activeDisabled, hides: []string{"eprt-unsupported"}},
	{Code: Code{"active-server-egress-blocked", Problem, ServerNetwork, "Server's network lets nothing out",
		"The server's own connection to the client does not leave its network."},
		when: serverEgressBlocked, hides: []string{"active-inbound-blocked"}},
	{Code: Code{"active-inbound-blocked", Warning, ClientNetwork, "The server's connection does not arrive",
		"The server accepted PORT or EPRT with the right address, but its connection did not arrive at this client."},
		when: activeInboundBlocked},
	{Code: Code{"active-source-address", Warning, ServerAdmin, "Active data comes from another address",
		"In active mode the data connection arrives from another address than the control connection's peer."},
		when: activeSourceAddress},
	{Code: Code{"eprt-unsupported", Note, ServerAdmin, "The server does not know EPRT",
		"The server refuses EPRT while PORT is granted; over IPv6 that leaves no active mode."},
		when: eprtUnsupported},
	{Code: Code{"active-source-port", Note, ServerAdmin, "Active data does not come from port 20",
		"In active mode the data connection arrives from another port than 20, which firewalls that admit only port 20 drop."},
		when: activeSourcePort},
	{Code: Code{"helper-in-path", Note, ClientNetwork, "An FTP helper is at work on this path",
		"A device on the way reads the dialogue, and rewrites an address or opens a port for it."},
		when: helperInPath},
}

var (
	addressText = regexp.MustCompile(`(?i)illegal (e?port|e?prt)|won't open a connection|foreign address|security requirements|cannot accept argument|(bad|invalid|wrong) (address|ip)|address mismatch`)
	activeOff   = regexp.MustCompile(`(?i)disabled|disallowed|not allowed|^550.*permission denied|operation not permitted|unable to service`)
	dialledText = regexp.MustCompile(`(?i)can'?t connect|cannot connect|could not (open|connect)|unable to (connect|build)|timed? ?out|connection refused|failed to establish|no route`)
)

// attempted reports whether the server tried to connect and gave up, or we
// gave up waiting: it accepted the command and then failed or said nothing, or
// it dials at once and answers the command with the failure (pyftpdlib 1.5.7).
// Where a helper that cannot read TLS is the reason, or a device that changes
// the command, it is neither.
func (v *view) attempted(a active) bool {
	if v.blind(a.Check) || v.distorted(a.Check) || len(a.Arrivals) > 0 || !a.Ended || v.ev.Finished == probe.OutcomeCancelled {
		return false
	}
	silent := a.Lost == nil || a.Lost.Outcome == hops.Timeout
	if a.Reply == nil {
		return silent && v.product.is("pyftpdlib", "") && !v.swallowed(a)
	}
	if r := refusal(a.Mode); r != nil {
		return r.Code/100 == 4 && dialledText.MatchString(text(r)) && !activeOff.MatchString(text(r))
	}
	if !accepted(a.Mode) || a.Listed() {
		return false
	}
	if r := a.List.Final(); r != nil && r.Code >= 200 {
		return r.Code == 425 || r.Code == 421
	}
	return a.List != nil && silent
}

// swallowed reports whether PORT or EPRT got no reply from a server that would
// have answered before it connects, or whose connections do arrive.
func (v *view) swallowed(a active) bool {
	if a.Reply != nil || a.Lost != nil || a.Waited == 0 || !a.Ended || len(a.Arrivals) > 0 {
		return false
	}
	return !v.product.is("pyftpdlib", "") || slices.ContainsFunc(v.active, func(o active) bool { return len(o.Arrivals) > 0 })
}

// refused reports whether the server refused the command without trying.
func (v *view) refused(a active) bool {
	return refusal(a.Mode) != nil && !v.attempted(a) && !v.blind(a.Check) && !v.distorted(a.Check)
}

// mismatch says why the announced address is not the one that the server
// sees; "" when that is not known. proven: the server itself showed it.
func (v *view) mismatch(a active) (why string, proven bool) {
	at := a.Announced.Addr().Unmap()
	t := v.twin(a.Check)
	switch {
	case !at.IsValid():
	case t.changed() && v.translated(t): // what arrives names the right one
	case v.seen.known() && v.seen.addr == at:
	case v.seen.known() && v.seen.addr.Is4() == at.Is4():
		return fmt.Sprintf("the server sees this client as %s", v.seen.addr), true
	case inner(at) && public(a.peer):
		return fmt.Sprintf("%s is a %s address, and the server at %s is not in that network", at, classOf(at), a.peer), false
	}
	return "", false
}

// lastWords is the reply that tells how an active mode ended.
func (a active) lastWords() (*probe.Reply, bool) {
	if r := a.List.Final(); r != nil && r.Code >= 400 {
		return r, true
	}
	return a.Reply, a.Reply != nil
}

func (v *view) activeFinding(list []active) *Finding {
	f := &Finding{Certainty: Likely}
	for _, a := range list {
		f.Checks = append(f.Checks, a.Check)
	}
	if r, ok := list[0].lastWords(); ok {
		f.Quote = v.quoteReply(list[0].Check, r)
	}
	return f
}

func (v *view) activeWhere(keep func(active) bool) []active {
	return slices.DeleteFunc(slices.Clone(v.active), func(a active) bool { return !keep(a) })
}

// aboutAddress reports whether a refusal can be about the address that PORT or
// EPRT names, and not about the command.
func aboutAddress(r *probe.Reply) bool {
	words := text(r)
	return addressText.MatchString(words) || r.Code/100 == 5 && !notUnderstood(r) && !activeOff.MatchString(words)
}

func activeBehindNAT(v *view) *Finding {
	list := v.activeWhere(func(a active) bool {
		why, proven := v.mismatch(a)
		switch {
		case why == "":
			return false
		case v.refused(a):
			return aboutAddress(a.Reply) || proven && !notUnderstood(a.Reply) && !activeOff.MatchString(text(a.Reply))
		}
		return v.attempted(a)
	})
	if len(list) == 0 {
		return nil
	}
	a := list[0]
	why, proven := v.mismatch(a)
	f := v.activeFinding(list)
	f.Certainty = sure(proven && (v.attempted(a) || addressText.MatchString(text(a.Reply)) || v.arrivedAsSent(a)))
	f.Where = &Where{Side: SideClient, Of: v.distance()}
	f.Story = []string{fmt.Sprintf("In active mode we announced %s, and the server answered:", a.Announced)}
	if v.attempted(a) {
		f.Story = []string{fmt.Sprintf("In active mode we announced %s. The server's connection did not arrive.", a.Announced)}
	}
	switch {
	case proven && v.seen.addr == a.local:
		return v.wrongActiveAddress(f, a)
	case proven && inner(v.seen.addr) && sameNetwork(a.local, v.seen.addr):
		return v.activeHairpin(f, why)
	case proven && public(a.local) && v.proxied():
		return v.activeBehindProxy(f, why)
	}
	f.Story = append(f.Story, fmt.Sprintf("But %s: a NAT device stands on this side, and what is announced means nothing beyond it.", why))
	f.Effect = "Active mode fails from this network, with this server and most others." + v.passiveHint()
	if !proven {
		f.RuledOut = []string{"Not known: under which address the server sees this client; it does not say."}
	}
	f.Fixes = v.passiveOr(Fix{Who: ClientNetwork, Do: "Announce the public address and forward a fixed port range to this client.",
		Examples: append([]Example{{"ftpcheck", activeFlags(v)}}, forwardRange(portRange{40000, 40099}, a.local.String())[0])})
	return f
}

// activeHairpin: the server stands in the client's own network, or the client
// behind a device that gives it an address of that network.
func (v *view) activeHairpin(f *Finding, why string) *Finding {
	f.Story = append(f.Story, fmt.Sprintf("But %s, an address of this client's own network. A router that leads connections back into the network puts its own address in place of the client's (hairpin NAT).", why))
	f.Effect = "Active mode fails with this server, when it is reached in this way." + v.passiveHint()
	f.Fixes = v.passiveOr(Fix{Who: ClientUser, Do: "If the server stands in this network, connect to its address there."})
	return f
}

// activeBehindProxy: the server sees who answers on the control port in its
// place.
func (v *view) activeBehindProxy(f *Finding, why string) *Finding {
	f.Title = "A proxy stops active mode"
	f.Where.Side = SideUnknown
	f.Story = append(f.Story, fmt.Sprintf("But %s: that is the proxy which answers on the control port, and makes a control connection of its own.", why))
	f.Effect = "Active mode fails with this server." + v.passiveHint()
	f.RuledOut = append(f.RuledOut, "NAT on this side as the only reason: this client's own address is public.")
	f.Fixes = v.passiveOr(Fix{Who: ClientNetwork, Do: "Switch the proxy off for this server, or have it rewrite PORT and EPRT and pass the connections on."})
	return f
}

// wrongActiveAddress: the server sees this client under its own address, so
// that no NAT is in between and the announced address was a wrong choice.
func (v *view) wrongActiveAddress(f *Finding, a active) *Finding {
	f.Title, f.Owner = "The announced active address is not ours", ClientUser
	f.Story = append(f.Story, fmt.Sprintf("But the server sees this client as %s, which is its own address: no NAT changes it on the way, and what was announced is wrong.", v.seen.addr))
	f.Effect = "Active mode fails with this setting." + v.passiveHint()
	f.RuledOut = append(f.RuledOut, "NAT on this side: the server sees this client's own address.")
	f.Fixes = []Fix{{Who: ClientUser, Do: fmt.Sprintf("Announce %s: leave --active-address out, and correct the same setting in other clients.", a.local)}}
	return f
}

// arrivedAsSent reports whether the other end tells that PORT or EPRT got there
// unchanged.
func (v *view) arrivedAsSent(a active) bool {
	t := v.twin(a.Check)
	return t != nil && t.got != "" && !t.changed()
}

func activeFlags(v *view) string {
	public := "PUBLIC-ADDRESS"
	if v.seen.known() {
		public = v.seen.addr.String()
	}
	return "--active-address " + public + " --active-ports 40000-40099"
}

func activeDisabled(v *view) *Finding {
	list := v.activeWhere(func(a active) bool {
		if !v.refused(a) || notUnderstood(a.Reply) && a.Check == probe.CheckEPRT || v.masked(a.Check) {
			return false
		}
		why, _ := v.mismatch(a)
		if why != "" && addressText.MatchString(text(a.Reply)) {
			return false
		}
		return activeOff.MatchString(text(a.Reply)) || why == "" && a.Reply.Code/100 == 5
	})
	if len(list) == 0 {
		return nil
	}
	// One of the two commands being granted shows that the mode is not off.
	for _, a := range v.active {
		if accepted(a.Mode) {
			return v.portRefused(list, a)
		}
	}
	a := list[0]
	f := v.activeFinding(list)
	why, _ := v.mismatch(a)
	right := v.seen.known() && v.seen.addr == a.Announced.Addr().Unmap()
	both := len(list) == len(probe.Active)
	objects := right && addressText.MatchString(text(a.Reply)) && !v.arrivedAsSent(a) && !v.lacksFeature("EPRT")
	f.Certainty = sure(both && why == "" && (right || activeOff.MatchString(text(a.Reply)) || v.lacksFeature("EPRT")))
	f.Story = []string{fmt.Sprintf("The server refuses to connect to us. We announced %s, and it answered:", a.Announced)}
	switch {
	case objects:
		f.Certainty = Possible
		f.Story = append(f.Story, "It objects to the address, and sees this client under that very one.")
		f.RuledOut = append(f.RuledOut, "Not ruled out: a device on the way that changes PORT and EPRT, so that another address arrives. The opposite end (ftpcheck serve) would tell.")
	case right:
		f.Story = append(f.Story, "The address is not the reason: the server sees this client under the same one.")
	}
	if both && v.lacksFeature("EPRT") {
		f.Story = append(f.Story, "Its FEAT reply does not list EPRT: active mode is switched off.")
	}
	if !both {
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("Not ruled out: only %s is denied. The other command was not refused for the same reason, or not tried.", strings.ToUpper(string(a.Check))))
	}
	f.Effect = "Clients in active mode fail with this server." + v.passiveHint()
	f.Fixes = append(v.usePassive(), Fix{Who: ServerAdmin, Do: "If active mode is wanted, allow it.", Examples: activeOn.examples(v.product)})
	return f
}

// portRefused: PORT alone is denied. EPRT alone has a code of its own.
func (v *view) portRefused(list []active, granted active) *Finding {
	a := list[0]
	if a.Check != probe.CheckPORT || a.peer.Is6() {
		return nil
	}
	f := v.activeFinding(list)
	f.Title = "The server refuses PORT"
	f.Story = []string{fmt.Sprintf("The server refuses PORT. We announced %s, and it answered:", a.Announced),
		fmt.Sprintf("Active mode is on, because %s is granted: it is PORT alone that is denied.", strings.ToUpper(string(granted.Check)))}
	f.Effect = "Clients in active mode that only know PORT fail with this server." + v.passiveHint()
	f.Fixes = append(v.usePassive(), Fix{Who: ServerAdmin, Do: "Allow PORT where it is denied.", Examples: activeOn.examples(v.product)})
	return f
}

func activeInboundBlocked(v *view) *Finding {
	list := v.inboundTried()
	if len(list) == 0 || v.listSwallowed() {
		return nil
	}
	a := list[0]
	f := v.activeFinding(list)
	f.Story = []string{fmt.Sprintf("In active mode we announced %s. The server accepted that, and was to connect there for a listing, but nothing arrived here.", a.Announced)}
	if a.Reply == nil {
		f.Story[0] = fmt.Sprintf("In active mode we announced %s. No reply came in %s, and nothing arrived here: some servers connect before they answer.", a.Announced, ms(a.Waited))
	}
	if v.seen.known() {
		f.Story = append(f.Story, fmt.Sprintf("The address is right: the server sees this client as %s.", v.seen.addr))
	}
	forward := a.Announced.Addr().Unmap() != a.local
	switch {
	case forward:
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("Not ruled out: the device that owns %s does not forward the port to this client, %s.", a.Announced.Addr().Unmap(), a.local))
	case v.seen.known():
		f.RuledOut = append(f.RuledOut, "NAT on this side: the server sees the address that we announced.")
	}
	f.Where = &Where{Side: SideUnknown, Of: v.distance()}
	f.Effect = "Active mode fails from this network." + v.passiveHint()
	f.Fixes = v.passiveOr(admitServer(a, forward))
	if v.other == nil {
		f.RuledOut = append(f.RuledOut, "Not ruled out: a firewall that does not let the server's own connection out. The opposite end (ftpcheck serve) would tell.")
		if o := v.activeWhere(func(o active) bool { return len(o.Arrivals) > 0 }); len(o) > 0 {
			f.Certainty = Possible
			f.RuledOut = append(f.RuledOut, fmt.Sprintf("Not ruled out: chance, or a command that got lost. For %s the server's connection arrived.", strings.ToUpper(string(o[0].Check))))
		}
		return f
	}
	f.Checks = append(f.Checks, probe.CheckPeer)
	v.inboundProven(f, a)
	return f
}

// admitServer lets the server's connection in; forward: over a NAT device that
// owns the announced address.
func admitServer(a active, forward bool) Fix {
	from := a.peer.String()
	if forward {
		return Fix{Who: ClientNetwork, Do: fmt.Sprintf("Forward a fixed port range to this client, and let connections from %s in.", from),
			Examples: append([]Example{{"ftpcheck", fmt.Sprintf("--active-address %s --active-ports 40000-40099", a.Announced.Addr().Unmap())}},
				forwardRange(portRange{40000, 40099}, a.local.String())[:3]...)}
	}
	return Fix{Who: ClientNetwork, Do: fmt.Sprintf("Let connections from %s in, to a fixed port range.", from), Examples: []Example{
		{"ftpcheck", "--active-ports 40000-40099"},
		{"nft", fmt.Sprintf("nft add rule inet filter input ip saddr %s tcp dport 40000-40099 accept", from)},
		{"iptables", fmt.Sprintf("iptables -I INPUT -s %s -p tcp --dport 40000:40099 -j ACCEPT", from)},
		{"Windows", fmt.Sprintf("netsh advfirewall firewall add rule name=\"FTP active\" dir=in action=allow protocol=TCP remoteip=%s localport=40000-40099", from)},
	}}
}
