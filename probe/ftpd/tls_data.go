package ftpd

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
)

// What a client is told whose data connection does not resume the session of
// its control connection.
const (
	reuseRequired522 noData = "522 SSL connection failed: session reuse required"            // vsftpd 3.0.3, which then hangs up
	reuseRequired425 noData = "425 Unable to build data connection: Operation not permitted" // ProFTPD 1.3.8
	errNoDataTLS     noData = "522 SSL connection failed."                                   //
	errClearData     noData = "522 Data connections must be encrypted."                      // vsftpd 3.0.3
)

// forgetsAfter is the number of data connections that the fault reuse-forgets
// leaves alone.
const forgetsAfter = 3

// data is the configuration of one data connection: only the session with this
// mark is resumed, as often as the client likes. A connection that resumed
// none must not get a ticket with the mark.
func (t *secrecy) data(mark []byte, resume bool) *tls.Config {
	c := t.base.Clone()
	c.WrapSession = func(cs tls.ConnectionState, ss *tls.SessionState) ([]byte, error) {
		if cs.DidResume {
			ss.Extra = append(ss.Extra, mark)
		}
		return t.base.EncryptTicket(cs, ss)
	}
	c.UnwrapSession = func(ticket []byte, cs tls.ConnectionState) (*tls.SessionState, error) {
		ss, err := t.base.DecryptTicket(ticket, cs)
		if err != nil || ss == nil || !resume || !marked(ss, mark) {
			return nil, err
		}
		return ss, nil
	}
	return c
}

func marked(ss *tls.SessionState, mark []byte) bool {
	return slices.ContainsFunc(ss.Extra, func(e []byte) bool { return bytes.Equal(e, mark) })
}

// protect makes a data connection a TLS one: the server is the TLS server in
// active mode, too (RFC 4217 7).
func (s *session) protect(ctx context.Context, conn net.Conn) (*tls.Conn, error) {
	f := s.faults()
	s.protected++
	resume := f.dataCertificate == nil && !(f.reuseForgets && s.protected > forgetsAfter)
	ctx, cancel := context.WithTimeout(ctx, s.server.opt.DataTimeout)
	defer cancel()
	config := s.server.tls.data(s.mark, resume)
	f.spoil(config)
	if f.dataCertificate != nil {
		config.Certificates = []tls.Certificate{*f.dataCertificate}
	}
	secured := tls.Server(conn, config)
	err := secured.HandshakeContext(ctx)
	e := Entry{What: WhatSecure, Data: true, Local: addrPort(conn.LocalAddr()), Remote: addrPort(conn.RemoteAddr())}
	if err != nil {
		e.Err = err.Error()
		s.log(e)
		return nil, errNoDataTLS
	}
	state := secured.ConnectionState()
	e.TLS, e.Resumed = tls.VersionName(state.Version), state.DidResume
	s.log(e)
	switch {
	case state.DidResume || !s.server.tls.Reuse && !f.reuse425 && !f.reuseForgets:
		return secured, nil
	case f.reuse425:
		return nil, reuseRequired425
	}
	return nil, reuseRequired522
}

// unprotected tells the client why its data connection has no TLS. Like
// vsftpd, the server hangs up on one that has not resumed its session.
func (s *session) unprotected(err error) {
	s.reply(err.Error())
	if errors.Is(err, reuseRequired522) {
		s.cancel(errNotResumed)
	}
}
