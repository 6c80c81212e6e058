package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"ftpcheck/probe/wire"
)

// watched gives each read a limit and all of them a bound.
type watched struct {
	net.Conn
	limit time.Duration
	left  atomic.Int64
	stop  func() bool
	talk  *talk // of a control connection
	came  atomic.Pointer[time.Time]
}

var errTooMuch = errors.New("the server sent more than ftpcheck reads")

func (c *watched) Read(b []byte) (int, error) {
	if c.left.Load() <= 0 {
		return 0, errTooMuch
	}
	c.SetReadDeadline(time.Now().Add(c.limit))
	n, err := c.Conn.Read(b)
	c.left.Add(-int64(n))
	if now := time.Now(); n > 0 {
		c.came.Store(&now)
	}
	if c.talk != nil {
		c.talk.heard(b[:n])
	}
	return n, err
}

func (c *watched) Write(b []byte) (int, error) {
	if c.talk != nil {
		c.talk.said(b)
	}
	return c.Conn.Write(b)
}

// talk turns what crosses the client's control connection into lines of the
// transcript, until it is encrypted.
type talk struct {
	run     *run
	partial []byte
	lines   int
	over    bool
}

// handshakeRecord is the type of the first TLS record (RFC 8446 5.1).
const handshakeRecord = 22

func (t *talk) said(b []byte) {
	if len(b) > 0 && b[0] == handshakeRecord && !t.over {
		t.over = true
		t.run.emit(Event{Kind: KindNote, Check: CheckClient, Text: "what follows is encrypted by the client itself and not shown"})
	}
	if t.over {
		return
	}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\r\n")
		if verbOf(line) == "PASS" {
			line = "PASS ****"
		}
		t.run.emit(Event{Kind: KindSend, Check: CheckClient, Text: line})
	}
}

func (t *talk) heard(b []byte) {
	if t.over {
		return
	}
	t.partial = append(t.partial, b...)
	for {
		i := bytes.IndexByte(t.partial, '\n')
		if i < 0 && len(t.partial) < wire.DefaultLimits.Line {
			return
		}
		line := t.partial
		if i >= 0 {
			line = t.partial[:i]
		}
		if t.lines++; t.lines <= maxClientLines {
			t.run.emit(t.run.received(Event{Kind: KindRecv, Check: CheckClient}, bytes.TrimRight(line, "\r")))
		}
		if t.partial = t.partial[len(line):]; i >= 0 {
			t.partial = t.partial[1:]
		}
	}
}

// lateTLS makes the handshake of a data connection when the client begins to
// read: servers begin theirs after the reply 150. It never resumes a session.
type lateTLS struct {
	*watched
	run    *run
	ctx    context.Context
	secure *secured
	failed error
}

func (c *lateTLS) Read(b []byte) (int, error) {
	if c.secure == nil && c.failed == nil {
		c.encrypt()
	}
	if c.failed != nil {
		return 0, c.failed
	}
	return c.secure.Read(b)
}

func (c *lateTLS) encrypt() {
	e := Event{Check: CheckClient, As: AsClient, Addr: remoteAddr(c.Conn), TLS: &TLS{}}
	secure, ok := c.run.handshake(c.ctx, c.watched, c.run.tlsConfig(e.TLS, nil), &e)
	c.run.emit(e)
	c.secure = secure
	if !ok {
		c.failed = fmt.Errorf("TLS on the data connection: %s", e.Text)
	}
}

func (c *lateTLS) Close() error {
	if c.secure != nil {
		return c.secure.Close()
	}
	return c.watched.Close()
}
