package report

import (
	"fmt"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// The server's connections to this client, as both ends saw them.

// egressBlocked reports whether the other end's attempts die on its own side.
func (v *view) egressBlocked() bool {
	b := v.searchBack()
	return b.known() && b.trace.answer != hops.Open && !v.arrivedFromThere() && len(v.halfHere()) == 0 && v.locateBack(b).Side == SideServer
}

// inboundTried are the active modes in which the server tried to connect to the
// right address, and nothing arrived.
func (v *view) inboundTried() []active {
	if seen, _ := v.sourceRewritten(); seen.IsValid() {
		return nil
	}
	return v.activeWhere(func(a active) bool {
		why, _ := v.mismatch(a)
		return why == "" && v.attempted(a) && a.Announced.IsValid()
	})
}

func serverEgressBlocked(v *view) *Finding {
	list := v.inboundTried()
	if len(list) == 0 || !v.egressBlocked() {
		return nil
	}
	a, b := list[0], v.searchBack()
	f := v.activeFinding(list)
	f.Checks = append(f.Checks, probe.CheckPeer)
	f.Certainty, f.Where = Certain, v.locateBack(b)
	f.Story = []string{fmt.Sprintf("In active mode we announced %s. The server was to connect there, but nothing arrived here.", a.Announced)}
	v.tellDialBack(f, a)
	f.Effect = "Active mode fails with this server." + v.passiveHint()
	story := v.backStory(b, f.Where)
	missed := v.missed(b)
	switch {
	case refusedThere(b.trace.answer):
		f.Story = append(f.Story, story+" So its packets do not leave the server's own side.")
		f.RuledOut = []string{"A firewall or NAT on this side: the server's packets do not get that far."}
	case proven(missed) && !v.proxied():
		f.Story = append(f.Story, story+" "+missedStory(missed)+" So its new connections do not leave the server's own side.")
		f.RuledOut = []string{"A firewall or NAT on this side: the server's packets do not get that far.",
			"A filter that keeps ICMP messages from the server: they get there where its packets pass."}
		if n := b.trace.expired; n > 0 {
			f.RuledOut = append(f.RuledOut, fmt.Sprintf("Not told apart: a filter of its hop %d, and one of hop %d at the entrance, before that one would answer.", n, n+1))
		}
	default:
		f.Certainty = Likely
		f.Story = append(f.Story, story+" Most likely its packets do not leave the server's own side.")
		f.RuledOut = []string{"Not ruled out: a firewall on this side, and one at the server's that lets no ICMP message in. The other end's search would see the same."}
		if len(missed) > 0 {
			f.RuledOut = []string{fmt.Sprintf("Not ruled out: a firewall on this side, and a router that did not care to answer. Only hop %d answers its replies, and not its new connections.", missed[0])}
		}
	}
	to := b.dial.To.Addr().Unmap()
	f.Fixes = v.passiveOr(Fix{Who: ServerNetwork, Do: fmt.Sprintf("Let new outgoing connections from the server pass, best from its port 20, to high ports of clients such as %s.", to), Examples: letOut})
	return f
}

// letOut are the lines that let a server's active data connections out.
var letOut = []Example{
	{"nft", "nft add rule inet filter output tcp sport 20 tcp dport 1024-65535 accept   (forward, on the device in front)"},
	{"iptables", "iptables -I OUTPUT -p tcp --sport 20 --dport 1024:65535 -j ACCEPT   (FORWARD, on the device in front)"},
	{"ufw", "ufw allow out proto tcp from any port 20"},
	{"Windows", "netsh advfirewall firewall add rule name=\"FTP active\" dir=out action=allow protocol=TCP localport=20"},
	{"AWS", "security group: outbound TCP 1024-65535 to the clients"},
	{"Azure", "network security group: outbound, allow, TCP, destination ports 1024-65535"},
	{"Kubernetes", "a NetworkPolicy with egress to the clients"},
}

// tellDialBack tells what the other end says of its own attempt.
func (v *view) tellDialBack(f *Finding, a active) {
	d := v.backTo(a)
	if d == nil {
		return
	}
	s := fmt.Sprintf("The server says that it tried to connect to %s%s: it %s.", d.To, sourceWord(d), outcomeWords(dialOf(d)))
	if d.Outcome == hops.Open || d.Outcome == hops.Reset {
		s += " That was not this machine: a device on the way accepts connections in its place."
	}
	f.Story = append(f.Story, s)
}

// inboundProven completes active-inbound-blocked with the other end's own
// attempts and its hop search.
func (v *view) inboundProven(f *Finding, a active) {
	if t := v.twin(a.Check); t != nil && v.led(t) {
		f.Certainty = Possible
		f.RuledOut = append(f.RuledOut, "Not ruled out: chance or load. In another try the server's connection arrived.")
		return
	}
	v.tellDialBack(f, a)
	if v.answersOfOurs(f, a) {
		return
	}
	from20, others := v.sources()
	if from20 && others && v.backTo(a) == nil {
		f.Certainty = Possible
		f.Story = append(f.Story, "Connections that the server made at our request arrived.")
		f.RuledOut = append(f.RuledOut, "Not ruled out: the server did not get to connect for the listing, because its command was lost.")
		return
	}
	// A search of which any attempt got here says nothing of where others die.
	if b := v.searchBack(); b.known() && b.trace.answer != hops.Open && !v.endsAtNAT(b) && len(v.halfHere()) == 0 {
		f.Where = v.locateBack(b)
		f.Story = append(f.Story, v.backStory(b, f.Where))
		notAnswers := refusedThere(b.trace.answer) || v.other.TellHalf
		if missed := v.missed(b); proven(missed) {
			notAnswers = true
			f.Story = append(f.Story, missedStory(missed))
		}
		if v.deaf(b) {
			f.Story = append(f.Story, deafStory)
		}
		f.Certainty = sure(notAnswers && (f.Where.Side == SideClient || f.Where.Side == SidePath))
		if !notAnswers {
			f.RuledOut = append(f.RuledOut, "Not ruled out: answers of this machine that get lost on the way back. This system does not tell of connections that come by half.")
		}
	}
	switch d := v.backTo(a); {
	case from20 && !others, others && !from20:
		f.Certainty = Certain
		f.Story = append(f.Story, sourceStory(from20))
		if others && f.Where.Side == SideUnknown {
			f.Owner = PathOwner
			f.Fixes = append(f.Fixes, Fix{Who: ServerNetwork, Do: "On the server's side: let new connections from the server's port 20 out.", Examples: letOut[:2]})
		}
	case f.Where.Side == SideUnknown && d != nil && opened(dialOf(d)):
		f.Certainty = Certain
	}
	switch f.Where.Side {
	case SideUnknown, SideServer:
		f.RuledOut = append(f.RuledOut, "Not decided: on which side the server's packets die.")
	default:
		f.RuledOut = append(f.RuledOut, "A server that does not connect, and a firewall of its own side that lets nothing out: its packets get farther.")
	}
	if f.Where.Side == SidePath {
		f.Owner = PathOwner
		f.Fixes[len(f.Fixes)-1].Who = PathOwner
	}
}

// answersOfOurs tells where the server's connections got to this machine, and
// the answers did not get back.
func (v *view) answersOfOurs(f *Finding, a active) bool {
	d := v.backTo(a)
	var ports []uint16
	from20 := false
	for _, h := range v.halfHere() {
		if d == nil || (h.From.Port() == 20) == (d.From.Port() == 20) {
			ports, from20 = append(ports, h.Local.Port()), h.From.Port() == 20
		}
	}
	if len(ports) == 0 {
		return false
	}
	slices.Sort(ports)
	f.Certainty, f.Owner, f.Title = Certain, PathOwner, "Answers to the server's connection vanish"
	f.Story[0] = fmt.Sprintf("In active mode we announced %s. The server accepted that, and was to connect there for a listing, but no connection came about.", a.Announced)
	f.Story = append(f.Story, fmt.Sprintf("This machine saw packets of the server's arrive and answered them (ports %s). It is the answers that die on the way back.", portWords(slices.Compact(ports))))
	f.RuledOut = append(f.RuledOut, "A firewall that does not let the server's connections in or out: they arrive.")
	if !v.placeOwnExpired(f, from20) {
		f.RuledOut = append(f.RuledOut, "Not decided: which device drops the answers. A rule that goes by port numbers and does not know which connections it let through does.")
	}
	f.Fixes = v.letOwnAnswers(f.Where.Side, a)
	return true
}

// letOwnAnswers is what to do about answers of this client that get lost on a
// side.
func (v *view) letOwnAnswers(side Side, a active) []Fix {
	there := Fix{Who: ServerNetwork, Do: "Let in the answers to connections that the server opens: to its port 20 and to its high ports.",
		Examples: []Example{{"nft", "nft add rule inet filter input ct state established,related accept   (forward, on the device in front)"},
			{"AWS", "network ACL: inbound TCP 20 and 1024-65535 from the clients"}}}
	here := Fix{Who: ClientNetwork, Do: fmt.Sprintf("On this side: let out the answers of this client to %s.", a.peer),
		Examples: []Example{{"nft", "nft add rule inet filter forward ct state established,related accept   (output, on this machine)"},
			{"iptables", "iptables -I FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT   (OUTPUT, on this machine)"}}}
	switch side {
	case SideServer:
		return v.passiveOr(there)
	case SideClient:
		return v.passiveOr(here)
	case SidePath:
		return v.passiveOr(Fix{Who: PathOwner, Do: fmt.Sprintf("Let answers of clients to connections from %s pass, and let them take the way that the connections come by.", a.peer)})
	}
	return append(v.passiveOr(there), here)
}

// endsAtNAT reports whether the other end's search came as far as a NAT device
// on this side. There it ends whatever becomes of the ports that an FTP helper
// opens: the port that it went to was not announced in the dialogue.
func (v *view) endsAtNAT(b back) bool {
	return v.seen.known() && v.seen.addr != v.local && v.locateBack(b).Side == SideClient
}

// sources tells from which source ports the other end's attempts arrived, as
// far as both kinds were tried; both are true where neither makes a difference.
func (v *view) sources() (from20, others bool) {
	tried20, triedOther := false, false
	for _, p := range v.toClient() {
		if p.Source == 20 {
			tried20, from20 = true, from20 || p.State == PortArrived
		} else if p.Source > 0 {
			triedOther, others = true, others || p.State == PortArrived
		}
	}
	if !tried20 || !triedOther {
		return false, false
	}
	return from20, others
}

func sourceStory(from20 bool) string {
	if from20 {
		return "Connections that the server made at our request arrived from its port 20, and from no other port: the firewall admits that source port only."
	}
	return "Connections that the server made at our request arrived from high ports, and not from its port 20."
}
