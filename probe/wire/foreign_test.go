package wire

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

var errWaited = errors.New("waited for more than was needed")

// Another protocol is recognised by its first bytes, without waiting for more.
func TestForeign(t *testing.T) {
	tests := []struct{ in, protocol, first string }{
		{"SSH-2.0-OpenSSH_9.2p1\r\n", SSH, "SSH-2.0-OpenSSH_9.2p1"},
		{"SSH-", SSH, "SSH-"},
		{"HTTP/1.1 400 Bad Request\r\nServer: x\r\n", HTTP, "HTTP/1.1 400 Bad Request"},
		{"<html>", HTTP, "<html>"},
		{"\x15\x03\x03\x00\x02\x02\x46", TLS, "\x15\x03\x03\x00\x02\x02\x46"},
		{"\x16\x03\x01\r\n", TLS, "\x16\x03\x01\r\n"},
		{"220 mail.example.com ESMTP Postfix\r\n", SMTP, "220 mail.example.com ESMTP Postfix"},
		{"220-mail.example.com ESMTP Exim 4.96\r\n220 hi\r\n", SMTP, "220-mail.example.com ESMTP Exim 4.96"},
		{"220 mail.example.com SMTP\r\n", SMTP, "220 mail.example.com SMTP"},
		{"+OK POP3 ready\r\n", POP3, "+OK POP3 ready"},
		{"* OK [CAPABILITY IMAP4rev1] ready\r\n", IMAP, "* OK [CAPABILITY IMAP4rev1] ready"},
		{"\x00\x00\x00\x2c\xff\x53", Unknown, "\x00\x00\x00\x2c\xff\x53"},
		{"\xff\xfd\x18", Unknown, "\xff\xfd\x18"},
		{"Welcome", Unknown, "Welcome"},
		{"\r\n220 hi\r\n", Unknown, "\r\n220 hi\r\n"},
		{"\x15\x04", Unknown, "\x15\x04"},
		{"SSL", Unknown, "SSL"},
		{"2a", Unknown, "2a"},
		{"220x", Unknown, "220x"},
		{"9", Unknown, "9"},
		{strings.Repeat("x", 100), Unknown, strings.Repeat("x", 64)},
	}
	for _, tt := range tests {
		in := io.MultiReader(strings.NewReader(tt.in), iotest.ErrReader(errWaited))
		r := NewReader(in, Limits{})
		got, err := r.ReadReply(func(l Line) { t.Errorf("%q: line %q; want none", tt.in, l.Raw) })
		var foreign *ForeignError
		if !errors.As(err, &foreign) || foreign.Protocol != tt.protocol || string(foreign.First) != tt.first || len(got.Lines) > 0 {
			t.Errorf("%q: got %v, lines %q; want %s %q", tt.in, err, got.Strings(), tt.protocol, tt.first)
		}
		if _, again := r.ReadReply(nil); again != err {
			t.Errorf("%q: second call: %v; want the same error", tt.in, again)
		}
	}
}

// The same holds when the bytes come one by one; only fewer are shown.
func TestForeignDripping(t *testing.T) {
	for in, protocol := range map[string]string{"SSH-": SSH, "HTTP/": HTTP, "\x16\x03": TLS, "+OK": POP3, "* BYE": IMAP, "22x": Unknown} {
		r := NewReader(iotest.OneByteReader(io.MultiReader(strings.NewReader(in), iotest.ErrReader(errWaited))), Limits{})
		_, err := r.ReadReply(nil)
		var foreign *ForeignError
		if !errors.As(err, &foreign) || foreign.Protocol != protocol || string(foreign.First) != in {
			t.Errorf("%q: got %v; want %s", in, err, protocol)
		}
	}
}

// Greetings of FTP servers that resemble something else.
func TestNotForeign(t *testing.T) {
	for _, in := range []string{
		"220 smtp.example.com FTP server ready\r\n",
		"220 FTP and SMTP gateway\r\n",
		"220 SMTPD-free zone\r\n",
		"421 No ESMTP here\r\n",
		"220-<html>\r\n220 hi\r\n",
		"220\r\n",
		"220\n",
	} {
		if got, err := NewReader(strings.NewReader(in), Limits{}).ReadReply(nil); err != nil || got.Code == 0 {
			t.Errorf("%q: %d, %v; want a reply", in, got.Code, err)
		}
	}
}
