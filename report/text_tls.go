package report

import (
	"cmp"
	"fmt"
	"strings"

	"ftpcheck/probe"
)

// writeCertificates prints what the TLS handshake of the control connection
// showed, and each certificate of the chain.
func (t *Text) writeCertificates(r *Report) {
	for _, l := range r.Checks {
		if l.Check != probe.CheckSecure || l.TLS == nil {
			continue
		}
		h := &l.TLS.TLS
		if !l.TLS.OK() && len(h.Certificates) == 0 {
			return
		}
		t.line("TLS")
		t.line("")
		words := join(cmp.Or(h.Version, "no version agreed"), ", ", h.Cipher)
		t.paragraph(words + join(", server name ", "", cmp.Or(h.ServerName, "not sent")))
		for i := range h.Certificates {
			t.writeCertificate(i+1, len(h.Certificates), &h.Certificates[i])
		}
	}
}

func (t *Text) writeCertificate(n, of int, c *probe.Certificate) {
	t.line("%*sCertificate %d of %d", t.indent, "", n, of)
	t.labelled("Subject", cmp.Or(c.Subject, "none"))
	t.labelled("Issuer", cmp.Or(c.Issuer, "none"))
	t.labelled("Names", strings.Join(c.Names, ", "))
	t.labelled("Valid", fmt.Sprintf("%s to %s", c.NotBefore.UTC().Format("2006-01-02"), day(c)))
	t.labelled("Key", c.Key)
	t.labelled("SHA-256", c.SHA256)
	t.line("")
}
