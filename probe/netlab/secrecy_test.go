package netlab

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/ftpd"
)

// handshake makes both ends of a connection TLS ones.
func handshake(t *testing.T, client, server net.Conn) (c, s *tls.Conn) {
	t.Helper()
	authority, err := ftpd.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := authority.Certificate(ftpd.Signed, serverName)
	if err != nil {
		t.Fatal(err)
	}
	c = tls.Client(client, &tls.Config{RootCAs: authority.Pool(), ServerName: serverName})
	s = tls.Server(server, &tls.Config{Certificates: []tls.Certificate{*certificate}})
	done := make(chan error, 1)
	go func() { done <- s.Handshake() }()
	if err := errors.Join(c.Handshake(), <-done); err != nil {
		t.Fatal(err)
	}
	return c, s
}

// TLS over a simulated connection: a large transfer, a deadline, and the end
// of one direction before the other's.
func TestTLSEndToEnd(t *testing.T) {
	pair(t, func(t *testing.T, client, server *conn) {
		c, s := handshake(t, client, server)
		sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
		go func() {
			s.Write(sent)
			s.CloseWrite()
		}()
		got, err := io.ReadAll(c)
		if !bytes.Equal(got, sent) || err != nil {
			t.Fatalf("%d bytes of %d, %v", len(got), len(sent), err)
		}
		began := time.Now()
		s.SetReadDeadline(began.Add(time.Second))
		if _, err := s.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("read: %v after %v", err, time.Since(began))
		}
		s.SetReadDeadline(time.Time{})
		io.WriteString(c, "bye")
		c.Close()
		if got, err := io.ReadAll(s); string(got) != "bye" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
	})
}

// A TLS handshake does not get through where full segments vanish, and it ends
// at its deadline.
func TestTLSInBlackHole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := Build(&Scenario{
			Server: Server{TLS: &TLS{Mode: "implicit"}},
			Boxes:  []Box{{At: "isp", Kind: BoxBlackHole, Value: "600"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for mss, want := range map[int]error{0: os.ErrDeadlineExceeded, 536: nil} {
			c, _ := l.Client().Dial(t.Context(), netip.MustParseAddrPort("198.51.100.66:21"), probe.DialOptions{MSS: mss})
			c.SetDeadline(time.Now().Add(5 * time.Second))
			if err := tls.Client(c, &tls.Config{InsecureSkipVerify: true}).Handshake(); !errors.Is(err, want) {
				t.Errorf("MSS %d: %v, want %v", mss, err, want)
			}
			c.Close()
		}
	})
}

// Each server of a scenario, seen by a client that trusts Lab.Roots.
func TestServerTLS(t *testing.T) {
	explicit := TLS{Mode: "explicit"}
	with := func(change func(*TLS)) TLS {
		s := explicit
		change(&s)
		return s
	}
	for _, tt := range []struct {
		name     string
		tls      TLS
		distrust bool
		host     string
		max      uint16 // of the client
		want     string
	}{
		{"by name", explicit, false, serverName, 0, ""},
		{"by public address", explicit, false, "198.51.100.2", 0, ""},
		{"by its own address", explicit, false, "10.0.0.10", 0, ""},
		{"by IPv6 address", explicit, false, "2001:db8:2::10", 0, ""},
		{"by another name", explicit, false, "www.example.com", 0, "valid for ftp.example.com, not www.example.com"},
		{"an authority that is not trusted", explicit, true, serverName, 0, "signed by unknown authority"},
		{"self-signed", with(func(s *TLS) { s.Certificate = "self-signed" }), false, serverName, 0, "signed by unknown authority"},
		{"expired", with(func(s *TLS) { s.Certificate = "expired" }), false, serverName, 0, "has expired"},
		{"wrong name", with(func(s *TLS) { s.Certificate = "wrong-name" }), false, serverName, 0, "not ftp.example.com"},
		{"old client", with(func(s *TLS) { s.Min = "1.3" }), false, serverName, tls.VersionTLS12, "protocol version not supported"},
		{"old server", with(func(s *TLS) { s.Min, s.Max = "1.0", "1.1" }), false, serverName, 0, "protocol version not supported"},
		{"implicit", with(func(s *TLS) { s.Mode = "implicit" }), false, serverName, 0, ""},
		{"no client certificate", with(func(s *TLS) { s.ClientCert, s.Max = true, "1.2" }), false, serverName, 0, "handshake failure"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, err := Build(&Scenario{
					Client: Client{NAT: true}, Server: Server{NAT: true, IPv6: true, TLS: &tt.tls}, Run: Run{Trust: !tt.distrust},
				})
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				err = secureLogin(t, l, &tls.Config{RootCAs: l.Roots(), ServerName: tt.host, MaxVersion: tt.max}, tt.tls.Mode)
				if got := fmt.Sprint(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
			})
		})
	}
}

// secureLogin begins TLS and logs in.
func secureLogin(t *testing.T, l *Lab, config *tls.Config, mode string) error {
	t.Helper()
	c, a := l.Client().Dial(t.Context(), netip.MustParseAddrPort("198.51.100.2:21"), probe.DialOptions{})
	if c == nil {
		t.Fatalf("%+v", a)
	}
	defer c.Close()
	if mode != "implicit" {
		plain := bufio.NewReader(c)
		talk(t, c, plain, "")
		if code, line := talk(t, c, plain, "AUTH TLS"); code != "234" {
			t.Fatal(line)
		}
	}
	s := tls.Client(c, config)
	if err := s.Handshake(); err != nil {
		return err
	}
	r := bufio.NewReader(s)
	if mode == "implicit" {
		talk(t, s, r, "")
	}
	talk(t, s, r, "USER anonymous")
	if code, line := talk(t, s, r, "PASS x"); code != "230" {
		t.Error(line)
	}
	return nil
}

// Nothing but what the scenario says is trusted.
func TestRootsAreNeverTheSystems(t *testing.T) {
	for _, s := range []Scenario{{}, {Run: Run{Trust: true}}, {Server: Server{TLS: &TLS{Mode: "explicit"}}}} {
		l := newLab(t, s)
		defer l.Close()
		if !l.Roots().Equal(x509.NewCertPool()) {
			t.Errorf("%+v: the client trusts somebody", s)
		}
	}
}

// A helper reads an encrypted control connection as Linux does: it sees no
// announcement, and keeps nothing back. Records begin with a byte that begins
// none of the words it looks for, whatever the record before ended with.
func TestHelpersAreBlindToTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Scenario{Client: Client{NAT: true}, Server: Server{NAT: true}, Helper: []string{"cgw", "sgw"}})
		defer l.Close()
		client, server := control(t, l, "198.51.100.2:21")
		c, s := handshake(t, client, server)
		deadline := time.Now().Add(time.Hour)
		c.SetDeadline(deadline)
		s.SetDeadline(deadline)
		const passive, port = "227 Entering Passive Mode (10,0,0,10,195,80).\r\n", "PORT 192,168,1,10,195,80\r\n"
		buf := make([]byte, 256)
		for range 2000 { // one record in 256 ends like a line
			io.WriteString(s, passive)
			if n, err := c.Read(buf); string(buf[:n]) != passive {
				t.Fatalf("the reply became %q, %v", buf[:n], err)
			}
			io.WriteString(c, port)
			if n, err := s.Read(buf); string(buf[:n]) != port {
				t.Fatalf("the command became %q, %v", buf[:n], err)
			}
		}
		for _, name := range []string{"cgw", "sgw"} {
			if n := len(l.hosts[name].expected); n != 0 {
				t.Errorf("%s expects %d connections", name, n)
			}
		}
	})
}

func TestParseRefusesTLS(t *testing.T) {
	for _, tt := range []struct{ tls, want string }{
		{`{}`, `mode: "" is none of explicit, required, required-data, implicit`},
		{`{"mode": "explicit", "certificate": "stolen"}`, `certificate: "stolen" is none of self-signed, expired, wrong-name`},
		{`{"mode": "explicit", "min": "1.4"}`, `min: "1.4" is none of 1.0, 1.1, 1.2, 1.3`},
		{`{"mode": "explicit", "max": "3"}`, `max: "3" is none of`},
		{`{"mode": "explicit", "min": "1.3", "max": "1.2"}`, "min is above max"},
	} {
		wantError(t, `{"server": {"tls": `+tt.tls+`}}`, "server.tls: ", tt.want)
	}
}
