//go:build linux

package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"sync"
	"time"
)

// labKey signs every certificate of the labs. It is RSA, which old versions of
// TLS know too, and one for all, because making it takes long.
var labKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// writeCertificates writes the lab's authority to authority, and the server's
// key and certificate of that kind (netlab.TLS.Certificate) to the other two.
func writeCertificates(kind, authority, certificate, key string) error {
	private, err := labKey()
	if err != nil {
		return err
	}
	now := time.Now()
	issuer := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ftpcheck lab authority"},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "ftp.example.com"},
		NotBefore: now.AddDate(0, -3, 0), NotAfter: now.AddDate(0, 3, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"ftp.example.com"},
	}
	for _, addr := range []string{"198.51.100.66", "198.51.100.2", "10.0.0.10", "2001:db8:2::10"} {
		server.IPAddresses = append(server.IPAddresses, net.ParseIP(addr))
	}
	parent := issuer
	switch kind {
	case "":
	case "self-signed":
		parent = server
	case "expired":
		server.NotAfter = now.AddDate(0, 0, -3)
	case "wrong-name":
		server.Subject.CommonName, server.DNSNames, server.IPAddresses = "www.example.net", []string{"www.example.net"}, nil
	default:
		return fmt.Errorf("no certificate is called %q", kind)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	root, rootErr := x509.CreateCertificate(rand.Reader, issuer, issuer, private.Public(), private)
	leaf, leafErr := x509.CreateCertificate(rand.Reader, server, parent, private.Public(), private)
	return errors.Join(rootErr, leafErr,
		writePEM(authority, "CERTIFICATE", root, 0o644),
		writePEM(certificate, "CERTIFICATE", leaf, 0o600),
		writePEM(key, "PRIVATE KEY", secret, 0o600))
}

func writePEM(path, kind string, der []byte, mode os.FileMode) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}
