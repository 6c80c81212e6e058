// Package wire is the grammar of the FTP control connection, for both ends of
// it: replies, the announcements 227 and 229, PORT, EPRT, FEAT and commands.
//
// It follows RFC 959 (FTP, replies in 4.2, PORT and PASV in 4.1.2), RFC 1123
// 4.1.2.6 (how to find the address in a 227), RFC 2389 (FEAT), RFC 2428 (EPSV
// and EPRT) and RFC 854 (the Telnet sequences that a client may send).
//
// It never dials, never sets a deadline, never writes to a connection, never
// judges what an address or a code means, and never holds more of a peer's
// bytes than its Limits allow.
package wire

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"time"
)

// Limits bound what is accepted from the peer. A zero field means the default.
type Limits struct {
	Line  int // bytes in one line, without its line end
	Lines int // lines in one reply
	Bytes int // bytes in one reply or command, with line ends
}

// DefaultLimits leave room for long greetings; RFC 959 sets no limit.
var DefaultLimits = Limits{Line: 4096, Lines: 1000, Bytes: 64 << 10}

func (l Limits) orDefault() Limits {
	if l.Line <= 0 {
		l.Line = DefaultLimits.Line
	}
	if l.Lines <= 0 {
		l.Lines = DefaultLimits.Lines
	}
	if l.Bytes <= 0 {
		l.Bytes = DefaultLimits.Bytes
	}
	return l
}

// Line is one line as received.
type Line struct {
	Raw []byte    // without CRLF or bare LF
	At  time.Time // when its last byte arrived from the connection
}

// Reply is one reply of the server, of one or more lines (RFC 959 4.2).
type Reply struct {
	Code  int    // 100 to 699; 0 when no complete code came
	Lines []Line // all lines; after an error those that came, the last one perhaps cut short
}

// Text returns the text of the first line after the code.
func (r Reply) Text() string {
	if len(r.Lines) == 0 {
		return ""
	}
	raw := r.Lines[0].Raw
	if code, _ := replyCode(raw); code == 0 {
		return string(raw)
	}
	return string(raw[min(4, len(raw)):])
}

// Strings returns the lines as strings, as ParseFEAT takes them.
func (r Reply) Strings() []string {
	lines := make([]string, len(r.Lines))
	for i, l := range r.Lines {
		lines[i] = string(l.Raw)
	}
	return lines
}

// Reader reads the replies of one control connection. Its first reply is the
// greeting, in which it also recognises other protocols.
type Reader struct {
	in      lineReader
	limits  Limits
	greeted bool  // the first reply is over
	reply   Reply // complete lines of the reply being read
	budget  int   // bytes that the reply being read may still take
	broken  error // the connection can no longer be followed
}

// NewReader returns a Reader whose next reply is the greeting.
func NewReader(r io.Reader, l Limits) *Reader {
	l = l.orDefault()
	return &Reader{in: newLineReader(r), limits: l, budget: l.Bytes}
}

// SkipGreeting says that the next reply is not a greeting: the Reader goes on
// where another one ended, as after AUTH TLS (RFC 4217 4).
func (r *Reader) SkipGreeting() { r.greeted = true }

// SetLimits bounds the replies from the next one on. No reply may be under way.
func (r *Reader) SetLimits(l Limits) {
	r.limits = l.orDefault()
	r.budget = r.limits.Bytes
}

// Buffered returns the number of bytes that came but belong to no reply yet.
// Before a TLS handshake it must be 0.
func (r *Reader) Buffered() int { return r.in.buffered() }

// ReadReply reads one reply and calls each, which may be nil, for every line as
// soon as it is complete. A *ForeignError comes for a greeting only, and its
// bytes are in the error alone. After a *SyntaxError the next reply can be
// read, after a timeout the call can be repeated and goes on where it stopped;
// any other error is final.
func (r *Reader) ReadReply(each func(Line)) (Reply, error) {
	if r.broken != nil {
		return Reply{}, r.broken
	}
	if !r.greeted {
		if err := r.recognise(); err != nil {
			return r.fail(err)
		}
	}
	for {
		if len(r.reply.Lines) == r.limits.Lines {
			return r.fail(ErrTooManyLines)
		}
		line, err := r.in.readLine(r.limits.Line, &r.budget)
		if err != nil {
			return r.fail(err)
		}
		first := len(r.reply.Lines) == 0
		if first && !r.greeted && isSMTP(line.Raw) {
			return r.fail(&ForeignError{Protocol: SMTP, First: firstBytes(line.Raw)})
		}
		r.reply.Lines = append(r.reply.Lines, line)
		if each != nil {
			each(line)
		}
		code, more := replyCode(line.Raw)
		switch {
		case first && code == 0:
			return r.take(), notAReply(line.Raw)
		case first:
			r.reply.Code = code
		case code != r.reply.Code:
			continue // an inner line may look like anything, even like another reply
		}
		if !more {
			return r.take(), nil
		}
	}
}

// take returns the reply read so far and starts the next one.
func (r *Reader) take() Reply {
	reply := r.reply
	r.reply, r.budget, r.greeted = Reply{}, r.limits.Bytes, true
	return reply
}

// fail returns err and what came before it. The state stays, so that a call
// after a timeout goes on.
func (r *Reader) fail(err error) (Reply, error) {
	reply := Reply{Code: r.reply.Code, Lines: slices.Clip(r.reply.Lines)}
	if cut := r.cut(); len(cut) > 0 && !errors.As(err, new(*ForeignError)) {
		if len(reply.Lines) == 0 {
			reply.Code, _ = replyCode(cut)
		}
		reply.Lines = append(reply.Lines, Line{Raw: cut, At: r.in.stamp.at})
	}
	if err == io.EOF && len(reply.Lines) > 0 {
		err = io.ErrUnexpectedEOF
	}
	if !isTimeout(err) {
		r.broken = err
	}
	return reply, err
}

// cut returns a copy of what came of a line that is not complete.
func (r *Reader) cut() []byte {
	part := r.in.part
	if len(part) == 0 && !r.greeted && len(r.reply.Lines) == 0 {
		part = r.in.head() // seen by recognise, but not taken
	}
	return bytes.Clone(part[:min(r.limits.Line, len(part))])
}

// replyCode returns the code that a line begins with and whether a hyphen says
// that more lines follow; 0 when the line does not begin as a reply does. RFC
// 2228 4 adds codes that begin with 6 to those of RFC 959.
func replyCode(line []byte) (code int, more bool) {
	if len(line) < 3 || line[0] < '1' || line[0] > '6' || !isDigit(line[1]) || !isDigit(line[2]) {
		return 0, false
	}
	if len(line) > 3 && line[3] != ' ' && line[3] != '-' {
		return 0, false
	}
	code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	return code, len(line) > 3 && line[3] == '-'
}

func notAReply(line []byte) *SyntaxError {
	why := "a reply begins with a three-digit code and a space or hyphen"
	if len(line) == 0 {
		why = "an empty line where a reply is due"
	}
	return &SyntaxError{Text: string(line), To: min(4, len(line)), Why: why}
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
