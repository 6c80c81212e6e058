package netlab

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// control opens a control connection over which a first line has gone each
// way: a helper does not read that one.
func control(t *testing.T, l *Lab, to string) (client, server *conn) {
	t.Helper()
	client, server = dialThrough(t, l, to)
	say(t, server, client, "220 ready\r\n")
	say(t, client, server, "USER anonymous\r\n")
	return client, server
}

// say sends text one way and returns what arrives at the other end.
func say(t *testing.T, from, to *conn, text string) string {
	t.Helper()
	if _, err := io.WriteString(from, text); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 256)
	n, err := to.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

// What passes a helper at the client's or at the server's NAT gateway.
func TestHelperRewrites(t *testing.T) {
	const client, server = true, false
	tests := []struct {
		name   string
		helper []string
		from   bool
		sent   string
		want   string
	}{
		{"PORT", []string{"cgw"}, client, "PORT 192,168,1,10,195,80\r\n", "PORT 203,0,113,2,195,80\r\n"},
		{"EPRT", []string{"cgw"}, client, "EPRT |1|192.168.1.10|50000|\r\n", "EPRT |1|203.0.113.2|50000|\r\n"},
		{"no helper", nil, client, "PORT 192,168,1,10,195,80\r\n", "PORT 192,168,1,10,195,80\r\n"},
		{"another's address", []string{"cgw"}, client, "PORT 192,168,1,11,195,80\r\n", "PORT 192,168,1,11,195,80\r\n"},
		{"second in a segment", []string{"cgw"}, client, "NOOP\r\nPORT 192,168,1,10,195,80\r\n", "NOOP\r\nPORT 192,168,1,10,195,80\r\n"},
		{"lower case", []string{"cgw"}, client, "port 192,168,1,10,195,80\r\n", "port 203,0,113,2,195,80\r\n"},
		{"a client's 227", []string{"sgw"}, client, "227 (10,0,0,10,195,80)\r\n", "227 (10,0,0,10,195,80)\r\n"},
		{"227", []string{"sgw"}, server, "227 Entering Passive Mode (10,0,0,10,195,80).\r\n", "227 Entering Passive Mode (198,51,100,2,195,80).\r\n"},
		{"227 without parentheses", []string{"sgw"}, server, "227 =10,0,0,10,195,80\r\n", "227 =198,51,100,2,195,80\r\n"},
		{"227 seen by the other gateway", []string{"cgw"}, server, "227 Entering Passive Mode (10,0,0,10,195,80).\r\n", "227 Entering Passive Mode (10,0,0,10,195,80).\r\n"},
		{"229", []string{"cgw", "sgw"}, server, "229 Extended (|||50000|)\r\n", "229 Extended (|||50000|)\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, Scenario{Client: Client{NAT: true}, Server: Server{NAT: true}, Helper: tt.helper})
				defer l.Close()
				c, s := control(t, l, "198.51.100.2:21")
				from, to := c, s
				if tt.from == server {
					from, to = s, c
				}
				if got := say(t, from, to, tt.sent); got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// What begins like an announcement and cannot be read never arrives, nor does
// anything after it. Measured with Linux.
func TestHelperDropsWhatItCannotRead(t *testing.T) {
	for _, text := range []string{
		"PORT 192,168,1\r\n", "PORT 192,168,1,10,195,80\n", "PORT  192,168,1,10,195,80\r\n", "P",
		"PORT 192,168,1,10,195,80 x\r\n", "EPRT |2|::1|50000|\r\n", "EPRT |1|192.168.1.10|x|\r\n",
	} {
		t.Run(text, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, Scenario{Client: Client{NAT: true}, Helper: []string{"cgw"}})
				defer l.Close()
				c, s := control(t, l, "198.51.100.66:21")
				io.WriteString(c, text)
				io.WriteString(c, "NOOP\r\n")
				s.SetReadDeadline(time.Now().Add(time.Minute))
				buf := make([]byte, 64)
				if n, err := s.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("arrived: %q, %v", buf[:n], err)
				}
				if got := say(t, s, c, "421 Timeout.\r\n"); got != "421 Timeout.\r\n" {
					t.Errorf("the other direction: %q", got)
				}
			})
		})
	}
}

// The first line of a direction passes unread: the helper has not seen a line
// end before it. Measured with Linux.
func TestHelperMissesFirstLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Scenario{Client: Client{NAT: true}, Helper: []string{"cgw"}})
		defer l.Close()
		c, s := dialThrough(t, l, "198.51.100.66:21")
		for _, want := range []string{"PORT 192,168,1,10,195,80\r\n", "PORT 203,0,113,2,195,80\r\n"} {
			if got := say(t, c, s, "PORT 192,168,1,10,195,80\r\n"); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	})
}

// A line that comes in two segments passes unread.
func TestHelperReadsWholeLinesOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Scenario{Client: Client{NAT: true}, Helper: []string{"cgw"}})
		defer l.Close()
		c, s := control(t, l, "198.51.100.66:21")
		for _, part := range []string{"SITE ", "PORT 192,168,1,10,195,80\r\n"} {
			if got := say(t, c, s, part); got != part {
				t.Errorf("got %q, want %q", got, part)
			}
		}
		if got := say(t, c, s, "PORT 192,168,1,10,195,80\r\n"); !strings.Contains(got, "203,0,113,2") {
			t.Errorf("the next line was not read: %q", got)
		}
	})
}

// An announced connection passes NAT and rules for new connections, once.
func TestHelperOpensPassivePort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Scenario{Client: Client{NAT: true}, Server: Server{NAT: true, Forward: []string{"21"}}, Helper: []string{"sgw"}})
		defer l.Close()
		accept(t, l.hosts["srv"], "0.0.0.0:50000")
		c, s := control(t, l, "198.51.100.2:21")
		dial := func() string { return attempt(t.Context(), l.Client(), "198.51.100.2:50000", probe.DialOptions{}) }
		if got := dial(); got != "refused" {
			t.Errorf("before the announcement: %s", got)
		}
		say(t, s, c, "227 Entering Passive Mode (10,0,0,10,195,80).\r\n")
		if got := dial(); got != "open" {
			t.Errorf("announced: %s", got)
		}
		if got := dial(); got != "refused" {
			t.Errorf("a second connection to the same port: %s", got)
		}
	})
}

// A control connection has one expectation: the next announcement replaces it.
func TestHelperExpectsTheLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Scenario{Server: Server{NAT: true, Forward: []string{"21"}}, Helper: []string{"sgw"}})
		defer l.Close()
		accept(t, l.hosts["srv"], "0.0.0.0:50000")
		accept(t, l.hosts["srv"], "0.0.0.0:50001")
		c, s := control(t, l, "198.51.100.2:21")
		say(t, s, c, "227 (10,0,0,10,195,80)\r\n")
		say(t, s, c, "229 (|||50001|)\r\n")
		for to, want := range map[string]string{"198.51.100.2:50000": "refused", "198.51.100.2:50001": "open"} {
			if got := attempt(t.Context(), l.Client(), to, probe.DialOptions{}); got != want {
				t.Errorf("%s: %s, want %s", to, got, want)
			}
		}
	})
}

// Active mode through both helpers: the server's connection from port 20
// arrives at the private address that the client announced.
func TestHelperLetsActiveConnectionIn(t *testing.T) {
	tests := []struct {
		name   string
		helper []string
		state  string
		want   string
	}{
		{"both helpers", []string{"cgw", "sgw"}, "new", "open"},
		{"none at the client", []string{"sgw"}, "new", "silent"},
		{"a rule for every packet", []string{"cgw"}, "", "silent"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, Scenario{
					Client: Client{NAT: true}, Server: Server{NAT: true}, Helper: tt.helper,
					Rules: []Rule{{At: "cgw", Toward: towardClient, Ports: "45000", State: tt.state, Do: doDrop}},
				})
				defer l.Close()
				c, s := control(t, l, "198.51.100.2:21")
				ln, err := l.Client().Listen(t.Context(), netip.MustParseAddrPort("192.168.1.10:45000"))
				if err != nil {
					t.Fatal(err)
				}
				say(t, c, s, "PORT 192,168,1,10,175,200\r\n")
				from := probe.DialOptions{Local: netip.MustParseAddrPort("10.0.0.10:20")}
				if got := attempt(t.Context(), l.Server(), "203.0.113.2:45000", from); got != tt.want {
					t.Fatalf("got %s, want %s", got, tt.want)
				}
				if tt.want != string(hops.Open) {
					return
				}
				data, err := ln.Accept()
				if err != nil || data.RemoteAddr().String() != "198.51.100.2:20" || data.LocalAddr().String() != "192.168.1.10:45000" {
					t.Errorf("arrived %v at %v, %v", data.RemoteAddr(), data.LocalAddr(), err)
				}
			})
		})
	}
}
