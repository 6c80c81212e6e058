package ftpd

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"os"
	"time"
)

// Kind says what is right or wrong with a certificate.
type Kind string

const (
	Signed     Kind = ""            // by the authority, for the names, valid
	ByItself   Kind = "self-signed" // for the names, valid
	Expired    Kind = "expired"     // by the authority, since yesterday
	OtherNames Kind = "wrong-name"  // by the authority, for wrong.example.net
)

// Life of certificates, around the time at which they are made.
const (
	certificateSkew = 24 * time.Hour // a client's clock may be late
	certificateLife = 825 * 24 * time.Hour
)

// Authority signs certificates for tests and for the simulation.
type Authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

// NewAuthority returns a new authority, valid now.
func NewAuthority() (*Authority, error) {
	t := template("ftpcheck authority")
	t.IsCA, t.BasicConstraintsValid, t.KeyUsage = true, true, x509.KeyUsageCertSign
	made, err := sign(t, nil)
	if err != nil {
		return nil, err
	}
	return &Authority{key: made.PrivateKey.(*ecdsa.PrivateKey), cert: made.Leaf}, nil
}

// Pool holds the authority's certificate alone.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// Certificate returns a new certificate of a kind for a server with these
// names and IP addresses.
func (a *Authority) Certificate(kind Kind, names ...string) (*tls.Certificate, error) {
	switch kind {
	case ByItself:
		return SelfSigned(names...)
	case OtherNames:
		names = []string{"wrong.example.net"}
	}
	t := template(names...)
	if kind == Expired {
		t.NotBefore, t.NotAfter = t.NotBefore.Add(-certificateLife), t.NotBefore
	}
	return sign(t, a)
}

// SelfSigned returns a new certificate that nobody vouches for.
func SelfSigned(names ...string) (*tls.Certificate, error) {
	return sign(template(names...), nil)
}

// template describes a server's certificate.
func template(names ...string) *x509.Certificate {
	now := time.Now()
	t := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes([]byte(rand.Text()[:16])),
		NotBefore:    now.Add(-certificateSkew),
		NotAfter:     now.Add(certificateLife),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for i, name := range names {
		if i == 0 {
			t.Subject = pkix.Name{CommonName: name}
		}
		if ip := net.ParseIP(name); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, name)
		}
	}
	return t
}

// sign makes a key and the certificate for it, signed by a, or by itself.
func sign(t *x509.Certificate, a *Authority) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	parent, signer := t, key
	if a != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// ownNames are the names and addresses under which the server may be reached,
// as far as its options and its machine tell.
func ownNames(opt Options) []string {
	var names []string
	if name, err := os.Hostname(); err == nil && name != "" {
		names = append(names, name)
	}
	names = append(names, "localhost")
	for _, a := range opt.Listen {
		if !a.Addr().IsUnspecified() {
			names = append(names, a.Addr().WithZone("").String())
		}
	}
	if opt.Announce.IsValid() {
		names = append(names, opt.Announce.String())
	}
	return names
}
