package probe

import (
	"net/netip"
	"time"

	"ftpcheck/probe/hops"
)

// Evidence is all that a run has observed so far: the fold of its events. The
// zero value is a run of which nothing is known. A nil pointer or a zero
// outcome means "not tested", never "no".
type Evidence struct {
	Start    *Start        // nil before the first event
	Finished Outcome       // ok or cancelled; zero while the run goes on
	Took     time.Duration // of the whole run

	Checks   map[Check]*CheckRun
	Lookup   *Lookup
	Control  []Dial     // attempts at the control port, one per address
	Sessions []*Session // control sessions in the order in which they were opened; the first is the login check's
	Limits   []Limit    // further sessions that were refused while others were open
	Modes    map[Check]*Mode
	Samples  []*Sample // the ports check's own announcements
	Confirms []Dial    // sampled ports dialled again without a fresh announcement
	Hops     []Hop
	Client   *ClientRun

	Tries   []*Mode     // further tries of modes, and the transfers of the transfer check
	Trials  []Handshake // on control connections of their own
	Swept   []Dial      // ports of the sweep, in no order
	Randoms []Dial      // ports that the server did not announce
	Idle    []Silence
	Left    []string // notes on files of ours that may be left behind on the server
}

// Handshake is one TLS handshake.
type Handshake struct {
	As      As
	To      netip.AddrPort
	Outcome Outcome // ok, alert, plaintext, closed, reset, timeout, failed
	TLS     TLS
	Text    string // the library's words when it failed, or the first bytes for plaintext
	Took    time.Duration
}

// OK reports whether the handshake was completed.
func (h *Handshake) OK() bool { return h != nil && h.Outcome == OutcomeOK }

// Silence is one silence of a control connection, and what came after it.
type Silence struct {
	Session int
	Took    time.Duration
	Outcome Outcome // ok; closed, reset or timeout when the connection was dead; alert when the server ended TLS
	Code    int     // what the server said by itself before it closed, 421; or its reply
	Text    string  // of that reply, or the alert's name
}

// CheckRun is the life of one check.
type CheckRun struct {
	Began   time.Duration // since the start of the run
	Running bool
	Ended   bool
	Took    time.Duration
	Skipped string // why it was not run; empty when it was
	Lines   []Line // its part of the transcript
}

// Line is one line of the transcript.
type Line struct {
	Number  int // from 1 over the whole transcript; set by Evidence.Transcript
	At      time.Duration
	Check   Check
	Session int
	Dir     Kind // KindSend, KindRecv or KindNote
	Text    string
}

// Lookup is the outcome of resolving the target's name.
type Lookup struct {
	Outcome   Outcome // ok, not-found or failed
	Addresses []netip.Addr
	Text      string // the resolver's words when it failed
	Took      time.Duration
}

// Dial is one connection attempt, or one still under way (Outcome is zero).
type Dial struct {
	Check   Check
	Session int
	As      As
	To      netip.AddrPort
	Local   netip.AddrPort
	Outcome Outcome
	ICMP    *hops.ICMP
	Began   time.Duration // since the start of the run
	Took    time.Duration
	Text    string     // the system's words when it did not open
	Data    *Data      // what came over it; nil when it did not open or nothing is known
	TLS     *Handshake // over it; nil when there was none
}

// Data is what a data connection carried.
type Data struct {
	Bytes   int64
	Outcome Outcome       // eof, cut, reset, timeout, limit
	Took    time.Duration // from open to end
}

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

// Mode is one try of epsv, pasv, eprt or port, or one transfer.
type Mode struct {
	Check     Check
	Try       Try // what was changed; zero: the main try
	Step      int // of the transfer check, from 1; else 0
	Session   int
	Command   string // EPSV, PASV, EPRT … or PORT … as sent; empty when it was never sent
	Reply     *Reply // to Command; nil when none came
	Announced netip.AddrPort
	Malformed string // why a positive reply could not be parsed; empty otherwise

	// Passive: one or two dials, AsAnnounced and AsControlHost. An announced
	// address that the dialling rule forbids has a NotDialled reason instead.
	Dials      []Dial
	NotDialled string

	// Active.
	Listen   netip.AddrPort // where we listened; Announced is what we told the server
	Arrivals []Arrival
	Waited   time.Duration // how long we waited in vain for a reply and a connection; 0: we did not, or one came

	// The listing over the data connection; RETR or STOR in the transfer check.
	List  *Exchange // the command that transfers; nil when it was not sent
	Size  int64     // bytes that the transfer should carry; 0: not known
	Lost  *Loss     // the control connection gave out during this mode
	Ended bool

	size *Exchange // the SIZE command of a download
}

// Arrival is a connection that the server made to us.
type Arrival struct {
	From    netip.AddrPort
	Local   netip.AddrPort
	At      time.Duration // since the start of the run
	Replied bool          // the reply to the announcing command had already come
	Data    *Data
	TLS     *Handshake
}

// Sample is one announcement of the ports check.
type Sample struct {
	Session   int
	Command   string
	Code      int    // of the reply when it announced nothing
	Text      string // of that reply
	Announced netip.AddrPort
	Dial      Dial // on the control host; Outcome is zero when it was not dialled
}

// Hop is one TTL-limited attempt of the path check.
type Hop struct {
	To      netip.AddrPort
	TTL     int
	Outcome Outcome
	ICMP    *hops.ICMP
	Took    time.Duration
}

// ClientRun is what the ordinary client experienced.
type ClientRun struct {
	Dials   []Dial
	Outcome Outcome // ok or failed
	Text    string  // its error
	Entries int64   // listed
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

// Dial returns the mode's dial in the given role, or nil when there was none.
func (m *Mode) Dial(as As) *Dial {
	if m == nil {
		return nil
	}
	for i := range m.Dials {
		if m.Dials[i].As == as {
			return &m.Dials[i]
		}
	}
	return nil
}

// Try returns the further try of a check, or nil when there was none.
func (e *Evidence) Try(c Check, t Try) *Mode {
	for _, m := range e.Tries {
		if m.Check == c && m.Try == t && m.Step == 0 {
			return m
		}
	}
	return nil
}

// Transfers returns the transfers of the transfer check, in order.
func (e *Evidence) Transfers() []*Mode {
	var list []*Mode
	for _, m := range e.Tries {
		if m.Check == CheckTransfer {
			list = append(list, m)
		}
	}
	return list
}

// Listed reports whether a listing came over the data connection and the
// server confirmed it. A server confirms what it has handed to its system,
// whether or not that arrives.
func (m *Mode) Listed() bool {
	if m == nil {
		return false
	}
	r := m.List.Final()
	return r != nil && r.Code/100 == 2 && !m.lostData() && !m.shookInVain()
}

// shookInVain reports whether TLS was due on the data connection, and did not
// come about: what came over it then is not what the server confirmed.
func (m *Mode) shookInVain() bool {
	vain := false
	for _, h := range m.handshakes() {
		if h.OK() {
			return false
		}
		vain = vain || h != nil && h.Outcome != ""
	}
	return vain
}

func (m *Mode) handshakes() []*Handshake {
	var all []*Handshake
	for _, d := range m.Dials {
		all = append(all, d.TLS)
	}
	for _, a := range m.Arrivals {
		all = append(all, a.TLS)
	}
	return all
}

// lostData reports whether every data connection of the mode broke or stalled.
func (m *Mode) lostData() bool {
	lost := false
	for _, d := range m.allData() {
		if d.Outcome != OutcomeTimeout && d.Outcome != OutcomeReset {
			return false
		}
		lost = true
	}
	return lost
}

func (m *Mode) allData() []*Data {
	var all []*Data
	for _, d := range m.Dials {
		if d.Data != nil {
			all = append(all, d.Data)
		}
	}
	for _, a := range m.Arrivals {
		if a.Data != nil {
			all = append(all, a.Data)
		}
	}
	return all
}

// PathTo returns the hop search's attempts towards addr, in TTL order. It is
// empty when there was none.
func (e *Evidence) PathTo(addr netip.AddrPort) []Hop {
	var hops []Hop
	for _, h := range e.Hops {
		if h.To == addr {
			hops = append(hops, h)
		}
	}
	return hops
}

// Announced returns every passive announcement of the run: those of the
// passive modes, each with its dial to the control host, then the samples.
func (e *Evidence) Announced() []Sample {
	var all []Sample
	for _, c := range Passive {
		m := e.Modes[c]
		if m == nil || !m.Announced.IsValid() {
			continue
		}
		s := Sample{Session: m.Session, Command: m.Command, Announced: m.Announced}
		for _, d := range m.Dials {
			if d.As == AsControlHost || s.Dial.Outcome == "" {
				s.Dial = d
			}
		}
		all = append(all, s)
	}
	for _, s := range e.Samples {
		all = append(all, *s)
	}
	return all
}
