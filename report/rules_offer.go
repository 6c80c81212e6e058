package report

import (
	"fmt"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/wire"
)

// tlsStripped: FEAT offers AUTH TLS, and AUTH is refused; or AUTH is accepted,
// and FEAT does not offer it in a session without TLS.
func tlsStripped(v *view) *Finding {
	s := v.secured()
	switch {
	case s.auth == nil || s.features == nil:
		return nil
	case s.refused() && s.offered:
		return v.authRefused(s)
	case s.auth.Code/100 == 2 && !s.offered || s.auth.Code == 334 && !s.offered:
		return v.authUnlisted(s)
	}
	return nil
}

func (v *view) authRefused(s secured) *Finding {
	f := v.tlsFinding()
	f.Quote = append(v.featureLine(s, "AUTH"), v.quoteReply(probe.CheckSecure, s.auth)...)
	f.Story = []string{"The server's FEAT reply offers AUTH TLS, but the command itself was refused:"}
	f.RuledOut = []string{"A server without TLS: its own list names it."}
	server := Fix{Who: ServerAdmin, Do: "Look into the server's log: a certificate or key that cannot be read makes a server refuse AUTH.", Examples: certificateFile.examples(v.product)}
	device := Fix{Who: ServerNetwork, Do: "Look for an FTP helper, proxy or scanner on the control port, on both sides, that keeps FTP readable by refusing AUTH; let AUTH pass."}
	switch s.auth.Code {
	case 431, 534: // RFC 4217 10.1: a resource it lacks, or a policy of its own
		f.Owner, f.Where.Side = ServerAdmin, SideServer
		f.Story = append(f.Story, fmt.Sprintf("%d is a code that only a server which knows TLS gives: it lacks something that it needs for TLS, or is not willing.", s.auth.Code))
		f.Fixes = []Fix{server}
	default:
		f.Story = append(f.Story, "Either a device on the way answers in the server's place to keep the dialogue readable, or the server's own TLS does not work.")
		f.RuledOut = append(f.RuledOut, "Not decided: a device on the way, or the server. The opposite end (ftpcheck serve), or the server's log, tells whether AUTH arrived.")
		f.Fixes = []Fix{device, server}
	}
	f.Story = append(f.Story, v.withheld()...)
	return f
}

// authUnlisted: over TLS nobody on the way can change FEAT, so that the server's
// own list shows what it said.
func (v *view) authUnlisted(s secured) *Finding {
	hidden := false
	for _, each := range v.sessions() {
		r := each.Reply("FEAT")
		hidden = hidden || each.TLS.OK() && r != nil && r.Code == 211 && wire.ParseFEAT(r.Lines).OfferTLS()
	}
	f := v.tlsFinding()
	f.Severity, f.Certainty = Warning, Possible
	f.Title = "TLS is accepted but not offered"
	f.Quote = v.quoteReply(probe.CheckSecure, s.auth)
	f.Story = []string{"The server accepted AUTH TLS:", "But in a session without TLS its FEAT reply does not offer it."}
	f.Effect = "Clients that look at FEAT before they use TLS log in without it."
	f.RuledOut = []string{"Not ruled out: a server that does not list everything it knows."}
	if hidden {
		f.Certainty, f.RuledOut = Certain, nil
		f.Story = append(f.Story, "Inside TLS, where nobody on the way can change it, the same server's FEAT reply does list AUTH TLS: a device takes the line out.")
	}
	f.Fixes = []Fix{{Who: ServerNetwork, Do: "Look for a proxy or FTP helper on the control port, on both sides, that shortens the FEAT reply."}}
	return f
}

// featureLine quotes the line of the FEAT reply that lists a feature.
func (v *view) featureLine(s secured, name string) []Quote {
	for i, l := range s.features.Lines {
		if strings.HasPrefix(strings.ToUpper(strings.TrimSpace(l)), name) {
			for _, x := range s.session.Exchanges {
				if x.Final() != nil && verb(x.Command) == "FEAT" {
					return v.quote(x.Check, s.features.Line-(len(s.features.Lines)-1-i))
				}
			}
		}
	}
	return nil
}

func tlsUnavailable(v *view) *Finding {
	s := v.secured()
	asked := s.mode == probe.TLSExplicit || s.switchedOff() && len(v.withheld()) > 0
	if !asked || !s.refused() || s.offered {
		return nil
	}
	f := v.tlsFinding()
	f.Certainty, f.Where.Side = sure(s.features != nil), SideServer
	f.Quote = v.quoteReply(probe.CheckSecure, s.auth)
	f.Story = []string{"Explicit TLS was asked for, and the server refuses it:"}
	if s.switchedOff() {
		f.Certainty = Certain
		f.Story = append(f.Story, "These are Pure-FTPd's words when TLS is switched off. It lists AUTH TLS in FEAT all the same.")
		f.Story = append(f.Story, v.withheld()...)
	} else if s.features != nil {
		f.Story = append(f.Story, "Its FEAT reply does not list AUTH either: TLS is not built in or not switched on.")
	} else {
		f.RuledOut = []string{"Not known: whether the server lists AUTH; it answers no FEAT."}
	}
	f.Effect = "Clients set to TLS cannot log in."
	f.Fixes = []Fix{
		{Who: ServerAdmin, Do: "Switch TLS on, and give the server a certificate.", Examples: tlsOn.examples(v.product)},
		{Who: ClientUser, Do: "If nothing secret is at stake: --tls off, and the same in other clients."},
	}
	return f
}

func passwordInClear(v *view) *Finding {
	s := v.login
	if s == nil || s.TLS.OK() || v.anonymous() || v.sameMachine() || !v.ran(probe.CheckLogin) {
		return nil
	}
	sent := s.Reply("PASS")
	if sent == nil {
		return nil
	}
	f := &Finding{Certainty: Certain, Checks: []probe.Check{probe.CheckLogin},
		Story:  []string{fmt.Sprintf("User and password went to %s without encryption.", v.peer)},
		Effect: "Whoever can read the traffic on the way has the password.",
		Fixes:  []Fix{{Who: ClientUser, Do: "Use TLS where the server offers it.", Examples: useExplicitTLS(v.site())}}}
	switch t := v.secured(); {
	case t.mode == probe.TLSOff:
		f.Story = append(f.Story, "TLS was switched off by --tls off.")
	case t.refused() && t.offered:
		f.Story = append(f.Story, "The server offers TLS, and refused it when it was asked for.")
		f.Fixes = []Fix{{Who: ClientUser, Do: "Without --insecure, such a server gets no password."}}
	case t.broken() || t.stalled() != nil:
		f.Story = append(f.Story, "TLS was tried and did not come about.")
		f.Fixes = []Fix{{Who: ClientUser, Do: "Without --insecure, such a server gets no password."}}
	case t.refused() && !t.offered:
		f.Story = append(f.Story, "The server offers no TLS.")
		f.Fixes = []Fix{{Who: ServerAdmin, Do: "Switch TLS on, and give the server a certificate.", Examples: tlsOn.examples(v.product)}}
	}
	return f
}
