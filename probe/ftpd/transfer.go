package ftpd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"
)

// transfer is one use of the data connection.
type transfer struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// noData is why no data connection came to be: the reply, in vsftpd's words.
type noData string

func (n noData) Error() string { return string(n) }

const (
	errNoData   noData = "425 Use PORT or PASV first."
	errNotMade  noData = "425 Failed to establish connection."
	errStranger noData = "425 Security: Bad IP connecting."
)

// job is what happens over a data connection.
type job struct {
	name  string // for the log
	begin string // the 1xx reply, sent when the data connection exists
	end   string // the 2xx reply
	move  func(conn net.Conn) (int64, error)
}

// start runs j beside the session. The session may go on reading commands.
func (s *session) start(j job) {
	if t := s.server.tls; t != nil && t.Mode == TLSRequiredData && !s.private {
		s.reply(errClearData.Error())
		return
	}
	p, active := s.passive, s.active
	s.passive, s.active = nil, netip.AddrPort{}
	s.count++
	ctx, cancel := context.WithCancel(s.ctx)
	t := &transfer{cancel: cancel, done: make(chan struct{})}
	s.transfer = t
	s.setBusy(true)
	go func() {
		defer close(t.done)
		defer cancel()
		defer s.setBusy(false)
		defer func() {
			if recover() != nil {
				s.log(WhatTransfer, internalError)
				s.cancel(errors.New(internalError))
			}
		}()
		conn, err := s.open(ctx, p, active)
		if err != nil {
			s.log(WhatTransfer, j.name+": no data connection")
			s.reply(err.Error())
			return
		}
		s.carry(ctx, conn, j)
	}()
}

// open returns the data connection that PASV, EPSV, PORT or EPRT prepared.
func (s *session) open(ctx context.Context, p *passive, active netip.AddrPort) (net.Conn, error) {
	if p != nil {
		defer p.close()
	}
	switch {
	case s.count == s.server.faults.laterFail:
		return nil, errNotMade
	case p != nil:
		return p.take(ctx, s.server.opt.DataTimeout)
	case active.IsValid():
		return s.dial(ctx, active)
	}
	return nil, errNoData
}

// carry moves the data of j over conn and tells the client what became of it.
func (s *session) carry(ctx context.Context, conn net.Conn, j job) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if s.reply(j.begin) != nil {
		return
	}
	var n int64
	var err error
	switch {
	case s.server.faults.resets:
		err = reset(conn)
	case s.server.faults.silentData:
		pause(ctx, s.server.opt.Idle)
	default:
		n, err = s.move(ctx, conn, j)
	}
	if closing := conn.Close(); err == nil {
		err = closing
	}
	switch refused := noData(""); {
	case ctx.Err() != nil:
		s.log(WhatTransfer, fmt.Sprintf("%s: aborted after %d bytes", j.name, n))
		s.reply("426 Transfer aborted.")
	case errors.As(err, &refused):
		s.log(WhatTransfer, j.name+": no TLS on the data connection")
		s.unprotected(err)
	case err != nil:
		s.log(WhatTransfer, fmt.Sprintf("%s: broke after %d bytes", j.name, n))
		s.reply("426 Failure on the data connection.")
	default:
		s.log(WhatTransfer, fmt.Sprintf("%s: %d bytes", j.name, n))
		if !s.server.faults.never226 {
			s.reply(j.end)
		}
	}
}

// move moves the data of j over conn, encrypted where the client asked for it.
func (s *session) move(ctx context.Context, conn net.Conn, j job) (int64, error) {
	f := &s.server.faults
	patient := &patientConn{Conn: conn, patience: s.server.opt.Idle}
	if !s.private || f.dataPlain {
		return j.move(s.stalling(ctx, patient))
	}
	if f.dataTLSReset {
		patient.Read(make([]byte, 1)) // so that the handshake has begun
		return 0, reset(conn)
	}
	secured, err := s.protect(ctx, patient)
	if err != nil {
		return 0, err
	}
	n, err := j.move(s.stalling(ctx, secured))
	if err == nil && !f.noCloseNotify {
		err = secured.CloseWrite()
	}
	return n, err
}

// reset tears conn down with a RST where the connection can.
func reset(conn net.Conn) error {
	if c, ok := conn.(interface{ SetLinger(int) error }); ok {
		c.SetLinger(0)
	}
	conn.Close()
	return errors.New("reset on purpose")
}

// patientConn gives each read and write the same time.
type patientConn struct {
	net.Conn
	patience time.Duration
}

func (c *patientConn) Read(b []byte) (int, error) {
	c.SetReadDeadline(time.Now().Add(c.patience))
	return c.Conn.Read(b)
}

func (c *patientConn) Write(b []byte) (int, error) {
	c.SetWriteDeadline(time.Now().Add(c.patience))
	return c.Conn.Write(b)
}

// sendFrom returns a job's move that sends what r yields.
func sendFrom(r io.Reader) func(net.Conn) (int64, error) {
	return func(conn net.Conn) (int64, error) {
		return copyThrough(conn, r)
	}
}

// receive measures what comes and drops it.
func receive(conn net.Conn) (int64, error) {
	return copyThrough(io.Discard, conn)
}

// copyThrough copies with one small buffer and none of io.Copy's short cuts,
// so that every read and write has a deadline of its own.
func copyThrough(to io.Writer, from io.Reader) (n int64, err error) {
	buf := make([]byte, 16<<10)
	for {
		got, rerr := from.Read(buf)
		if got > 0 {
			wrote, werr := to.Write(buf[:got])
			n += int64(wrote)
			if werr != nil {
				return n, werr
			}
		}
		if rerr == io.EOF {
			return n, nil
		}
		if rerr != nil {
			return n, rerr
		}
	}
}
