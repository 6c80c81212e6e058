package wire

import (
	"errors"
	"net/netip"
	"testing"
)

func TestPORT(t *testing.T) {
	for arg, want := range map[string]string{
		"192,168,1,20,156,85":       "192.168.1.20:40021",
		"0,0,0,0,0,1":               "0.0.0.0:1",
		"255,255,255,255,255,255":   "255.255.255.255:65535",
		"192,168,001,020,156,00085": "192.168.1.20:40021",
	} {
		if got, err := ParsePORT(arg); err != nil || got.String() != want {
			t.Errorf("%s: got %v, %v; want %s", arg, got, err, want)
		}
	}
	for addr, want := range map[string]string{
		"192.168.1.20:40021":          "192,168,1,20,156,85",
		"[::ffff:192.168.1.20]:40021": "192,168,1,20,156,85",
		"[2001:db8::1]:40021":         "0,0,0,0,156,85",
	} {
		if got := FormatPORT(netip.MustParseAddrPort(addr)); got != want {
			t.Errorf("%s: got %s; want %s", addr, got, want)
		}
	}
}

// A command is held to the letter, unlike a 227.
func TestPORTErrors(t *testing.T) {
	tests := []struct{ arg, marks, why string }{
		{
			"192,168,1,20,156,256",
			"                 ^^^", "256 is not a byte (0-255)",
		}, {
			"192,168,1,20, 156,85",
			"             ^^^^", "this is not a byte (0-255)",
		}, {
			"192,168,1,20,,85", "", "nothing is not a byte (0-255)",
		}, {
			"192.168.1.20,156,85",
			"^^^^^^^^^^^^", "192.168.1.20 is not a byte (0-255)",
		}, {
			"192,168,1,20,156",
			"^^^^^^^^^^^^^^^^", "5 numbers where 6 are needed",
		}, {
			"192,168,1,20,156,85,0",
			"^^^^^^^^^^^^^^^^^^^^^", "7 numbers where 6 are needed",
		}, {
			"192,168,1,20,0,0",
			"             ^^^", "port 0 cannot be connected to",
		}, {
			"", "", "nothing is not a byte (0-255)",
		},
	}
	for _, tt := range tests {
		_, err := ParsePORT(tt.arg)
		checkError(t, tt.arg, tt.marks, tt.why, err)
	}
}

func TestEPRT(t *testing.T) {
	for arg, want := range map[string]string{
		"|1|192.168.1.20|40021|":          "192.168.1.20:40021",
		"|2|2001:db8:1::10|40021|":        "[2001:db8:1::10]:40021",
		"!1!192.168.1.20!40021!":          "192.168.1.20:40021",
		"|2|::ffff:192.168.1.20|40021|":   "192.168.1.20:40021",
		"|2|2001:DB8:1:0:0:0:0:10|40021|": "[2001:db8:1::10]:40021",
	} {
		if got, err := ParseEPRT(arg); err != nil || got.String() != want {
			t.Errorf("%s: got %v, %v; want %s", arg, got, err, want)
		}
	}
	for addr, want := range map[string]string{
		"192.168.1.20:40021":          "|1|192.168.1.20|40021|",
		"[::ffff:192.168.1.20]:40021": "|1|192.168.1.20|40021|",
		"[2001:db8:1::10]:40021":      "|2|2001:db8:1::10|40021|",
		"[fe80::1%eth0]:40021":        "|2|fe80::1|40021|",
	} {
		if got := FormatEPRT(netip.MustParseAddrPort(addr)); got != want {
			t.Errorf("%s: got %s; want %s", addr, got, want)
		}
	}
}

func TestEPRTErrors(t *testing.T) {
	const form = "|protocol|address|port| is needed"
	tests := []struct{ arg, marks, why string }{
		{
			"|3|192.168.1.20|40021|",
			" ^", "the protocol is neither 1 (IPv4) nor 2 (IPv6)",
		}, {
			"|1|2001:db8::1|40021|",
			"   ^^^^^^^^^^^", "the address is not of the protocol that is named",
		}, {
			"|2|192.168.1.20|40021|",
			"   ^^^^^^^^^^^^", "the address is not of the protocol that is named",
		}, {
			"|1|localhost|40021|",
			"   ^^^^^^^^^", "not an address",
		}, {
			"|2|fe80::1%eth0|40021|",
			"   ^^^^^^^^^^^^", "not an address",
		}, {
			"|1|192.168.1.20|0|",
			"                ^", "0 is not a port (1-65535)",
		}, {
			"|1|192.168.1.20|65536|",
			"                ^^^^^", "65536 is not a port (1-65535)",
		}, {
			"|1|192.168.1.20|40021",
			"^^^^^^^^^^^^^^^^^^^^^", form,
		}, {
			"|1|192.168.1.20|",
			"^^^^^^^^^^^^^^^^", form,
		}, {
			"|1|192.168.1.20|40021|x",
			"^^^^^^^^^^^^^^^^^^^^^^^", form,
		}, {
			" |1|192.168.1.20|40021|",
			"^", "a delimiter is needed first",
		}, {
			"", "", "a delimiter is needed first",
		},
	}
	for _, tt := range tests {
		_, err := ParseEPRT(tt.arg)
		checkError(t, tt.arg, tt.marks, tt.why, err)
		if is := errors.Is(err, ErrProtocol); is != (tt.arg == "|3|192.168.1.20|40021|") {
			t.Errorf("%s: ErrProtocol is %t", tt.arg, is)
		}
	}
}

func FuzzPORT(f *testing.F) {
	for _, s := range []string{"192,168,1,20,156,85", "1,2,3,4,5", "1,2,3,4,5,6,7", ",,,,,", "300,1,1,1,1,1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, arg string) {
		addr, err := ParsePORT(arg)
		if err != nil {
			checkSpan(t, err)
			return
		}
		if again, err := ParsePORT(FormatPORT(addr)); err != nil || again != addr || addr.Port() == 0 {
			t.Fatalf("%v became %v, %v", addr, again, err)
		}
	})
}

func FuzzEPRT(f *testing.F) {
	for _, s := range []string{"|1|192.168.1.20|40021|", "|2|2001:db8::1|40021|", "|2|::ffff:1.2.3.4|1|", "!3!a!b!", "11111"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, arg string) {
		addr, err := ParseEPRT(arg)
		if err != nil {
			checkSpan(t, err)
			return
		}
		if again, err := ParseEPRT(FormatEPRT(addr)); err != nil || again != addr || addr.Port() == 0 {
			t.Fatalf("%v became %v, %v", addr, again, err)
		}
	})
}
