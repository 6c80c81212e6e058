package ftpd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// tlsFaults are those of a server that has TLS.
var tlsFaults = []Fault{
	{"tls-unlisted", "", "AUTH TLS works, and FEAT does not list it", on(func(b *behaviour) { b.unlisted = true })},
	{"no-close-notify", "", "encrypted data connections end without close_notify", on(func(b *behaviour) { b.noCloseNotify = true })},
	{"reuse-425", "", "425 to a data connection that does not resume the TLS session", on(func(b *behaviour) { b.reuse425 = true })},
	{"reuse-forgets", "", "522 to the fourth data connection, whose TLS session is not resumed any more", on(func(b *behaviour) { b.reuseForgets = true })},
	{"data-cert-differs", "", "data connections have another certificate", anotherCertificate},
	{"data-plain", "", "data connections stay plain after PROT P", on(func(b *behaviour) { b.dataPlain = true })},
	{"data-tls-reset", "", "data connections end in a reset when their TLS handshake begins", on(func(b *behaviour) { b.dataTLSReset = true })},
}

func anotherCertificate(b *behaviour, _ string) (err error) {
	b.dataCertificate, err = SelfSigned("data.example.net")
	return err
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
