package report

import (
	"cmp"
	"fmt"
	"strings"

	"ftpcheck/probe"
)

// writeCertificates prints what the TLS handshake of the control connection
// showed.
func (t *Text) writeCertificates(r *Report) {
	for _, l := range r.Checks {
		if l.Check == probe.CheckSecure {
			t.writeTLS(l.TLS)
		}
	}
}

// writeTLS sets what a handshake showed, and each certificate of the chain.
func (p *page) writeTLS(h *probe.Handshake) {
	if h == nil || !h.OK() && len(h.TLS.Certificates) == 0 {
		return
	}
	p.line("TLS")
	p.line("")
	words := join(cmp.Or(h.TLS.Version, "no version agreed"), ", ", h.TLS.Cipher)
	p.paragraph(words + join(", server name ", "", cmp.Or(h.TLS.ServerName, "not sent")))
	for i := range h.TLS.Certificates {
		p.writeCertificate(i+1, len(h.TLS.Certificates), &h.TLS.Certificates[i])
	}
}

func (p *page) writeCertificate(n, of int, c *probe.Certificate) {
	p.line("%*sCertificate %d of %d", p.indent, "", n, of)
	p.labelled("Subject", cmp.Or(c.Subject, "none"))
	p.labelled("Issuer", cmp.Or(c.Issuer, "none"))
	p.labelled("Names", strings.Join(c.Names, ", "))
	p.labelled("Valid", fmt.Sprintf("%s to %s", c.NotBefore.UTC().Format("2006-01-02"), day(c)))
	p.labelled("Key", c.Key)
	p.labelled("SHA-256", c.SHA256)
	p.line("")
}
