package ftpd

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"strings"
	"testing"
	"time"
)

// TestTLSTalk holds conversations before and, below the line "TLS", after the
// handshake.
func TestTLSTalk(t *testing.T) {
	const in = "> USER ftp\n< 331\n> PASS x\n< 230\n"
	const private = "> PBSZ 0\n< 200\n> PROT P\n< 200 PROT now Private.\n"
	tests := []struct {
		name   string
		mode   TLSMode
		faults string
		plain  string
		secure string // empty: there is no handshake
	}{
		{"offered", TLSExplicit, "", "> FEAT\n< 211-Features:\n AUTH TLS\n EPRT\n> HELP\n< 214-\n> AUTH TLS\n< 234\n", "> FEAT\n< 211-Features:\n AUTH TLS\n> AUTH TLS\n< 503\n" + in},
		{"by its other name", TLSExplicit, "", "> auth tls-c\n< 234\n", in},
		{"no other mechanism", TLSExplicit, "", "> AUTH GSSAPI\n< 504\n> AUTH\n< 504\n> AUTH SSL\n< 504\n", ""},
		{"not without TLS", TLSExplicit, "", "> PBSZ 0\n< 503\n> PROT P\n< 503\n> CCC\n< 533\n" + in + "> AUTH TLS\n< 503\n", ""},
		{"levels", TLSExplicit, "", "> AUTH TLS\n< 234\n", "> PROT P\n< 503\n> PBSZ 0\n< 200 PBSZ set to 0.\n> PROT C\n< 200\n> PROT S\n< 536\n> PROT E\n< 536\n> PROT X\n< 504\n> CCC\n< 533"},
		{"what is encrypted", TLSExplicit, "", "> AUTH TLS\n< 234\n", in + private + "> STAT\n< 211-FTP server status:\n"},
		{"explicit is a choice", TLSExplicit, "", in, ""},
		{"required", TLSRequired, "", "> USER ftp\n< 530 Non-anonymous sessions must use encryption.\n.", ""},
		{"required and done", TLSRequired, "", "> AUTH TLS\n< 234\n", in},
		{"required for data", TLSRequiredData, "", "> AUTH TLS\n< 234\n", in + "> EPSV\n< 229\n> LIST\n< 522 Data connections must be encrypted.\n> PBSZ 0\n< 200\n> PROT C\n< 200\n> LIST\n< 522"},
		{"stripped", TLSExplicit, "tls-stripped", "> FEAT\n< 211-Features:\n AUTH TLS\n> AUTH TLS\n< 500\n", ""},
		{"unlisted", TLSExplicit, "tls-unlisted", "> FEAT\n< 211-Features:\n EPRT\n> AUTH TLS\n< 234\n", in},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := serve(t, Options{TLS: &TLS{Mode: tt.mode}, Faults: strings.Fields(tt.faults)}).connect(t)
			c.wants("220")
			c.hold(tt.plain)
			if tt.secure != "" {
				handshake(c, 0)
				c.hold(tt.secure)
				c.ask("QUIT", "221")
				if _, err := c.conn.Read(make([]byte, 1)); err != io.EOF {
					t.Errorf("the session ended with %v, want a close_notify", err)
				}
			}
		})
	}
}

func TestSTATTellsWhatIsEncrypted(t *testing.T) {
	c := serve(t, Options{TLS: &TLS{Mode: TLSExplicit}}).connect(t)
	c.wants("220")
	e := encrypt(c, tls.VersionTLS13)
	e.enter()
	if got := c.ask("STAT", "211-"); !strings.Contains(got, "Control connection is encrypted, TLS 1.3\n     Data connections will be encrypted") {
		t.Errorf("STAT: %s", got)
	}
}

// TestReuse: the server demands that every data connection resumes the session
// of its own control connection. One ticket may be used again and again.
func TestReuse(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		r := serve(t, Options{TLS: &TLS{Mode: TLSRequired, Reuse: true}})
		c := r.connect(t)
		c.wants("220")
		e := encrypt(c, version)
		e.enter()
		for range 3 {
			if got, resumed := e.fetch("NLST"); !resumed || !strings.HasPrefix(got, "0B.bin\r\n") {
				t.Errorf("resumed %v, got %q", resumed, got)
			}
			c.wants("226")
			e.upload(t)
		}
		want := "data: " + tls.VersionName(version) + ", resumed"
		if got := r.logged(WhatSecure); len(got) != 7 || got[6] != want {
			t.Errorf("the log says %q, want %q in the end", got, want)
		}
	})
}

// upload stores a file, in active mode: the server is the TLS server there, too.
func (e *tlsClient) upload(t *testing.T) {
	t.Helper()
	l, command := listen(t)
	e.ask(command, "200")
	e.ask("STOR up.bin", "150")
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	data, err := shake(conn, e.data)
	if err != nil || !data.ConnectionState().DidResume {
		t.Fatalf("active: %v, or not resumed", err)
	}
	data.Write(make([]byte, uploadSize))
	data.Close()
	e.wants("226")
}

// TestNotReused: what happens to a client whose data connection resumes
// nothing, or the session of another control connection.
func TestNotReused(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		for _, stolen := range []bool{false, true} {
			r := serve(t, Options{TLS: &TLS{Mode: TLSRequired, Reuse: true}})
			c := r.connect(t)
			c.wants("220")
			e := encrypt(c, version)
			e.enter()
			if stolen {
				other := r.connect(t)
				other.wants("220")
				o := encrypt(other, version)
				o.enter()
				e.data.ClientSessionCache = o.cache
			} else {
				e.data.ClientSessionCache = nil
			}
			if _, err := e.open("LIST"); err != nil {
				t.Fatal(err)
			}
			c.wants("522 SSL connection failed: session reuse required")
			c.ends()
		}
	})
}

// TestNotReusedAsProFTPD: the session goes on, and a ticket that came over the
// refused data connection is no way in.
func TestNotReusedAsProFTPD(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		c := serve(t, Options{TLS: &TLS{Mode: TLSExplicit}, Faults: []string{"reuse-425"}}).connect(t)
		c.wants("220")
		e := encrypt(c, version)
		e.enter()
		e.data.ClientSessionCache = &pinned{control: true}
		for range 2 {
			data, err := e.open("LIST")
			if err != nil {
				t.Fatal(err)
			}
			io.ReadAll(data) // in which the ticket comes
			c.wants("425 Unable to build data connection: Operation not permitted")
		}
		e.data.ClientSessionCache = e.cache
		if _, resumed := e.fetch("LIST"); !resumed {
			t.Error("not resumed")
		}
		c.wants("226")
	})
}

// TestInjection: what an intruder has put behind AUTH TLS in plain text is not
// obeyed after the handshake.
func TestInjection(t *testing.T) {
	r := serve(t, Options{TLS: &TLS{Mode: TLSExplicit}})
	c := r.connect(t)
	c.wants("220")
	c.send("AUTH TLS\r\nUSER ftp\r\nPASS x")
	c.wants("421 Bytes behind AUTH TLS")
	c.ends()
	if got := r.logged(WhatLogin); got != nil {
		t.Errorf("somebody logged in: %q", got)
	}
}

// TestHandshakeNeverComes: it is given up, and others are served meanwhile.
func TestHandshakeNeverComes(t *testing.T) {
	for _, mode := range []TLSMode{TLSExplicit, TLSImplicit} {
		t.Run(string(mode), func(t *testing.T) {
			r := serve(t, Options{TLS: &TLS{Mode: mode}, LoginTimeout: 500 * time.Millisecond})
			mute := r.connect(t)
			if mode == TLSExplicit {
				mute.wants("220")
				mute.ask("AUTH TLS", "234")
			}
			other := r.connect(t)
			if mode == TLSExplicit {
				other.wants("220")
				encrypt(other, 0)
			} else {
				handshake(other, 0)
				other.wants("220")
			}
			other.ask("NOOP", "200")
			began := time.Now()
			mute.ends()
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("the mute client was kept for %v", took)
			}
		})
	}
}

// TestCertificates: each kind fails for its own reason, and only then.
func TestCertificates(t *testing.T) {
	a, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		kind Kind
		want string
	}{
		{Signed, ""},
		{ByItself, "certificate signed by unknown authority"},
		{Expired, "certificate has expired"},
		{OtherNames, "not example.com"},
	}
	for _, tt := range tests {
		t.Run(string(tt.kind), func(t *testing.T) {
			cert, err := a.Certificate(tt.kind, "example.com", "127.0.0.1")
			if err != nil {
				t.Fatal(err)
			}
			r := serve(t, Options{TLS: &TLS{Mode: TLSImplicit, Certificate: cert}})
			conn := dialTCP(t, r.addr)
			defer conn.Close()
			err = tls.Client(conn, &tls.Config{RootCAs: a.Pool(), ServerName: "example.com"}).Handshake()
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got error %v, want %q", err, tt.want)
			}
		})
	}
}

// TestOwnCertificate: the one made in memory names where the server listens.
func TestOwnCertificate(t *testing.T) {
	r := serve(t, Options{TLS: &TLS{Mode: TLSImplicit}})
	c := r.connect(t)
	e := handshake(c, 0)
	cert := e.conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
	for _, name := range []string{"localhost", "127.0.0.1"} {
		if err := cert.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	if cert.PublicKeyAlgorithm != x509.ECDSA {
		t.Errorf("its key is %v", cert.PublicKeyAlgorithm)
	}
}

// TestVersions: nothing but the given ones is spoken.
func TestVersions(t *testing.T) {
	tests := []struct{ min, max, client, want uint16 }{
		{0, 0, 0, tls.VersionTLS13},
		{0, 0, tls.VersionTLS12, tls.VersionTLS12},
		{0, 0, tls.VersionTLS11, 0},
		{tls.VersionTLS13, 0, tls.VersionTLS12, 0},
		{0, tls.VersionTLS12, 0, tls.VersionTLS12},
		{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS11, tls.VersionTLS11},
		{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, 0},
		{0, tls.VersionTLS10, tls.VersionTLS10, tls.VersionTLS10},
	}
	for _, tt := range tests {
		r := serve(t, Options{TLS: &TLS{Mode: TLSImplicit, Min: tt.min, Max: tt.max}})
		conn := tls.Client(dialTCP(t, r.addr), clientConfig(tt.client, nil))
		err := conn.Handshake()
		if got := conn.ConnectionState().Version; err == nil && got != tt.want || err != nil && tt.want != 0 {
			t.Errorf("%x-%x: a client of %x got %x, %v, want %x", tt.min, tt.max, tt.client, got, err, tt.want)
		}
		conn.Close()
	}
}

// TestClientCertificate: the client without one is turned away.
func TestClientCertificate(t *testing.T) {
	r := serve(t, Options{TLS: &TLS{Mode: TLSImplicit, ClientCert: true}})
	conn := tls.Client(dialTCP(t, r.addr), clientConfig(0, nil))
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, err := conn.Read(make([]byte, 1))
	if err == nil || !strings.Contains(err.Error(), "certificate required") {
		t.Errorf("read ended with %v, want an alert", err)
	}
}
