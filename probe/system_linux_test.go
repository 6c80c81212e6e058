package probe

import (
	"context"
	"encoding/binary"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestHalfOpenings reads tables as Linux 6.1 on a little-endian machine shows
// them.
func TestHalfOpenings(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the tables are those of a little-endian machine")
	}
	const titles = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	tests := []struct {
		name, table string
		want        []HalfOpening
	}{
		{"empty", titles, nil},
		{"IPv4", titles +
			"   0: 00000000:0015 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1679 1 0 100 0 0 10 0\n" +
			"   1: 0A00000A:C350 427100CB:9C40 03 00000000:00000000 01:00000063 00000000     0        0 0 1 0\n" +
			"   2: 0A00000A:0015 427100CB:9C41 01 00000000:00000000 00:00000000 00000000     0        0 1680 1 0 20 4 30 10 -1\n",
			[]HalfOpening{{netip.MustParseAddrPort("10.0.0.10:50000"), netip.MustParseAddrPort("203.0.113.66:40000")}}},
		{"IPv6", titles +
			"   0: B80D0120000002000000000010000000:C350 B80D0120000001000000000010000000:9C40 03 0:0 01:63 0 0 0 0 1 0\n",
			[]HalfOpening{{netip.MustParseAddrPort("[2001:db8:2::10]:50000"), netip.MustParseAddrPort("[2001:db8:1::10]:40000")}}},
		{"nonsense", titles + "x y z 03\n 0: 0:0 0:0 03\n\n 1: 0000000G:0016 00000000:0000 03\n", nil},
	}
	for _, tt := range tests {
		got, err := halfOpenings(strings.NewReader(tt.table))
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, %v, want %v", tt.name, got, err, tt.want)
		}
	}
}

// TestLabHalfOpen: in a namespace whose filter drops the server's SYN ACK, the
// kernel shows the handshake that never ends, and no other.
func TestLabHalfOpen(t *testing.T) {
	const rules = "table inet f { chain out { type filter hook output priority 0; tcp sport 5000 tcp flags & (syn|ack) == syn|ack drop; }; }"
	enterNamespace(t)
	for _, command := range []string{"ip link set lo up", "nft " + rules} {
		name, args, _ := strings.Cut(command, " ")
		words := strings.Fields(args)
		if name == "nft" {
			words = []string{args}
		}
		if out, err := exec.Command(name, words...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
	}
	for _, host := range []string{"127.0.0.1", "::1"} {
		for _, port := range []int{5000, 5001} {
			l, err := System{}.Listen(t.Context(), netip.AddrPortFrom(netip.MustParseAddr(host), uint16(port)))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			to := netip.MustParseAddrPort(l.Addr().String())
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			_, attempt := System{}.Dial(ctx, to, DialOptions{})
			cancel()
			got, ok := System{}.HalfOpen()
			var want []HalfOpening
			if port == 5000 {
				want = []HalfOpening{{to, attempt.Local}}
			}
			got = slices.DeleteFunc(got, func(h HalfOpening) bool { return h.Local != to })
			if !ok || !slices.Equal(got, want) {
				t.Errorf("%v: %v, %v, want %v", l.Addr(), got, ok, want)
			}
		}
	}
}

// enterNamespace gives the test a network of its own. Its goroutine keeps the
// thread, which ends with it.
func enterNamespace(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(tool); err != nil || os.Geteuid() != 0 {
			if os.Getenv("FTPCHECK_LAB") == "require" {
				t.Fatal("the kernel lab needs root, ip and nft")
			}
			t.Skip("the kernel lab needs root, ip and nft")
		}
	}
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skip("no namespaces here: ", err)
	}
}

func FuzzHalfOpenings(f *testing.F) {
	f.Add("titles\n 1: 0A00000A:C350 427100CB:9C40 03\n")
	f.Fuzz(func(t *testing.T, table string) {
		got, err := halfOpenings(strings.NewReader(table))
		for _, h := range got {
			if err == nil && (!h.Local.IsValid() || !h.From.IsValid()) {
				t.Errorf("%q: %v", table, h)
			}
		}
	})
}
