package netlab

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// A SYN or ACK takes oneWay from end to end of a scenario, data takes dataWay.
const (
	oneWay  = 4 * latency
	dataWay = oneWay + transmission
)

// pair runs f in virtual time with both ends of a connection through two NATs.
func pair(t *testing.T, f func(t *testing.T, client, server *conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Scenario{Client: Client{NAT: true}, Server: Server{NAT: true}})
		defer l.Close()
		c, s := dialThrough(t, l, "198.51.100.2:21")
		f(t, c, s)
	})
}

// dialThrough connects the lab's client to a port of its server.
func dialThrough(t *testing.T, l *Lab, to string) (client, server *conn) {
	t.Helper()
	target := netip.MustParseAddrPort(to)
	ln, err := l.Server().Listen(t.Context(), netip.AddrPortFrom(netip.IPv4Unspecified(), target.Port()))
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, a := l.Client().Dial(t.Context(), target, probe.DialOptions{})
	if a.Outcome != hops.Open {
		t.Fatalf("dial: %+v", a)
	}
	s, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return c.(*conn), s.(*conn)
}

func TestHandshakeTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Scenario{})
		defer l.Close()
		ln, err := l.Server().Listen(t.Context(), netip.MustParseAddrPort("0.0.0.0:21"))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		accepted := make(chan time.Duration)
		go func() {
			if _, err := ln.Accept(); err != nil {
				t.Error(err)
			}
			accepted <- time.Since(began)
		}()
		_, a := l.Client().Dial(t.Context(), netip.MustParseAddrPort("198.51.100.66:21"), probe.DialOptions{})
		if a.Took != 2*oneWay || time.Since(began) != a.Took {
			t.Errorf("dial took %v, want a round trip of %v", a.Took, 2*oneWay)
		}
		if got := <-accepted; got != 3*oneWay {
			t.Errorf("accepted after %v, want %v: when the ACK arrives", got, 3*oneWay)
		}
	})
}

func TestEndsSeeTranslatedAddresses(t *testing.T) {
	pair(t, func(t *testing.T, client, server *conn) {
		for _, tt := range []struct {
			name string
			addr net.Addr
			want string
		}{
			{"client's local", client.LocalAddr(), "192.168.1.10:40000"},
			{"client's remote", client.RemoteAddr(), "198.51.100.2:21"},
			{"server's local", server.LocalAddr(), "10.0.0.10:21"},
			{"server's remote", server.RemoteAddr(), "203.0.113.2:40000"},
		} {
			if _, ok := tt.addr.(*net.TCPAddr); !ok || tt.addr.String() != tt.want {
				t.Errorf("%s: %T %v, want %v", tt.name, tt.addr, tt.addr, tt.want)
			}
		}
	})
}

func TestDataTakesOneWayLatency(t *testing.T) {
	pair(t, func(t *testing.T, client, server *conn) {
		began := time.Now()
		io.WriteString(server, "220 ")
		io.WriteString(server, "ready\r\n")
		if took := time.Since(began); took != 0 {
			t.Errorf("writing took %v", took)
		}
		buf := make([]byte, 64)
		n, err := client.Read(buf)
		if string(buf[:n]) != "220 ready\r\n" || err != nil || time.Since(began) != dataWay {
			t.Errorf("read %q, %v after %v", buf[:n], err, time.Since(began))
		}
	})
}

func TestHalfClose(t *testing.T) {
	pair(t, func(t *testing.T, client, server *conn) {
		io.WriteString(client, "STOR")
		client.CloseWrite()
		if got, err := io.ReadAll(server); string(got) != "STOR" || err != nil {
			t.Fatalf("server read %q, %v", got, err)
		}
		if _, err := client.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("write after CloseWrite: %v", err)
		}
		io.WriteString(server, "226")
		server.Close()
		if got, err := io.ReadAll(client); string(got) != "226" || err != nil {
			t.Errorf("client read %q, %v", got, err)
		}
	})
}

func TestResets(t *testing.T) {
	reset := func(t *testing.T, c *conn, want string) {
		t.Helper()
		got, err := io.ReadAll(c)
		if string(got) != want || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read %q, %v; want %q and a reset", got, err, want)
		}
		if _, err := c.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("write: %v", err)
		}
	}
	t.Run("linger 0", func(t *testing.T) {
		pair(t, func(t *testing.T, client, server *conn) {
			io.WriteString(server, "150")
			server.SetLinger(0)
			server.Close()
			reset(t, client, "150")
		})
	})
	t.Run("closed with unread data", func(t *testing.T) {
		pair(t, func(t *testing.T, client, server *conn) {
			io.WriteString(client, "QUIT\r\n")
			time.Sleep(dataWay)
			server.Close()
			reset(t, client, "")
		})
	})
	t.Run("data for a closed end", func(t *testing.T) {
		pair(t, func(t *testing.T, client, server *conn) {
			server.Close()
			time.Sleep(dataWay)
			if _, err := client.Write([]byte("NOOP\r\n")); err != nil {
				t.Errorf("the first write: %v", err)
			}
			time.Sleep(2 * dataWay)
			if _, err := client.Write([]byte("NOOP\r\n")); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the second write: %v", err)
			}
		})
	})
}

func TestDeadlines(t *testing.T) {
	pair(t, func(t *testing.T, client, server *conn) {
		began := time.Now()
		client.SetReadDeadline(began.Add(time.Second))
		_, err := client.Read(make([]byte, 1))
		var timeout net.Error
		if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() || time.Since(began) != time.Second {
			t.Errorf("read: %v after %v", err, time.Since(began))
		}
		client.SetReadDeadline(time.Time{})
		go func() {
			time.Sleep(time.Minute)
			client.SetDeadline(time.Now()) // ends a read under way
		}()
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != time.Minute+time.Second {
			t.Errorf("read: %v after %v", err, time.Since(began))
		}
	})
}

func TestWriterWaitsForReader(t *testing.T) {
	pair(t, func(t *testing.T, client, server *conn) {
		server.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := server.Write(make([]byte, 2*window))
		if n != window || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("wrote %d, %v; want one window and a timeout", n, err)
		}
		server.SetWriteDeadline(time.Time{})
		go func() {
			io.Copy(server, bytes.NewReader(make([]byte, 3*window)))
			server.Close()
		}()
		if got, err := io.Copy(io.Discard, client); got != 4*window || err != nil {
			t.Errorf("read %d, %v", got, err)
		}
	})
}

func TestCloseEndsReadUnderWay(t *testing.T) {
	pair(t, func(t *testing.T, client, server *conn) {
		go func() {
			time.Sleep(time.Second)
			client.Close()
		}()
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read: %v", err)
		}
		if err := client.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("second close: %v", err)
		}
	})
}

func TestListenerThatCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Scenario{})
		defer l.Close()
		ln, err := l.Server().Listen(t.Context(), netip.MustParseAddrPort("0.0.0.0:21"))
		if err != nil {
			t.Fatal(err)
		}
		c, _ := l.Client().Dial(t.Context(), netip.MustParseAddrPort("198.51.100.66:21"), probe.DialOptions{})
		ln.Close()
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read from a connection that nobody accepted: %v", err)
		}
		if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("accept: %v", err)
		}
		if got := attempt(t.Context(), l.Client(), "198.51.100.66:21", probe.DialOptions{}); got != "refused" {
			t.Errorf("dial: %v", got)
		}
	})
}

func TestListen(t *testing.T) {
	h := NewNet().NewHost("h", towardServer)
	h.Attach("eth0", NewLink(0), "192.0.2.1/24")
	for _, tt := range []struct{ local, want string }{
		{"192.0.2.1:21", "192.0.2.1:21"},
		{"0.0.0.0:21", "address already in use"},
		{"192.0.2.2:22", "cannot assign requested address"},
		{"0.0.0.0:0", "0.0.0.0:40000"},
		{"[::]:40000", "address already in use"},
		{"[::]:0", "[::]:40001"},
	} {
		l, err := h.Listen(context.Background(), netip.MustParseAddrPort(tt.local))
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = l.Addr().String()
		}
		if !strings.HasSuffix(got, tt.want) {
			t.Errorf("listen on %s: %s, want %s", tt.local, got, tt.want)
		}
	}
}

func TestLookup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Scenario{Server: Server{NAT: true, IPv6: true}})
		defer l.Close()
		got, err := l.Client().Lookup(t.Context(), serverName)
		if err != nil || len(got) != 2 || got[0] != addrOf("198.51.100.2/32") || got[1] != addrOf("2001:db8:2::10/128") {
			t.Errorf("%s: %v, %v", serverName, got, err)
		}
		if got, err := l.Client().Lookup(t.Context(), "10.1.2.3"); err != nil || len(got) != 1 || got[0] != addrOf("10.1.2.3/32") {
			t.Errorf("literal: %v, %v", got, err)
		}
		var dns *net.DNSError
		if _, err := l.Client().Lookup(t.Context(), "www.example.com"); !errors.As(err, &dns) || !dns.IsNotFound {
			t.Errorf("unknown name: %v", err)
		}
	})
}
