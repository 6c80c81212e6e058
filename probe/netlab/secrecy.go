package netlab

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"

	"ftpcheck/probe/ftpd"
)

// versions are the values of TLS.Min and TLS.Max; empty is the default.
var versions = map[string]uint16{
	"": 0, "1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13,
}

func (t *TLS) validate() error {
	if t == nil {
		return nil
	}
	modes := []string{string(ftpd.TLSExplicit), string(ftpd.TLSRequired), string(ftpd.TLSRequiredData), string(ftpd.TLSImplicit)}
	kinds := []string{string(ftpd.Signed), string(ftpd.ByItself), string(ftpd.Expired), string(ftpd.OtherNames)}
	names := []string{"", "1.0", "1.1", "1.2", "1.3"}
	for _, err := range []error{
		oneOf("mode", t.Mode, modes...), oneOf("certificate", t.Certificate, kinds...),
		oneOf("min", t.Min, names...), oneOf("max", t.Max, names...),
	} {
		if err != nil {
			return err
		}
	}
	if t.Max != "" && t.Min > t.Max {
		return errors.New("min is above max")
	}
	return nil
}

// options are those of the server, with a certificate that it is to use.
func (t *TLS) options(certificate *tls.Certificate) *ftpd.TLS {
	if t == nil {
		return nil
	}
	return &ftpd.TLS{
		Mode: ftpd.TLSMode(t.Mode), Certificate: certificate,
		Min: versions[t.Min], Max: versions[t.Max], Reuse: t.Reuse, ClientCert: t.ClientCert,
	}
}

// certify makes the lab's authority and the server's certificate.
func (l *Lab) certify() (*tls.Certificate, error) {
	l.roots = x509.NewCertPool()
	t := l.scenario.Server.TLS
	if t == nil {
		return nil, nil
	}
	authority, err := ftpd.NewAuthority()
	if err != nil {
		return nil, err
	}
	if l.scenario.Run.Trust {
		l.roots = authority.Pool()
	}
	return authority.Certificate(ftpd.Kind(t.Certificate), l.scenario.certified()...)
}

// certified are the name and all addresses of the server.
func (s *Scenario) certified() []string {
	a := s.addresses()
	names := []string{serverName, a.public.String()}
	for _, prefix := range a.server {
		names = append(names, addrOf(prefix).String())
	}
	for _, addr := range s.names() {
		names = append(names, addr.String())
	}
	slices.Sort(names[1:])
	return slices.Compact(names)
}

// Roots are the authorities that the client trusts: the lab's own where the
// scenario says so, and never those of the system.
func (l *Lab) Roots() *x509.CertPool { return l.roots }
