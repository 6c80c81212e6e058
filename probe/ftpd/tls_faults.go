package ftpd

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// tlsFaults are those of a server that has TLS.
var tlsFaults = []Fault{
	{"tls-no-cipher", "", "tls-handshake-failed", "has no cipher suite that a client knows", on(func(b *behaviour) { b.noCipher = true })},
	{"certificate-expired", "", "certificate-expired", "the certificate expired yesterday", on(func(b *behaviour) { b.certificate = Expired })},
	{"certificate-name", "", "certificate-name-mismatch", "the certificate is for wrong.example.net", on(func(b *behaviour) { b.certificate = OtherNames })},
	{"client-certificate", "", "client-certificate-required", "demands a certificate of the client", on(func(b *behaviour) { b.wantsClient = true })},
	{"refuse-clear-data", "", "data-encryption-required", "522 to data that is not encrypted, though logins need not be", on(func(b *behaviour) { b.clearRefused = true })},
	{"tls-unlisted", "", "", "AUTH TLS works, and FEAT does not list it", on(func(b *behaviour) { b.unlisted = true })},
	{"no-close-notify", "", "tls-close-notify-missing", "encrypted data connections end without close_notify", on(func(b *behaviour) { b.noCloseNotify = true })},
	{"reuse-425", "", "tls-session-reuse-required", "425 to a data connection that does not resume the TLS session", on(func(b *behaviour) { b.reuse425 = true })},
	{"reuse-forgets", "", "tls-session-reuse-required", "522 to the fourth data connection, whose TLS session is not resumed any more", on(func(b *behaviour) { b.reuseForgets = true })},
	{"data-cert-differs", "", "data-tls-failed", "data connections have another certificate", anotherCertificate},
	{"data-plain", "", "data-tls-failed", "data connections stay plain after PROT P", on(func(b *behaviour) { b.dataPlain = true })},
	{"data-tls-reset", "", "data-tls-failed", "data connections end in a reset when their TLS handshake begins", on(func(b *behaviour) { b.dataTLSReset = true })},
}

func anotherCertificate(b *behaviour, _ string) (err error) {
	b.dataCertificate, err = SelfSigned("data.example.net")
	return err
}

// badCertificate makes one with what the kind says is wrong with it.
func badCertificate(kind Kind, opt Options) (*tls.Certificate, error) {
	authority, err := NewAuthority()
	if err != nil {
		return nil, err
	}
	return authority.Certificate(kind, ownNames(opt)...)
}

// spoil makes the TLS of a connection as the faults want it.
func (b *behaviour) spoil(c *tls.Config) {
	if b.made != nil {
		c.Certificates = []tls.Certificate{*b.made}
	}
	if b.wantsClient {
		c.ClientAuth = tls.RequireAnyClientCert
	}
	if b.noCipher { // one for RSA keys, of which our certificates have none
		c.MinVersion, c.MaxVersion, c.CipherSuites = tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}
	}
}

// NeedsTLS reports whether the fault only exists where Options.TLS is set.
func (f Fault) NeedsTLS() bool {
	return slices.ContainsFunc(tlsFaults, func(t Fault) bool { return t.Name == f.Name })
}

// ErrNeedsTLS is in the chain of what New says about a fault that only exists
// where Options.TLS is set.
var ErrNeedsTLS = errors.New("only a server with TLS has it")

// lackingTLS says which of the named faults a server without TLS cannot have.
func lackingTLS(names []string) error {
	for _, given := range names {
		if name, _, _ := strings.Cut(given, "="); (Fault{Name: name}).NeedsTLS() {
			return fmt.Errorf("fault %s: %w", name, ErrNeedsTLS)
		}
	}
	return nil
}
