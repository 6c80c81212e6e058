package wire

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A reply is one line, or all lines from "230-" to "230 ".
func TestReadReply(t *testing.T) {
	tests := []struct {
		name, in string
		code     int
		text     string
		lines    []string
	}{
		{"one line", "230 Login successful.\r\n", 230, "Login successful.", []string{"230 Login successful."}},
		{"bare LF", "230 Hi\n", 230, "Hi", []string{"230 Hi"}},
		{"code alone", "230\r\n", 230, "", []string{"230"}},
		{"empty text", "230 \r\n", 230, "", []string{"230 "}},
		{"every line with the code", "230-a\r\n230-b\r\n230 c\r\n", 230, "a", []string{"230-a", "230-b", "230 c"}},
		{"inner lines without a code", "211-Features:\r\n MDTM\r\n\r\n211 End\r\n", 211, "Features:", []string{"211-Features:", " MDTM", "", "211 End"}},
		{"inner lines with another code", "230-a\r\n220 b\r\n550-c\r\n230 d\r\n", 230, "a", []string{"230-a", "220 b", "550-c", "230 d"}},
		{"inner line that only begins like the last", "230-a\r\n2300 files\r\n230 d\r\n", 230, "a", []string{"230-a", "2300 files", "230 d"}},
		{"last line without text", "230-a\r\n230\r\n", 230, "a", []string{"230-a", "230"}},
		{"protected reply of RFC 2228", "631 AAAA\r\n", 631, "AAAA", []string{"631 AAAA"}},
		{"bytes of any charset", "230 gr\xfc\xdfe\r\n", 230, "gr\xfc\xdfe", []string{"230 gr\xfc\xdfe"}},
		{"only one CR belongs to the line end", "230 a\r\r\n", 230, "a\r", []string{"230 a\r"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var each []string
			r := NewReader(iotest.OneByteReader(strings.NewReader(tt.in+"200 next\r\n")), Limits{})
			got, err := r.ReadReply(func(l Line) { each = append(each, string(l.Raw)) })
			if err != nil || got.Code != tt.code || got.Text() != tt.text {
				t.Errorf("got %d %q, %v; want %d %q", got.Code, got.Text(), err, tt.code, tt.text)
			}
			if diff := cmp.Diff(tt.lines, got.Strings()); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.lines, each); diff != "" {
				t.Errorf("each (-want +got):\n%s", diff)
			}
			if next, err := r.ReadReply(nil); err != nil || next.Code != 200 {
				t.Errorf("next reply: %d, %v; want 200", next.Code, err)
			}
		})
	}
}

// What came before an error is in the reply, the unfinished line last.
func TestReadReplyEnds(t *testing.T) {
	reset := errors.New("connection reset")
	tests := []struct {
		name, in string
		then     error
		want     error
		code     int
		lines    []string
	}{
		{"closed at once", "", io.EOF, io.EOF, 0, []string{}},
		{"closed inside the code", "22", io.EOF, io.ErrUnexpectedEOF, 0, []string{"22"}},
		{"closed inside a line", "421 Too many", io.EOF, io.ErrUnexpectedEOF, 421, []string{"421 Too many"}},
		{"closed between lines", "220-a\r\n", io.EOF, io.ErrUnexpectedEOF, 220, []string{"220-a"}},
		{"reset inside the second line", "220-a\r\n220 b", reset, reset, 220, []string{"220-a", "220 b"}},
		{"timeout inside a line", "220 a", os.ErrDeadlineExceeded, os.ErrDeadlineExceeded, 220, []string{"220 a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := io.MultiReader(strings.NewReader(tt.in), iotest.ErrReader(tt.then))
			got, err := NewReader(in, Limits{}).ReadReply(nil)
			if !errors.Is(err, tt.want) || got.Code != tt.code {
				t.Errorf("got %d, %v; want %d, %v", got.Code, err, tt.code, tt.want)
			}
			if diff := cmp.Diff(tt.lines, got.Strings()); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

// A bound that is broken ends the connection: the error stays.
func TestReadReplyLimits(t *testing.T) {
	limits := Limits{Line: 10, Lines: 3, Bytes: 30}
	tests := []struct {
		name, in string
		want     error
		lines    int
	}{
		{"longest line", "220 567890\r\n", nil, 1},
		{"one byte more", "220 5678901\r\n", ErrLineTooLong, 1},
		{"the same with bare LF", "220 5678901\n", ErrLineTooLong, 1},
		{"a CR is no excuse", "220 567890\rx\r\n", ErrLineTooLong, 1},
		{"endless line", strings.Repeat("2", 1000), ErrLineTooLong, 1},
		{"most lines", "220-\n\n220 \n", nil, 3},
		{"one line more", "220-\n\n\n220 \n", ErrTooManyLines, 3},
		{"most bytes", "220-567890\n123456789\n220 56 8\n", nil, 3},
		{"one byte more in all", "220-567890\n1234567890\n220 56 8\n", ErrTooLarge, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := NewReader(strings.NewReader(tt.in), limits)
			r.SkipGreeting()
			got, err := r.ReadReply(nil)
			if !errors.Is(err, tt.want) || len(got.Lines) != tt.lines {
				t.Fatalf("got %d lines, %v; want %d, %v", len(got.Lines), err, tt.lines, tt.want)
			}
			if _, again := r.ReadReply(nil); tt.want != nil && !errors.Is(again, tt.want) {
				t.Errorf("second call: %v; want %v again", again, tt.want)
			}
		})
	}
}

// After the greeting, what is not a reply is a syntax error. It costs one line.
func TestReadReplySyntax(t *testing.T) {
	for _, line := range []string{"SSH-2.0-OpenSSH", "", "22", "220x", "020 a", "720 a", "+OK", "\x16\x03\x01"} {
		r := NewReader(strings.NewReader("220 hi\r\n"+line+"\r\n200 ok\r\n"), Limits{})
		if _, err := r.ReadReply(nil); err != nil {
			t.Fatal(err)
		}
		got, err := r.ReadReply(nil)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || syntax.Text != line || len(got.Lines) != 1 || got.Code != 0 || got.Text() != line {
			t.Errorf("%q: got %+v, %v; want a syntax error about the line", line, got, err)
		}
		if next, err := r.ReadReply(nil); err != nil || next.Code != 200 {
			t.Errorf("%q: next reply %d, %v; want 200", line, next.Code, err)
		}
	}
}

// The time of a line is when it arrived, not when it was asked for; and a read
// that timed out goes on where it stopped.
func TestReadReplyTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := net.Pipe()
		defer client.Close()
		start := time.Now()
		go func() {
			defer server.Close()
			time.Sleep(2 * time.Second)
			io.WriteString(server, "220-one\r\n220 t")
			time.Sleep(5 * time.Second)
			io.WriteString(server, "wo\r\n200 three\r\n")
		}()

		r := NewReader(client, Limits{})
		calls := 0
		each := func(Line) { calls++ }
		client.SetReadDeadline(start.Add(time.Second))
		if got, err := r.ReadReply(each); !errors.Is(err, os.ErrDeadlineExceeded) || len(got.Lines) != 0 {
			t.Fatalf("silence: %q, %v; want a timeout and no line", got.Strings(), err)
		}
		client.SetReadDeadline(start.Add(4 * time.Second))
		got, err := r.ReadReply(each)
		if diff := cmp.Diff([]string{"220-one", "220 t"}, got.Strings()); !errors.Is(err, os.ErrDeadlineExceeded) || diff != "" {
			t.Fatalf("partial reply: %v; lines (-want +got):\n%s", err, diff)
		}
		if at := got.Lines[1].At.Sub(start); at != 2*time.Second {
			t.Errorf("the partial line came at %v; want 2s", at)
		}
		client.SetReadDeadline(time.Time{})
		got, err = r.ReadReply(each)
		if diff := cmp.Diff([]string{"220-one", "220 two"}, got.Strings()); err != nil || diff != "" || calls != 2 {
			t.Fatalf("whole reply: %v, %d calls; want 2; lines (-want +got):\n%s", err, calls, diff)
		}
		if r.Buffered() != len("200 three\r\n") {
			t.Errorf("buffered %d bytes; want those of the next reply", r.Buffered())
		}
		time.Sleep(time.Minute)
		next, err := r.ReadReply(each)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []time.Duration{2 * time.Second, 7 * time.Second, 7 * time.Second} {
			line := append(got.Lines, next.Lines...)[i]
			if at := line.At.Sub(start); at != want {
				t.Errorf("%q came at %v; want %v", line.Raw, at, want)
			}
		}
	})
}

// The bound is on one reply, not on all of them.
func TestReadReplyBudget(t *testing.T) {
	r := NewReader(strings.NewReader(strings.Repeat("200 okay\r\n", 3)), Limits{Bytes: 15})
	for range 3 {
		if _, err := r.ReadReply(nil); err != nil {
			t.Fatal(err)
		}
	}
}

// A timeout anywhere in the greeting does not make the rest foreign.
func TestGreetingGoesOn(t *testing.T) {
	for _, parts := range [][2]string{
		{"", "220 hi\r\n"},
		{"22", "0 hi\r\n"},
		{"220 h", "i\r\n"},
		{"220-a\r\n", "b\r\n220 c\r\n"},
		{"220-a\r\n\r\n\r\n220 b", "c\r\n"},
	} {
		in := io.MultiReader(strings.NewReader(parts[0]), &errOnce{os.ErrDeadlineExceeded}, strings.NewReader(parts[1]))
		r := NewReader(in, Limits{})
		partial, err := r.ReadReply(nil)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("%q: got %v; want a timeout", parts, err)
		}
		if got, err := r.ReadReply(nil); err != nil || strings.Join(got.Strings(), "\r\n")+"\r\n" != parts[0]+parts[1] {
			t.Errorf("%q: got %q, %v; want both parts", parts, got.Strings(), err)
		}
		if got := strings.Join(partial.Strings(), "\r\n"); got != strings.TrimSuffix(parts[0], "\r\n") {
			t.Errorf("%q: the partial reply became %q", parts, got)
		}
	}
}
