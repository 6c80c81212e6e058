package hops

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"
)

func limit(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// listen listens on a free port of host. Systems without IPv6 skip its tests.
func listen(t *testing.T, host string) *net.TCPListener {
	t.Helper()
	c := net.ListenConfig{}
	c.SetMultipathTCP(false)
	l, err := c.Listen(t.Context(), "tcp", net.JoinHostPort(host, "0"))
	if err != nil && host == "::1" {
		t.Skipf("no IPv6 loopback here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.(*net.TCPListener)
}

// closedPort is a port of host on which nothing listens.
func closedPort(t *testing.T, host string) netip.AddrPort {
	t.Helper()
	l := listen(t, host)
	l.Close()
	return addrOf(l)
}

func addrOf(l net.Listener) netip.AddrPort {
	return l.Addr().(*net.TCPAddr).AddrPort()
}
