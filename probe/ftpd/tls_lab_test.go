package ftpd_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/netlab"
	"ftpcheck/probe/wire"
)

// TestTLSInTheSimulation: handshakes, resumption and a closed data connection
// over the simulated network, in virtual time.
func TestTLSInTheSimulation(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { simulate(t, version) })
		})
	}
}

func simulate(t *testing.T, version uint16) {
	lab, err := netlab.Build(&netlab.Scenario{About: "TLS", Server: netlab.Server{TLS: &netlab.TLS{Mode: "required-data", Reuse: true}}})
	if err != nil {
		t.Fatal(err)
	}
	defer lab.Close()
	host := netip.MustParseAddr(lab.Target().Host)
	cache := &lastSession{}
	config := &tls.Config{InsecureSkipVerify: true, ClientSessionCache: cache, MinVersion: version, MaxVersion: version}
	began := time.Now()
	conn := dial(t, lab, netip.AddrPortFrom(host, 21))
	ask(t, conn, "", "220")
	ask(t, conn, "AUTH TLS", "234")
	control := tls.Client(conn, config)
	defer control.Close()
	for _, step := range []string{"USER ftp", "PASS x", "PBSZ 0", "PROT P"} {
		ask(t, control, step, map[string]string{"USER ftp": "331", "PASS x": "230"}[step])
	}
	cache.full = true
	port, _, err := wire.ParseEPSV(ask(t, control, "EPSV", "229"))
	if err != nil {
		t.Fatal(err)
	}
	raw := dial(t, lab, netip.AddrPortFrom(host, port))
	ask(t, control, "NLST", "150")
	data := tls.Client(raw, config)
	defer data.Close()
	got, err := io.ReadAll(data)
	if err != nil || !strings.HasPrefix(string(got), "0B.bin\r\n") || !data.ConnectionState().DidResume {
		t.Errorf("got %q, %v, resumed %v", got, err, data.ConnectionState().DidResume)
	}
	ask(t, control, "", "226")
	if took := time.Since(began); took > time.Second {
		t.Errorf("took %v of virtual time", took)
	}
}

func dial(t *testing.T, lab *netlab.Lab, to netip.AddrPort) net.Conn {
	t.Helper()
	conn, attempt := lab.Client().Dial(context.Background(), to, probe.DialOptions{})
	if conn == nil {
		t.Fatalf("%v: %v", to, attempt.Outcome)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// ask sends a command, unless it is empty, and wants a reply of one line.
func ask(t *testing.T, conn net.Conn, command, want string) string {
	t.Helper()
	if command != "" {
		io.WriteString(conn, command+"\r\n")
	}
	b := make([]byte, 500)
	n, err := conn.Read(b)
	if err != nil || !strings.HasPrefix(string(b[:n]), want) {
		t.Fatalf("%q got %q, %v, want %q", command, b[:n], err, want)
	}
	return strings.TrimSpace(string(b[:n]))
}

// lastSession keeps the latest session until it is full.
type lastSession struct {
	session *tls.ClientSessionState
	full    bool
}

func (l *lastSession) Get(string) (*tls.ClientSessionState, bool) {
	return l.session, l.session != nil
}

func (l *lastSession) Put(_ string, s *tls.ClientSessionState) {
	if !l.full {
		l.session = s
	}
}
