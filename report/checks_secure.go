package report

import (
	"cmp"
	"fmt"
	"strings"

	"ftpcheck/probe"
)

// secureLine judges TLS on the control connection: ok means encrypted, by a
// server that proved who it is. Without TLS it is skip where none was asked for.
func secureLine(ev *probe.Evidence, l *CheckLine) {
	s := securedOf(ev)
	l.TLS, l.Trials = s.handshake, ev.Trials
	trial := implicitTrial(ev)
	switch {
	case s.session == nil:
		l.State, l.Summary = Skip, "not tested: no control connection"
	case s.on():
		l.State, l.Summary = encryptedLine(ev, s)
	case s.handshake != nil && s.handshake.Outcome == probe.OutcomeCancelled:
		l.State, l.Summary = Skip, "not finished: interrupted"
	case outdated(ev) != "":
		l.State, l.Summary = Warn, "the server speaks nothing newer than "+outdated(ev)
	case s.mode == probe.TLSImplicit && greetsPlain(s.handshake):
		l.State, l.Summary = Failed, "implicit TLS was begun, and the server answers in plain FTP"
	case s.broken():
		l.State, l.Summary = Failed, "the TLS handshake failed: "+handshakeWords(s.handshake)
	case s.session.Greeting == nil && speaksTLS(trial):
		l.State, l.Summary = Failed, "the port expects TLS from the first byte (implicit TLS)"
	case s.stalled() != nil:
		l.State, l.Summary = Failed, lossText(s.stalled())
	case s.refused() && s.offered:
		l.State, l.Summary = Failed, "TLS is offered, but refused: "+replyText(s.auth)
	case s.refused() && s.mode == probe.TLSExplicit:
		l.State, l.Summary = Failed, "the server offers no TLS: "+replyText(s.auth)
	case s.refused():
		l.State, l.Summary = Skip, "the server offers no TLS"
	default:
		l.State, l.Summary = Skip, "not tested"
	}
}

// encryptedLine names version and certificate, and what speaks against them.
func encryptedLine(ev *probe.Evidence, s secured) (State, string) {
	t := &s.handshake.TLS
	text := cmp.Or(t.Version, "TLS")
	c, host := leaf(s.handshake), ""
	if ev.Start != nil {
		host = strings.Trim(ev.Start.Host, "[]")
	}
	if c == nil {
		c = &probe.Certificate{}
	}
	var flaws []string
	switch {
	case t.Expired == "":
	case ev.Start != nil && c.NotBefore.After(ev.Start.Time):
		flaws = append(flaws, "certificate not valid before "+c.NotBefore.UTC().Format("2006-01-02"))
	default:
		flaws = append(flaws, "certificate expired "+day(c))
	}
	if t.NameMismatch != "" {
		flaws = append(flaws, "certificate for "+cmp.Or(certificateName(c, host), "nobody")+join(", not ", "", host))
	}
	if t.Untrusted != "" {
		flaws = append(flaws, untrustedWords(t))
	}
	if old := outdated(ev); old != "" && len(flaws) == 0 {
		return Warn, old + ", which is outdated, " + goodCertificate(c, host)
	}
	if len(flaws) > 0 {
		return Warn, text + ", " + strings.Join(flaws, ", ")
	}
	return OK, text + ", " + goodCertificate(c, host)
}

func goodCertificate(c *probe.Certificate, host string) string {
	if c.NotAfter.IsZero() {
		return "no certificate was shown"
	}
	return fmt.Sprintf("certificate for %s valid until %s", cmp.Or(certificateName(c, host), "nobody"), day(c))
}

// untrustedWords says in a few words why a chain leads nowhere.
func untrustedWords(t *probe.TLS) string {
	switch trustOf(t.Certificates) {
	case selfSigned:
		return "certificate signed by itself"
	case brokenChain:
		return "certificate chain broken"
	case leafAlone:
		return "certificate of an unknown issuer"
	}
	return "certificate of an unknown authority"
}
