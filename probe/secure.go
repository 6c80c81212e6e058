package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"time"

	"ftpcheck/probe/wire"
)

// atStake reports whether the login sends a real password.
func (r *run) atStake() bool {
	return !isAnonymous(r.Target.User) && r.Target.Password != ""
}

func isAnonymous(user string) bool {
	return strings.EqualFold(user, "anonymous") || strings.EqualFold(user, "ftp")
}

// mayExpose reports whether the login may cross a connection on which others
// could read it, although it could have been encrypted.
func (r *run) mayExpose() bool { return r.Insecure || !r.atStake() }

var errUnverified = errors.New("the password is not sent: the server's certificate is not verified in this session")

// unverified reports whether the session must not carry the password. Another
// session may have led to another machine.
func (s *session) unverified() bool {
	return s.secret != nil && !s.secret.Verified() && !s.run.mayExpose()
}

// carefully is how the ordinary client speaks TLS on its control connection: it
// logs in by itself, so that it must not get that far with a wrong certificate.
func (r *run) carefully() *tls.Config {
	c := r.tlsConfig(&TLS{}, nil)
	if r.mayExpose() {
		return c
	}
	c.VerifyConnection = func(s tls.ConnectionState) error {
		var t TLS
		if r.verify(&t, s.PeerCertificates); !t.Verified() {
			return errUnverified
		}
		return nil
	}
	return c
}

// startTLS encrypts the session: AUTH TLS, the handshake, and PBSZ, which
// proves that it holds (RFC 4217 4 and 8). refusal is the reply to an AUTH that
// was not accepted.
func (s *session) startTLS(ctx context.Context, check Check) (refusal wire.Reply, ok bool) {
	reply, ok := s.command(check, "AUTH TLS")
	if !ok || !acceptsTLS(reply) {
		return reply, false
	}
	s.dirty = false
	if !s.encrypt(ctx, check) {
		return wire.Reply{}, false
	}
	s.read.SkipGreeting()
	return wire.Reply{}, s.readyToProtect(check)
}

// acceptsTLS reports whether the reply to AUTH TLS is followed by a handshake:
// 234 (RFC 4217 4), 334 in its drafts.
func acceptsTLS(r wire.Reply) bool { return r.Code == 234 || r.Code == 334 }

// encrypt makes the handshake on the control connection. What is read next is
// taken for a greeting.
func (s *session) encrypt(ctx context.Context, check Check) bool {
	e := Event{Check: check, As: AsControl, Addr: s.peer, TLS: &TLS{}}
	if s.read.Buffered() > 0 {
		// What came in clear after the reply to AUTH must not be taken for a
		// part of the encrypted dialogue.
		e.Kind, e.Outcome, e.Text = KindTLS, OutcomePlaintext, "sent in clear after the reply to AUTH"
		s.emit(e)
		s.lost = OutcomePlaintext
		s.close()
		return false
	}
	s.shook = true
	cache := &tickets{}
	s.conn.SetDeadline(time.Now().Add(s.run.ReplyTimeout))
	conn, ok := s.run.handshake(ctx, s.conn, s.run.tlsConfig(e.TLS, cache), &e)
	s.emit(e)
	if !ok {
		s.lost = e.Outcome
		s.close()
		return false
	}
	s.conn, s.tickets, s.secret = conn, cache, e.TLS
	s.read = wire.NewReader(conn, wire.DefaultLimits)
	return true
}

// uncovered reports whether the handshake was made and failed, with a peer that
// speaks TLS.
func (s *session) uncovered() bool {
	return s.shook && s.secret == nil && s.lost != OutcomePlaintext
}

// readyToProtect sends what has to come before PROT. A server that wants a
// client's certificate says so only now, in TLS 1.3.
func (s *session) readyToProtect(check Check) bool {
	_, ok := s.command(check, "PBSZ 0")
	if !ok {
		s.tellAlert(check)
	}
	return ok
}

// protectData asks for encrypted data connections (RFC 4217 9), or, in a try
// that wants them so, for plain ones.
func (s *session) protectData(check Check) bool {
	level := "PROT P"
	if s.try == TryClearData {
		level = "PROT C"
	}
	reply, ok := s.command(check, level)
	s.protects = ok && reply.Code/100 == 2 && s.try != TryClearData
	return ok
}

// tellAlert makes an alert that came after the handshake a part of it.
func (s *session) tellAlert(check Check) {
	if s.lost == OutcomeAlert {
		t := *s.secret
		t.Alert = s.alert
		s.emit(Event{Kind: KindTLS, Check: check, As: AsControl, Addr: s.peer, Outcome: OutcomeAlert, TLS: &t})
	}
}

// protect makes the TLS handshake on an open data connection, where the
// session asked for that; t is nil where it did not. In active mode, too, the
// FTP client is the TLS client (RFC 4217 7).
func (s *session) protect(ctx context.Context, check Check, src source) (conn net.Conn, t *TLS, ok bool) {
	if !s.protects {
		return src.conn, nil, true
	}
	e := Event{Check: check, As: src.as, Addr: src.addr, TLS: &TLS{}}
	var cache tls.ClientSessionCache
	if s.try != TryUnresumed {
		cache = presented{s.tickets}
	}
	secure, ok := s.run.handshake(ctx, src.conn, s.run.tlsConfig(e.TLS, cache), &e)
	s.emit(e)
	if !ok {
		return src.conn, e.TLS, false
	}
	return secure, e.TLS, true
}

// endOf tells in which order the end of a data connection came.
func endOf(c net.Conn) Outcome {
	if t, ok := c.(*secured); ok && t.cut() {
		return OutcomeCut
	}
	return OutcomeEOF
}
