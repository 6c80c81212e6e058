package wire

import (
	"errors"
	"io"
	"strings"
)

// ParseCommand splits a command line into the verb, in upper case, and the
// argument: all after one space, as a file name may begin with spaces.
func ParseCommand(line string) (verb, arg string) {
	verb, arg, _ = strings.Cut(line, " ")
	return upper(verb), arg
}

// upper raises ASCII letters only: Unicode rules would make SIZE of "sıze".
func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// CommandReader reads the command lines of one control connection, at the
// server's end.
type CommandReader struct {
	in     lineReader
	limits Limits
	skip   bool // the rest of a line that was too long
	budget int
}

// NewCommandReader returns a CommandReader; of l it heeds Line and Bytes.
func NewCommandReader(r io.Reader, l Limits) *CommandReader {
	l = l.orDefault()
	return &CommandReader{in: newLineReader(&telnetReader{r: r}), limits: l, budget: l.Bytes}
}

// Buffered returns the number of bytes that came after the last command.
// Before a TLS handshake it must be 0.
func (r *CommandReader) Buffered() int { return r.in.buffered() }

// ReadCommand reads one command without its line end and without Telnet
// sequences. After ErrLineTooLong, for which the whole line is dropped, and
// after a timeout it can be called again; other errors are final.
func (r *CommandReader) ReadCommand() (line string, err error) {
	for {
		l, err := r.in.readLine(r.limits.Line, &r.budget)
		switch {
		case errors.Is(err, ErrLineTooLong):
			r.skip, r.in.part = true, nil
			continue
		case err == io.EOF && (r.skip || len(r.in.part) > 0):
			return "", io.ErrUnexpectedEOF
		case err != nil:
			return "", err
		}
		r.budget = r.limits.Bytes
		if r.skip {
			r.skip = false
			return "", ErrLineTooLong
		}
		return string(l.Raw), nil
	}
}

// Telnet codes (RFC 854). Clients send IAC IP IAC DM before ABOR (RFC 959
// 4.1.3), as urgent data that may well arrive in line.
const (
	telnetSE   = 240
	telnetSB   = 250
	telnetWILL = 251
	telnetDONT = 254
	telnetIAC  = 255
)

// telnetReader removes Telnet sequences. It may return no byte and no error;
// bufio.Reader gives up after a hundred of these.
type telnetReader struct {
	r     io.Reader
	state telnetState
}

type telnetState int

const (
	inText      telnetState = iota
	afterIAC                // in text
	afterOption             // WILL, WONT, DO or DONT: one more byte
	inSub                   // between SB and IAC SE
	afterSubIAC
)

func (t *telnetReader) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	kept := p[:0]
	for _, b := range p[:n] {
		if t.step(b) {
			kept = append(kept, b)
		}
	}
	return len(kept), err
}

// step reports whether b is text.
func (t *telnetReader) step(b byte) bool {
	was := t.state
	t.state = inText
	switch {
	case was == inText && b == telnetIAC:
		t.state = afterIAC
	case was == inText:
		return true
	case was == afterIAC && b == telnetIAC:
		return true // an escaped 255
	case was == afterIAC && b == telnetSB:
		t.state = inSub
	case was == afterIAC && telnetWILL <= b && b <= telnetDONT:
		t.state = afterOption
	case was == inSub && b == telnetIAC:
		t.state = afterSubIAC
	case was == inSub, was == afterSubIAC && b != telnetSE:
		t.state = inSub
	}
	return false
}
