package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
	"ftpcheck/probe/wire"
)

// secured is what became of TLS on the control connection.
type secured struct {
	mode      probe.TLSMode    // that was asked for
	session   *probe.Session   // in which it was tried; nil when no control connection opened
	auth      *probe.Reply     // to AUTH TLS; nil when it was not sent or not answered
	offered   bool             // FEAT lists AUTH in a session without TLS
	features  *probe.Reply     // that FEAT reply; nil when there was none
	handshake *probe.Handshake // nil when none was tried
}

func securedOf(ev *probe.Evidence) secured {
	s := secured{mode: probe.TLSAuto, session: ev.First()}
	if ev.Start != nil {
		s.mode = cmp.Or(ev.Start.Options.TLS, probe.TLSAuto)
	}
	if s.session == nil {
		return s
	}
	s.auth, s.handshake = s.session.Reply("AUTH"), s.session.TLS
	for _, each := range ev.Sessions {
		if r := each.Reply("FEAT"); r != nil && r.Code == 211 && each.TLS == nil && s.features == nil {
			s.features, s.offered = r, wire.ParseFEAT(r.Lines).OfferTLS()
		}
	}
	s.offered = s.offered && !s.switchedOff()
	return s
}

// switchedOff reports whether the server's own words say that TLS is off.
func (s secured) switchedOff() bool {
	return s.refused() && probe.DeniesTLS(text(s.auth))
}

// on reports whether the control connection was encrypted.
func (s secured) on() bool { return s.handshake.OK() }

// refused reports whether the server refused AUTH TLS.
func (s secured) refused() bool { return s.auth != nil && s.auth.Code >= 400 }

// stalled is the end of the control connection at AUTH TLS, or nil.
func (s secured) stalled() *probe.Loss {
	if s.session == nil || s.session.Lost == nil || verb(s.session.Lost.Command) != "AUTH" {
		return nil
	}
	return s.session.Lost
}

// broken reports whether a handshake was tried and not completed.
func (s secured) broken() bool { return s.handshake != nil && !s.handshake.OK() }

// trialsOf are the handshakes that were tried in this role.
func trialsOf(ev *probe.Evidence, as probe.As) []probe.Handshake {
	var list []probe.Handshake
	for _, t := range ev.Trials {
		if t.As == as && t.Outcome != probe.OutcomeCancelled && t.Outcome != "" {
			list = append(list, t)
		}
	}
	return list
}

// versions divides the trials by what they showed.
func versions(ev *probe.Evidence) (works, fails []string) {
	for _, t := range trialsOf(ev, probe.AsTrial) {
		switch {
		case t.TLS.Offer == "":
		case t.OK():
			works = append(works, t.TLS.Offer)
		default:
			fails = append(fails, t.TLS.Offer)
		}
	}
	return works, fails
}

// modern reports whether a version of TLS is not deprecated (RFC 8996).
func modern(version string) bool { return version != "TLS 1.0" && version != "TLS 1.1" }

// outdated is the newest version of TLS that the server speaks when that is a
// deprecated one; "" when it is not, or not known.
func outdated(ev *probe.Evidence) string {
	s := securedOf(ev)
	if s.on() {
		if v := s.handshake.TLS.Version; v != "" && !modern(v) {
			return v
		}
		return ""
	}
	works, fails := versions(ev)
	if !s.broken() || len(works) == 0 || slices.ContainsFunc(works, modern) || !slices.ContainsFunc(fails, modern) {
		return ""
	}
	return slices.Max(works)
}

// implicitTrial is a handshake that was begun at once, at a control port that
// did not greet; nil when there was none.
func implicitTrial(ev *probe.Evidence) *probe.Handshake {
	list := trialsOf(ev, probe.AsImplicit)
	if len(list) == 0 {
		return nil
	}
	return &list[0]
}

// speaksTLS reports whether the other end answered a ClientHello in TLS.
func speaksTLS(h *probe.Handshake) bool { return h.OK() || h != nil && h.Outcome == probe.OutcomeAlert }

// greetsPlain reports whether a handshake met the first line of an FTP server.
func greetsPlain(h *probe.Handshake) bool {
	return h != nil && h.Outcome == probe.OutcomePlaintext && ftpReply.MatchString(h.Text)
}

// handshakeWords says how a handshake ended, as briefly as a line needs it.
func handshakeWords(h *probe.Handshake) string {
	switch h.Outcome {
	case probe.OutcomeAlert:
		return join("alert", " ", alertName(h))
	case probe.OutcomePlaintext:
		return join("plain text came", ": ", sentence(h.Text))
	case probe.OutcomeClosed:
		return "the connection was closed"
	case hops.Reset:
		return "the connection was reset"
	case hops.Timeout:
		return "no answer in " + ms(h.Took)
	case probe.OutcomeCancelled:
		return "interrupted"
	}
	return cmp.Or(strings.TrimSuffix(sentence(h.Text), "."), "no reason is known")
}

// alertName is the peer's alert as RFC 8446 6 writes it.
func alertName(h *probe.Handshake) string {
	return strings.ReplaceAll(strings.TrimSpace(h.TLS.Alert), " ", "_")
}

// barred reports whether TLS stood between the greeting and a login: the
// handshake or AUTH failed, or the password was not sent.
func barred(ev *probe.Evidence) bool {
	s, login := securedOf(ev), ev.Login()
	if s.session == nil || login.LoggedIn {
		return false
	}
	if run := ev.Checks[probe.CheckLogin]; run != nil && run.Skipped != "" {
		return true
	}
	return login == s.session && s.broken()
}

// encrypted reports whether the control session of a mode was encrypted.
func encrypted(ev *probe.Evidence, m *probe.Mode) bool {
	if m == nil {
		return false
	}
	s := ev.Session(m.Session)
	return s != nil && s.TLS.OK()
}

// dataHandshake is the TLS handshake on a mode's data connection, or nil.
func dataHandshake(m *probe.Mode) *probe.Handshake {
	if m == nil {
		return nil
	}
	for i := range m.Dials {
		if m.Dials[i].TLS != nil {
			return m.Dials[i].TLS
		}
	}
	for i := range m.Arrivals {
		if m.Arrivals[i].TLS != nil {
			return m.Arrivals[i].TLS
		}
	}
	return nil
}

// tlsWords is what a data line says about TLS where the listing failed.
func tlsWords(m *probe.Mode) string {
	h := dataHandshake(m)
	switch {
	case h == nil:
		return ""
	case !h.OK():
		return ", TLS failed (" + handshakeWords(h) + ")"
	case h.TLS.Resumed:
		return ", TLS resumed"
	}
	return ", TLS not resumed"
}

// wantedTLS is the mode of the control connection, as the report's head says it.
func wantedTLS(ev *probe.Evidence) string {
	s := securedOf(ev)
	switch {
	case s.mode == probe.TLSExplicit, s.mode == probe.TLSImplicit:
		return string(s.mode)
	case s.on():
		return string(probe.TLSExplicit)
	}
	return string(probe.TLSOff)
}

// leaf is the server's own certificate, or nil when none was seen.
func leaf(h *probe.Handshake) *probe.Certificate {
	if h == nil || len(h.TLS.Certificates) == 0 {
		return nil
	}
	return &h.TLS.Certificates[0]
}

func day(c *probe.Certificate) string { return c.NotAfter.UTC().Format("2006-01-02") }

// certificateName is the name that a certificate is shown under: the target's
// own where it is one of its names.
func certificateName(c *probe.Certificate, host string) string {
	for _, n := range c.Names {
		if strings.EqualFold(n, host) {
			return n
		}
	}
	return cmp.Or(slices.Concat(c.Names, []string{commonName(c.Subject)})...)
}

// commonName is the CN of a distinguished name, or all of it.
func commonName(subject string) string {
	for part := range strings.SplitSeq(subject, ",") {
		if name, ok := strings.CutPrefix(strings.TrimSpace(part), "CN="); ok {
			return name
		}
	}
	return subject
}

// certificateFacts is all that is worth knowing of a certificate, in one
// sentence each.
func certificateFacts(c *probe.Certificate) string {
	const most = 6
	names := "no names"
	if n := len(c.Names); n > 0 {
		names = strings.Join(c.Names[:min(n, most)], ", ")
		if n > most {
			names += fmt.Sprintf(" and %d more", n-most)
		}
	}
	return sentence("Subject: "+c.Subject) + ". " + sentence("Issuer: "+c.Issuer) + ". " + sentence("Names: "+names) + ". " +
		fmt.Sprintf("Valid from %s to %s. Key: %s.", c.NotBefore.UTC().Format("2006-01-02"), day(c), cmp.Or(c.Key, "not known"))
}
