package wire

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func FuzzReply(f *testing.F) {
	for _, s := range []string{
		"220 hi\r\n", "220-a\r\n b\r\n220 c\r\n331 x\r\n", "220", "SSH-2.0-x\r\n", "\x16\x03\x01", "230-\n230\n", "+OK\r\n", "220 x ESMTP\r\n",
	} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	limits := Limits{Line: 20, Lines: 4, Bytes: 50}
	f.Fuzz(func(t *testing.T, in []byte, greeting bool) {
		r := NewReader(iotest.HalfReader(strings.NewReader(string(in))), limits)
		if !greeting {
			r.SkipGreeting()
		}
		for replies := 0; ; replies++ {
			got, err := r.ReadReply(nil)
			checkBounds(t, got, limits)
			var foreign *ForeignError
			var syntax *SyntaxError
			switch {
			case errors.As(err, &foreign):
				if !greeting || replies > 0 || len(got.Lines) > 0 {
					t.Fatalf("foreign after %d replies, lines %q", replies, got.Strings())
				}
				return
			case errors.As(err, &syntax):
				checkSpan(t, syntax)
			case err != nil:
				return
			default:
				checkReread(t, got, limits)
			}
			if replies > len(in) {
				t.Fatal("more replies than bytes")
			}
		}
	})
}

func checkBounds(t *testing.T, r Reply, l Limits) {
	total := 0
	for _, line := range r.Lines {
		total += len(line.Raw)
		if len(line.Raw) > l.Line || strings.Contains(string(line.Raw), "\n") {
			t.Fatalf("line %q", line.Raw)
		}
	}
	if len(r.Lines) > l.Lines || total > l.Bytes {
		t.Fatalf("%d lines, %d bytes", len(r.Lines), total)
	}
}

// checkReread prints the reply and reads it again.
func checkReread(t *testing.T, r Reply, l Limits) {
	l.Bytes *= 2 // CRLF may be longer than the line ends that came
	again := NewReader(strings.NewReader(strings.Join(r.Strings(), "\r\n")+"\r\n"), l)
	again.SkipGreeting()
	got, err := again.ReadReply(nil)
	if diff := cmp.Diff(r.Strings(), got.Strings()); err != nil || got.Code != r.Code || diff != "" {
		t.Fatalf("read again: %d, %v (-want +got):\n%s", got.Code, err, diff)
	}
}

func checkSpan(t *testing.T, err error) {
	t.Helper()
	var e *SyntaxError
	if !errors.As(err, &e) {
		t.Fatalf("%v is no syntax error", err)
	}
	if e.From < 0 || e.From > e.To || e.To > len(e.Text) || e.Why == "" {
		t.Fatalf("span %d-%d of %q (%s)", e.From, e.To, e.Text, e.Why)
	}
	if len(e.Error()) > 600 || len(e.Why) > 80 {
		t.Fatalf("long message %q", e.Error())
	}
}
