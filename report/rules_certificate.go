package report

import (
	"fmt"
	"net/netip"
	"strings"

	"ftpcheck/probe"
)

// The server's certificate.
var certificateRules = []rule{
	{Code: Code{"certificate-expired", Warning, ServerAdmin, "The certificate has expired",
		"The time of this run does not lie within the validity of the server's certificate."}, when: certificateExpired},
	{Code: Code{"certificate-name-mismatch", Warning, ServerAdmin, "The certificate is for another name",
		"None of the names in the server's certificate is the one under which it was reached."}, when: certificateNameMismatch},
	{Code: Code{"certificate-untrusted", Warning, ServerAdmin, "The certificate comes from nobody trusted",
		"The server's certificate does not lead to an authority that this system trusts."}, when: certificateUntrusted},
}

// certificateFinding is what the findings about the certificate share; nil when
// there is nothing to say. why is the verification's own reason.
func (v *view) certificateFinding(why func(*probe.TLS) string) (*Finding, *probe.Certificate) {
	s := v.secured()
	if !s.on() || why(&s.handshake.TLS) == "" {
		return nil, nil
	}
	t := &s.handshake.TLS
	c := leaf(s.handshake)
	f := &Finding{Certainty: Certain, Checks: []probe.Check{probe.CheckSecure}, Where: &Where{Side: SideServer, Of: v.distance()},
		Effect: "Clients warn, or refuse to connect. Users who learn to click such warnings away are open to interception."}
	if c == nil {
		f.Story = []string{"The verification said: " + sentence(why(t))}
		c = &probe.Certificate{}
	}
	f.Fixes = []Fix{{Who: ServerAdmin, Examples: certificateFile.examples(v.product)}}
	return f, c
}

// finish adds to the first story about the certificate what is said once in a
// run: its facts, and what became of the password.
func (v *view) finish(f *Finding, code string) *Finding {
	s := v.secured()
	if code != firstFlaw(&s.handshake.TLS) {
		return f
	}
	if c := leaf(s.handshake); c != nil {
		f.Story = append(f.Story, certificateFacts(c))
	}
	if len(v.withheld()) > 0 {
		f.Story = append(f.Story, "The password was therefore not sent, and nothing behind the login was checked.")
		f.Fixes = append(f.Fixes, Fix{Who: ClientUser, Do: "To check the rest all the same: run again with --insecure, which sends the password to this unverified server."})
	}
	return f
}

// firstFlaw is the first code that speaks against a certificate.
func firstFlaw(t *probe.TLS) string {
	switch {
	case t.Expired != "":
		return "certificate-expired"
	case t.NameMismatch != "":
		return "certificate-name-mismatch"
	case t.Untrusted != "":
		return "certificate-untrusted"
	}
	return ""
}

func certificateExpired(v *view) *Finding {
	f, c := v.certificateFinding(func(t *probe.TLS) string { return t.Expired })
	if f == nil {
		return nil
	}
	if len(f.Story) == 0 {
		f.Story = []string{fmt.Sprintf("The server's certificate was valid until %s.", day(c))}
	}
	f.Fixes[0].Do = "Renew the certificate, and let the server load it: many read it only when they start."
	switch start := v.ev.Start; {
	case start == nil:
	case c.NotBefore.After(start.Time):
		f.Title = "The certificate is not valid yet"
		f.Story[0] = fmt.Sprintf("The server's certificate is valid from %s on, and this machine's clock says %s.", c.NotBefore.UTC().Format("2006-01-02"), start.Time.UTC().Format("2006-01-02"))
		f.Fixes[0].Do = "Check both clocks; then install a certificate that is valid."
	default:
		f.Story[0] += fmt.Sprintf(" This machine's clock says %s.", start.Time.UTC().Format("2006-01-02"))
	}
	return v.finish(f, "certificate-expired")
}

func certificateNameMismatch(v *view) *Finding {
	f, c := v.certificateFinding(func(t *probe.TLS) string { return t.NameMismatch })
	if f == nil {
		return nil
	}
	name := strings.Trim(v.host(), "[]")
	if len(f.Story) == 0 {
		f.Story = []string{fmt.Sprintf("We connected to %s, and the server showed a certificate for %s.", name, nameList(c))}
	}
	f.Fixes[0].Do = fmt.Sprintf("Get a certificate that names %s.", name)
	client := Fix{Who: ClientUser, Do: "Or connect by a name that the certificate has."}
	if _, err := netip.ParseAddr(name); err == nil {
		f.Story = append(f.Story, "An address stands in few certificates: connect by name.")
		client.Do = "Connect by a name that the certificate has."
		f.Fixes = []Fix{client, f.Fixes[0]}
		return v.finish(f, "certificate-name-mismatch")
	}
	f.Fixes = append(f.Fixes, client)
	return v.finish(f, "certificate-name-mismatch")
}

// nameList is the names of a certificate in words, the first few of them.
func nameList(c *probe.Certificate) string {
	const most = 4
	switch n := len(c.Names); {
	case n > most:
		return strings.Join(c.Names[:most], ", ") + fmt.Sprintf(" and %d more names", n-most)
	case n > 0:
		return strings.Join(c.Names, ", ")
	case c.Subject != "":
		return c.Subject + ", which lists no names"
	}
	return "nobody: it lists no names"
}

// trust is why a chain leads nowhere.
type trust int

const (
	unknownAuthority trust = iota
	selfSigned
	privateRoot
	brokenChain
	leafAlone
)

func trustOf(chain []probe.Certificate) trust {
	n := len(chain)
	if n == 0 {
		return unknownAuthority
	}
	for i := 1; i < n; i++ {
		if chain[i-1].Issuer != chain[i].Subject {
			return brokenChain
		}
	}
	root := chain[n-1].Issuer == chain[n-1].Subject
	switch {
	case root && n == 1:
		return selfSigned
	case root:
		return privateRoot
	case n == 1:
		return leafAlone
	}
	return unknownAuthority
}

func certificateUntrusted(v *view) *Finding {
	f, c := v.certificateFinding(func(t *probe.TLS) string { return t.Untrusted })
	if f == nil {
		return nil
	}
	chain := v.secured().handshake.TLS.Certificates
	issuer := sentence(c.Issuer)
	last := c
	if len(chain) > 0 {
		last = &chain[len(chain)-1]
	}
	proper := "Get a certificate from a public authority, and let the server send the whole chain."
	f.Fixes[0].Do = proper
	client := Fix{Who: ClientUser, Do: "Or make the authority known to the clients, after its fingerprint was compared by another way."}
	switch trustOf(chain) {
	case selfSigned:
		f.Title = "The certificate is signed by itself"
		f.Story = []string{"The server's certificate is its own issuer: nobody else vouches for it."}
		client.Do = "Or make this certificate known to the clients, after its SHA-256 fingerprint was compared by another way."
		client.Examples = []Example{{"", c.SHA256}}
	case privateRoot:
		f.Title = "The certificate's authority is unknown"
		f.Story = []string{"The chain is whole and ends in the authority " + sentence(last.Subject) + ", which this system does not know. It is an authority of somebody's own, or one that is no longer trusted."}
	case brokenChain:
		f.Title = "The certificate chain is broken"
		f.Story = []string{"The certificates that the server sent do not follow from each other: one is missing, foreign or out of order."}
		f.Fixes[0].Do = "Put the chain file right: the server's certificate first, then each one's issuer, without the root."
	case leafAlone:
		f.Title = "The certificate's issuer is unknown"
		f.Story = []string{"The server sent its own certificate alone. Its issuer, " + issuer + ", is no authority that this system knows. If it is an intermediate of a public authority, the server has to send that certificate as well."}
		f.RuledOut = []string{"Not decided: an incomplete chain, or an authority of somebody's own. They look the same from here."}
		f.Fixes[0].Do = "Let the server send the whole chain: its own certificate, then each one's issuer, without the root."
	default:
		f.Title = "The certificate's authority is unknown"
		f.Story = []string{"The chain ends in a certificate of " + sentence(last.Issuer) + ", which this system does not know as an authority."}
	}
	f.Fixes = append(f.Fixes, client)
	return v.finish(f, "certificate-untrusted")
}
