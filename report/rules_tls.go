package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// TLS on the control connection.
var tlsRules = []rule{
	{Code: Code{"tls-mode-mismatch", Problem, ClientUser, "The port speaks the other kind of TLS",
		"Implicit TLS was spoken to a port for explicit TLS or plain FTP, or the reverse."},
		when: tlsModeMismatch, hides: []string{"control-silent", "not-ftp", "control-closed", "tls-handshake-failed", "tls-unavailable"}},
	{Code: Code{"client-certificate-required", Problem, ClientUser, "The server wants a client certificate",
		"The server ends the TLS handshake because the client shows no certificate of its own."},
		when: clientCertificateRequired, hides: []string{"tls-handshake-failed", "control-stalled", "tls-required", "login-rejected"}},
	{Code: Code{"tls-outdated", Warning, ServerAdmin, "The server speaks only old versions of TLS",
		"The newest version of TLS that the server speaks is 1.1 or 1.0, which RFC 8996 has withdrawn."},
		when: tlsOutdated, hides: []string{"tls-handshake-failed", "tls-required", "login-rejected"}},
	{Code: Code{"tls-handshake-failed", Problem, ServerAdmin, "The TLS handshake fails",
		"The server accepted TLS, and the handshake on the control connection failed."},
		when: tlsHandshakeFailed, hides: []string{"tls-required", "login-rejected", "control-closed", "control-silent"}},
	{Code: Code{"tls-stripped", Problem, ServerNetwork, "TLS is offered and then refused",
		"FEAT and AUTH TLS contradict each other: something takes TLS away from the dialogue, or the server's TLS is broken."},
		when: tlsStripped, hides: []string{"tls-required", "login-rejected", "tls-unavailable"}},
	{Code: Code{"tls-unavailable", Problem, ServerAdmin, "The server has no TLS",
		"TLS was asked for, and the server neither offers nor accepts it."},
		when: tlsUnavailable, hides: []string{"tls-required"}},
	{Code: Code{"password-in-clear", Note, ClientUser, "The password crossed the network in clear",
		"A user logged in without TLS: whoever can read the traffic has the password."},
		when: passwordInClear},
}

// ftpReply matches the first line of an FTP server's greeting.
var ftpReply = regexp.MustCompile(`^\s*[1-5]\d\d[ -]`)

func (v *view) secured() secured { return securedOf(v.ev) }

// tlsFinding is what the findings about the control connection's TLS share. A
// plain login that is refused for want of TLS follows from them.
func (v *view) tlsFinding(checks ...probe.Check) *Finding {
	if r := v.turnedAway(); r != nil && tlsText.MatchString(r.all()) {
		checks = append(checks, r.check)
	}
	return &Finding{Certainty: Likely, Checks: append(checks, probe.CheckSecure), Where: &Where{Side: SideUnknown, Of: v.distance()},
		Effect: "Clients set to TLS cannot log in." + v.clearHint()}
}

// clearHint tells that the run went on without TLS.
func (v *view) clearHint() string {
	if v.login != nil && v.login.LoggedIn && !v.login.TLS.OK() {
		return " Plain FTP works, unprotected."
	}
	return ""
}

// withheld tells that, and why, no password was sent.
func (v *view) withheld() []string {
	if run := v.ev.Checks[probe.CheckLogin]; run == nil || run.Skipped == "" || v.anonymous() {
		return nil
	}
	return []string{"The password was therefore not sent, and nothing behind the login was checked. With --insecure it is sent all the same."}
}

// anonymous reports whether no password of value is at stake, as far as known.
func (v *view) anonymous() bool {
	user := ""
	if v.ev.Start != nil {
		user = v.ev.Start.User
	}
	if v.login != nil {
		for _, x := range v.login.Exchanges {
			if name, ok := strings.CutPrefix(x.Command, "USER "); ok {
				user = name
			}
		}
	}
	return user == "" || strings.EqualFold(user, "anonymous") || strings.EqualFold(user, "ftp")
}

func tlsModeMismatch(v *view) *Finding {
	s, trial := v.secured(), implicitTrial(v.ev)
	switch {
	case s.session == nil:
	case s.mode == probe.TLSImplicit && greetsPlain(s.handshake):
		f := v.tlsFinding(probe.CheckControl)
		f.Certainty, f.Where.Side = Certain, SideServer
		f.Title = "Implicit TLS spoken to an explicit port"
		f.Story = []string{fmt.Sprintf("We began with TLS at once, as implicit TLS demands. The server answered with the greeting of plain FTP, which begins with %q.", s.handshake.Text)}
		f.Effect = "Clients set to implicit TLS cannot connect to this port."
		f.Fixes = []Fix{{Who: ClientUser, Do: fmt.Sprintf("Set the client to explicit TLS (AUTH TLS) on port %d, or use the port for implicit TLS, usually 990.", v.peer.Port()),
			Examples: append([]Example{{"ftpcheck", "--tls explicit"}}, useExplicitTLS(v.site())...)}}
		return f
	case s.session.Greeting == nil && s.mode != probe.TLSImplicit && speaksTLS(trial):
		f := v.tlsFinding(probe.CheckControl)
		f.Certainty, f.Where.Side = sure(trial.OK()), SideServer
		f.Title = "The port expects TLS from the first byte"
		f.Story = []string{fmt.Sprintf("%s accepted the connection and sent no greeting. On a second connection we began with TLS at once, and it answered: %s.", v.peer, trialEnd(trial)),
			"That is implicit TLS: the client has to speak first, and FTP begins inside the encryption."}
		f.Effect = "Clients set to plain FTP or to explicit TLS hang at this port."
		f.RuledOut = []string{"A server that hangs: it answers a ClientHello."}
		f.Fixes = []Fix{{Who: ClientUser, Do: "Set the client to implicit TLS on this port, or use the port for explicit TLS, usually 21.", Examples: useImplicitTLS(v.host(), v.peer.Port())}}
		return f
	}
	return nil
}

func trialEnd(h *probe.Handshake) string {
	if !h.OK() {
		return handshakeWords(h)
	}
	if h.TLS.Version == "" {
		return "the handshake was completed"
	}
	return h.TLS.Version
}

var (
	certificateAlerts = []string{"certificate_required", "bad_certificate", "handshake_failure", "certificate_unknown", "no_certificate", "access_denied"}
	certificateWords  = regexp.MustCompile(`(?i)certificate required|bad certificate|handshake failure|did not return a certificate|client certificate`)
)

// clientCertificateRequired: up to TLS 1.2 the alert ends the handshake, and is
// handshake_failure (RFC 5246 7.4.6); version and cipher are agreed when the
// server asks. In TLS 1.3 the client has finished by then and reads the alert in
// place of a reply (RFC 8446 4.4.2.4).
func clientCertificateRequired(v *view) *Finding {
	s := v.secured()
	if s.handshake == nil {
		return nil
	}
	h, lost := s.handshake, s.session.Lost
	alert := alertName(h)
	asked := h.TLS.WantsClient
	plain := alert == "certificate_required"
	refused := asked && slices.Contains(certificateAlerts, alert)
	after := asked && h.OK() && lost != nil && !s.session.LoggedIn && lost.Outcome != hops.Timeout && lost.Outcome != probe.OutcomeCancelled
	if !plain && !refused && !after {
		return nil
	}
	f := v.tlsFinding()
	said := plain || alert == "bad_certificate" || alert == "handshake_failure" || after && certificateWords.MatchString(lost.Text)
	f.Certainty, f.Where.Side = sure(said), SideServer
	f.Story = []string{"In the TLS handshake the server asked for a client certificate. We have none to show, and it ended the connection" + byAlert(h, lost) + "."}
	f.Effect = "Only clients with a certificate that this server trusts can log in."
	if !said {
		f.RuledOut = []string{"Not ruled out: another reason for which it ends the handshake; many servers ask for a certificate without insisting on one."}
	}
	f.Fixes = []Fix{
		{Who: ClientUser, Do: "Get a client certificate from the server's administrator, and set the client to it.", Examples: []Example{
			{"curl", "curl --ssl-reqd --cert CERT.pem --key KEY.pem ftp://" + v.site()}, {"lftp", "set ssl:cert-file CERT.pem; set ssl:key-file KEY.pem"}}},
		{Who: ServerAdmin, Do: "If user and password are to suffice, do not demand one.", Examples: clientCertificate.examples(v.product)},
	}
	if after {
		f.Checks = append(f.Checks, lost.Check, probe.CheckLogin)
	}
	return f
}

// byAlert names the alert, or how the connection ended right after the handshake.
func byAlert(h *probe.Handshake, lost *probe.Loss) string {
	if a := alertName(h); a != "" {
		return " with the alert " + a
	}
	if lost == nil {
		return ""
	}
	return join(", right after the handshake", ": ", strings.TrimSuffix(sentence(lost.Text), "."))
}

func tlsOutdated(v *view) *Finding {
	newest := outdated(v.ev)
	if newest == "" {
		return nil
	}
	f := v.tlsFinding()
	f.Certainty, f.Where.Side = Certain, SideServer
	f.Story = []string{fmt.Sprintf("The newest version that the server agrees to is %s. %s", newest, v.versionStory())}
	f.Effect = "Current clients refuse to connect, or only connect with a weakened setting." + v.clearHint()
	if v.secured().on() {
		f.Effect = "Current clients refuse to connect, or only connect with a weakened setting."
	}
	f.Story = append(f.Story, v.withheld()...)
	f.Fixes = []Fix{{Who: ServerAdmin, Do: "Let the server speak TLS 1.2 and 1.3: a current server and TLS library, without a setting that forbids them.", Examples: tlsVersions.examples(v.product)}}
	return f
}

// versionStory tells which versions were tried alone, and how that went.
func (v *view) versionStory() string {
	works, fails := versions(v.ev)
	var parts []string
	if len(works) > 0 {
		parts = append(parts, "Offered alone, "+strings.Join(works, ", ")+" worked.")
	}
	if len(fails) > 0 {
		parts = append(parts, "Offered alone, "+strings.Join(fails, ", ")+" failed.")
	}
	return strings.Join(parts, " ")
}

func tlsHandshakeFailed(v *view) *Finding {
	s := v.secured()
	if !s.broken() || s.handshake.Outcome == probe.OutcomeCancelled {
		return nil
	}
	h := s.handshake
	if h.Outcome == hops.Timeout && v.largeVanish() {
		return nil // mtu-black-hole tells of it
	}
	works, fails := versions(v.ev)
	f := v.tlsFinding()
	f.Story = []string{"The TLS handshake on the control connection failed: " + handshakeWords(h) + "."}
	if r := s.auth; r != nil {
		f.Story[0] = "The server accepted AUTH TLS, and the handshake failed: " + handshakeWords(h) + "."
		f.Quote = v.quoteReply(probe.CheckSecure, r)
	} else {
		f.Checks = append(f.Checks, probe.CheckControl) // implicit TLS comes before the greeting
	}
	if story := v.versionStory(); story != "" {
		f.Story = append(f.Story, story)
	}
	answered := h.Outcome == probe.OutcomeAlert || h.Outcome == probe.OutcomePlaintext
	f.Certainty = sure(h.Outcome == probe.OutcomeAlert && len(fails) > 0)
	switch {
	case slices.ContainsFunc(works, modern):
		f.Certainty = Likely
		f.Story = append(f.Story, "So both sides have a version in common: the server, or a device on the way, stumbles over the offer of several at once.")
	case len(works) > 0:
	case h.Outcome == probe.OutcomeAlert:
		f.Where.Side = SideServer
		f.Story = append(f.Story, "The server answered in TLS and refuses: it shares no version or cipher with us, lacks a certificate, or wants another server name than "+quoted(h.TLS.ServerName)+".")
	case h.Outcome == probe.OutcomePlaintext:
		f.Story = append(f.Story, "What came is no TLS. A server without a working certificate, or a device that does not expect TLS here, answers so.")
	}
	if !answered {
		f.Owner = ServerNetwork
		f.RuledOut = append(f.RuledOut, "Not decided: the server, or a device on the way that cuts connections when TLS begins. The server's log tells whether it saw a ClientHello.")
	}
	f.Story = append(f.Story, v.withheld()...)
	f.Fixes = []Fix{
		{Who: ServerAdmin, Do: "Look into the server's log: it names the reason. Check that certificate and key belong together and can be read.", Examples: certificateFile.examples(v.product)},
		{Who: ServerAdmin, Do: "Let the server speak TLS 1.2 and 1.3.", Examples: tlsVersions.examples(v.product)},
	}
	if !answered {
		f.Fixes = append(f.Fixes, Fix{Who: ServerNetwork, Do: "Look for an intrusion prevention, proxy or FTP helper on the control port that does not let TLS pass."})
	}
	return f
}

func quoted(name string) string {
	if name == "" {
		return "none, which is what we sent"
	}
	return "\"" + name + "\""
}
