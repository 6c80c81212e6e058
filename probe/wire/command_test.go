package wire

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestParseCommand(t *testing.T) {
	tests := []struct{ line, verb, arg string }{
		{"NOOP", "NOOP", ""},
		{"user anonymous", "USER", "anonymous"},
		{"RETR  two spaces ", "RETR", " two spaces "},
		{"PASV ", "PASV", ""},
		{"sıze x", "SıZE", "x"},
		{" LIST", "", "LIST"},
		{"", "", ""},
	}
	for _, tt := range tests {
		if verb, arg := ParseCommand(tt.line); verb != tt.verb || arg != tt.arg {
			t.Errorf("%q: got %q, %q; want %q, %q", tt.line, verb, arg, tt.verb, tt.arg)
		}
	}
}

// readCommands reads until an error that is final.
func readCommands(r io.Reader, l Limits) (lines []string, last error) {
	c := NewCommandReader(r, l)
	for {
		line, err := c.ReadCommand()
		switch {
		case errors.Is(err, ErrLineTooLong):
			lines = append(lines, "too long")
		case err != nil:
			return lines, err
		default:
			lines = append(lines, line)
		}
	}
}

// Commands come out without line ends and Telnet sequences.
func TestReadCommand(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
		last     error
	}{
		{"two at once", "USER a\r\nPASS b\r\n", []string{"USER a", "PASS b"}, io.EOF},
		{"many", strings.Repeat("NOOP\n", 30), slices.Repeat([]string{"NOOP"}, 30), io.EOF},
		{"bare LF", "NOOP\n\n", []string{"NOOP", ""}, io.EOF},
		{"closed inside a command", "NOOP\r\nQU", []string{"NOOP"}, io.ErrUnexpectedEOF},
		{"interrupt before ABOR", "\xff\xf4\xff\xf2ABOR\r\n", []string{"ABOR"}, io.EOF},
		{"option negotiation", "\xff\xfb\x01\xff\xfe\nNOOP\r\n", []string{"NOOP"}, io.EOF},
		{"subnegotiation", "NO\xff\xfa\x18\x00x\xff\xff\n\xff\xf0OP\r\n", []string{"NOOP"}, io.EOF},
		{"escaped 255", "RETR \xff\xff.txt\r\n", []string{"RETR \xff.txt"}, io.EOF},
		{"longest", "12345678901234567890\r\n", []string{"12345678901234567890"}, io.EOF},
		{"too long, then the next", "123456789012345678901\r\nNOOP\r\n", []string{"too long", "NOOP"}, io.EOF},
		{"closed inside a long one", "123456789012345678901", nil, io.ErrUnexpectedEOF},
		{"endless", strings.Repeat("x", 200), nil, ErrTooLarge},
		{"nothing but Telnet", strings.Repeat("\xff\xf1", 200), nil, io.ErrNoProgress},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readCommands(iotest.OneByteReader(strings.NewReader(tt.in)), Limits{Line: 20, Bytes: 100})
			if diff := cmp.Diff(tt.want, got); diff != "" || !errors.Is(err, tt.last) {
				t.Errorf("%v; want %v; commands (-want +got):\n%s", err, tt.last, diff)
			}
		})
	}
}

// A timeout loses nothing, and what came early is counted.
func TestReadCommandGoesOn(t *testing.T) {
	in := io.MultiReader(strings.NewReader("AUTH"), &errOnce{os.ErrDeadlineExceeded}, strings.NewReader(" TLS\r\nUSER root\r\n"))
	c := NewCommandReader(in, Limits{})
	if _, err := c.ReadCommand(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %v; want a timeout", err)
	}
	if line, err := c.ReadCommand(); line != "AUTH TLS" || err != nil {
		t.Errorf("got %q, %v; want the whole command", line, err)
	}
	if got, want := c.Buffered(), len("USER root\r\n"); got != want {
		t.Errorf("buffered %d; want %d", got, want)
	}
}

// errOnce fails one Read and is then at its end.
type errOnce struct{ err error }

func (e *errOnce) Read([]byte) (int, error) {
	err := e.err
	e.err = io.EOF
	return 0, err
}

func FuzzCommand(f *testing.F) {
	for _, s := range []string{"USER a\r\nPASS b\r\n", "\xff\xf4\xff\xf2abor\r\n", "\xff\xfa\xff\xff\xff\xf0x\n", "RETR  x \r\n", strings.Repeat("x", 60)} {
		f.Add([]byte(s))
	}
	limits := Limits{Line: 20, Bytes: 50}
	f.Fuzz(func(t *testing.T, in []byte) {
		lines, err := readCommands(strings.NewReader(string(in)), limits)
		if err == nil || len(lines) > len(in) {
			t.Fatalf("%d commands from %d bytes, %v", len(lines), len(in), err)
		}
		for _, line := range lines {
			if len(line) > limits.Line || strings.Contains(line, "\n") {
				t.Fatalf("command %q", line)
			}
			verb, arg := ParseCommand(line)
			if v, a := ParseCommand(verb + " " + arg); v != verb || a != arg {
				t.Fatalf("%q %q became %q %q", verb, arg, v, a)
			}
		}
	})
}
