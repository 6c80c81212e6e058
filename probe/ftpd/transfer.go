package ftpd

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"ftpcheck/probe/exchange"
)

// transfer is one use of the data connection.
type transfer struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// noData is why no data connection came to be: the reply, in vsftpd's words.
type noData string

func (n noData) Error() string { return string(n) }

func (n noData) code() int { return codeOf(string(n)) }

const (
	errNoData   noData = "425 Use PORT or PASV first."
	errNotMade  noData = "425 Failed to establish connection."
	errStranger noData = "425 Security: Bad IP connecting."
)

// job is what happens over a data connection.
type job struct {
	command, path string
	begin         string // the 1xx reply, sent when the data connection exists
	end           string // the 2xx reply
	move          func(conn net.Conn) error
}

// start runs j beside the session. The session may go on reading commands.
func (s *session) start(j job) {
	if s.mustEncrypt() && !s.private {
		s.reply(errClearData.Error())
		return
	}
	p, active := s.passive, s.active
	s.passive, s.active = nil, netip.AddrPort{}
	s.count++
	s.beside(func(ctx context.Context) {
		conn, err := s.open(ctx, p, active)
		if refused := noData(""); errors.As(err, &refused) {
			s.log(Entry{What: WhatTransfer, Command: j.command, Path: j.path, Code: refused.code()})
			s.reply(err.Error())
			return
		}
		s.carry(ctx, conn, j)
	})
}

// mustEncrypt reports whether plain data connections are refused.
func (s *session) mustEncrypt() bool {
	t := s.server.tls
	return t != nil && (t.Mode == TLSRequiredData || s.faults().clearRefused)
}

// beside does something that takes long beside the session, which waits with
// all commands but those that stop it or ask about it.
func (s *session) beside(do func(context.Context)) {
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
				s.log(Entry{What: WhatTransfer, Text: internalError})
				s.cancel(errors.New(internalError))
			}
		}()
		do(ctx)
	}()
}

// open returns the data connection that PASV, EPSV, PORT or EPRT prepared.
func (s *session) open(ctx context.Context, p *passive, active netip.AddrPort) (net.Conn, error) {
	if p != nil {
		defer p.close()
	}
	switch {
	case s.count == s.faults().laterFail:
		return nil, errNotMade
	case p != nil:
		return p.take(ctx, s.server.opt.DataTimeout)
	case active.IsValid():
		return s.dial(ctx, s.verb, active)
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
	began := time.Now()
	e := Entry{
		What: WhatTransfer, Command: j.command, Path: j.path,
		Local: addrPort(conn.LocalAddr()), Remote: addrPort(conn.RemoteAddr()),
	}
	m := &meter{Conn: conn}
	if s.visit.Load() != nil {
		m.takeSum()
	}
	var err error
	switch {
	case s.faults().resets:
		err = reset(conn)
	case s.faults().silentData:
		pause(ctx, s.server.opt.Idle)
	default:
		err = s.move(ctx, m, j, &e)
	}
	if closing := conn.Close(); err == nil {
		err = closing
	}
	e.Took = time.Since(began)
	m.tell(&e, err)
	s.conclude(ctx, j, e, err)
}

// conclude tells the log and the client what became of a transfer.
func (s *session) conclude(ctx context.Context, j job, e Entry, err error) {
	reply := j.end
	refused := noData("")
	switch {
	case ctx.Err() != nil:
		reply, e.How = "426 Transfer aborted.", exchange.EndOurs
	case errors.As(err, &refused):
		reply, e.Err = string(refused), err.Error()
	case err != nil:
		reply = "426 Failure on the data connection."
	case s.faults().never226:
		reply = ""
	}
	e.Code = codeOf(reply)
	s.log(e)
	switch {
	case refused != "":
		s.unprotected(err)
	case reply != "":
		s.reply(reply)
	}
}

// move moves the data of j over the connection of m, encrypted where the
// client asked for it.
func (s *session) move(ctx context.Context, m *meter, j job, e *Entry) error {
	f := s.faults()
	patient := &patientConn{Conn: m.Conn, patience: s.server.opt.Idle}
	m.Conn = patient
	if !s.private || f.dataPlain {
		return j.move(s.stalling(ctx, m))
	}
	if f.dataTLSReset {
		patient.Read(make([]byte, 1)) // so that the handshake has begun
		return reset(patient.Conn)
	}
	secured, err := s.protect(ctx, patient)
	if err != nil {
		return err
	}
	state := secured.ConnectionState()
	e.TLS, e.Resumed = tls.VersionName(state.Version), state.DidResume
	m.Conn = secured
	err = j.move(s.stalling(ctx, m))
	if err == nil && !f.noCloseNotify {
		err = secured.CloseWrite()
	}
	return err
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
func sendFrom(r io.Reader) func(net.Conn) error {
	return func(conn net.Conn) error {
		_, err := copyThrough(conn, r)
		return err
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
