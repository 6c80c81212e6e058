package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"ftpcheck/probe/hops"
)

func TestSystemLookupLiteral(t *testing.T) {
	// A cancelled context: a literal never reaches the resolver.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for host, want := range map[string]string{
		"192.0.2.1":          "192.0.2.1",
		"2001:db8::1":        "2001:db8::1",
		"::ffff:192.0.2.1":   "192.0.2.1",
		"fe80::1%eth0":       "fe80::1%eth0",
		"2001:DB8:0:0:0::01": "2001:db8::1",
	} {
		got, err := System{}.Lookup(ctx, host)
		if err != nil || len(got) != 1 || got[0].String() != want {
			t.Errorf("%s: %v, %v, want %s", host, got, err, want)
		}
	}
}

func TestSystemLookupName(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	got, err := System{}.Lookup(ctx, "localhost")
	if err != nil || len(got) == 0 {
		t.Fatal(got, err)
	}
	for _, a := range got {
		if !a.IsLoopback() || a.Is4In6() {
			t.Errorf("localhost has the address %s", a)
		}
	}
	// RFC 6761 6.4: this name never exists. A space keeps it from any server.
	_, err = System{}.Lookup(ctx, "no such host.invalid")
	if dns := (*net.DNSError)(nil); !errors.As(err, &dns) {
		t.Errorf("%v is no DNSError", err)
	}
}

func TestDistinct(t *testing.T) {
	var found []netip.Addr
	for _, a := range []string{"2001:db8::1", "::ffff:192.0.2.2", "192.0.2.1", "192.0.2.2", "2001:db8::1"} {
		found = append(found, netip.MustParseAddr(a))
	}
	want := []netip.Addr{found[0], netip.MustParseAddr("192.0.2.2"), found[2]}
	if got := distinct(found); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// What System listens on, System reaches, in that family only.
func TestSystemListenAndDial(t *testing.T) {
	for _, test := range []struct{ listen, loopback, other string }{
		{"127.0.0.1:0", "127.0.0.1", ""},
		{"0.0.0.0:0", "127.0.0.1", "::1"},
		{"[::1]:0", "::1", ""},
		{"[::]:0", "::1", "127.0.0.1"},
	} {
		t.Run(test.listen, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			local := netip.MustParseAddrPort(test.listen)
			l, err := System{}.Listen(ctx, local)
			if err != nil && local.Addr().Is6() {
				t.Skipf("no IPv6 here: %v", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			port := l.Addr().(*net.TCPAddr).AddrPort().Port()
			c, a := System{}.Dial(ctx, netip.AddrPortFrom(netip.MustParseAddr(test.loopback), port), DialOptions{})
			if a.Outcome != hops.Open {
				t.Fatalf("%+v", a)
			}
			defer c.Close()
			if test.other == "" {
				return
			}
			c, a = System{}.Dial(ctx, netip.AddrPortFrom(netip.MustParseAddr(test.other), port), DialOptions{})
			if c != nil || a.Outcome == hops.Open {
				t.Errorf("%s opened too", test.other)
			}
		})
	}
}

func TestSystemDialPassesOptions(t *testing.T) {
	l, err := System{}.Listen(t.Context(), netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	to := l.Addr().(*net.TCPAddr).AddrPort()
	local := netip.MustParseAddrPort("127.0.0.1:0")
	c, a := System{}.Dial(t.Context(), to, DialOptions{Local: local, TTL: 1})
	switch {
	case !System{}.Traces():
		if c != nil || a.Outcome != "" {
			t.Errorf("a TTL that cannot be set: %v, %+v", c, a)
		}
	case a.Outcome != hops.Open || a.Local.Addr() != local.Addr():
		t.Errorf("%+v", a)
	default:
		c.Close()
	}
}
