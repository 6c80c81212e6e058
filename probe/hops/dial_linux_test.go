package hops

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestDialTimeout(t *testing.T) {
	to := filtered(t)
	c, a := Dial(limit(t, 100*time.Millisecond), to, Options{})
	if c != nil || a.Outcome != Timeout || a.Err == "" || a.Took < 90*time.Millisecond {
		t.Errorf("%v, %+v", c, a)
	}
	if !a.Local.IsValid() {
		t.Error("the SYN had a source address, the attempt has none")
	}
}

// A cancelled dial returns at once, and as not tested: that nothing came back
// so far means nothing.
func TestDialCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	to := filtered(t)
	time.AfterFunc(50*time.Millisecond, cancel)
	began := time.Now()
	c, a := Dial(ctx, to, Options{})
	if c != nil || a.Outcome != "" || a.Err != context.Canceled.Error() {
		t.Errorf("%v, %+v", c, a)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("cancelling took %v", took)
	}
}

func TestDialLocal(t *testing.T) {
	to := addrOf(listen(t, "127.0.0.1"))
	local := netip.MustParseAddr("127.0.0.3")
	port := closedPort(t, "127.0.0.1").Port()
	for _, want := range []netip.AddrPort{netip.AddrPortFrom(local, 0), netip.AddrPortFrom(local, port)} {
		c, a := Dial(limit(t, 10*time.Second), to, Options{Local: want})
		if a.Outcome != Open {
			t.Fatalf("%+v", a)
		}
		c.Close()
		if a.Local.Addr() != local || want.Port() != 0 && a.Local != want {
			t.Errorf("asked for %s, got %s", want, a.Local)
		}
	}
	for name, o := range map[string]Options{
		"address of another machine": {Local: netip.MustParseAddrPort("192.0.2.1:0")},
		"other family":               {Local: netip.MustParseAddrPort("[::1]:0")},
		"impossible TTL":             {TTL: 256},
	} {
		// Not the network's fault, so no outcome.
		if c, a := Dial(limit(t, 10*time.Second), to, o); c != nil || a.Outcome != "" || a.Err == "" {
			t.Errorf("%s: %v, %+v", name, c, a)
		}
	}
}

// Once open, the connection is one like any other.
func TestDialRestoresOptions(t *testing.T) {
	for _, test := range []struct {
		host                string
		level, recverr, ttl int
	}{
		{"127.0.0.1", unix.SOL_IP, unix.IP_RECVERR, unix.IP_TTL},
		{"::1", unix.SOL_IPV6, unix.IPV6_RECVERR, unix.IPV6_UNICAST_HOPS},
	} {
		t.Run(test.host, func(t *testing.T) {
			to := addrOf(listen(t, test.host))
			plain, err := net.Dial("tcp", to.String())
			if err != nil {
				t.Fatal(err)
			}
			defer plain.Close()
			c, a := Dial(limit(t, 10*time.Second), to, Options{TTL: 7})
			if a.Outcome != Open {
				t.Fatalf("%+v", a)
			}
			defer c.Close()
			if got := option(t, c, test.level, test.recverr); got != 0 {
				t.Errorf("RECVERR is %d", got)
			}
			if got, want := option(t, c, test.level, test.ttl), option(t, plain, test.level, test.ttl); got != want {
				t.Errorf("TTL is %d, want %d", got, want)
			}
			if got := option(t, c, unix.SOL_SOCKET, unix.SO_PROTOCOL); got != unix.IPPROTO_TCP {
				t.Errorf("protocol is %d, want TCP", got)
			}
			if got := option(t, c, unix.SOL_SOCKET, unix.SO_KEEPALIVE); got != 0 {
				t.Errorf("keep-alives are on")
			}
		})
	}
}

// No path may leave a descriptor open, nor a goroutine.
func TestDialLeaksNothing(t *testing.T) {
	open := addrOf(listen(t, "127.0.0.1"))
	closed := closedPort(t, "127.0.0.1")
	silent := filtered(t)
	elsewhere := netip.MustParseAddrPort("192.0.2.1:0")
	broadcast := netip.MustParseAddrPort("255.255.255.255:9") // connect(2) itself fails: no packet
	round := func() {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Millisecond, cancel)
		Closing(Dial(ctx, silent, Options{}))
		Closing(Dial(ctx, open, Options{}))
		Closing(Dial(t.Context(), open, Options{}))
		Closing(Dial(t.Context(), open, Options{TTL: 1}))
		Closing(Dial(t.Context(), closed, Options{}))
		Closing(Dial(t.Context(), broadcast, Options{}))
		Closing(Dial(t.Context(), open, Options{Local: elsewhere}))
		Closing(Dial(t.Context(), open, Options{TTL: 256}))
		Closing(Dial(limit(t, 5*time.Millisecond), silent, Options{}))
	}
	round() // the poller's own descriptors, once
	fds, goroutines := descriptors(t), runtime.NumGoroutine()
	for range 20 {
		round()
	}
	if got := descriptors(t); got != fds {
		t.Errorf("%d descriptors, %d before", got, fds)
	}
	for began := time.Now(); runtime.NumGoroutine() > goroutines; runtime.Gosched() {
		if time.Since(began) > 5*time.Second {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), goroutines)
		}
	}
}

func TestParseExtended(t *testing.T) {
	v4 := extended(syscall.EHOSTUNREACH, unix.SO_EE_ORIGIN_ICMP, 3, 13, "198.51.100.2")
	v6 := extended(syscall.EACCES, unix.SO_EE_ORIGIN_ICMP6, 1, 1, "2001:db8::1")
	local := extended(syscall.EMSGSIZE, unix.SO_EE_ORIGIN_LOCAL, 0, 0, "198.51.100.2")
	mixed := extended(syscall.EHOSTUNREACH, unix.SO_EE_ORIGIN_ICMP, 3, 13, "2001:db8::1")
	for _, test := range []struct {
		name  string
		data  []byte
		want  *ICMP
		errno syscall.Errno
	}{
		{"IPv4", v4, &ICMP{3, 13, addr("198.51.100.2")}, syscall.EHOSTUNREACH},
		{"IPv6", v6, &ICMP{1, 1, addr("2001:db8::1")}, syscall.EACCES},
		{"this machine's own", local, nil, 0},
		{"origin and family differ", mixed, nil, 0},
		{"no sender", v4[:16], nil, 0},
		{"short sender", v4[:20], nil, 0},
		{"short", v4[:3], nil, 0},
		{"empty", nil, nil, 0},
	} {
		got, errno := parseExtended(test.data)
		if (got == nil) != (test.want == nil) || got != nil && *got != *test.want || errno != test.errno {
			t.Errorf("%s: %+v %v, want %+v %v", test.name, got, errno, test.want, test.errno)
		}
	}
}

func FuzzParseControl(f *testing.F) {
	for _, data := range [][]byte{
		nil,
		extended(syscall.EHOSTUNREACH, unix.SO_EE_ORIGIN_ICMP, 11, 0, "192.0.2.1"),
		extended(syscall.EHOSTUNREACH, unix.SO_EE_ORIGIN_ICMP6, 3, 0, "2001:db8::1"),
	} {
		b := make([]byte, unix.CmsgSpace(len(data)))
		binary.NativeEndian.PutUint64(b, uint64(unix.CmsgLen(len(data))))
		binary.NativeEndian.PutUint32(b[8:], unix.SOL_IP)
		binary.NativeEndian.PutUint32(b[12:], unix.IP_RECVERR)
		copy(b[unix.CmsgLen(0):], data)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, control []byte) {
		if m, _ := parseControl(control); m != nil && !m.From.IsValid() {
			t.Errorf("%+v has no sender", m)
		}
	})
}

// extended builds struct sock_extended_err with the offender's address.
func extended(errno syscall.Errno, origin, typ, code uint8, from string) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(errno))
	b = append(b, origin, typ, code, 0)
	b = append(b, make([]byte, 8)...)
	if a := addr(from); a.Is4() {
		b = binary.NativeEndian.AppendUint16(b, unix.AF_INET)
		return append(append(append(b, 0, 0), a.AsSlice()...), make([]byte, 8)...)
	}
	b = binary.NativeEndian.AppendUint16(b, unix.AF_INET6)
	return append(append(append(b, make([]byte, 6)...), addr(from).AsSlice()...), 0, 0, 0, 0)
}

// filtered is a port that drops SYNs: its backlog of one is full.
func filtered(t *testing.T) netip.AddrPort {
	t.Helper()
	l := listen(t, "127.0.0.1")
	raw, err := l.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var shrink error
	err = raw.Control(func(fd uintptr) { shrink = unix.Listen(int(fd), 0) })
	if err != nil || shrink != nil {
		t.Fatal(err, shrink)
	}
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return addrOf(l)
}

func option(t *testing.T, c net.Conn, level, name int) int {
	t.Helper()
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var value int
	var get error
	err = raw.Control(func(fd uintptr) { value, get = unix.GetsockoptInt(int(fd), level, name) })
	if err != nil || get != nil {
		t.Fatal(err, get)
	}
	return value
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// connect(2) refuses at once where no packet can go.
func TestDialNoPacket(t *testing.T) {
	c, a := Dial(limit(t, 10*time.Second), netip.MustParseAddrPort("255.255.255.255:9"), Options{})
	if c != nil || a.Outcome != Unreachable && a.Outcome != Rejected || a.ICMP != nil {
		t.Errorf("%v, %+v", c, a)
	}
}
