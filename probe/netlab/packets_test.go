package netlab

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
)

// Which writes arrive, in either direction, where one link carries packets of
// 1000 bytes (IPv6: 1280). The IPv4 rows were measured in Linux network
// namespaces of the same shape.
func TestBlackHole(t *testing.T) {
	for _, tt := range []struct {
		name string
		to   string
		mss  int
		fits []int // bytes of one write
		lost []int
	}{
		{"default", "198.51.100.2:21", 0, []int{900, 947, 948}, []int{949, 1448, 5000}},
		{"clamped to what fits", "198.51.100.2:21", 960, []int{948, 949, 1448, 5000}, nil},
		{"clamped to one byte more", "198.51.100.2:21", 961, []int{948}, []int{949, 1448, 5000}},
		{"clamped", "198.51.100.2:21", 536, []int{949, 1448, 5000}, nil},
		{"more than the link allows", "198.51.100.2:21", 9000, []int{948}, []int{949}},
		{"IPv6", "[2001:db8:2::10]:21", 0, []int{1208}, []int{1209, 5000}},
		{"IPv6 clamped", "[2001:db8:2::10]:21", 1220, []int{1208, 1209, 5000}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			arrives := func(size int, fromServer bool) (all bool) {
				synctest.Test(t, func(t *testing.T) {
					to := netip.MustParseAddrPort(tt.to)
					limit := "1000"
					if to.Addr().Is6() {
						limit = "1280"
					}
					l := newLab(t, Scenario{
						Client: Client{NAT: true, IPv6: true}, Server: Server{NAT: true, IPv6: to.Addr().Is6()},
						Boxes: []Box{{At: "isp", Kind: BoxBlackHole, Value: limit}},
					})
					defer l.Close()
					all = wholeWrite(t, l, to, probe.DialOptions{MSS: tt.mss}, size, fromServer)
				})
				return all
			}
			for _, fromServer := range []bool{false, true} {
				for _, size := range tt.fits {
					if !arrives(size, fromServer) {
						t.Errorf("%d bytes, from the server %v: lost", size, fromServer)
					}
				}
				for _, size := range tt.lost {
					if arrives(size, fromServer) {
						t.Errorf("%d bytes, from the server %v: arrived", size, fromServer)
					}
				}
			}
		})
	}
}

// A link that carries only small packets in one direction.
func TestBlackHoleOneWay(t *testing.T) {
	for _, toward := range []string{towardServer, towardClient} {
		for _, fromServer := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, behindNAT(Box{At: "isp", Kind: BoxBlackHole, Value: "1000", Toward: toward}))
				defer l.Close()
				want := fromServer == (toward == towardServer) // the other direction
				if got := wholeWrite(t, l, netip.MustParseAddrPort("198.51.100.2:21"), probe.DialOptions{}, 1448, fromServer); got != want {
					t.Errorf("toward the %s, from the server %v: arrived is %v", toward, fromServer, got)
				}
			})
		}
	}
}

// All connections through a slow router share its rate in one direction, and
// nothing is lost.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, behindNAT(Box{At: "sgw", Kind: BoxSlow, Value: "100000"}))
		defer l.Close()
		one, its := dialThrough(t, l, "198.51.100.2:50000")
		two, other := dialThrough(t, l, "198.51.100.2:50001")
		began := time.Now()
		its.Write(make([]byte, 50_000))
		other.Write(make([]byte, 50_000))
		one.Write(make([]byte, 10_000)) // does not wait for what comes the other way
		for _, want := range []struct {
			c     *conn
			bytes int64
			after time.Duration
		}{{its, 10_000, 100 * time.Millisecond}, {one, 50_000, 500 * time.Millisecond}, {two, 50_000, time.Second}} {
			if n, err := io.CopyN(io.Discard, want.c, want.bytes); err != nil {
				t.Fatalf("%d bytes, %v", n, err)
			}
			if took := time.Since(began) - 4*latency; took < want.after || took > want.after+time.Millisecond {
				t.Errorf("%d bytes came after %v, want %v", want.bytes, took, want.after)
			}
		}
	})
}

// wholeWrite reports whether one write and the FIN behind it arrive. Anything
// between all and nothing fails the test.
func wholeWrite(t *testing.T, l *Lab, to netip.AddrPort, opt probe.DialOptions, size int, fromServer bool) bool {
	t.Helper()
	ln, err := l.Server().Listen(t.Context(), netip.AddrPortFrom(netip.IPv6Unspecified(), to.Port()))
	if err != nil {
		t.Fatal(err)
	}
	from, a := l.Client().Dial(t.Context(), to, opt)
	if from == nil {
		t.Fatalf("%+v", a)
	}
	into, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if fromServer {
		from, into = into, from
	}
	from.Write(make([]byte, size))
	from.(*conn).CloseWrite()
	into.SetReadDeadline(time.Now().Add(time.Minute))
	n, err := io.Copy(io.Discard, into)
	switch {
	case int(n) == size && err == nil:
		return true
	case n == 0 && errors.Is(err, os.ErrDeadlineExceeded):
		return false
	}
	t.Errorf("%d of %d bytes, %v", n, size, err)
	return false
}
