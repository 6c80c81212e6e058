package report

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// Reaching the server, up to its greeting.
var reachRules = []rule{
	{Code: Code{"name-not-found", Problem, ClientUser, "The name has no address",
		"The name does not exist, or has no address of the wanted family."}, when: nameNotFound},
	{Code: Code{"name-lookup-failed", Problem, ClientNetwork, "The name could not be looked up",
		"The resolver gave no answer, so nothing is known about the name."}, when: nameLookupFailed},
	{Code: Code{"control-rejected", Problem, ServerNetwork, "A device on the way refuses the control port",
		"A router or firewall answers \"prohibited\" or \"unreachable\" to connections to the control port."}, when: controlRejected},
	{Code: Code{"control-refused", Problem, ServerAdmin, "Nothing listens on the control port",
		"The control port refuses connections."}, when: controlRefused},
	{Code: Code{"control-filtered", Problem, ServerNetwork, "Connections to the control port vanish",
		"Connection attempts to the control port get no answer."}, when: controlFiltered},
	{Code: Code{"not-ftp", Problem, ClientUser, "Another protocol answers on this port",
		"The first bytes that the server sends are not FTP."}, when: notFTP},
	{Code: Code{"control-closed", Problem, ServerAdmin, "The server hangs up before a greeting",
		"The control connection is accepted and then closed without a greeting."}, when: controlClosed},
	{Code: Code{"control-silent", Problem, ServerAdmin, "The server accepts and stays silent",
		"The control connection is accepted and no greeting comes."}, when: controlSilent},
	{Code: Code{"address-family-broken", Warning, ServerNetwork, "IPv4 or IPv6 does not reach the server",
		"The name has IPv4 and IPv6 addresses, and those of one family do not answer on the control port."}, when: familyBroken},
	{Code: Code{"greeting-slow", Warning, ServerAdmin, "The greeting comes late",
		"The server takes 3 seconds or more from connection to greeting."}, when: greetingSlow},
}

func nameNotFound(v *view) *Finding {
	l := v.ev.Lookup
	if l == nil || l.Outcome != probe.OutcomeNotFound {
		return nil
	}
	f := &Finding{Certainty: Certain, Checks: []probe.Check{probe.CheckName},
		Story:  []string{fmt.Sprintf("The resolver answered that %s has no address.", v.host())},
		Effect: "No client can connect by this name.",
		Fixes:  []Fix{{Who: ClientUser, Do: "Check the spelling; ask the server's administrator for the right name."}}}
	if l.Text != "" {
		f.Story[0] += " Its words: " + sentence(l.Text)
	}
	if s := v.ev.Start; s != nil && s.Options.Family != 0 {
		f.Story = append(f.Story, fmt.Sprintf("Only IPv%d was asked for (-%d).", s.Options.Family, s.Options.Family))
		f.Fixes = append(f.Fixes, Fix{Who: ClientUser, Do: fmt.Sprintf("Or leave -%d out.", s.Options.Family)})
	}
	return f
}

func nameLookupFailed(v *view) *Finding {
	l := v.ev.Lookup
	if l == nil || l.Outcome != probe.OutcomeFailed && l.Outcome != hops.Timeout {
		return nil
	}
	f := &Finding{Certainty: Certain, Checks: []probe.Check{probe.CheckName},
		Story:    []string{fmt.Sprintf("The resolver gave no answer about %s within %s.", v.host(), ms(l.Took))},
		Effect:   "No client on this machine can connect by name.",
		RuledOut: []string{"Not known: whether the name exists. The resolver failed, it did not say no."},
		Fixes:    []Fix{{Who: ClientNetwork, Do: "Check the resolver that this machine uses, and try the server's address in place of its name."}}}
	if l.Outcome == probe.OutcomeFailed {
		f.Story[0] = fmt.Sprintf("The resolver answered the question about %s with a failure: %s", v.host(), sentence(l.Text))
	}
	return f
}

// ungreeted returns how the first session gave out before its greeting.
func (v *view) ungreeted(outcomes ...probe.Outcome) *probe.Loss {
	s := v.login
	if s == nil || s.Greeting != nil || s.Lost == nil || s.Lost.Command != "" || !v.ran(s.Check) || !slices.Contains(outcomes, s.Lost.Outcome) {
		return nil
	}
	return s.Lost
}

var foreign = map[string]struct{ name, fix string }{
	"ssh":  {"SSH", "For SFTP use an SFTP client (sftp, WinSCP, FileZilla with sftp://); for FTP use the FTP server's port, usually 21."},
	"http": {"HTTP", "This is a web server or proxy. Use the FTP server's own name and port, usually 21."},
	"tls":  {"TLS", "The port speaks TLS from the first byte. Set the client to implicit TLS, or use port 21."},
	"smtp": {"SMTP (mail)", "This is a mail server. Use the FTP server's own name and port, usually 21."},
	"pop3": {"POP3 (mail)", "This is a mail server. Use the FTP server's own name and port, usually 21."},
	"imap": {"IMAP (mail)", "This is a mail server. Use the FTP server's own name and port, usually 21."},
}

func notFTP(v *view) *Finding {
	l := v.ungreeted(probe.OutcomeForeign)
	if l == nil {
		return nil
	}
	kind, first, _ := strings.Cut(l.Text, ":")
	f := &Finding{Certainty: Certain, Checks: []probe.Check{probe.CheckControl},
		Story:  []string{fmt.Sprintf("What answers at %s does not begin as FTP does. Its first bytes: %s", v.peer, sentence(first))},
		Effect: "No FTP client can use this port.",
		Fixes:  []Fix{{Who: ClientUser, Do: "Check host and port: FTP uses port 21."}}}
	if k, ok := foreign[strings.TrimSpace(kind)]; ok {
		f.Title = k.name + " answers on this port, not FTP"
		f.Fixes[0].Do = k.fix
	}
	return f
}

// resetAtOnce is the case that a control connection opened and was reset
// before a session could begin.
func (v *view) resetAtOnce() *probe.Loss {
	for _, d := range v.ev.Control {
		if v.login == nil && d.Outcome == hops.Reset {
			return &probe.Loss{Check: probe.CheckControl, Outcome: hops.Reset, Took: d.Took}
		}
	}
	return nil
}

func controlClosed(v *view) *Finding {
	l := v.ungreeted(probe.OutcomeClosed, hops.Reset)
	if l == nil {
		if l = v.resetAtOnce(); l == nil {
			return nil
		}
	}
	how := hangUp(l)
	return &Finding{Certainty: Certain, Checks: []probe.Check{probe.CheckControl},
		Story:    []string{fmt.Sprintf("%s accepted the connection and %s it after %s, without a greeting.", v.peer, how, ms(l.Took))},
		Effect:   "No client can log in from here.",
		RuledOut: []string{"A blocked port: the connection did open.", "Not decided: a ban or access list, a limit, a load balancer without a server behind it, or a port that wants TLS first."},
		Fixes:    fixDenied(v)}
}

func controlSilent(v *view) *Finding {
	l := v.ungreeted(hops.Timeout)
	if l == nil {
		return nil
	}
	f := &Finding{Certainty: Likely, Checks: []probe.Check{probe.CheckControl},
		Story:    []string{fmt.Sprintf("%s accepted the connection and sent nothing for %s.", v.peer, ms(l.Took))},
		Effect:   "Clients hang before the login.",
		RuledOut: []string{"A blocked port: the connection did open.", "Not tested: whether the port waits for TLS (implicit FTPS), or a device accepts in place of a dead server."},
		Fixes: []Fix{{Who: ServerAdmin, Do: "Look whether the server process works: it may wait for a name server or for its backend.", Examples: quickGreeting.examples(v.product)},
			{Who: ClientUser, Do: "If the server offers implicit TLS on this port, set the client to it."}}}
	if t := implicitTrial(v.ev); t != nil {
		f.Story = append(f.Story, fmt.Sprintf("On a second connection we began with TLS at once (implicit TLS). That ended: %s.", handshakeWords(t)))
		f.RuledOut[1] = "A port that waits for TLS: a ClientHello got no answer in TLS either."
		f.Fixes = f.Fixes[:1]
	}
	if v.peer.Port() == 990 {
		f.Story = append(f.Story, "Port 990 is the one for implicit TLS, where the client speaks first.")
	}
	return f
}

func familyBroken(v *view) *Finding {
	works, fails := map[string]netip.AddrPort{}, map[string]*probe.Dial{}
	for i := range v.ev.Control {
		d := &v.ev.Control[i]
		switch fam := family(d.To.Addr()); {
		case opened(d):
			works[fam] = d.To
		case tested(d.Outcome) && !noRoute(d) && fails[fam] == nil:
			fails[fam] = d
		}
	}
	for _, pair := range [][2]string{{"IPv6", "IPv4"}, {"IPv4", "IPv6"}} {
		bad, good := pair[0], pair[1]
		d, at := fails[bad], works[good]
		if d == nil || works[bad].IsValid() || !at.IsValid() {
			continue
		}
		f := &Finding{Certainty: Likely, Checks: []probe.Check{probe.CheckControl}, Title: "No answer over " + bad,
			Story:    []string{fmt.Sprintf("The name has %s and %s addresses. %s works, but %s %s.", good, bad, at, d.To, outcomeWords(d))},
			Effect:   fmt.Sprintf("Clients that try %s first hang or fail; those that try both at once work.", bad),
			RuledOut: []string{fmt.Sprintf("A server that is down: it answers over %s.", good), fmt.Sprintf("Not tested: whether this machine's %s works with other servers.", bad)},
			Fixes: []Fix{{Who: ServerNetwork, Do: fmt.Sprintf("Let the server listen on %s and open its firewall for %s (a separate set of rules), or take %s out of the name.", bad, bad, d.To.Addr().Unmap()),
				Examples: settings{"vsftpd": "listen_ipv6=YES", "ProFTPD": "UseIPv6 on"}.examples(v.product)}},
		}
		f.Where = v.locate(readTrace(v.ev.PathTo(d.To)), d.ICMP)
		f.Certainty = sure(d.Outcome == hops.Refused)
		return f
	}
	return nil
}

func greetingSlow(v *view) *Finding {
	s := v.login
	if s == nil || s.Greeting == nil || s.Greeting.Took < slowGreeting || !v.ran(s.Check) {
		return nil
	}
	others, late := 0, 0
	for _, o := range v.sessions() {
		if o != s && o.Greeting != nil {
			others++
			if o.Greeting.Took >= slowGreeting {
				late++
			}
		}
	}
	f := &Finding{Certainty: sure(others > 0 && late == others), Checks: []probe.Check{s.Check},
		Story:  []string{fmt.Sprintf("The connection opened at once, but the greeting came after %s. Servers that look up the client's name, or ask it who the user is (ident), wait like this when no answer comes.", ms(s.Greeting.Took))},
		Effect: "Every login takes that much longer; impatient clients give up.",
		Fixes:  []Fix{{Who: ServerAdmin, Do: "Switch the look-up of client names off, or repair the server's name resolution.", Examples: quickGreeting.examples(v.product)}}}
	if others > 0 {
		f.Story = append(f.Story, fmt.Sprintf("Of %d further sessions %d were as late.", others, late))
	}
	if late == 0 && others > 0 {
		f.Effect = "A login that meets this waits that long. The other sessions of this run did not."
		f.RuledOut = []string{"Not ruled out: a passing load, because later greetings came in time."}
	}
	return f
}
