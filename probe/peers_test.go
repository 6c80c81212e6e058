package probe_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/ftpd"
)

// passwords are the sessions that got one.
func passwords(heard []heardLine) (list []int) {
	for _, h := range heard {
		if strings.HasPrefix(h.text, "PASS ") {
			list = append(list, h.session)
		}
	}
	return list
}

var alice = probe.Target{User: "alice", Password: "correct horse"}

// Each session's certificate counts: behind one address there may be another
// machine the next time, and not the one that was verified.
func TestEverySessionIsVerified(t *testing.T) {
	for _, test := range []struct {
		name   string
		checks []probe.Check
		opt    probe.Options
	}{
		{"everything, explicit", nil, probe.Options{}},
		{"everything, implicit", nil, probe.Options{TLS: probe.TLSImplicit}},
		{"one session at a time", nil, probe.Options{Parallel: 1}},
		{"the ordinary client", []probe.Check{probe.CheckControl, probe.CheckLogin, probe.CheckClient}, probe.Options{}},
		{"the ordinary client, implicit", []probe.Check{probe.CheckControl, probe.CheckLogin, probe.CheckClient}, probe.Options{TLS: probe.TLSImplicit}},
		{"transfers", deep, probe.Options{Upload: "."}},
	} {
		for _, kind := range []ftpd.Kind{ftpd.ByItself, ftpd.Expired, ftpd.OtherNames} {
			p := &tlsPeer{implicit: test.opt.TLS == probe.TLSImplicit, kind: func(session int) ftpd.Kind {
				if session == 1 {
					return ftpd.Signed
				}
				return kind
			}}
			opt := test.opt
			opt.Checks = test.checks
			ev, heard, _ := p.check(t, alice, opt, nil)
			if !ev.Login().LoggedIn {
				t.Errorf("%s, %s: the first session did not log in", test.name, kind)
			}
			if got := passwords(heard); len(got) != 1 || got[0] != 1 {
				t.Errorf("%s, then %s: the sessions %v got the password, want only 1", test.name, kind, got)
			}
		}
	}
}

// However many sessions are needed, no more than --parallel are open at once:
// trials and further tries have to wait for a place.
func TestSessionsAtOnce(t *testing.T) {
	for _, test := range []struct {
		name string
		peer func() *tlsPeer
		opt  probe.Options
	}{
		{"healthy", func() *tlsPeer { return &tlsPeer{} }, probe.Options{}},
		{"implicit", func() *tlsPeer { return &tlsPeer{implicit: true} }, probe.Options{TLS: probe.TLSImplicit}},
		{"no handshake", func() *tlsPeer {
			return &tlsPeer{shake: func(_ int, c net.Conn) bool { return true }}
		}, probe.Options{}},
		{"a late greeting", func() *tlsPeer { return &tlsPeer{late: 5 * time.Second} }, probe.Options{}},
		{"silent", func() *tlsPeer { return &tlsPeer{late: time.Hour} }, probe.Options{}},
		{"stalled data", func() *tlsPeer { return &tlsPeer{data: stall} }, probe.Options{Checks: append(deep, probe.CheckPASV, probe.CheckClient), Upload: "."}},
		{"stalled and confirmed data", func() *tlsPeer {
			return &tlsPeer{data: func(i int, c net.Conn) bool { go stall(i, c); return true }}
		}, probe.Options{TLS: probe.TLSOff, Checks: append(deep, probe.CheckPASV, probe.CheckClient), Upload: "."}},
		{"plain data after PROT P", func() *tlsPeer {
			return &tlsPeer{data: func(_ int, c net.Conn) bool { c.Write([]byte("plain\r\n")); c.Close(); return true }}
		}, probe.Options{}},
	} {
		for _, parallel := range []int{1, 2, 4} {
			p := test.peer()
			test.opt.Parallel = parallel
			if test.opt.Checks == nil { // the hop search opens connections, but no sessions
				test.opt.Checks = slices.DeleteFunc(slices.Clone(probe.DefaultChecks), func(c probe.Check) bool { return c == probe.CheckPath })
			}
			p.check(t, probe.Target{}, test.opt, nil)
			if got := int(p.mostAtOnce.Load()); got > parallel {
				t.Errorf("%s: %d sessions at once, --parallel is %d", test.name, got, parallel)
			}
		}
	}
}

// stall keeps a connection open and says nothing, until the other end is gone.
func stall(_ int, c net.Conn) bool {
	io.Copy(io.Discard, c)
	c.Close()
	return true
}

// A certificate may say what it likes: texts are bounded, and the report is
// plain.
func TestHostileCertificates(t *testing.T) {
	for name, template := range map[string]*x509.Certificate{
		"escapes": {Subject: pkix.Name{CommonName: "a\x1b[2Jb\r\nc\x00d\u202e", Organization: []string{"\x07"}},
			DNSNames: []string{"x\x1b]0;y\x07", "<script>"}},
		"a long subject": {Subject: pkix.Name{CommonName: strings.Repeat("<\x1b", 50_000)}},
		"long names":     {DNSNames: []string{strings.Repeat("<", 60_000) + ".example.net", strings.Repeat("a", 60_000)}},
		"many names":     {DNSNames: slices.Repeat([]string{strings.Repeat("b", 60) + ".example.net"}, 2000)},
		"the password":   {Subject: pkix.Name{CommonName: alice.Password}, DNSNames: []string{alice.Password}},
	} {
		cert, err := selfMade(template)
		if err != nil {
			t.Fatal(name, err)
		}
		p := &tlsPeer{subject: func(int) *tls.Certificate { return cert }}
		opt := probe.Options{Insecure: true}
		ev, _, all := p.check(t, alice, opt, nil)
		if !ev.Login().TLS.OK() {
			t.Errorf("%s: %+v", name, ev.Login().TLS)
		}
		judged(t, name, ev, all, alice.Password)
		for _, e := range all {
			if line, _ := json.Marshal(e); len(line) > 64<<10 {
				t.Errorf("%s: an event of %d bytes: %.100s", name, len(line), line)
			}
		}
	}
}

func selfMade(template *x509.Certificate) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template.SerialNumber, template.NotAfter = big.NewInt(1), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
