package report

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	tests := []struct{ in, screen, ascii string }{
		{"230 Login successful.", "230 Login successful.", "230 Login successful."},
		{`C:\ftp`, `C:\ftp`, `C:\ftp`},
		{"\x1b[2Jcleared", `\x1b[2Jcleared`, `\x1b[2Jcleared`},
		{"a\rb\nc\td\x00\x7f", `a\rb\nc\td\x00\x7f`, `a\rb\nc\td\x00\x7f`},
		{"café", "café", `caf\u00e9`},
		{"\u202egnp.exe", `\u202egnp.exe`, `\u202egnp.exe`},
		{"\u009b31m", `\u009b31m`, `\u009b31m`}, // CSI as one C1 character
		{"\x9b31m\xff", `\x9b31m\xff`, `\x9b31m\xff`},
		{"\U0001f4a5", "\U0001f4a5", `\U0001f4a5`},
		{"\ufeff\u00a0\u2028", `\ufeff\u00a0\u2028`, `\ufeff\u00a0\u2028`},
	}
	for _, tt := range tests {
		if got := Escape(tt.in); got != tt.screen {
			t.Errorf("Escape(%q) = %q, want %q", tt.in, got, tt.screen)
		}
		if got := ASCII(tt.in); got != tt.ascii {
			t.Errorf("ASCII(%q) = %q, want %q", tt.in, got, tt.ascii)
		}
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "227 ok", "\x1b[31m", "\xff\xfe", "\u202e\u200b", "\U0010ffff"} {
		f.Add(s, 1)
	}
	f.Fuzz(func(t *testing.T, s string, at int) {
		screen, ascii := Escape(s), ASCII(s)
		for _, r := range screen {
			if !unicode.IsPrint(r) {
				t.Errorf("Escape(%q) has %U", s, r)
			}
		}
		if strings.ContainsFunc(ascii, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("ASCII(%q) = %q", s, ascii)
		}
		if Escape(screen) != screen || ASCII(ascii) != ascii || ASCII(screen) != ascii {
			t.Errorf("escaping %q again changes it", s)
		}
		valid, offset := validUTF8(s)
		if !utf8.ValidString(valid) || offset(0) != 0 || offset(len(s)) != len(valid) {
			t.Errorf("validUTF8(%q) = %q", s, valid)
		}
		if n := offset(at); n < 0 || n > len(valid) {
			t.Errorf("offset %d of %q is %d", at, s, n)
		}
	})
}

func TestOffsetsFollowEscapedBytes(t *testing.T) {
	q := Quote{From: 4, To: 7}
	q.Line.Text = "\xe9\xe8\xff (10,0)"
	w := wireEvidenceOf(q)
	if w.Text != `\xe9\xe8\xff (10,0)` || w.Text[w.From:w.To] != "(10" {
		t.Errorf("%q from %d to %d", w.Text, w.From, w.To)
	}
}
