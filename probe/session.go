package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"ftpcheck/probe/wire"
)

// session is one control connection. A session with an unanswered command is
// dirty: what comes next on it cannot be told apart from the late answer, so
// it is thrown away.
type session struct {
	run     *run
	id      int
	conn    net.Conn
	read    *wire.Reader
	peer    netip.AddrPort
	local   netip.AddrPort
	dirty   bool
	moved   bool    // it is in Target.Path, which is relative to where it began
	lost    Outcome // how it gave out; empty while it lives
	early   int     // preliminary replies to the command under way
	stop    func() bool
	bye     bool   // QUIT was sent: whatever ends it now is its end
	try     Try    // the further try that it is for, in every event of it
	brief   bool   // its listings get little time
	known   bool   // it is part of the visit: checksums are taken of what it carries
	step    int    // the transfer under way, likewise
	place   int    // its number in the visit
	sum     string // of the last data, while it is not encrypted; see KindData
	carried int64  // its bytes
	named   string // the last announcement: a reply as it was received, or a command as it was sent

	shook    bool     // a TLS handshake was begun
	secret   *TLS     // of the control connection; nil while it is plain
	tickets  *tickets // its TLS sessions
	protects bool     // data connections use TLS (RFC 4217 9)
	alert    string   // by which the server ended it

	mu    sync.Mutex
	until time.Time // the wait under way was extended to this
}

// maxEarly bounds the preliminary replies to one command; a server sends one.
const maxEarly = 16

var errTooManyReplies = errors.New("too many preliminary replies")

// newSession takes over a control connection. It is closed when ctx ends.
func (r *run) newSession(ctx context.Context, id int, conn net.Conn, peer netip.AddrPort) *session {
	s := &session{run: r, id: id, conn: conn, peer: peer}
	s.local = localAddr(conn)
	s.read = wire.NewReader(conn, wire.DefaultLimits)
	s.stop = context.AfterFunc(ctx, func() { conn.Close() })
	return s
}

// emit tells of something in this session.
func (s *session) emit(e Event) {
	e.Session, e.Try, e.Step = s.id, s.try, s.step
	s.run.emit(e)
}

// usable reports whether another command may be sent.
func (s *session) usable() bool { return s != nil && !s.dirty && s.lost == "" }

// send writes one command line. shown is what events tell of it.
func (s *session) send(check Check, line, shown string) bool {
	if !s.usable() {
		return false
	}
	if strings.ContainsAny(line, "\r\n\x00") {
		s.emit(Event{Kind: KindNote, Check: check,
			Text: verbOf(line) + " is not sent: its argument has a line break or a zero byte"})
		return false
	}
	s.emit(Event{Kind: KindSend, Check: check, Text: shown})
	s.conn.SetWriteDeadline(time.Now().Add(s.run.ReplyTimeout))
	began := time.Now()
	if _, err := io.WriteString(s.conn, line+"\r\n"); err != nil {
		s.giveOut(check, s.lastWord(err), time.Since(began), wire.Reply{})
		return false
	}
	s.mu.Lock()
	s.until = time.Time{}
	s.mu.Unlock()
	s.dirty, s.early = true, 0
	return true
}

// lastWord looks for the alert by which a TLS server explained itself before
// the write failed with err.
func (s *session) lastWord(err error) error {
	if s.secret == nil {
		return err
	}
	s.conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if _, last := s.read.ReadReply(nil); last != nil {
		if _, ok := alertOf(last); ok {
			return last
		}
	}
	return err
}

// extend gives the wait for the next reply until t, because something
// happened meanwhile.
func (s *session) extend(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.After(s.until) {
		s.until = t
		s.conn.SetReadDeadline(t)
	}
}

// hurry ends the wait for the next reply.
func (s *session) hurry() { s.conn.SetReadDeadline(time.Now()) }

// reply waits for one reply until the deadline. ok is false when the
// connection gave out instead; a KindLost event tells how.
func (s *session) reply(check Check, deadline time.Time) (reply wire.Reply, ok bool) {
	return s.await(check, deadline, false)
}

// await is reply, where with patience set a reply that does not come is no
// fault: the server may be waiting for a connection itself. A note tells of it
// and the session stays dirty.
func (s *session) await(check Check, deadline time.Time, patience bool) (reply wire.Reply, ok bool) {
	if s.lost != "" {
		return reply, false
	}
	s.mu.Lock()
	if s.until.After(deadline) {
		deadline = s.until
	}
	s.conn.SetReadDeadline(deadline)
	s.mu.Unlock()
	began := time.Now()
	var held *wire.Line
	show := func(l wire.Line, code int) {
		s.emit(s.run.received(Event{Kind: KindRecv, Check: check, Code: code, Took: time.Since(began)}, l.Raw))
	}
	// A line is shown when the next one comes, because only the last one
	// carries the code.
	reply, err := s.read.ReadReply(func(l wire.Line) {
		if held != nil {
			show(*held, 0)
		}
		held = &l
	})
	if err != nil {
		if held != nil {
			show(*held, 0)
		}
		if patience && len(reply.Lines) == 0 && ending(err) == OutcomeTimeout {
			s.emit(Event{Kind: KindNote, Check: check, As: AsActive, Took: time.Since(began),
				Text: fmt.Sprintf("no reply and no connection within %v", time.Since(began).Round(time.Second/10))})
			return reply, false
		}
		s.giveOut(check, err, time.Since(began), reply)
		return reply, false
	}
	if held != nil {
		show(*held, reply.Code)
	}
	s.dirty = reply.Code/100 == 1 || reply.Code == 421 // the server is closing (RFC 959 5.4)
	if reply.Code/100 == 1 {
		if s.early++; s.early > maxEarly {
			s.giveOut(check, errTooManyReplies, time.Since(began), reply)
			return reply, false
		}
	}
	return reply, true
}

// command sends one line and waits for its reply.
func (s *session) command(check Check, line string) (wire.Reply, bool) {
	if !s.send(check, line, line) {
		return wire.Reply{}, false
	}
	limit := s.run.ReplyTimeout
	if s.known { // its login is over, which may be slow
		limit = s.patience()
	}
	return s.reply(check, time.Now().Add(limit))
}

// giveOut records how the control connection ended and closes it.
func (s *session) giveOut(check Check, err error, took time.Duration, partial wire.Reply) {
	if s.lost != "" {
		return
	}
	e := Event{Kind: KindLost, Check: check, Took: took}
	e.Outcome, e.Text = loss(err)
	s.lost = e.Outcome
	if e.Outcome == OutcomeAlert {
		s.alert = e.Text
	}
	s.close()
	if s.bye {
		return
	}
	s.emit(s.run.received(e, []byte(e.Text)))
}

// loss classifies the error that ended a control connection.
func loss(err error) (Outcome, string) {
	var foreign *wire.ForeignError
	var syntax *wire.SyntaxError
	switch {
	case errors.As(err, &foreign):
		return OutcomeForeign, foreign.Protocol + ": " + string(foreign.First)
	case errors.As(err, &syntax):
		return OutcomeMalformed, syntax.Why + ": " + syntax.Text
	case errors.Is(err, wire.ErrLineTooLong), errors.Is(err, wire.ErrTooManyLines), errors.Is(err, wire.ErrTooLarge), errors.Is(err, errTooManyReplies):
		return OutcomeLimit, err.Error()
	}
	if alert, ok := alertOf(err); ok {
		return OutcomeAlert, alert
	}
	return ending(err), ""
}

// ending classifies the error of a read or write on a connection.
func ending(err error) Outcome {
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return OutcomeTimeout
	case errors.Is(err, net.ErrClosed), errors.Is(err, context.Canceled):
		return OutcomeCancelled
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return OutcomeClosed
	}
	return OutcomeReset
}

// isReset reports whether the system says that the peer reset the connection.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNABORTED)
}

// quit ends the session politely. In serial mode it waits until the server
// has let go of it, because the next session would not be let in before.
func (s *session) quit(check Check, wait bool) {
	if s == nil || s.lost != "" {
		return
	}
	s.bye = true
	if s.send(check, "QUIT", "QUIT") && wait {
		limit := time.Now().Add(min(s.run.ReplyTimeout, 2*time.Second))
		if _, ok := s.reply(check, limit); ok {
			s.conn.SetReadDeadline(limit)
			io.Copy(io.Discard, io.LimitReader(s.conn, 4096))
		}
	}
	s.close()
}

func (s *session) close() {
	if s.stop != nil {
		s.stop()
	}
	s.conn.Close()
}

// received fills in text that came from the server: the password, should the
// server echo it, is replaced; bytes that are not UTF-8 are kept in Raw.
func (r *run) received(e Event, raw []byte) Event {
	text := r.redact(string(raw))
	e.Text = text
	if !utf8.ValidString(text) {
		e.Text, e.Raw = strings.ToValidUTF8(text, "\uFFFD"), []byte(text)
	}
	return e
}

// redact replaces the token of the visit, and the password, as it is and as Go
// quotes it in errors.
func (r *run) redact(text string) string {
	if token := r.token.Load(); token != nil {
		for _, form := range []string{*token, strings.ToUpper(*token), strings.ToLower(*token)} {
			text = strings.ReplaceAll(text, form, "****")
		}
	}
	p := r.Target.Password
	if len(p) < 4 || isAnonymous(r.Target.User) {
		return text // too short to tell from other text, or no secret
	}
	for _, form := range []string{p, strconv.Quote(p), strconv.QuoteToASCII(p)} {
		text = strings.ReplaceAll(text, strings.Trim(form, `"`), "****")
	}
	return text
}

func localAddr(c net.Conn) netip.AddrPort {
	if a, ok := c.LocalAddr().(*net.TCPAddr); ok {
		return unmap(a.AddrPort())
	}
	return netip.AddrPort{}
}

func remoteAddr(c net.Conn) netip.AddrPort {
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return unmap(a.AddrPort())
	}
	return netip.AddrPort{}
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
