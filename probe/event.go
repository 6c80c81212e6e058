// Package probe connects to an FTP server the way FTP programs do, in every
// mode side by side, and reports what it observes as a stream of events.
// Evidence is a fold over these events.
//
// It never judges: what the observations mean is package report's work.
package probe

import (
	"net/netip"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// Check is the name of one check. The names are a contract: they are the same
// in events, JSON, text, flags and on the screen.
type Check string

const (
	CheckName     Check = "name"
	CheckControl  Check = "control"
	CheckSecure   Check = "secure"
	CheckLogin    Check = "login"
	CheckEPSV     Check = "epsv"
	CheckPASV     Check = "pasv"
	CheckEPRT     Check = "eprt"
	CheckPORT     Check = "port"
	CheckPorts    Check = "ports"
	CheckClient   Check = "client"
	CheckTransfer Check = "transfer"
	CheckIdle     Check = "idle"
	CheckPath     Check = "path"
	CheckPeer     Check = "peer"
)

// Checks lists every check in the order in which it is shown everywhere.
var Checks = []Check{
	CheckName, CheckControl, CheckSecure, CheckLogin,
	CheckEPSV, CheckPASV, CheckEPRT, CheckPORT, CheckPorts, CheckClient,
	CheckTransfer, CheckIdle, CheckPath, CheckPeer,
}

// Passive and Active are the checks that open a data connection, by the side
// that connects.
var (
	Passive = []Check{CheckEPSV, CheckPASV}
	Active  = []Check{CheckEPRT, CheckPORT}
)

// Kind tells which fields of an Event are set.
type Kind string

const (
	KindStart    Kind = "start"    // Time, Tool, Host, Port, User, Options: first event of a run
	KindBegin    Kind = "begin"    // Check begins; a second one starts it over
	KindEnd      Kind = "end"      // Check ended; Took
	KindSkip     Kind = "skip"     // Check is not run; Text says why
	KindLookup   Kind = "lookup"   // Outcome ok|not-found|failed, Addrs, Text (the resolver's words), Took
	KindDialing  Kind = "dialing"  // an attempt to Addr, As, begins
	KindDial     Kind = "dial"     // it ended: Outcome, ICMP, Local, Took, Text (the system's words); TTL where As is answer
	KindOpen     Kind = "open"     // control session Session begins: from Local to Addr
	KindSend     Kind = "send"     // Text is a command line as sent, secrets replaced, and a body of the exchange told in short
	KindRecv     Kind = "recv"     // Text is one reply line as received, or a note in place of a body of the exchange; Code is set on a reply's last line
	KindNote     Kind = "note"     // Text is our own remark in the transcript
	KindLogin    Kind = "login"    // Session is logged in
	KindLost     Kind = "lost"     // the control connection of Session gave out: Outcome, Text (first bytes or reason), Took (the wait)
	KindLimit    Kind = "limit"    // a further session was refused while Count others were open; Outcome or Code, Text
	KindAnnounce Kind = "announce" // a 227 or 229 was parsed: Addr; or not: Outcome malformed, Text why
	KindListen   Kind = "listen"   // active mode: we listen on Local and announce Addr; TTL where As is answer
	KindArrive   Kind = "arrive"   // active mode: a connection arrived from Addr, on Local
	KindHalf     Kind = "half"     // a connection from Addr got to Local, where we listen for the opposite end, and never came about: our answer got lost; then once without addresses: Outcome ok, those are all, or failed, this system does not tell of them
	KindData     Kind = "data"     // a data connection ended: Bytes, Outcome eof|reset|timeout|limit, Took, Addr, As
	KindTLS      Kind = "tls"      // a TLS handshake ended: As, Addr, Outcome ok|alert|plaintext|closed|reset|timeout|failed, TLS, Text (the library's words), Took
	KindIdle     Kind = "idle"     // Session was silent for Took, and then: Outcome ok|closed|reset|timeout, Code and Text of what the server said; or alert, Text is its name
	KindHop      Kind = "hop"      // one TTL-limited attempt: Addr, TTL, Outcome, ICMP, Took; or a piece sent over Session after a silence, As up or down: TTL, Outcome expired|timeout|reset|open
	KindClient   Kind = "client"   // the ordinary client's own verdict: Outcome ok|failed, Text (its error), Bytes (entries listed)
	KindHello    Kind = "hello"    // the opposite end told who it is, and how it sees Session: Hello
	KindSeen     Kind = "seen"     // the opposite end told all that it has seen so far: Seen; or Outcome failed, Text why it did not
	KindQuote    Kind = "quote"    // Text, a command, was sent in Session to expire at hop TTL on the way to Addr: Outcome expired|open|timeout, ICMP.From is the router, Raw what it quotes of it
	KindSize     Kind = "size"     // Count bytes were to cross a port of the opposite end in one piece, As down or up: Addr, Bytes that we read or wrote, Outcome eof|timeout|reset|closed|limit, Took; with a TTL it was to get as far as that hop: Outcome expired|open|timeout|reset where it is As up, Text whole|changed is how it had arrived there, as far as that is known; and the opposite end tells of the others
	KindFinish   Kind = "finish"   // last event of a run: Outcome ok|cancelled, Took
)

// Outcome is what became of something. It holds the outcomes of a connection
// attempt (see hops.Outcome) and those below.
type Outcome = hops.Outcome

const (
	OutcomeOpen        = hops.Open
	OutcomeRefused     = hops.Refused
	OutcomeReset       = hops.Reset
	OutcomeTimeout     = hops.Timeout
	OutcomeRejected    = hops.Rejected
	OutcomeUnreachable = hops.Unreachable
	OutcomeExpired     = hops.Expired

	OutcomeOK        Outcome = "ok"
	OutcomeFailed    Outcome = "failed"
	OutcomeNotFound  Outcome = "not-found" // the name does not exist or has no address of the wanted family
	OutcomeClosed    Outcome = "closed"    // the peer closed in good order (FIN) where more was due
	OutcomeEOF       Outcome = "eof"       // the peer closed in good order at the end of the data
	OutcomeMoving    Outcome = "moving"    // our time ended, and data was still coming
	OutcomeLimit     Outcome = "limit"     // the peer sent more than a bound of ours allows
	OutcomeMalformed Outcome = "malformed" // what came cannot be parsed by the standard
	OutcomeForeign   Outcome = "foreign"   // another protocol answers; Text is "ssh", "http", "tls", "smtp", "pop3", "imap" or "unknown", a colon and the first bytes
	OutcomeCancelled Outcome = "cancelled"
	OutcomeCut       Outcome = "cut"       // the TCP connection closed in good order, but without TLS's close_notify before it (RFC 8446 6.1)
	OutcomeAlert     Outcome = "alert"     // the peer ended a TLS handshake by an alert
	OutcomePlaintext Outcome = "plaintext" // the peer sent something that is not TLS where TLS was due
)

// As says in which role an address was dialled.
type As string

const (
	AsControl     As = "control"      // the control connection
	AsAnnounced   As = "announced"    // the address and port that the server announced
	AsControlHost As = "control-host" // the announced port on the address of the control connection
	AsSample      As = "sample"       // one of several announcements, control host
	AsConfirm     As = "confirm"      // a sampled port again, without a fresh announcement
	AsClient      As = "client"       // dialled by the ordinary client (jlaffaye/ftp)
	AsActive      As = "active"       // the server connects to us
	AsSweep       As = "sweep"        // a port of Options.Sweep
	AsRandom      As = "random"       // a port that the server did not announce
	AsTrial       As = "trial"        // a handshake on a control connection of its own, with the versions in TLS.Offer
	AsImplicit    As = "implicit"     // a handshake at once, at a control port that did not greet
	AsPeer        As = "peer"         // a port on which the opposite end listens at our request
	AsHole        As = "hole"         // the same, after it has sent a SYN to our end of the attempt from there
	AsAnswer      As = "answer"       // a port at which the SYN ACKs, of the opposite end or ours, have the TTL of the event
	AsDown        As = "down"         // of KindSize and KindHop: from the server to us
	AsUp          As = "up"           // of KindSize and KindHop: from us to the server
	AsUpload      As = "upload"       // of KindNote: a file of ours may be left behind on the server
)

// Try tells the further tries of a check apart from the main one, which has
// the zero value. A further try changes one thing.
type Try string

const (
	TryPlain     Try = "plain"      // in a session without TLS
	TryUnresumed Try = "unresumed"  // the data connection does not resume the control connection's TLS session
	TryClearData Try = "clear-data" // TLS on the control connection alone (PROT C)
	TryClamped   Try = "clamped"    // the data connection asks for small segments (DialOptions.MSS)
	TryPeer      Try = "peer"       // the opposite end tells afterwards what it sent and saw in this session
)

// Event is one observation. It is flat on purpose: one line of JSON each, and
// every view is a function of a list of them. Kind says which fields are set.
// Durations are in nanoseconds.
type Event struct {
	Kind    Kind           `json:"kind"`
	At      time.Duration  `json:"at_ns"` // since the start of the run
	Check   Check          `json:"check,omitzero"`
	Session int            `json:"session,omitzero"` // control session, from 1; 0 where none is concerned
	As      As             `json:"as,omitzero"`
	Addr    netip.AddrPort `json:"addr,omitzero"`
	Local   netip.AddrPort `json:"local,omitzero"`
	Addrs   []netip.Addr   `json:"addrs,omitempty"`
	Outcome Outcome        `json:"outcome,omitzero"`
	ICMP    *hops.ICMP     `json:"icmp,omitempty"`
	TTL     int            `json:"ttl,omitzero"`
	Code    int            `json:"code,omitzero"`
	Count   int            `json:"count,omitzero"`
	Bytes   int64          `json:"bytes,omitzero"`
	Took    time.Duration  `json:"took_ns,omitzero"`
	Text    string         `json:"text,omitzero"` // valid UTF-8; see Raw
	Raw     []byte         `json:"raw,omitempty"` // the bytes as received, where they are not valid UTF-8; see KindQuote
	Start   *Start         `json:"start,omitempty"`
	TLS     *TLS           `json:"tls,omitempty"`
	Try     Try            `json:"try,omitzero"`  // of KindBegin, KindEnd and all between that belong to a further try
	Step    int            `json:"step,omitzero"` // transfer of the transfer check, from 1
	Sum     string         `json:"sum,omitzero"`  // of KindData: SHA-256 of what came or went, hexadecimal; empty: not taken

	Hello *exchange.Hello `json:"hello,omitempty"`
	Seen  *exchange.Seen  `json:"seen,omitempty"`
}

// TLS is what one handshake showed.
type TLS struct {
	Offer        string        `json:"offer,omitempty"`   // the only version we offered, "TLS 1.0"; empty: 1.2 and 1.3
	Version      string        `json:"version,omitempty"` // "TLS 1.3"; empty when none was agreed
	Cipher       string        `json:"cipher,omitempty"`
	Resumed      bool          `json:"resumed,omitempty"`       // it resumed the session that was presented
	Presented    bool          `json:"presented,omitempty"`     // we presented a session to resume
	ServerName   string        `json:"server_name,omitempty"`   // SNI sent; empty for a literal address
	Alert        string        `json:"alert,omitempty"`         // the peer's alert, as "handshake_failure" (RFC 8446 6)
	WantsClient  bool          `json:"wants_client,omitempty"`  // the server asked for a client certificate
	Certificates []Certificate `json:"certificates,omitempty"`  // as sent, the server's own first; empty when resumed
	Expired      string        `json:"expired,omitempty"`       // why the time does not fit the certificate; empty: it does
	NameMismatch string        `json:"name_mismatch,omitempty"` // why the name does not; empty: it does
	Untrusted    string        `json:"untrusted,omitempty"`     // why the chain ends in no root of this system; empty: it does
}

// Certificate is one certificate of a chain.
type Certificate struct {
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	Names     []string  `json:"names,omitempty"` // subject alternative names
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	Key       string    `json:"key"`    // "RSA 2048", "ECDSA P-256", "Ed25519"
	SHA256    string    `json:"sha256"` // of the whole certificate, hexadecimal
}

// Verified reports whether nothing speaks against the certificate.
func (t *TLS) Verified() bool {
	return t != nil && t.Expired == "" && t.NameMismatch == "" && t.Untrusted == ""
}

// Start describes a run: what was asked of it.
type Start struct {
	Time    time.Time `json:"time"` // wall clock, UTC
	Tool    string    `json:"tool"` // version of ftpcheck
	Host    string    `json:"host"` // as given
	Port    uint16    `json:"port"`
	User    string    `json:"user"`
	Path    string    `json:"path,omitempty"` // directory to list, relative to the login directory; empty for that itself
	Options Options   `json:"options"`
}
