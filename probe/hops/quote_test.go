package hops

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
)

// messages are "time exceeded" as routers sent them, from the ICMP header on, about
// a segment of 192.168.1.10:40000 to 198.51.100.2:21 that carried "PORT 10,0".
const (
	outer4 = "0b000000 00000000"
	inner4 = "4500003d 00004000 01060000 c0a8010a c6336402" // 61 bytes in all
	tcp4   = "9c400015 00000001 00000001 80180200 00000000 0101080a 00000001 00000001"
	text   = "504f5254 2031302c 30" // PORT 10,0
)

func TestQuoted(t *testing.T) {
	ipv4 := flow{netip.MustParseAddrPort("192.168.1.10:40000"), netip.MustParseAddrPort("198.51.100.2:21")}
	ipv6 := flow{netip.MustParseAddrPort("[2001:db8:1::10]:40000"), netip.MustParseAddrPort("[2001:db8:2::10]:21")}
	const inner6 = "60000000 00290601 20010db8000100000000000000000010 20010db8000200000000000000000010"
	for _, tc := range []struct {
		name    string
		flow    flow
		message string
		data    string
		ok      bool
	}{
		{"the whole packet", ipv4, outer4 + inner4 + tcp4 + text, "PORT 10,0", true},
		{"over IPv6", ipv6, "03000000 00000000" + inner6 + tcp4 + text, "PORT 10,0", true},
		{"8 bytes of TCP, as in RFC 792", ipv4, outer4 + inner4 + tcp4[:17], "", true},
		{"half the payload", ipv4, outer4 + inner4 + tcp4 + text[:9], "PORT", true},
		{"padding behind it", ipv4, outer4 + inner4 + tcp4 + text + "00000000 00000000", "PORT 10,0", true},
		{"an extension behind it (RFC 4884)", ipv4, "0b000000 00100000" + inner4 + tcp4 + text + "000000" + "20000000 00080101 deadbeef", "PORT 10,0", true},
		{"another connection", ipv4, outer4 + inner4 + strings.Replace(tcp4, "9c40", "9c41", 1) + text, "", false},
		{"UDP", ipv4, outer4 + strings.Replace(inner4, "0106", "0111", 1) + tcp4 + text, "", false},
		{"a header that is longer than the packet", ipv4, outer4 + "4f" + inner4[2:] + "9c40", "", false},
		{"a TCP header that is longer than the packet", ipv4, outer4 + inner4 + strings.Replace(tcp4, "8018", "f018", 1), "", true},
		{"nothing", ipv4, "", "", false},
		{"nothing behind the header", ipv6, outer4, "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			data, ok := tc.flow.quoted(unhex(t, tc.message))
			if string(data) != tc.data || ok != tc.ok {
				t.Errorf("%q, %v, want %q, %v", data, ok, tc.data, tc.ok)
			}
		})
	}
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// FuzzQuoted: whatever a router sends is read without a panic, and what is read
// is a part of it.
func FuzzQuoted(f *testing.F) {
	f.Add(unhex(f, outer4+inner4+tcp4+text), false)
	f.Add(unhex(f, outer4+inner4+tcp4[:17]), true)
	f.Fuzz(func(t *testing.T, message []byte, six bool) {
		one := flow{netip.MustParseAddrPort("192.168.1.10:40000"), netip.MustParseAddrPort("198.51.100.2:21")}
		if six {
			one = flow{netip.MustParseAddrPort("[2001:db8:1::10]:40000"), netip.MustParseAddrPort("[2001:db8:2::10]:21")}
		}
		if data, _ := one.quoted(message); !strings.Contains(string(message), string(data)) {
			t.Errorf("%q is no part of the message", data)
		}
	})
}
