package wire

import (
	"bytes"
	"strings"
)

// foreign lists how the first bytes of other protocols begin.
var foreign = []struct{ prefix, protocol string }{
	{"SSH-", SSH},     // RFC 4253 4.2
	{"HTTP/", HTTP},   // RFC 9112 4
	{"<", HTTP},       // a page without a status line, as HTTP/0.9 servers send
	{"\x15\x03", TLS}, // an alert record (RFC 8446 5.1)
	{"\x16\x03", TLS}, // a handshake record
	{"+OK", POP3},     // RFC 1939 4
	{"* OK", IMAP},    // RFC 9051 7.1
	{"* PREAUTH", IMAP},
	{"* BYE", IMAP},
}

// recognise waits for the first bytes of the greeting until they decide
// whether it is a reply. It takes none, and needs no line end.
func (r *Reader) recognise() error {
	if len(r.reply.Lines) > 0 || len(r.in.part) > 0 {
		return nil // decided by an earlier call, which ended in a timeout
	}
	for {
		head := r.in.head()
		protocol, decided := classify(head)
		if protocol != "" {
			return &ForeignError{Protocol: protocol, First: firstBytes(head)}
		}
		if decided {
			return nil
		}
		if _, err := r.in.buf.Peek(len(head) + 1); err != nil {
			return err
		}
	}
}

// classify says what begins with head: a protocol, or a reply (empty), or that
// more bytes are needed.
func classify(head []byte) (protocol string, decided bool) {
	open := false
	for _, f := range foreign {
		if bytes.HasPrefix(head, []byte(f.prefix)) {
			return f.protocol, true
		}
		open = open || strings.HasPrefix(f.prefix, string(head))
	}
	start := head[:min(4, len(head))]
	if n := len(start); n == 4 && (start[3] == '\r' || start[3] == '\n') {
		start = start[:3]
	}
	switch code, _ := replyCode(start); {
	case code != 0 && len(head) > 3:
		return "", true
	case code != 0, open, len(head) < 3 && couldBeCode(head):
		return "", false
	}
	return Unknown, true
}

func couldBeCode(head []byte) bool {
	for i, b := range head {
		if !isDigit(b) || i == 0 && (b < '1' || b > '6') {
			return false
		}
	}
	return true
}

// isSMTP reports whether a greeting is a mail server's: both protocols begin
// with 220, but RFC 5321 4.2 has SMTP or ESMTP in its text as a rule.
func isSMTP(line []byte) bool {
	if code, _ := replyCode(line); code != 220 || len(line) < 4 {
		return false
	}
	smtp := false
	for word := range strings.FieldsSeq(string(line[4:])) {
		switch strings.ToUpper(strings.Trim(word, "().,;:[]")) {
		case "SMTP", "ESMTP":
			smtp = true
		case "FTP":
			return false
		}
	}
	return smtp
}

// firstBytes copies what is shown of a foreign protocol.
func firstBytes(b []byte) []byte {
	const most = 64
	if i := indexLineEnd(b); i > 0 && b[0] >= ' ' {
		b = b[:i]
	}
	return append([]byte(nil), b[:min(most, len(b))]...)
}

func indexLineEnd(b []byte) int { return bytes.IndexAny(b, "\r\n") }
