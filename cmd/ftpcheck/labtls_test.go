//go:build linux

package main

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// authorityPath is the certificate of the lab's authority, for the client too.
func (n *labNet) authorityPath() string { return filepath.Join(n.folder, "authority.pem") }

func (s *labServer) certificate() string { return filepath.Join(s.dir, "certificate.pem") }
func (s *labServer) key() string         { return filepath.Join(s.dir, "key.pem") }

// secure writes what the server needs for TLS, and returns the environment
// that bounds its versions: OpenSSL takes them from there, and of the four
// servers only ProFTPD has a setting for them.
func (s *labServer) secure() ([]string, error) {
	t := s.scenario.Server.TLS
	if t == nil {
		return nil, nil
	}
	if err := writeCertificates(t.Certificate, s.authority, s.certificate(), s.key()); err != nil {
		return nil, err
	}
	// Security level 0 allows what TLS 1.0 and 1.1 are made of.
	path, err := s.write("openssl.cnf", fmt.Sprintf("openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = bounds\n"+
		"[bounds]\nMinProtocol = %s\nMaxProtocol = %s\nCipherString = DEFAULT:@SECLEVEL=0\n", tlsName(t.Min, "1.2"), tlsName(t.Max, "1.3")))
	return []string{"OPENSSL_CONF=" + path}, err
}

// tlsName is OpenSSL's name of a version, "TLSv1" for 1.0.
func tlsName(version, otherwise string) string {
	return "TLSv" + strings.TrimSuffix(cmp.Or(version, otherwise), ".0")
}

// tlsNames are OpenSSL's names of the versions between two, both included.
func tlsNames(low, high string) string {
	var names []string
	for _, v := range []string{"1.0", "1.1", "1.2", "1.3"} {
		if v >= cmp.Or(low, "1.2") && v <= cmp.Or(high, "1.3") {
			names = append(names, tlsName(v, ""))
		}
	}
	return strings.Join(names, " ")
}

func (s *labServer) vsftpdTLS() string {
	t := s.scenario.Server.TLS
	if t == nil {
		return ""
	}
	answer := map[bool]string{true: "YES", false: "NO"}
	login, data := answer[strings.HasPrefix(t.Mode, "required")], answer[t.Mode == "required-data"]
	text := "ssl_enable=YES\nallow_anon_ssl=YES\nssl_tlsv1=YES\nssl_ciphers=DEFAULT:@SECLEVEL=0\n" +
		"rsa_cert_file=" + s.certificate() + "\nrsa_private_key_file=" + s.key() + "\n" +
		"force_local_logins_ssl=" + login + "\nforce_anon_logins_ssl=" + login + "\n" +
		"force_local_data_ssl=" + data + "\nforce_anon_data_ssl=" + data + "\n" +
		"implicit_ssl=" + answer[t.Mode == "implicit"] + "\nrequire_ssl_reuse=" + answer[t.Reuse] + "\n"
	if t.ClientCert {
		text += "ssl_request_cert=YES\nrequire_cert=YES\nvalidate_cert=YES\nca_certs_file=" + s.authority + "\n"
	}
	return text
}

func (s *labServer) proftpdTLS() string {
	t := s.scenario.Server.TLS
	if t == nil {
		return ""
	}
	required := map[string]string{"required": "ctrl", "required-data": "on"}
	lines := []string{
		"LoadModule mod_tls.c", "TLSEngine on", "TLSLog " + filepath.Join(s.dir, "tls.log"),
		"TLSRSACertificateFile " + s.certificate(), "TLSRSACertificateKeyFile " + s.key(),
		"TLSProtocol " + tlsNames(t.Min, t.Max), "TLSCipherSuite DEFAULT:@SECLEVEL=0",
		"TLSRequired " + cmp.Or(required[t.Mode], "off"),
	}
	if !t.Reuse {
		lines = append(lines, "TLSOptions NoSessionReuseRequired")
	}
	if t.Mode == "implicit" {
		lines = append(lines, "TLSOptions UseImplicitSSL")
	}
	if t.ClientCert {
		lines = append(lines, "TLSVerifyClient on", "TLSCACertificateFile "+s.authority)
	}
	// Of two lines with one keyword it obeys the first.
	lines = slices.DeleteFunc(lines, func(line string) bool {
		keyword, _, _ := strings.Cut(line, " ")
		return strings.Contains("\n"+s.extra, "\n"+keyword+" ")
	})
	return strings.Join(lines, "\n") + "\n"
}

func (s *labServer) pureFTPdTLS() ([]string, error) {
	t := s.scenario.Server.TLS
	if t == nil {
		return nil, nil
	}
	if t.Mode == "implicit" || t.Reuse || t.ClientCert {
		return nil, errors.New("it has no such TLS")
	}
	level := 1 + slices.Index([]string{"explicit", "required", "required-data"}, t.Mode)
	return []string{"-Y", fmt.Sprint(level), "-2", s.certificate() + "," + s.key()}, nil
}

func (s *labServer) pyftpdlibTLS() (string, error) {
	t := s.scenario.Server.TLS
	if t == nil {
		return "", nil
	}
	if t.Mode == "implicit" || t.Reuse {
		return "", errors.New("it has no such TLS")
	}
	text := fmt.Sprintf(`from OpenSSL import SSL
from pyftpdlib.handlers import TLS_FTPHandler as handler
context = SSL.Context(SSL.TLS_METHOD)
context.use_certificate_chain_file(%q)
context.use_privatekey_file(%q)
handler.ssl_context = context
`, s.certificate(), s.key())
	if t.Mode != "explicit" {
		text += "handler.tls_control_required = True\n"
	}
	if t.Mode == "required-data" {
		text += "handler.tls_data_required = True\n"
	}
	if t.ClientCert {
		text += "context.load_verify_locations(" + fmt.Sprintf("%q", s.authority) + ")\n" +
			"context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *a: a[-1] == 1)\n"
	}
	return text, nil
}
