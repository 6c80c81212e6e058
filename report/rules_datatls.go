package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// TLS on data connections, and what it shows by comparison.
var dataTLSRules = []rule{
	{Code: Code{"tls-session-reuse-required", Warning, ClientUser, "Data must resume the TLS session",
		"The server refuses data connections that do not resume the TLS session of the control connection."},
		when: sessionReuseRequired},
	{Code: Code{"data-encryption-required", Problem, ClientUser, "The server demands encrypted data",
		"The server took the login, and opens no data connection without TLS (PROT P)."},
		when: dataEncryptionRequired, hides: []string{"active-disabled", "passive-disabled"}},
	{Code: Code{"data-tls-failed", Problem, ServerAdmin, "TLS fails on the data connection",
		"The data connection opens, and the TLS handshake on it fails."},
		when: dataTLSFailed},
	{Code: Code{"tls-close-notify-missing", Note, ServerAdmin, "Data ends without TLS's farewell",
		"The server closes encrypted data connections without the close_notify that TLS demands at the end."},
		when: closeNotifyMissing},
	{Code: Code{"passive-reply-rewritten", Problem, ServerNetwork, "The passive reply arrives rewritten",
		"The reply to PASV that the client receives in plain FTP is not the one that the server sent."},
		when: passiveReplyRewritten, hides: []string{"helper-in-path"}},
}

var (
	reuseText     = regexp.MustCompile(`(?i)session reuse|(session|connection).{0,40}not (been )?(resumed|reused)|(resum|reus)\w* (is )?required|must (be )?(resume|reuse)d?`)
	reuseProFTPD  = regexp.MustCompile(`(?i)unable to build data connection: operation not permitted`)
	encryptedText = regexp.MustCompile(`(?i)cannot be opened with this prot setting|data connections? must be encrypted|(ssl|tls)(/tls)? required on the data channel|prot c is not allowed|use prot p|prot p (is )?required|data (channel|connection)s?.{0,30}(must be|requires?).{0,20}(encrypt|protect|tls|ssl)`)
)

// refusedFull reports whether the server refused a data connection after a full
// TLS handshake, one that resumed nothing; said: it names the reason.
func refusedFull(m *probe.Mode) (refused, said bool) {
	r := m.List.Final()
	if r == nil || r.Code < 400 {
		return false, false
	}
	if reuseText.MatchString(text(r)) {
		return true, true
	}
	h := dataHandshake(m)
	if h == nil || h.TLS.Resumed || deniedCode(r.Code) || encryptedText.MatchString(text(r)) || sourceText.MatchString(text(r)) {
		return false, false
	}
	return h.OK() || r.Code == 522 || reuseProFTPD.MatchString(text(r)), false
}

// troubled reports whether TLS, or the want of it, is the reason for which a listing failed, so
// that nothing follows from its outcome about the data connection below.
func (v *view) troubled(m *probe.Mode) bool {
	if m.Listed() {
		return false
	}
	refused, _ := refusedFull(m)
	return refused || wantsEncryption(m) || v.handshakeFailed(m) != nil
}

// handshakeFailed is the failed TLS handshake on a mode's data connection where
// it is what stopped the listing. A server that refuses the listing, or the
// connection's source, closes the connection before TLS as well; and a
// connection that fails in clear, too, does not fail because of TLS.
func (v *view) handshakeFailed(m *probe.Mode) *probe.Handshake {
	h := dataHandshake(m)
	if h == nil || h.OK() || h.Outcome == probe.OutcomeCancelled || h.Outcome == "" || m.Listed() {
		return nil
	}
	if h.Outcome == probe.OutcomeAlert || h.Outcome == probe.OutcomePlaintext {
		return h
	}
	r := m.List.Final()
	if r != nil && r.Code >= 400 && (deniedCode(r.Code) || sourceText.MatchString(text(r)) || sourceProFTPD.MatchString(text(r)) || r.Code == 530) {
		return nil
	}
	if clear := v.try(m.Check, probe.TryClearData); clear != nil && clear.Ended && !clear.Listed() && !wantsEncryption(clear) {
		return nil
	}
	return h
}

// wantsEncryption reports whether the server refused a data connection because
// it is not encrypted.
func wantsEncryption(m *probe.Mode) bool {
	for _, r := range []*probe.Reply{m.Reply, m.List.Final()} {
		if r != nil && r.Code >= 400 && encryptedText.MatchString(text(r)) {
			return true
		}
	}
	return false
}

// mainModes are the modes that were tried, passive ones first.
func (v *view) mainModes() []*probe.Mode {
	var list []*probe.Mode
	for _, c := range slices.Concat(probe.Passive, probe.Active) {
		if m := v.mode(c); m != nil {
			list = append(list, m)
		}
	}
	return list
}

// try is a further try of a check that was run, or nil.
func (v *view) try(c probe.Check, t probe.Try) *probe.Mode {
	if m := v.ev.Try(c, t); m != nil && v.ran(c) && m.Command != "" {
		return m
	}
	return nil
}

// sessionReuseRequired rests on a pair that differs in nothing but the
// resumption; or on the server's own words; or on the ordinary client, which
// may differ in more.
func sessionReuseRequired(v *view) *Finding {
	f := v.reusePair()
	if f == nil {
		f = v.reuseRefused()
	}
	if client := v.clientRefused(); client != "" {
		switch {
		case f == nil && v.resumed() == nil:
			return nil
		case f == nil:
			f = &Finding{Certainty: sure(reuseText.MatchString(client)),
				Story: []string{
					fmt.Sprintf("Our data connections resumed the control connection's TLS session, and the listing over %s came.", v.resumed().Check),
					"The ordinary client's connection did not resume it, and was refused: " + sentence(client)}}
			if f.Certainty != Certain {
				f.RuledOut = []string{"Not ruled out: something else in which the ordinary client differs. The same try without resumption was not made."}
			}
		}
		f.Checks = append(f.Checks, probe.CheckClient)
	}
	if f == nil {
		return nil
	}
	f.Where = &Where{Side: SideServer, Of: v.distance()}
	if !v.works(probe.Passive) && !v.works(probe.Active) {
		f.Severity = Problem // no data connection of this run worked
	}
	if f.Effect == "" {
		f.Effect = "Clients that open a fresh TLS session for each data connection log in, and then fail in listings and transfers."
	}
	f.Fixes = []Fix{
		{Who: ClientUser, Do: "Use a client that resumes the session, or switch that on.", Examples: resumeSessions},
		{Who: ServerAdmin, Do: "Or do not demand it. It protects against stolen data connections; many clients cannot do it.", Examples: reuseOptional.examples(v.product)},
	}
	return f
}

// resumed is a mode that listed over a resumed session, or nil.
func (v *view) resumed() *probe.Mode {
	for _, m := range v.mainModes() {
		if h := dataHandshake(m); m.Listed() && h.OK() && h.TLS.Resumed {
			return m
		}
	}
	return nil
}

// reusePair compares a mode that works with the same one without resumption.
func (v *view) reusePair() *Finding {
	for _, m := range v.mainModes() {
		full, h := v.try(m.Check, probe.TryUnresumed), dataHandshake(m)
		if !m.Listed() || !h.OK() || !h.TLS.Resumed || full == nil || full.Listed() || !full.Ended {
			continue
		}
		refused, _ := refusedFull(full)
		if lost := full.Lost; !refused && lost != nil && dataHandshake(full).OK() {
			refused = lost.Outcome == probe.OutcomeClosed || lost.Outcome == hops.Reset // hangs up without a word
		}
		if !refused {
			continue
		}
		f := &Finding{Certainty: Certain, Checks: []probe.Check{m.Check}}
		f.Story = []string{fmt.Sprintf("Two tries of %s in two sessions, with one difference. Resuming the control connection's TLS session, the listing came. With a fresh TLS session on the data connection it was refused:", strings.ToUpper(string(m.Check)))}
		if r := full.List.Final(); r != nil {
			f.Quote = v.quoteReply(m.Check, r)
		} else {
			f.Story[0] = strings.TrimSuffix(f.Story[0], "it was refused:") + "the server hung up."
		}
		if full.Lost != nil {
			f.Story = append(f.Story, "The server then closed the control connection as well.")
		}
		f.RuledOut = []string{"A blocked port: both connections opened.", "Encryption as such: the resumed one was encrypted, too."}
		return f
	}
	return nil
}

// reuseRefused: no mode of ours resumed, and the server refused them.
func (v *view) reuseRefused() *Finding {
	var f *Finding
	for _, m := range v.mainModes() {
		refused, said := refusedFull(m)
		if !refused {
			continue
		}
		if f == nil {
			f = v.refusedMode(m, said)
		}
		f.Checks = append(f.Checks, m.Check)
	}
	return f
}

func (v *view) refusedMode(m *probe.Mode, said bool) *Finding {
	f := &Finding{Certainty: Possible, Quote: v.quoteReply(m.Check, m.List.Final())}
	h := dataHandshake(m)
	f.Story = []string{"The data connection opened, but without resuming the control connection's TLS session, and the server refused it:"}
	switch {
	case said:
		f.Certainty = Certain
		f.Story = append(f.Story, "These are the server's own words for a demand to resume.")
	default:
		f.RuledOut = []string{"Not ruled out: another reason for which the server refuses an encrypted data connection. Its log tells."}
	}
	if v.product.is("ProFTPD") && reuseProFTPD.MatchString(text(m.List.Final())) {
		f.Certainty = sure(said)
		f.Story = append(f.Story, "ProFTPD answers in these words when the session is not resumed.")
	}
	switch {
	case h == nil:
	case !h.TLS.Presented:
		f.Story = append(f.Story, "It gave us no session ticket on the control connection, so there was nothing to present. ftpcheck resumes by ticket only; up to TLS 1.2 other clients can resume by session ID.")
		f.RuledOut = append(f.RuledOut, "Not decided: whether clients that resume by session ID work. ftpcheck cannot tell with this server; curl or lftp can.")
		f.Effect = "Clients that resume TLS sessions by ticket only, or not at all, fail in listings and transfers. Others may work."
	default:
		f.Story = append(f.Story, "We presented the control connection's session, and the server did not take it: it may have forgotten it, or another machine of a group answered.")
	}
	return f
}

// clientRefused is the refusal that the ordinary client got over a data
// connection that opened, or "".
func (v *view) clientRefused() string {
	c := v.ev.Client
	if c == nil || c.Outcome != probe.OutcomeFailed || !v.ran(probe.CheckClient) {
		return ""
	}
	full := false
	for i := range c.Dials {
		d := &c.Dials[i]
		if failed(d) || d.TLS.OK() && d.TLS.TLS.Resumed {
			return ""
		}
		full = full || d.TLS != nil
	}
	if reuseText.MatchString(c.Text) || full && clientRefusal.MatchString(c.Text) {
		return c.Text
	}
	return ""
}

var clientRefusal = regexp.MustCompile(`^(425|426|522) `)

// dataEncryptionRequired: the session was granted data connections in clear
// only, or asked for no others.
func dataEncryptionRequired(v *view) *Finding {
	var f *Finding
	add := func(m *probe.Mode, r *probe.Reply) {
		if r == nil || r.Code < 400 || !encryptedText.MatchString(text(r)) && !(r.Code >= 520 && r.Code <= 522 && tlsText.MatchString(text(r))) {
			return
		}
		if f == nil {
			f = &Finding{Certainty: Certain, Quote: v.quoteReply(m.Check, r),
				Story:  []string{"The server took the login, but it opens no data connection without encryption:"},
				Effect: "Clients set to plain FTP, or to TLS on the control connection alone, can log in, but neither list nor transfer.",
				Fixes: []Fix{{Who: ClientUser, Do: "Set the client to explicit TLS, with encrypted data connections.", Examples: encryptData(v.site())},
					{Who: ServerAdmin, Do: "If data in clear is wanted, allow it.", Examples: clearData.examples(v.product)}}}
		}
		f.Checks = append(f.Checks, m.Check)
	}
	for _, m := range v.mainModes() {
		if dataHandshake(m) == nil {
			add(m, refusal(m))
			add(m, m.List.Final())
		}
	}
	if c := v.ev.Client; f != nil && c != nil && encryptedText.MatchString(c.Text) {
		f.Checks = append(f.Checks, probe.CheckClient)
	}
	return f
}

func closeNotifyMissing(v *view) *Finding {
	var f *Finding
	for _, t := range v.transfers() {
		if t.data == nil || t.data.Outcome != probe.OutcomeCut || !t.Listed() {
			continue
		}
		if f == nil {
			f = &Finding{Certainty: Certain, Where: &Where{Side: SideServer, Of: v.distance()},
				Story:  []string{"The listing came and was confirmed, but the encrypted data connection ended without close_notify (RFC 8446 6.1). A client cannot tell this from a connection that was cut."},
				Effect: "Strict clients report a failure after a transfer that was complete.",
				Fixes:  []Fix{{Who: ServerAdmin, Do: "Update the server: it has to end TLS before it closes the connection."}}}
		}
		f.Checks = append(f.Checks, t.Check)
	}
	return f
}
