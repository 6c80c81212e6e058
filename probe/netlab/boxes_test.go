package netlab

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// behindNAT is a network with one box, and with NAT on both sides.
func behindNAT(b ...Box) Scenario {
	return Scenario{Client: Client{NAT: true}, Server: Server{NAT: true}, Boxes: b}
}

// A proxy opens at its own distance, and the server sees its address.
func TestProxy(t *testing.T) {
	for at, want := range map[string]struct {
		byTTL []string
		from  string
	}{
		"cgw": {[]string{"open", "open", "open", "open", "open"}, "203.0.113.2"},
		"isp": {[]string{"open", "11/0 192.168.1.1", "open", "open", "open"}, "198.51.100.1"},
	} {
		t.Run(at, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, behindNAT(Box{At: at, Kind: BoxProxy}))
				defer l.Close()
				ln, err := l.Server().Listen(t.Context(), netip.MustParseAddrPort("0.0.0.0:21"))
				if err != nil {
					t.Fatal(err)
				}
				c, a := l.Client().Dial(t.Context(), netip.MustParseAddrPort("198.51.100.2:21"), probe.DialOptions{})
				if a.Outcome != hops.Open {
					t.Fatalf("%+v", a)
				}
				s, err := ln.Accept()
				if err != nil {
					t.Fatal(err)
				}
				client, server := c.(*conn), s.(*conn)
				if got := server.remote.IP.String(); got != want.from {
					t.Errorf("the server sees %s, want %s", got, want.from)
				}
				if got := say(t, server, client, "220 ready\r\n"); got != "220 ready\r\n" {
					t.Errorf("toward the client: %q", got)
				}
				if got := say(t, client, server, "QUIT\r\n"); got != "QUIT\r\n" {
					t.Errorf("toward the server: %q", got)
				}
				server.Close()
				if _, err := client.Read(make([]byte, 1)); err != io.EOF {
					t.Errorf("the server closed, the client reads %v", err)
				}
				var got []string
				for ttl := range 5 {
					got = append(got, attempt(t.Context(), l.Client(), "198.51.100.2:21", probe.DialOptions{TTL: ttl}))
				}
				if !slices.Equal(got, want.byTTL) {
					t.Errorf("by TTL %q, want %q", got, want.byTTL)
				}
			})
		})
	}
}

// A proxy that cannot reach the server has accepted all the same.
func TestProxyWithoutServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, behindNAT(Box{At: "cgw", Kind: BoxProxy}))
		defer l.Close()
		c, a := l.Client().Dial(t.Context(), netip.MustParseAddrPort("198.51.100.2:21"), probe.DialOptions{})
		if a.Outcome != hops.Open {
			t.Fatalf("%+v", a)
		}
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("read: %v", err)
		}
	})
}

// The end of a connection by RST goes through a proxy, too.
func TestProxyPassesReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, behindNAT(Box{At: "cgw", Kind: BoxProxy}))
		defer l.Close()
		client, server := dialThrough(t, l, "198.51.100.2:21")
		server.SetLinger(0)
		server.Close()
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read: %v", err)
		}
	})
}

// Every port is open and mute, whether the server listens there or not; the
// control port is the server's.
func TestFalseOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, behindNAT(Box{At: "sgw", Kind: BoxFalseOpen}))
		defer l.Close()
		client, server := dialThrough(t, l, "198.51.100.2:21")
		if got := say(t, server, client, "220 ready\r\n"); got != "220 ready\r\n" {
			t.Errorf("control: %q", got)
		}
		ln, err := l.Server().Listen(t.Context(), netip.MustParseAddrPort("0.0.0.0:50000"))
		if err != nil {
			t.Fatal(err)
		}
		ln.(*listener).SetDeadline(time.Now().Add(time.Hour))
		for _, to := range []string{"198.51.100.2:50000", "198.51.100.2:50001", "198.51.100.2:9"} {
			c, a := l.Client().Dial(t.Context(), netip.MustParseAddrPort(to), probe.DialOptions{TTL: 3})
			if a.Outcome != hops.Open || a.Took != 2*3*latency {
				t.Fatalf("%s: %+v, want open at sgw", to, a)
			}
			c.SetReadDeadline(time.Now().Add(time.Minute))
			if n, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s: read %d bytes, %v", to, n, err)
			}
			c.Close()
		}
		if _, err := ln.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the server's port was reached: %v", err)
		}
	})
}

// A connection that was silent too long is dead from both ends, and nobody
// says so. Measured with Linux, see BoxIdle.
func TestIdle(t *testing.T) {
	for _, tt := range []struct {
		name        string
		silence     time.Duration
		serverFirst bool
		want        error
	}{
		{"short silence", 4 * time.Second, false, nil},
		{"long silence, the client speaks", 6 * time.Second, false, os.ErrDeadlineExceeded},
		{"long silence, the server speaks", 6 * time.Second, true, os.ErrDeadlineExceeded},
	} {
		for _, at := range []string{"cgw", "isp", "sgw"} {
			t.Run(tt.name+" at "+at, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l := newLab(t, behindNAT(Box{At: at, Kind: BoxIdle, Value: "5s"}))
					defer l.Close()
					from, to := dialThrough(t, l, "198.51.100.2:21")
					if tt.serverFirst {
						from, to = to, from
					}
					for range 3 { // each packet counts, from either end
						time.Sleep(4 * time.Second)
						say(t, to, from, "x")
					}
					time.Sleep(tt.silence)
					io.WriteString(from, "NOOP")
					to.SetReadDeadline(time.Now().Add(time.Minute))
					if _, err := to.Read(make([]byte, 9)); !errors.Is(err, tt.want) {
						t.Errorf("one way: %v, want %v", err, tt.want)
					}
					io.WriteString(to, "200")
					from.SetReadDeadline(time.Now().Add(time.Minute))
					if _, err := from.Read(make([]byte, 9)); !errors.Is(err, tt.want) {
						t.Errorf("the other way: %v, want %v", err, tt.want)
					}
					if got := attempt(t.Context(), l.Client(), "198.51.100.2:21", probe.DialOptions{}); got != "refused" {
						t.Errorf("a further connection: %s, want the server's answer", got)
					}
				})
			})
		}
	}
}

// Nor does the end of a forgotten connection arrive.
func TestIdleDropsReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, behindNAT(Box{At: "isp", Kind: BoxIdle, Value: "5s"}))
		defer l.Close()
		client, server := dialThrough(t, l, "198.51.100.2:21")
		time.Sleep(time.Minute)
		client.SetLinger(0)
		client.Close()
		server.SetReadDeadline(time.Now().Add(time.Hour))
		if _, err := server.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read: %v", err)
		}
	})
}

// Segments that a swallower or a rewriter at a device sees.
func TestInspection(t *testing.T) {
	const client, server = true, false
	swallow := Box{At: "cgw", Kind: BoxSwallow, Value: "PASV"}
	rewrite := Box{At: "cgw", Kind: BoxRewrite, Value: "203.0.113.99"}
	mask := Box{At: "cgw", Kind: BoxMask, Value: "SITE"}
	port := Box{At: "cgw", Kind: BoxRewritePort, Value: "49876"}
	active := Box{At: "cgw", Kind: BoxRewriteActive, Value: "192.168.1.99"}
	activePort := Box{At: "cgw", Kind: BoxRewriteActivePort, Value: "61540"}
	truncate := Box{At: "cgw", Kind: BoxTruncate, Value: "227"}
	truncateActive := Box{At: "cgw", Kind: BoxTruncate, Value: "PORT"}
	alter := Box{At: "cgw", Kind: BoxAlter}
	const passive, changed = "227 Entering Passive Mode (198,51,100,2,195,80).\r\n", "227 Entering Passive Mode (203,0,113,99,195,80).\r\n"
	for _, tt := range []struct {
		name string
		box  Box
		port string
		from bool
		sent string
		want string // empty: nothing arrives
	}{
		{"the command", swallow, ":21", client, "PASV\r\n", ""},
		{"another command", swallow, ":21", client, "EPSV\r\n", "EPSV\r\n"},
		{"second in a segment", swallow, ":21", client, "NOOP\r\nPASV\r\n", "NOOP\r\nPASV\r\n"},
		{"the server's words", swallow, ":21", server, "PASV\r\n", "PASV\r\n"},
		{"a data connection", swallow, ":50000", client, "PASV\r\n", ""},
		{"227", rewrite, ":21", server, passive, changed},
		{"with more behind it", rewrite, ":21", server, passive + "200\r\n", changed + "200\r\n"},
		{"not at the beginning", rewrite, ":21", server, "200\r\n" + passive, "200\r\n" + passive},
		{"no address", rewrite, ":21", server, "227 Entering\r\n", "227 Entering\r\n"},
		{"half a line", rewrite, ":21", server, "227 (198,51,100,2,195,80)", "227 (198,51,100,2,195,80)"},
		{"the client's words", rewrite, ":21", client, passive, passive},
		{"a data connection", rewrite, ":50000", server, passive, passive},
		{"the command", mask, ":21", client, "SITE HELP\r\n", "XXXX HELP\r\n"},
		{"another command", mask, ":21", client, "NOOP SITE\r\n", "NOOP SITE\r\n"},
		{"the server's words", mask, ":21", server, "SITE HELP\r\n", "SITE HELP\r\n"},
		{"a data connection", mask, ":50000", client, "SITE HELP\r\n", "SITE HELP\r\n"},
		{"227", port, ":21", server, passive, "227 Entering Passive Mode (198,51,100,2,194,212).\r\n"},
		{"229", port, ":21", server, "229 Entering (|||50000|)\r\n", "229 Entering (|||49876|)\r\n"},
		{"the client's words", port, ":21", client, passive, passive},
		{"PORT", active, ":21", client, "PORT 192,168,1,10,156,64\r\n", "PORT 192,168,1,99,156,64\r\n"},
		{"EPRT", active, ":21", client, "EPRT |1|192.168.1.10|40000|\r\n", "EPRT |1|192.168.1.99|40000|\r\n"},
		{"EPRT of IPv6", active, ":21", client, "EPRT |2|2001:db8::1|40000|\r\n", "EPRT |2|2001:db8::1|40000|\r\n"},
		{"the server's words", active, ":21", server, "PORT 192,168,1,10,156,64\r\n", "PORT 192,168,1,10,156,64\r\n"},
		{"PORT", activePort, ":21", client, "PORT 192,168,1,10,156,64\r\n", "PORT 192,168,1,10,240,100\r\n"},
		{"EPRT", activePort, ":21", client, "EPRT |1|192.168.1.10|40000|\r\n", "EPRT |1|192.168.1.10|61540|\r\n"},
		{"227", truncate, ":21", server, passive, "227 Entering Passive Mode (198,51,100,2,        \r\n"},
		{"PORT", truncate, ":21", client, "PORT 192,168,1,10,156,64\r\n", "PORT 192,168,1,10,156,64\r\n"},
		{"PORT", truncateActive, ":21", client, "PORT 192,168,1,10,156,64\r\n", "PORT 192,168,1,10,      \r\n"},
		{"227", truncateActive, ":21", server, passive, passive},
		{"a data connection", alter, ":50000", server, "0123456789abcdefg", "0123456789abcdeXg"},
		{"a data connection, up", alter, ":50000", client, "0123456789abcdef", "0123456789abcdeX"},
		{"little", alter, ":50000", server, "0123456789abcde", "0123456789abcde"},
		{"the control connection", alter, ":21", server, "0123456789abcdef", "0123456789abcdef"},
	} {
		t.Run(tt.box.Kind+" "+tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, behindNAT(tt.box))
				defer l.Close()
				from, to := dialThrough(t, l, "198.51.100.2"+tt.port)
				if tt.from == server {
					from, to = to, from
				}
				io.WriteString(from, tt.sent)
				time.Sleep(time.Second)
				io.WriteString(from, "NEXT")
				want := tt.want + "NEXT"
				if tt.want == "" {
					want = "" // TCP keeps the order
				}
				to.SetReadDeadline(time.Now().Add(time.Minute))
				if got, err := io.ReadAll(to); string(got) != want || !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("got %q, %v; want %q", got, err, want)
				}
				if got := say(t, to, from, "200\r\n"); got != "200\r\n" {
					t.Errorf("the other direction: %q", got)
				}
			})
		})
	}
}

// What a swallower keeps back does not keep back the end by RST, which carries
// no data.
func TestSwallowPassesReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, behindNAT(Box{At: "sgw", Kind: BoxSwallow, Value: "PASV"}))
		defer l.Close()
		client, server := dialThrough(t, l, "198.51.100.2:21")
		io.WriteString(client, "PASV\r\n")
		client.SetLinger(0)
		client.Close()
		if _, err := server.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read: %v", err)
		}
	})
}

// The rules of a router are for what it passes on and for what is addressed to
// it, as in the forward and input chains; not for what it sends itself.
func TestRulesLeaveProxyAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := behindNAT(Box{At: "cgw", Kind: BoxProxy})
		s.Rules = []Rule{
			{At: "cgw", Toward: towardServer, Ports: "21", Do: doReset}, // the client's SYN is for port 2121 there
			{At: "cgw", Toward: towardClient, From: "2121", Do: doDrop},
		}
		l := newLab(t, s)
		defer l.Close()
		client, server := dialThrough(t, l, "198.51.100.2:21")
		if got := say(t, client, server, "NOOP\r\n"); got != "NOOP\r\n" {
			t.Errorf("got %q", got)
		}
		s.Rules = []Rule{{At: "cgw", Toward: towardServer, Ports: "2121", Do: doReset}}
		closed := newLab(t, s)
		defer closed.Close()
		if got := attempt(t.Context(), closed.Client(), "198.51.100.2:21", probe.DialOptions{}); got != "refused" {
			t.Errorf("with a rule for what is addressed to it: %s", got)
		}
	})
}
