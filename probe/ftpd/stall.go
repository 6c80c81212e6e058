package ftpd

import (
	"context"
	"errors"
	"io"
	"net"
	"time"
)

// stalling returns conn, or one that stops after as many bytes as the fault
// stall-after says.
func (s *session) stalling(ctx context.Context, conn net.Conn) net.Conn {
	after := s.faults().stallAfter
	if after == 0 {
		return conn
	}
	return &stallingConn{Conn: conn, ctx: ctx, left: after, wait: s.server.opt.Idle}
}

type stallingConn struct {
	net.Conn
	ctx  context.Context
	left int // bytes until it stops
	wait time.Duration
}

var errStalled = errors.New("stalled on purpose")

func (c *stallingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b[:min(len(b), c.left)])
	c.left -= n
	if c.left == 0 && err != io.EOF {
		pause(c.ctx, c.wait)
		err = errStalled
	}
	return n, err
}

func (c *stallingConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b[:min(len(b), c.left)])
	c.left -= n
	if c.left == 0 && err == nil {
		pause(c.ctx, c.wait)
		err = errStalled
	}
	return n, err
}
