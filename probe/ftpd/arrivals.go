package ftpd

import (
	"context"
	"errors"
	"net"
	"time"
)

// take waits for the client's connection. vsftpd, too, waits before it sends
// 150, and names a stranger in its reply.
func (p *passive) take(ctx context.Context, limit time.Duration) (net.Conn, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	failure, strangers := errNotMade, p.strangers
	for {
		select {
		case conn := <-p.arrived:
			return p.living(conn), nil
		case <-strangers:
			failure, strangers = errStranger, nil
			timer.Reset(min(limit, strangerGrace))
		case <-timer.C:
			return nil, failure
		case <-ctx.Done():
			return nil, errNotMade
		}
	}
}

// living returns conn, or a later arrival when conn has been closed already by
// a scanner that found the port first.
func (p *passive) living(conn net.Conn) net.Conn {
	for len(p.arrived) > 0 {
		var b [1]byte
		conn.SetReadDeadline(time.Now().Add(lookAtArrival))
		n, err := conn.Read(b[:])
		conn.SetReadDeadline(time.Time{})
		if n > 0 {
			return &startedConn{Conn: conn, first: b[:n]}
		}
		var ne net.Error
		if errors.As(err, &ne) && ne.Timeout() {
			return conn
		}
		conn.Close()
		conn = <-p.arrived
	}
	return conn
}

// startedConn is a connection of which the first bytes were read already.
type startedConn struct {
	net.Conn
	first []byte
}

func (c *startedConn) Read(b []byte) (int, error) {
	if len(c.first) == 0 {
		return c.Conn.Read(b)
	}
	n := copy(b, c.first)
	c.first = c.first[n:]
	return n, nil
}
