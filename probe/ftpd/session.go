package ftpd

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/wire"
)

// session is one control connection. Its goroutine reads and obeys commands;
// a transfer runs beside it, so that ABOR is heard.
type session struct {
	server   *Server
	number   int // at this server, from 1
	network  probe.Network
	ctx      context.Context
	cancel   context.CancelCauseFunc
	conn     net.Conn  // as it was accepted
	secured  *tls.Conn // over conn, once TLS has begun
	peer     netip.AddrPort
	local    netip.AddrPort
	since    time.Time
	read     *wire.CommandReader
	greeting []byte        // as it was sent
	token    chan struct{} // whoever holds it may write a reply
	spoke    atomic.Bool   // a command has come
	follows  atomic.Pointer[behaviour]
	visit    atomic.Pointer[visit] // that it belongs to; nil: to none
	place    int                   // its number in the visit
	loans    *loans                // that its client has asked for

	user     string
	failures int // refused passwords
	bad      int // commands that do not exist
	epsvAll  bool
	passive  *passive
	told     string // the last 227 or 229
	active   netip.AddrPort
	verb     string    // that announced active
	transfer *transfer // the latest one, running or not; nil before the first
	count    int       // transfers so far
	uploads  uploads
	line     string // the command that is obeyed, as it arrived
	dead     bool   // a fault has ended all answers
	left     bool   // the client said QUIT

	mark      []byte // in the tickets of the control connection's TLS session
	sized     bool   // PBSZ came
	private   bool   // PROT P
	protected int    // data connections that were to be encrypted

	mu       sync.Mutex // guards the read deadline and what it depends on
	loggedIn bool
	busy     bool // a transfer runs: silence on the control connection is normal
	errand   *errand
}

// Why a session is made to end.
var (
	errEvicted    = errors.New("made room for another client")
	errStopped    = errors.New("server stopped")
	errNotResumed = errors.New("the data connection did not resume the TLS session")
)

// internalError is logged when a handler panicked.
const internalError = "internal error"

// Bounds of one session.
const (
	maxFailures  = 3                // refused passwords
	maxBad       = 20               // unknown commands
	maxLine      = 4096             // bytes of a command
	writeTimeout = 30 * time.Second // of one reply
	partingWord  = time.Second      // for the last reply of a session that is made to end
	failurePause = time.Second      // before a refused password is answered
)

// commandLimits are those of reading commands.
var commandLimits = wire.Limits{Line: maxLine, Bytes: 4 * maxLine}

func newSession(ctx context.Context, server *Server, network probe.Network, conn net.Conn) *session {
	s := &session{
		server: server, number: int(server.sessions.Add(1)), network: network, conn: conn,
		peer: addrPort(conn.RemoteAddr()), local: addrPort(conn.LocalAddr()),
		since: time.Now(), token: make(chan struct{}, 1),
	}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	s.read = wire.NewCommandReader(conn, commandLimits)
	s.follows.Store(server.faults.Load())
	return s
}

// faults are those that the session follows.
func (s *session) faults() *behaviour { return s.follows.Load() }

// turnAway tells a client that it is not admitted.
func (s *session) turnAway(refusal string) {
	s.log(Entry{What: WhatRefuse, Code: codeOf(refusal), Text: refusal})
	if s.implicit() {
		s.since = time.Now().Add(partingWord - s.server.opt.LoginTimeout)
		if !s.secure() {
			s.conn.Close()
			return
		}
	}
	s.cancel(nil)
	s.reply(refusal)
	s.hangUp()
}

// run serves the session to its end.
func (s *session) run() {
	s.log(Entry{What: WhatCome, Local: s.local})
	inlineUrgentData(s.conn)
	stop := context.AfterFunc(s.ctx, func() {
		s.conn.SetReadDeadline(longAgo)
		s.conn.SetWriteDeadline(time.Now().Add(partingWord))
	})
	end := ending{exchange.EndOurs, "ended"}
	defer func() {
		if p := recover(); p != nil {
			end = ending{exchange.EndOurs, internalError}
			s.reply("421 Internal error, closing control connection.")
		}
		stop()
		s.server.guests.leave(s)
		s.cancel(errStopped)
		s.dropPassive()
		s.dropLoans()
		if s.transfer != nil {
			<-s.transfer.done
		}
		s.hangUp()
		s.log(Entry{What: WhatLeave, How: end.how, Text: end.why})
	}()
	if s.greet() {
		end = s.converse()
	}
}

// converse obeys commands until the session ends, and says how it did.
func (s *session) converse() ending {
	for {
		s.expect()
		line, err := s.read.ReadCommand()
		if err == nil {
			s.spoke.Store(true)
		}
		if errors.Is(err, wire.ErrLineTooLong) {
			s.bad++
			s.reply("500 Line too long.")
		} else if err != nil && s.interrupted(err) {
			continue
		} else if err != nil {
			return s.farewell(err)
		} else if s.hear(line); !s.obey(wire.ParseCommand(line)) {
			if s.left {
				return ending{exchange.EndQuit, "closed"}
			}
			return ending{exchange.EndOurs, "closed"}
		}
		if s.bad > maxBad {
			s.reply("421 Too many bad commands, closing control connection.")
			return ending{exchange.EndOurs, "too many bad commands"}
		}
	}
}

// crossedOut reports whether this is all that a device on the way leaves of a
// verb that it does not let pass.
func crossedOut(verb string) bool {
	return len(verb) > 2 && (strings.Trim(verb, "X") == "" || strings.Trim(verb, "*") == "" || strings.Trim(verb, "?") == "")
}

// hear notes a command that arrived. What it says may be a secret, even in the
// place of the verb.
func (s *session) hear(line string) {
	s.line = line
	s.follows.Store(s.server.faults.Load())
	e := Entry{What: WhatHear}
	verb, _ := wire.ParseCommand(line)
	switch {
	case commands[verb].do != nil || noSuch[verb]:
		e.Command = verb
		if verb == "NOOP" {
			e.Raw = kept(line)
		}
	case crossedOut(verb):
		e.Raw = kept(verb)
	}
	s.log(e)
}

// farewell says goodbye to a session whose reading has failed.
func (s *session) farewell(err error) ending {
	var ne net.Error
	switch cause := context.Cause(s.ctx); {
	case errors.Is(cause, errEvicted):
		s.reply("421 Login took too long, others are waiting.")
		return ending{exchange.EndOurs, cause.Error()}
	case errors.Is(cause, errNotResumed):
		return ending{exchange.EndOurs, cause.Error()}
	case s.ctx.Err() != nil:
		s.reply("421 Server is going down, closing control connection.")
		return ending{exchange.EndOurs, errStopped.Error()}
	case errors.As(err, &ne) && ne.Timeout():
		if s.faults().idleDrop > 0 {
			s.dead = true
			s.listenOnly()
			return ending{exchange.EndOurs, "stopped answering"}
		}
		s.reply("421 Timeout.")
		return ending{exchange.EndTimeout, "timeout"}
	}
	return ending{endOf(err), "client closed"}
}

// expect sets the time by which the next command has to come.
func (s *session) expect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	deadline := time.Now().Add(s.patience())
	if login := s.since.Add(s.server.opt.LoginTimeout); !s.loggedIn && login.Before(deadline) {
		deadline = login
	}
	if s.busy {
		deadline = time.Time{}
	}
	s.conn.SetReadDeadline(deadline)
	if s.ctx.Err() != nil || s.errand != nil {
		s.conn.SetReadDeadline(longAgo)
	}
}

// patience is how long the client may be silent.
func (s *session) patience() time.Duration {
	switch f := s.faults(); {
	case f.idleDrop > 0 && !s.dead:
		return f.idleDrop
	case f.idle421 > 0:
		return f.idle421
	}
	return s.server.opt.Idle
}

// setBusy notes that a transfer begins or has ended.
func (s *session) setBusy(busy bool) {
	s.mu.Lock()
	s.busy = busy
	s.mu.Unlock()
	s.expect()
}
