package ftpd

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"ftpcheck/probe/wire"
)

// secrecy is how the server encrypts: the configuration from which that of
// each connection is made, and whose keys seal all tickets.
type secrecy struct {
	TLS
	base *tls.Config
	leaf *x509.Certificate
}

// newSecrecy makes up what the options leave open; nil is a server without TLS.
func newSecrecy(opt Options) (*secrecy, error) {
	if opt.TLS == nil {
		return nil, nil
	}
	s := &secrecy{TLS: *opt.TLS}
	var err error
	if s.Certificate == nil {
		if s.Certificate, err = SelfSigned(ownNames(opt)...); err != nil {
			return nil, err
		}
	}
	if s.leaf, err = x509.ParseCertificate(s.Certificate.Certificate[0]); err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	if s.Min == 0 {
		s.Min = min(tls.VersionTLS12, orMost(s.Max))
	}
	s.base = &tls.Config{Certificates: []tls.Certificate{*s.Certificate}, MinVersion: s.Min, MaxVersion: s.Max}
	if s.ClientCert {
		s.base.ClientAuth = tls.RequireAnyClientCert
	}
	return s, nil
}

// Certificate returns the one that clients see, or nil without TLS.
func (s *Server) Certificate() *x509.Certificate {
	switch f := s.faults.Load(); {
	case s.tls == nil:
		return nil
	case f.made != nil:
		return f.made.Leaf
	}
	return s.tls.leaf
}

func orMost(version uint16) uint16 {
	if version == 0 {
		return tls.VersionTLS13
	}
	return version
}

// needsTLS is what vsftpd says before it hangs up.
const needsTLS = "530 Non-anonymous sessions must use encryption."

// forbids reports whether s may not log in because it is not encrypted.
func (t *secrecy) forbids(s *session) bool {
	return t != nil && s.secured == nil && (t.Mode == TLSRequired || t.Mode == TLSRequiredData)
}

// implicit reports whether TLS comes before the greeting.
func (s *session) implicit() bool { return s.server.tls != nil && s.server.tls.Mode == TLSImplicit }

// control is the configuration of one control connection. Its tickets carry
// the session's mark, and it never resumes another session.
func (t *secrecy) control(mark []byte) *tls.Config {
	c := t.base.Clone()
	c.WrapSession = func(cs tls.ConnectionState, ss *tls.SessionState) ([]byte, error) {
		ss.Extra = append(ss.Extra, mark)
		return t.base.EncryptTicket(cs, ss)
	}
	c.UnwrapSession = func([]byte, tls.ConnectionState) (*tls.SessionState, error) { return nil, nil }
	return c
}

// newMark is what tells one session's tickets from all others.
func newMark() []byte { return []byte("ftpcheck control session " + rand.Text()) }

// secure makes the control connection a TLS one and reports whether that
// worked. The client has the time to do so that it has to log in.
func (s *session) secure() bool {
	ctx, cancel := context.WithDeadline(s.ctx, s.since.Add(s.server.opt.LoginTimeout))
	defer cancel()
	s.conn.SetDeadline(time.Time{})
	s.mark = newMark()
	config := s.server.tls.control(s.mark)
	s.faults().spoil(config)
	conn := tls.Server(steady{s.conn}, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		s.log(Entry{What: WhatSecure, Err: err.Error()})
		return false
	}
	s.log(Entry{What: WhatSecure, TLS: tls.VersionName(conn.ConnectionState().Version)})
	s.secured = conn
	s.read = wire.NewCommandReader(conn, commandLimits)
	return true
}

// auth begins TLS (RFC 4217 4). What was sent behind the command in plain text
// must not be obeyed as if it had been encrypted: that is an injection.
func auth(s *session, arg string) bool {
	switch mechanism := strings.ToUpper(arg); {
	case s.server.tls == nil:
		s.reply(notImplemented)
	case s.secured != nil:
		s.reply("503 Already encrypted.")
	case s.loggedIn:
		s.reply("503 AUTH comes before USER.")
	case mechanism != "TLS" && mechanism != "TLS-C":
		s.reply("504 Only AUTH TLS.")
	case s.read.Buffered() > 0:
		s.log(Entry{What: WhatSecure, Err: "bytes behind AUTH TLS, closed"})
		s.reply("421 Bytes behind AUTH TLS, closing control connection.")
		return false
	default:
		return s.reply("234 Proceed with negotiation.") == nil && s.secure()
	}
	return true
}

// pbsz takes the only size that TLS knows (RFC 4217 8).
func pbsz(s *session, _ string) bool {
	switch {
	case s.server.tls == nil:
		s.reply(notImplemented)
	case s.secured == nil:
		s.reply("503 PBSZ needs a secure connection.")
	default:
		s.sized = true
		s.reply("200 PBSZ set to 0.")
	}
	return true
}

// prot chooses whether data connections are encrypted (RFC 4217 9).
func prot(s *session, arg string) bool {
	switch level := strings.ToUpper(arg); {
	case s.server.tls == nil:
		s.reply(notImplemented)
	case s.secured == nil:
		s.reply("503 PROT needs a secure connection.")
	case !s.sized:
		s.reply("503 PBSZ comes before PROT.")
	case level == "C":
		s.private = false
		s.reply("200 PROT now Clear.")
	case level == "P":
		s.private = true
		s.reply("200 PROT now Private.")
	case level == "S" || level == "E":
		s.reply("536 PROT not supported.")
	default:
		s.reply("504 PROT not recognised.")
	}
	return true
}

// ccc would make the control connection plain again (RFC 4217 6), and with it
// the next announced address a matter of anybody on the way.
func ccc(s *session, _ string) bool {
	if s.server.tls == nil {
		s.reply(notImplemented)
	} else {
		s.reply("533 The control connection stays as it is.")
	}
	return true
}

// stay tells what is encrypted, for STAT.
func (s *session) stay() (control, data string) {
	control, data = "plain text", "plain text"
	if s.secured != nil {
		control = "encrypted, " + tls.VersionName(s.secured.ConnectionState().Version)
	}
	if s.private {
		data = "encrypted"
	}
	return fmt.Sprintf("     Control connection is %s", control), fmt.Sprintf("     Data connections will be %s", data)
}
