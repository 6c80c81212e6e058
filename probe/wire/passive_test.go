package wire

import (
	"net/netip"
	"strings"
	"testing"
)

// under returns the part of text that marks underlines with ^.
func under(text, marks string) string {
	from, to := strings.IndexByte(marks, '^'), strings.LastIndexByte(marks, '^')+1
	if from < 0 {
		return ""
	}
	return text[from:min(to, len(text))]
}

// The address is where six numbers are, whatever stands around them.
func TestParsePASV(t *testing.T) {
	const want = "10.0.0.5:50013"
	for _, text := range []string{
		"227 Entering Passive Mode (10,0,0,5,195,93)",
		"227 Entering Passive Mode (10,0,0,5,195,93).",
		"227 Entering passive mode (10,0,0,5,195,93)\r",
		"227 Entering Passive Mode 10,0,0,5,195,93",
		"227 Entering Passive Mode (10,0,0,5,195,93",
		"227 Entering Passive Mode (10, 0, 0, 5, 195, 93)",
		"227 Entering Passive Mode (10 ,0 ,0 ,5 ,195 ,93)",
		"227 Entering Passive Mode [10,0,0,5,195,93]",
		"227 =10,0,0,5,195,93",
		"227-10,0,0,5,195,93",
		"227 10,0,0,5,195,93",
		"227 Entering Passive Mode (010,000,000,005,195,093)",
		"227 Passive mode 1 ok (10,0,0,5,195,93)",
		"227 Passive, 1, 2 (10,0,0,5,195,93), 3",
		"227 1,2,3,4,5,6,7 (10,0,0,5,195,93)",
		"227 Passive mode on 10.0.0.5 (10,0,0,5,195,93)",
		"227 Wechsel in den Passiv-Modus (10,0,0,5,195,93)",
		"227 Entr\xe9e en mode passif (10,0,0,5,195,93)",
		"227 Переход в пассивный режим (10,0,0,5,195,93)",
		"227 進入被動模式 (10,0,0,5,195,93)",
	} {
		addr, at, err := ParsePASV(text)
		if err != nil || addr.String() != want {
			t.Errorf("%s: got %v, %v; want %s", text, addr, err, want)
			continue
		}
		numbers := strings.NewReplacer(" ", "", "010", "10", "00", "").Replace(text[at.From:at.To])
		if numbers != "10,0,0,5" {
			t.Errorf("%s: address at %q", text, text[at.From:at.To])
		}
	}
}

// What cannot be used is underlined.
func TestParsePASVErrors(t *testing.T) {
	tests := []struct{ text, marks, why string }{
		{
			"227 Entering Passive Mode (10,0,0,5,300,300).",
			"                                    ^^^", "300 is not a byte (0-255)",
		}, {
			"227 Entering Passive Mode (256,0,0,5,195,93).",
			"                           ^^^", "256 is not a byte (0-255)",
		}, {
			"227 Entering Passive Mode (10,0,0,5,99999999999999999999,1)",
			"                                    ^^^^^^^^^^^^^^^^^^^^", "999999999999... is not a byte (0-255)",
		}, {
			"227 Entering Passive Mode (2,233,252).",
			"                           ^^^^^^^^^", "3 numbers where 6 are needed",
		}, {
			"227 Entering Passive Mode (10,0,0,5,195).",
			"                           ^^^^^^^^^^^^", "5 numbers where 6 are needed",
		}, {
			"227 Entering Passive Mode (10,0,0,5,195,93,1).",
			"                           ^^^^^^^^^^^^^^^^^", "7 numbers where 6 are needed",
		}, {
			"227 Entering Passive Mode (10,0,0,5,0,0).",
			"                                    ^^^", "port 0 cannot be connected to",
		}, {
			"227 Entering Passive Mode (10.0.0.5,195,93).",
			"                                  ^^^^^^^^", "3 numbers where 6 are needed",
		}, {
			"227 Entering Passive Mode (1,2,3) or (4,5,6)",
			"                           ^^^^^", "3 numbers where 6 are needed",
		}, {
			"227 Logout.",
			"    ^^^^^^^", "no address: six numbers separated by commas are needed",
		}, {
			"227", "", "no address: six numbers separated by commas are needed",
		}, {
			"229 Entering Passive Mode (10,0,0,5,195,93).",
			"^^^", "the reply code is not 227",
		}, {
			"227x10,0,0,5,195,93",
			"^^^", "the reply code is not 227",
		}, {
			"", "", "the reply code is not 227",
		},
	}
	for _, tt := range tests {
		_, at, err := ParsePASV(tt.text)
		checkError(t, tt.text, tt.marks, tt.why, err)
		if e, ok := err.(*SyntaxError); ok && at != (Span{e.From, e.To}) {
			t.Errorf("%s: at is %v; want the span of the error", tt.text, at)
		}
	}
}

func checkError(t *testing.T, text, marks, why string, err error) {
	t.Helper()
	e, ok := err.(*SyntaxError)
	if !ok {
		t.Errorf("%s: got %v; want: %s", text, err, why)
		return
	}
	checkSpan(t, err)
	if e.Text != text || e.Why != why || text[e.From:e.To] != under(text, marks) {
		t.Errorf("%s: %s: %q; want %s: %q", text, e.Why, text[e.From:e.To], why, under(text, marks))
	}
}

// The port is between delimiters of any kind, in parentheses.
func TestParseEPSV(t *testing.T) {
	for _, text := range []string{
		"229 Entering Extended Passive Mode (|||50013|)",
		"229 Entering extended passive mode (|||50013|).",
		"229 Extended Passive mode OK (|||50013|)",
		"229 Extended (really) Passive Mode (|||50013|) (ok)",
		"229 Entering Extended Passive Mode (!!!50013!)",
		"229 Entering Extended Passive Mode (~~~50013~)",
		"229 Entering Extended Passive Mode ((((50013()",
		"229-(|||50013|)",
	} {
		port, at, err := ParseEPSV(text)
		if err != nil || port != 50013 || text[at.From:at.To] != "50013" {
			t.Errorf("%s: got %d at %v, %v", text, port, at, err)
		}
	}
}

func TestParseEPSVErrors(t *testing.T) {
	tests := []struct{ text, marks, why string }{
		{
			"229 Entering Extended Passive Mode (|||70000|)",
			"                                       ^^^^^", "70000 is not a port (1-65535)",
		}, {
			"229 Entering Extended Passive Mode (|||0|)",
			"                                       ^", "0 is not a port (1-65535)",
		}, {
			"229 Entering Extended Passive Mode (||||)",
			"", "nothing is not a port (1-65535)",
		}, {
			"229 Entering Extended Passive Mode (|||-21|)",
			"                                       ^^^", "-21 is not a port (1-65535)",
		}, {
			"229 Entering Extended Passive Mode (|1|10.0.0.5|50013|)",
			"                                   ^^^^^^^^^^^^^^^^^^^^", "protocol and address must be empty: (|||port|)",
		}, {
			"229 Entering Extended Passive Mode (|||50013)",
			"                                   ^^^^^^^^^^", "no delimiter after the port",
		}, {
			"229 Entering Extended Passive Mode (|||50013|",
			"                                   ^^^^^^^^^^", "no closing parenthesis after the last delimiter",
		}, {
			"229 Entering Extended Passive Mode (|||50013|]",
			"                                   ^^^^^^^^^^", "no closing parenthesis after the last delimiter",
		}, {
			"229 Entering Extended Passive Mode (||x50013|)",
			"                                   ^^^^^^^^^^^", "protocol and address must be empty: (|||port|)",
		}, {
			"229 Entering (extended) Passive Mode (|||70000|) (ok)",
			"                                         ^^^^^", "70000 is not a port (1-65535)",
		}, {
			"229 Entering Passive Mode (10,0,0,5,195,93)",
			"                          ^^^^^^^^^^^^^^^^^", "protocol and address must be empty: (|||port|)",
		}, {
			"229 Entering Extended Passive Mode |||50013|",
			"    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^", "no port: (|||port|) is needed",
		}, {
			"227 Entering Passive Mode (10,0,0,5,195,93)",
			"^^^", "the reply code is not 229",
		}, {
			"229 (",
			"    ^", "three delimiters and a port are needed in the parentheses",
		},
	}
	for _, tt := range tests {
		_, at, err := ParseEPSV(tt.text)
		checkError(t, tt.text, tt.marks, tt.why, err)
		if e, ok := err.(*SyntaxError); ok && at != (Span{e.From, e.To}) {
			t.Errorf("%s: at is %v; want the span of the error", tt.text, at)
		}
	}
}

func TestFormatPassive(t *testing.T) {
	for addr, want := range map[string]string{
		"10.0.0.5:50013":          "Entering Passive Mode (10,0,0,5,195,93).",
		"[::ffff:10.0.0.5]:50013": "Entering Passive Mode (10,0,0,5,195,93).",
		"[2001:db8::5]:50013":     "Entering Passive Mode (0,0,0,0,195,93).",
	} {
		if got := FormatPASV(netip.MustParseAddrPort(addr)); got != want {
			t.Errorf("%s: got %q; want %q", addr, got, want)
		}
	}
	if got, want := FormatEPSV(50013), "Entering Extended Passive Mode (|||50013|)"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
}

func FuzzPASV(f *testing.F) {
	for _, s := range []string{"227 x (10,0,0,5,195,93).", "227 =1,2,3,4,5,6", "227 1, 2 ,3,4,5,6,7", "227 (300,0)", "227"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		addr, at, err := ParsePASV(text)
		if err != nil {
			checkSpan(t, err)
			return
		}
		if !addr.Addr().Is4() || addr.Port() == 0 || strings.Count(text[at.From:at.To], ",") != 3 {
			t.Fatalf("%v at %q", addr, text[at.From:at.To])
		}
		if again, _, err := ParsePASV("227 " + FormatPASV(addr)); err != nil || again != addr {
			t.Fatalf("%v became %v, %v", addr, again, err)
		}
	})
}

func FuzzEPSV(f *testing.F) {
	for _, s := range []string{"229 x (|||50013|)", "229 (!!!1!)", "229 (()))5)", "229 (1111111)", "229 (|||"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		port, at, err := ParseEPSV(text)
		if err != nil {
			checkSpan(t, err)
			return
		}
		if n, ok := decimal(text[at.From:at.To], 65535); !ok || n != int(port) || port == 0 {
			t.Fatalf("%d at %q", port, text[at.From:at.To])
		}
		if again, _, err := ParseEPSV("229 " + FormatEPSV(port)); err != nil || again != port {
			t.Fatalf("%d became %d, %v", port, again, err)
		}
	})
}
