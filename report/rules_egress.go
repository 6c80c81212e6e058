package report

import (
	"fmt"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// The server's connections to this client, as both ends saw them.

// egressBlocked reports whether the other end's attempts die on its own side.
func (v *view) egressBlocked() bool {
	b := v.searchBack()
	return b.known() && b.trace.answer != hops.Open && !v.arrivedFromThere() && v.locateBack(b).Side == SideServer
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
	f.Story = append(f.Story, v.backStory(b, f.Where)+" So they do not leave the server's own side.")
	f.Effect = "Active mode fails with this server." + v.passiveHint()
	f.RuledOut = []string{"A firewall or NAT on this side: the server's packets do not get that far."}
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
	from20, others := v.sources()
	if b := v.searchBack(); b.known() && b.trace.answer != hops.Open && !v.endsAtNAT(b) {
		f.Where = v.locateBack(b)
		f.Story = append(f.Story, v.backStory(b, f.Where))
		f.Certainty = sure(f.Where.Side == SideClient || f.Where.Side == SidePath)
	}
	switch d := v.backTo(a); {
	case from20 && !others, others && !from20:
		f.Certainty = Certain
		f.Story = append(f.Story, sourceStory(from20))
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
