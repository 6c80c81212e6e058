package main

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/ftpd"
	"ftpcheck/report"
)

// TestServeLike: what is taken over of a server, and what is not. Flags win.
func TestServeLike(t *testing.T) {
	passive := probe.PortRange{Low: 41000, High: 41003}
	like := ftpd.Options{
		Anonymous: true, Product: "Welcome\nto (vsFTPd 3.0.3)", Passive: passive,
		Announce: netip.MustParseAddr("127.0.0.9"), Features: []string{"EPSV", "PASV", "UTF8"},
	}
	refusing := ftpd.Options{Anonymous: true, Passive: passive, Faults: []string{"refuse-passive", "login-refused"}}
	tests := []struct {
		name    string
		server  ftpd.Options
		args    string
		printed []string // patterns of the welcome
		feat    string
	}{
		{"all", like, "", []string{
			`passive +(ports 4100[01]-4100[23])\n`, `announces (127\.0\.0\.9)\n`, `like +(127\.0\.0\.1:\d+)\n +took over the greeting\n`,
			`(took over 3 lines of FEAT)\n`, `(took over the announced address 127\.0\.0\.9)\n`,
		}, "211-Features:\r\n EPSV\r\n PASV\r\n UTF8\r\n FTPCHECK 1\r\n211 End\r\n"},
		{"flags win", like, "--passive 41100-41200 --announce 127.0.0.8 --exchange=false", []string{
			`passive +(ports 41100-41200)\n`, `announces (127\.0\.0\.8)\n`,
		}, "211-Features:\r\n EPSV\r\n PASV\r\n UTF8\r\n211 End\r\n"},
		{"without a login", refusing, "", []string{
			`passive +(ports 50000-50100)\n`, `(took over the greeting)\n`, `(did not take over FEAT and the passive ports: the login got 530)\n`,
		}, ""},
		{"TLS", ftpd.Options{Anonymous: true, Passive: passive, TLS: &ftpd.TLS{Mode: ftpd.TLSExplicit}}, "", []string{
			`(did not take over TLS: add --tls explicit)\n`, `(took over \d+ lines of FEAT)\n`,
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at := serveLoopback(t, tt.server)
			args := append([]string{"--anonymous", "--like", at.String()}, strings.Fields(tt.args)...)
			s := startServe(t, args...)
			for _, pattern := range tt.printed {
				s.out.await(t, pattern)
			}
			addr := netip.MustParseAddrPort(s.out.await(t, `listens +(127\.0\.0\.1:\d+)\n`))
			greeting, feat := greetingAndFEAT(t, addr)
			if want := greetingOf(tt.server); greeting != want {
				t.Errorf("greets with %q, want %q", greeting, want)
			}
			if tt.feat != "" && feat != tt.feat {
				t.Errorf("FEAT is %q, want %q", feat, tt.feat)
			}
		})
	}
}

func greetingOf(opt ftpd.Options) string {
	if opt.Product == "" {
		return "220 " + ftpd.DefaultProduct + "\r\n"
	}
	return "220-Welcome\r\n220 to (vsFTPd 3.0.3)\r\n"
}

// greetingAndFEAT are what a server sends, byte by byte.
func greetingAndFEAT(t *testing.T, to netip.AddrPort) (greeting, feat string) {
	t.Helper()
	conn := dialLoopback(t, to)
	defer conn.Close()
	io.WriteString(conn, "FEAT\r\nQUIT\r\n")
	all, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	greeting, rest, _ := strings.Cut(string(all), "211-")
	feat, _, _ = strings.Cut("211-"+rest, "221 ")
	return greeting, feat
}

func TestServeLikeUsage(t *testing.T) {
	tests := []struct{ like, want string }{
		{"127.0.0.1:1", "error: cannot imitate 127.0.0.1:1: it did not greet\nftpcheck: hint: ftpcheck 127.0.0.1:1 tells why\n"},
		{"sftp://x", "error: sftp is a part of SSH"},
		{"http://x", "error: TARGET has a scheme that is not ftp"},
		{"ftp://ann@127.0.0.1:1", "error: no password for user ann"},
	}
	for _, tt := range tests {
		var words strings.Builder
		s := streams{in: strings.NewReader(""), out: io.Discard, err: &words, network: probe.System{}, getenv: func(string) string { return "" }}
		if code := run(t.Context(), []string{"serve", "--listen", "127.0.0.1:0", "--anonymous", "--like", tt.like}, s); code != report.ExitUsage {
			t.Errorf("%s: exit code %d, want %d", tt.like, code, report.ExitUsage)
		}
		if !strings.Contains(words.String(), tt.want) {
			t.Errorf("%s: got %q, want %q", tt.like, words.String(), tt.want)
		}
	}
}

// TestLikenessOfAHostileServer: nothing of its greeting reaches our clients.
func TestLikenessOfAHostileServer(t *testing.T) {
	for _, line := range []string{"220 \x1b[2J", "220 \xff", "220 \u009b1m", "220 " + strings.Repeat("x", maxLikeText+1)} {
		opt := ftpd.Options{Product: "ours"}
		l := &likeness{}
		l.greeting(&probe.Reply{Code: 220, Lines: []string{line}}, &opt)
		if opt.Product != "ours" || len(l.left) != 1 {
			t.Errorf("%q: took over %q", line, opt.Product)
		}
	}
}

func dialLoopback(t *testing.T, to netip.AddrPort) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", to.String(), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}
