package report

import (
	"fmt"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/wire"
)

// What the server announces in passive mode.
var passiveRules = []rule{
	{Code: Code{"passive-address-private", Problem, ServerAdmin, "The server announces a private address",
		"The 227 reply to PASV names a private or provider-NAT address although the server is reached at another one."},
		when: addressPrivate},
	{Code: Code{"passive-address-unusable", Problem, ServerAdmin, "The server announces an unusable address",
		"The 227 reply to PASV names a loopback, unspecified, multicast or link-local address."},
		when: addressUnusable},
	{Code: Code{"passive-hairpin", Problem, ServerNetwork, "Public address announced to the own network",
		"Client and server share a private network, the 227 reply names the public address, and the router does not lead it back in."},
		when: addressHairpin, hides: []string{"passive-address-foreign"}},
	{Code: Code{"passive-address-foreign", Problem, ServerAdmin, "The server announces a foreign address",
		"The 227 reply to PASV names a public address that is not the one of the control connection."},
		when: addressForeign},
	{Code: Code{"passive-reply-malformed", Problem, ServerAdmin, "The passive reply breaks the standard",
		"A 227 or 229 reply came that cannot be parsed by RFC 959 or RFC 2428."},
		when: replyMalformed},
	{Code: Code{"passive-ports-exhausted", Problem, ServerAdmin, "The server runs out of passive ports",
		"The server has no free passive port for a further session."},
		when: outOfPorts, hides: []string{"passive-disabled", "passive-range-wide", "later-transfers-fail"}},
	{Code: Code{"passive-disabled", Problem, ServerAdmin, "The server refuses passive mode",
		"The server refuses PASV and EPSV."},
		when: passiveDisabled, hides: []string{"pasv-on-ipv6", "epsv-unsupported"}},
	{Code: Code{"epsv-unsupported", Warning, ServerAdmin, "The server does not know EPSV",
		"The server refuses EPSV; over IPv6 that leaves no passive mode."},
		when: epsvUnsupported, hides: []string{"pasv-on-ipv6"}},
	{Code: Code{"pasv-on-ipv6", Note, Nobody, "PASV cannot serve an IPv6 connection",
		"PASV can only announce IPv4 addresses; over IPv6 clients have to use EPSV."},
		when: pasvOnIPv6},
}

// announcedAddress returns the PASV try when its 227 names an address that is
// not the control host, over IPv4. Over IPv6 a 227 proves nothing.
func (v *view) announcedAddress() *passive {
	p := v.passiveOf(probe.CheckPASV)
	if p == nil || !p.differs || p.peer.Is6() || v.blind(p.Check) || v.distorted(p.Check) {
		return nil
	}
	return p
}

// quoteAddress quotes the 227 with the address underlined.
func (v *view) quoteAddress(p *passive) []Quote {
	quotes := v.quoteReply(p.Check, p.Reply)
	if _, at, err := wire.ParsePASV(text(p.Reply)); err == nil {
		label := string(classOf(p.Announced.Addr()))
		if label == string(classPublic) {
			label = "not " + p.peer.String()
		}
		return markSpan(quotes, at.From, at.To, label)
	}
	return quotes
}

// addressFinding is what the rules about a wrong announced address share.
func (v *view) addressFinding(p *passive, why string) *Finding {
	at := p.Announced.Addr().Unmap()
	f := &Finding{
		Checks: []probe.Check{p.Check},
		Quote:  v.quoteAddress(p),
		Story:  []string{fmt.Sprintf("In passive mode the server told us to connect to %s:", at), why + " " + v.dialStory(p)},
		Effect: v.addressEffect(p),
		Where:  &Where{Side: SideServer, Of: v.distance()},
		Fixes:  fixAnnounce(v, p),
	}
	f.Certainty = sure(opened(p.host) && p.judged())
	switch {
	case opened(p.host):
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("A firewall that blocks the port: %s opened.", p.host.To))
	case p.host == nil:
		f.RuledOut = append(f.RuledOut, "Not tested: the same port on the control host.")
	default:
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("Not ruled out: something else blocks the port too, because %s %s.", p.host.To, outcomeWords(p.host)))
	}
	if t := v.twin(p.Check); t != nil && t.sent != "" && t.got != "" && !t.changed() {
		f.Checks = append(f.Checks, probe.CheckPeer)
		f.RuledOut = append(f.RuledOut, "An FTP helper on the way that changes the reply: the server says that it sent this very one.")
		for i := range f.Story {
			f.Story[i] = strings.Replace(f.Story[i], "A stale setting, or an FTP helper on the way, looks the same.", "A stale setting looks the same.", 1)
		}
	}
	if !p.judged() {
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("Not tested: whether %s accepts the data connection. \"--follow always\" dials it.", p.Announced.Addr().Unmap()))
	}
	return f
}

// judged reports whether it is known what the announced address is worth: it
// was dialled, or no host can be reached at such an address.
func (p *passive) judged() bool { return p.announced != nil || unusable(p.Announced.Addr()) }

// addressEffect speaks only of the clients whose way was tried.
func (v *view) addressEffect(p *passive) string {
	trust := "Clients that trust the reply hang or fail in PASV."
	if !p.judged() {
		trust = fmt.Sprintf("Clients that trust the reply need %s to lead to the server, which was not tested.", p.Announced.Addr().Unmap())
	}
	switch {
	case p.Listed():
		trust += " Clients that ignore the announced address work."
	case failed(p.host):
		trust += " Those that ignore the announced address fail, because the port itself is not reachable."
	}
	return trust + v.epsvWord()
}

// dialStory tells how the two dials ended.
func (v *view) dialStory(p *passive) string {
	var parts []string
	switch {
	case p.announced != nil:
		parts = append(parts, fmt.Sprintf("%s %s.", p.announced.To, outcomeWords(p.announced)))
	case p.NotDialled != "":
		parts = append(parts, "The announced address was not dialled.")
	}
	switch {
	case opened(p.host):
		parts = append(parts, fmt.Sprintf("The port itself is fine: %s accepted a connection in %s.", p.host.To, ms(p.host.Took)))
	case p.host != nil:
		parts = append(parts, fmt.Sprintf("The same port on the control host: %s %s.", p.host.To, outcomeWords(p.host)))
	}
	return strings.Join(parts, " ")
}

func (v *view) epsvWord() string {
	if e := v.passiveOf(probe.CheckEPSV); e != nil && e.Listed() {
		return " EPSV works."
	}
	return ""
}

func addressPrivate(v *view) *Finding {
	p := v.announcedAddress()
	if p == nil || !inner(p.Announced.Addr()) || opened(p.announced) {
		return nil
	}
	at := p.Announced.Addr().Unmap()
	if public(p.peer) {
		return v.addressFinding(p, fmt.Sprintf(
			"The control connection goes to %s, so %s is most likely an address behind the server's own NAT. A stale setting, or an FTP helper on the way, looks the same.", p.peer, at))
	}
	// Between private networks an address is only wrong when it fails where
	// the control host works.
	if !failed(p.announced) || !opened(p.host) {
		return nil
	}
	f := v.addressFinding(p, fmt.Sprintf("The control connection goes to %s, a %s address. From here %s cannot be reached.", p.peer, classOf(p.peer), at))
	f.fromInside(p)
	return f
}

// fromInside lowers a finding about an address that may be right for clients
// elsewhere: this one reached the server at an address that only exists here.
func (f *Finding) fromInside(p *passive) {
	if classOf(p.peer) != classLoopback {
		return
	}
	f.Severity, f.Certainty = Warning, Possible
	f.RuledOut = append(f.RuledOut, "Not ruled out: it is right for clients on other machines. This one stands on the server itself.")
}

func addressUnusable(v *view) *Finding {
	p := v.announcedAddress()
	if p == nil || !unusable(p.Announced.Addr()) || opened(p.announced) {
		return nil
	}
	at := p.Announced.Addr().Unmap()
	f := v.addressFinding(p, fmt.Sprintf("%s is a %s address: no other host can be reached there. The control connection goes to %s.", at, classOf(at), p.peer))
	if classOf(at) == classUnspecified {
		f.Story[1] = "0.0.0.0 stands for \"the address that you are connected to\": some servers and services mean it so, and many clients understand it, others do not. " + v.dialStory(p)
		f.Severity = Warning
		f.Effect = "Clients that take the announced address at its word fail in PASV."
		switch {
		case p.Listed():
			f.Effect += " Clients that put the control host in its place work."
		case failed(p.host):
			f.Effect += " Those that put the control host in its place fail as well, because the port itself is not reachable."
		}
		f.Effect += v.epsvWord()
	}
	return f
}

func addressHairpin(v *view) *Finding {
	p := v.announcedAddress()
	if p == nil || !public(p.Announced.Addr()) || !inner(p.peer) || !inner(v.local) || opened(p.announced) {
		return nil
	}
	at := p.Announced.Addr().Unmap()
	f := v.addressFinding(p, fmt.Sprintf("This client (%s) and the server (%s) stand in one private network, but %s is the public address.", v.local, p.peer, at))
	f.Fixes = fixHairpin(v, p)
	if p.announced == nil {
		f.Severity, f.Certainty = Warning, Possible
		return f
	}
	f.Story[1] += " The router does not lead connections from inside to its public address back in (hairpin NAT)."
	f.Effect = "Clients inside this network that trust the reply fail in PASV. Clients outside are not concerned." + v.epsvWord()
	return f
}

func addressForeign(v *view) *Finding {
	p := v.announcedAddress()
	if p == nil || !public(p.Announced.Addr()) || opened(p.announced) && !public(p.peer) {
		return nil // with the server's inner address at hand, an outer one that opens is the right one for clients outside
	}
	f := v.addressFinding(p, fmt.Sprintf("The control connection goes to %s. Another public address is right only if the server has both.", p.peer))
	switch {
	case opened(p.announced):
		f.Severity, f.Certainty = Warning, Certain
		f.Story[1] = fmt.Sprintf("The control connection goes to %s, but %s did accept a connection in %s: the server has several addresses, or several machines.", p.peer, p.announced.To, ms(p.announced.Took))
		f.Effect = "Clients that take the control host instead of a foreign address, for safety, may fail; others work."
		f.RuledOut = nil
	case p.announced == nil:
		f.Story[1] += " A third party's address is not dialled without being asked to."
	}
	f.fromInside(p)
	return f
}
