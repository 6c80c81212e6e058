package ftpd

import (
	"io"
	"strings"
	"time"
)

// reply sends a reply, one or more lines without line ends.
func (s *session) reply(lines ...string) error {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(s.asSent(l))
		b.WriteString("\r\n")
	}
	return s.send([]byte(b.String()))
}

// asSent is a line of a reply as it goes out.
func (s *session) asSent(line string) string {
	if s.faults().escapes {
		return line + escape
	}
	return line
}

// send writes b as a whole: replies of the session and of its transfer never
// mix. The token is a channel, not a mutex, because drip holds it for long.
func (s *session) send(b []byte) error {
	s.token <- struct{}{}
	defer func() { <-s.token }()
	for len(b) > 0 {
		part := b
		if s.faults().drip && pause(s.ctx, dripPause) {
			part = b[:1]
		}
		limit := writeTimeout
		if s.ctx.Err() != nil {
			limit = partingWord
		}
		s.conn.SetWriteDeadline(time.Now().Add(limit))
		if _, err := s.out().Write(part); err != nil {
			s.conn.Close() // half a reply is worse than none
			return err
		}
		b = b[len(part):]
	}
	return nil
}

// out is where replies go.
func (s *session) out() io.Writer {
	if s.secured != nil {
		return s.secured
	}
	return steady{s.conn}
}

// hangUp closes the control connection, a TLS one with a close_notify.
func (s *session) hangUp() {
	if s.secured != nil {
		s.conn.SetWriteDeadline(time.Now().Add(partingWord))
		s.secured.CloseWrite()
	}
	s.conn.Close()
}
