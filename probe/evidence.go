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
	Peer    *Peer    // nil: the opposite end is not ftpcheck's own, or did not say so
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
	TTL     int        // of the SYN ACKs, as the opposite end was asked for it; 0: the system's
	Data    *Data      // what came over it; nil when it did not open or nothing is known
	TLS     *Handshake // over it; nil when there was none
}

// Data is what a data connection carried.
type Data struct {
	Bytes   int64
	Outcome Outcome       // eof, cut, reset, timeout, limit
	Took    time.Duration // from open to end
	Sum     string        // SHA-256 of the bytes, hexadecimal; empty: not taken
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
