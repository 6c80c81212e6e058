package probe

import (
	"net/netip"
	"time"
)

// Reply is one complete reply of the server.
type Reply struct {
	Code  int
	Lines []string // as received, without line ends
	Line  int      // index of its last line in its check's CheckRun.Lines
	Took  time.Duration
}

// Exchange is one command and what the server answered to it.
type Exchange struct {
	Check   Check // on whose behalf it was sent
	Command string
	Replies []Reply // a 1xx reply is followed by a second one; empty when none came
}

// Session is one control connection.
type Session struct {
	ID        int
	Check     Check // that opened it
	Peer      netip.AddrPort
	Local     netip.AddrPort
	Opened    time.Duration // since the start of the run
	Greeting  *Reply        // nil when none came; Took is the wait for it since the connection opened
	Exchanges []*Exchange
	LoggedIn  bool
	TLS       *Handshake // of the control connection; nil while it is plain
	Lost      *Loss      // nil while it lives, and when we ended it ourselves
	Up, Down  []Hop      // how far packets got that were sent over it after a silence, from here and from the opposite end, in the order of time

	partial []string // lines of a reply that is not complete yet
}

// Loss is how a control connection gave out.
type Loss struct {
	Check   Check
	Command string  // unanswered command; empty while waiting for the greeting
	Outcome Outcome // closed, reset, timeout, limit, malformed, foreign
	Text    string
	Took    time.Duration // the wait until then
	Partial []string      // lines of an unfinished reply
}

// Limit is a further session that the server did not want beside the others.
type Limit struct {
	Check   Check
	Session int // 0 when it did not even connect
	Others  int // sessions open at that moment
	Code    int // reply code; 0 when it closed or refused without one
	Outcome Outcome
	Text    string
}

// Session returns the control session with this number, or nil.
func (e *Evidence) Session(id int) *Session {
	for _, s := range e.Sessions {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// First returns the first control session, or nil when no control connection
// opened. It is the one in which TLS is tried.
func (e *Evidence) First() *Session {
	if len(e.Sessions) == 0 {
		return nil
	}
	return e.Sessions[0]
}

// Login returns the session of the login check, or nil when no control
// connection opened. It is the first one, unless TLS failed in that one and
// the run went on without.
func (e *Evidence) Login() *Session {
	for _, s := range e.Sessions {
		if s.Check == CheckLogin {
			return s
		}
	}
	return e.First()
}

// Reply returns the last reply of session s to the command verb, or nil.
func (s *Session) Reply(verb string) *Reply {
	if s == nil {
		return nil
	}
	for i := len(s.Exchanges) - 1; i >= 0; i-- {
		x := s.Exchanges[i]
		if n := len(x.Replies); n > 0 && verbOf(x.Command) == verb {
			return &x.Replies[n-1]
		}
	}
	return nil
}

// Final returns the last reply to the exchange, or nil.
func (x *Exchange) Final() *Reply {
	if x == nil || len(x.Replies) == 0 {
		return nil
	}
	return &x.Replies[len(x.Replies)-1]
}
