package wire

import (
	"errors"
	"fmt"
)

// Bounds of Limits that the peer broke.
var (
	ErrLineTooLong  = errors.New("line too long")
	ErrTooManyLines = errors.New("too many lines in one reply")
	ErrTooLarge     = errors.New("too many bytes")
)

// ErrProtocol is in the chain of a *SyntaxError about an EPRT whose network
// protocol is neither 1 nor 2, to be answered by 522 (RFC 2428 2).
var ErrProtocol = errors.New("network protocol not supported")

// Protocols of a ForeignError.
const (
	SSH     = "ssh"
	HTTP    = "http"
	TLS     = "tls"
	SMTP    = "smtp"
	POP3    = "pop3"
	IMAP    = "imap"
	Unknown = "unknown" // binary, or text that does not begin as a reply does
)

// ForeignError says that what came in place of the greeting is not FTP.
type ForeignError struct {
	Protocol string // one of the protocols above
	First    []byte // the first bytes, at most 64, of text not beyond its first line
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("not FTP (%s): %+q", e.Protocol, e.First)
}

// SyntaxError is a reply or an argument that breaks the grammar.
type SyntaxError struct {
	Text     string // what was parsed
	From, To int    // byte offsets into Text of the part that is wrong
	Why      string // what is wrong with it, without quoting more than a number
	Err      error  // ErrProtocol or nil
}

func (e *SyntaxError) Error() string {
	const most = 100
	if len(e.Text) > most {
		return fmt.Sprintf("%s: %+q and %d more bytes", e.Why, e.Text[:most], len(e.Text)-most)
	}
	return fmt.Sprintf("%s: %+q", e.Why, e.Text)
}

// Unwrap returns Err.
func (e *SyntaxError) Unwrap() error { return e.Err }

// Span is a part of a parsed text, as byte offsets.
type Span struct{ From, To int }
