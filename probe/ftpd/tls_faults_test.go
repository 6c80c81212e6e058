package ftpd

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// serveTLS gives a client that has logged in, with encrypted data connections,
// to a server with faults.
func serveTLS(t *testing.T, version uint16, faults string) *tlsClient {
	t.Helper()
	c := serve(t, Options{TLS: &TLS{Mode: TLSExplicit}, Faults: strings.Fields(faults)}).connect(t)
	c.wants("220")
	e := encrypt(c, version)
	e.enter()
	return e
}

// TestCloseNotify: crypto/tls takes a bare FIN between two records for the end
// of the data, too. Only behind a close_notify does it not read on to the FIN.
func TestCloseNotify(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		for faults, cut := range map[string]bool{"": false, "no-close-notify": true} {
			e := serveTLS(t, version, faults)
			conn := &finConn{Conn: dialTCP(t, e.passive())}
			e.ask("NLST", "150")
			data, err := shake(conn, e.data)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(data); err != nil || !strings.HasSuffix(string(got), "64MiB.bin\r\n") {
				t.Errorf("%q: %q, %v", faults, got, err)
			}
			if conn.fin != cut {
				t.Errorf("%q: ended by a bare FIN: %v", faults, conn.fin)
			}
			conn.Close()
			e.wants("226")
		}
	})
}

// finConn notes that its FIN was read.
type finConn struct {
	net.Conn
	fin bool
}

func (c *finConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.fin = c.fin || err == io.EOF
	return n, err
}

// TestReuseForgets: the fourth data connection is not resumed, and refused.
func TestReuseForgets(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		e := serveTLS(t, version, "reuse-forgets")
		for range forgetsAfter {
			if _, resumed := e.fetch("LIST"); !resumed {
				t.Error("not resumed")
			}
			e.wants("226")
		}
		data, err := e.open("LIST")
		if err != nil || data.ConnectionState().DidResume {
			t.Errorf("%v, or resumed", err)
		}
		e.wants("522 SSL connection failed: session reuse required")
		e.ends()
	})
}

func TestDataPlainAfterPROT(t *testing.T) {
	e := serveTLS(t, 0, "data-plain")
	var plain tls.RecordHeaderError
	if _, err := e.open("LIST"); !errors.As(err, &plain) || string(plain.RecordHeader[:]) != "-r--r" {
		t.Errorf("the handshake ended with %v, want plain text", err)
	}
}

func TestDataTLSReset(t *testing.T) {
	e := serveTLS(t, 0, "data-tls-reset")
	if _, err := e.open("LIST"); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("the handshake ended with %v, want a reset", err)
	}
	e.wants("426")
	e.ask("NOOP", "200")
}

func TestDataCertificateDiffers(t *testing.T) {
	e := serveTLS(t, 0, "data-cert-differs")
	data, err := e.open("LIST")
	if err != nil {
		t.Fatal(err)
	}
	control := e.conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
	if other := data.ConnectionState().PeerCertificates[0]; other.Equal(control) {
		t.Error("it is the control connection's")
	}
}

// TestFaultsThatNeedTLS: without it they would do nothing, and nobody notice.
func TestFaultsThatNeedTLS(t *testing.T) {
	for _, f := range Faults() {
		opt := Options{Listen: []netip.AddrPort{pipeServer}, Anonymous: true, Faults: []string{f.Name}}
		_, err := New(opt)
		if needs := errors.Is(err, ErrNeedsTLS); needs != f.NeedsTLS() {
			t.Errorf("%s: %v", f.Name, err)
		}
		opt.TLS = &TLS{Mode: TLSExplicit}
		if _, err := New(opt); f.NeedsTLS() && err != nil {
			t.Error(err)
		}
	}
}

// TestCertificateFaults: control and data connections have the same bad
// certificate, and it is the one that the server says it has.
func TestCertificateFaults(t *testing.T) {
	tests := []struct {
		fault string
		wrong func(c *x509.Certificate) bool
	}{
		{"certificate-expired", func(c *x509.Certificate) bool { return c.NotAfter.Before(time.Now()) }},
		{"certificate-name", func(c *x509.Certificate) bool { return c.VerifyHostname("localhost") != nil }},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			r := serve(t, Options{TLS: &TLS{Mode: TLSExplicit}, Faults: []string{tt.fault}})
			c := r.connect(t)
			c.wants("220")
			e := encrypt(c, 0)
			e.enter()
			data, err := e.open("LIST")
			if err != nil {
				t.Fatal(err)
			}
			control := e.conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
			other := data.ConnectionState().PeerCertificates[0]
			if !tt.wrong(control) || !other.Equal(control) || !r.server.Certificate().Equal(control) {
				t.Errorf("control %v, data %v, the server's %v", control.Subject, other.Subject, r.server.Certificate().Subject)
			}
		})
	}
}

// TestHandshakeFaults: the server ends the handshake by an alert.
func TestHandshakeFaults(t *testing.T) {
	for fault, want := range map[string]string{"tls-no-cipher": "handshake failure", "client-certificate": "certificate required"} {
		c := serve(t, Options{TLS: &TLS{Mode: TLSExplicit}, Faults: []string{fault}}).connect(t)
		c.wants("220")
		c.ask("AUTH TLS", "234")
		conn := tls.Client(c.conn, &tls.Config{InsecureSkipVerify: true})
		err := conn.Handshake()
		if err == nil { // TLS 1.3 tells after the client's part
			_, err = conn.Read(make([]byte, 1))
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", fault, err, want)
		}
	}
}

func TestRefuseClearData(t *testing.T) {
	r := serve(t, Options{TLS: &TLS{Mode: TLSExplicit}, Faults: []string{"refuse-clear-data"}})
	r.login(t).hold("> EPSV\n< 229\n> LIST\n< 522 Data connections must be encrypted.")
}
