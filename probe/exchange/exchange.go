// Package exchange is what two ends of ftpcheck tell each other about one run,
// over an ordinary FTP control connection.
//
// The server shows by one line of FEAT (RFC 2389) that it can:
//
//	FTPCHECK 1
//
// where 1 is Version. A client that sees the line, and has logged in, may send
//
//	SITE FTPCHECK BEGIN 1       begin a visit; the session is its first one
//	SITE FTPCHECK JOIN TOKEN    make this session part of a visit
//	SITE FTPCHECK SEEN          tell all that was seen of the visit so far
//	SITE FTPCHECK LISTEN BODY   listen on passive ports of the client's choice (Listen)
//	SITE FTPCHECK DIAL BODY     connect to ports of the client (Dial), and search the hops towards them
//	SITE FTPCHECK PATH [BODY]   search the hops on the way of the session's own replies
//	SITE FTPCHECK EDGE BODY     search how far what is sent over another session gets, which died (Edge)
//	SITE FTPCHECK END           forget the visit
//
// Each is answered by 211 and a body, or by 5xx and words; 450 means that a
// bound of the visit is reached. BEGIN and JOIN get a Hello, SEEN a Seen,
// LISTEN a Listening, DIAL a Dialled, PATH and EDGE a Followed, END no body.
//
// A body is JSON, deflated, behind a checksum, in base 32 (see Encode): a
// device on the way that looks for commands, replies, addresses or ports finds
// none in it, and one that changes or cuts it is caught.
//
// A visit belongs to whoever knows its token, 128 random bits. It outlives its
// sessions by Afterlife, so that a client whose control connection died can
// log in anew, join, and learn what the other end saw of the death. What the
// server does for a visit reaches no address but that of the session that asks.
//
// The package never opens a connection and never judges.
package exchange

import (
	"net/netip"
	"time"

	"ftpcheck/probe/hops"
)

// Version is the version of the verbs and bodies. A body may gain fields
// without a new one.
const Version = 1

// Feature is the line of FEAT, without the number of the version.
const Feature = "FTPCHECK"

// Verb is what follows "SITE FTPCHECK".
type Verb string

const (
	Begin  Verb = "BEGIN"
	Join   Verb = "JOIN"
	Ask    Verb = "SEEN"
	Listen Verb = "LISTEN"
	Dial   Verb = "DIAL"
	Path   Verb = "PATH"
	Edge   Verb = "EDGE"
	End    Verb = "END"
)

// Bounds of a visit, kept by the server.
const (
	Afterlife    = 2 * time.Minute       // a visit is kept so long after its last session ended
	MaxSessions  = 32                    // sessions of one visit
	MaxPorts     = 128                   // ports of one LISTEN
	MaxListen    = 30 * time.Second      // they are listened on at most so long
	MaxDials     = 32                    // ports of one DIAL
	MaxVisitDial = 256                   // connection attempts of one visit, hop searches counted by attempt and by piece of a reply
	MaxRecords   = 2000                  // lines, ports, knocks and dials that are kept of one visit
	MaxSend      = 64 << 10              // bytes sent over one port of LISTEN
	EdgeLimit    = 8 * time.Second       // one EDGE takes at most so long
	DialGap      = 10 * time.Millisecond // between two attempts of a DIAL
	FateLimit    = 2 * time.Second       // for news of data with a TTL; TCP repeats it meanwhile, as routers send about one ICMP message a second
)

// Millis is a time in whole milliseconds since the visit began at this end. The
// clocks of the two ends are not compared.
type Millis int64

// Hello is what the server tells of itself and of the session that asked.
type Hello struct {
	Version  int            `json:"version"`
	Tool     string         `json:"tool"`                // version of ftpcheck
	Token    string         `json:"token,omitempty"`     // of the visit; in answer to BEGIN only
	Session  int            `json:"session"`             // number of this session in the visit, from 1
	Client   netip.AddrPort `json:"client"`              // the client's end of the session, as the server sees it
	Server   netip.AddrPort `json:"server"`              // the server's own end of it: what a NAT on the way translated the dialled address to
	Greeting []byte         `json:"greeting,omitempty"`  // the greeting as it was sent, all its lines with their ends
	Passive  Range          `json:"passive"`             // ports for passive data connections; zero: any
	Announce netip.Addr     `json:"announce,omitzero"`   // the address in 227 replies, where it is not the server's own end
	Traces   bool           `json:"traces,omitempty"`    // the server can search hops and read ICMP messages
	HalfOpen bool           `json:"half_open,omitempty"` // the server can see a handshake that the client does not complete
	Quotes   bool           `json:"quotes,omitempty"`    // the server can read what routers quote of packets that expire there (CAP_NET_RAW)
}

// Range is a range of ports, both ends included.
type Range struct {
	Low  uint16 `json:"low"`
	High uint16 `json:"high"`
}

// Seen is all that the server saw of a visit, in the order of time.
type Seen struct {
	Now      Millis    `json:"now"`
	Sessions []Session `json:"sessions,omitempty"`
	Ports    []Port    `json:"ports,omitempty"`
	Dials    []Dialing `json:"dials,omitempty"`
	Cut      bool      `json:"cut,omitempty"` // MaxRecords was reached: what came later is missing
}

// Session is one control connection of the visit.
type Session struct {
	Number int            `json:"number"`
	Client netip.AddrPort `json:"client"`
	Server netip.AddrPort `json:"server"`
	Began  Millis         `json:"began"`
	Heard  Millis         `json:"heard"`           // when the last command arrived
	Ended  Millis         `json:"ended,omitempty"` // 0: it lives
	How    Ending         `json:"how,omitempty"`
	Lines  []Line         `json:"lines,omitempty"` // PORT and EPRT as they arrived, 227 and 229 as they were sent, NOOP and what arrived crossed out (XXXX) as it arrived
	Path   []Step         `json:"path,omitempty"`  // what became of replies with TTL 1, 2, …; an outcome "open" was acknowledged
	Piece  []byte         `json:"piece,omitempty"` // what was sent each time, with its line end (PathRequest.Line)
}

// Ending is how a connection ended for the server.
type Ending string

const (
	EndQuit    Ending = "quit"    // the client said QUIT
	EndClosed  Ending = "closed"  // the client's FIN arrived
	EndReset   Ending = "reset"   // a RST arrived
	EndTimeout Ending = "timeout" // nothing came for too long, and the server gave up
	EndOurs    Ending = "ours"    // the server closed it: all was done, or it was made to
)

// Line is one command as it arrived, or one reply as it was sent, without its
// line end.
type Line struct {
	At   Millis `json:"at"`
	Sent bool   `json:"sent,omitempty"`
	Raw  []byte `json:"raw"`
}

// Port is one passive port on which the server listened for the visit.
type Port struct {
	Session int            `json:"session"`            // that asked for it
	Command string         `json:"command"`            // PASV, EPSV or LISTEN
	Local   netip.AddrPort `json:"local"`              // where the server listened
	Opened  Millis         `json:"opened"`             // before it was announced
	Closed  Millis         `json:"closed,omitempty"`   // 0: it still listens
	Failed  string         `json:"failed,omitempty"`   // why it could not listen, as "in use"; then nothing else is set
	Answer  int            `json:"answer,omitempty"`   // TTL of the SYN ACKs, as asked for; 0: the system's
	SendTTL int            `json:"send_ttl,omitempty"` // TTL of the data, as asked for; 0: the system's
	Knocks  []Knock        `json:"knocks,omitempty"`
}

// Knock is one connection that arrived at a Port, as far as it came.
type Knock struct {
	From    netip.AddrPort `json:"from"`
	At      Millis         `json:"at"`
	Half    bool           `json:"half,omitempty"`    // its SYN arrived and was answered, the third packet of the handshake never came
	Refused bool           `json:"refused,omitempty"` // it was closed at once: From is not the client's address
	Carried *Carried       `json:"carried,omitempty"` // nil while it is open, and when it was not used
	Sight   hops.Sight     `json:"sight,omitempty"`   // of data with Port.SendTTL that expired: how it had arrived there, where Hello.Quotes
	Fate    hops.Outcome   `json:"fate,omitempty"`    // of data with Port.SendTTL: expired on the way, open: acknowledged, timeout: neither
}

// Dialing is one connection attempt of the server towards the client: for a
// transfer in active mode, or on request.
type Dialing struct {
	Session int            `json:"session"`
	Command string         `json:"command"` // PORT, EPRT or DIAL
	To      netip.AddrPort `json:"to"`
	From    netip.AddrPort `json:"from,omitzero"` // source; port 20 where it could be had
	TTL     int            `json:"ttl,omitempty"` // of its SYN, as asked for; 0: the system's
	At      Millis         `json:"at"`
	Took    Millis         `json:"took"`
	Outcome hops.Outcome   `json:"outcome"`
	ICMP    *hops.ICMP     `json:"icmp,omitempty"`
	Err     string         `json:"err,omitempty"`   // the system's words
	Steps   []Step         `json:"steps,omitempty"` // the hop search towards To, when one was asked for
	Carried *Carried       `json:"carried,omitempty"`
}

// Step is one TTL of a hop search of the server's.
type Step struct {
	TTL     int          `json:"ttl"`
	Outcome hops.Outcome `json:"outcome"`
	ICMP    *hops.ICMP   `json:"icmp,omitempty"`
	Quote   []byte       `json:"quote,omitempty"` // payload of what expired, as it arrived at the hop; missing: not known
}

// Carried is what a data connection carried, as the server saw it.
type Carried struct {
	For      string `json:"for,omitempty"`      // LIST, RETR, STOR …, or SEND and SINK of LISTEN
	Sent     int64  `json:"sent,omitempty"`     // bytes handed to the system, before TLS
	Received int64  `json:"received,omitempty"` // bytes, after TLS
	Sum      string `json:"sum,omitempty"`      // SHA-256 of these bytes, hexadecimal
	How      Ending `json:"how,omitempty"`
	TLS      bool   `json:"tls,omitempty"`
	Resumed  bool   `json:"resumed,omitempty"` // the TLS session of the control connection
	Took     Millis `json:"took"`
}

// ListenRequest is the body of LISTEN. All ports are inside Hello.Passive. It
// takes the place of an earlier LISTEN of the same session: that one's ports
// are free again. Each connection of the client's that arrives at a port while
// it listens is served alike. One that is read to its end is then closed, so
// that the client learns that everything has arrived.
type ListenRequest struct {
	Ports []uint16 `json:"ports,omitempty"` // which to listen on; empty: Count ports that are free
	Count int      `json:"count,omitempty"`
	Send  []int    `json:"send,omitempty"` // bytes to send over the connection at the port of the same place, in one write, then its end; missing or 0: read, count and drop what comes
	For   Millis   `json:"for"`            // how long to listen
	// TTLs of what the port of the same place sends, 1 to hops.MaxHops; missing or
	// 0: the system's. A SYN ACK that expires leaves no Knock that is Half on Linux
	// over IPv4: the ICMP message ends the handshake. SendTTL goes with Send: what
	// became of the data is told as Knock.Fate, and the connection is then reset.
	Answer  []int `json:"answer,omitempty"`
	SendTTL []int `json:"send_ttl,omitempty"`
}

// Listening is the answer to LISTEN: the ports as they are now; those that
// could not be had say why.
type Listening struct {
	Ports []Port `json:"ports"`
}

// DialRequest is the body of DIAL. The address is always the session's own
// client. Each port is dialled from each source. The attempts begin DialGap
// apart and run side by side, and so does the hop search, so that the answer
// comes soon after Limit. A source port of Hello.Passive has to be free; that of
// an earlier LISTEN of the same session is, because that one ends.
type DialRequest struct {
	Ports  []uint16 `json:"ports"`
	Source []int    `json:"source,omitempty"` // source ports to use one after the other: 20, 0 for any, or one of Hello.Passive; empty: any
	TTL    int      `json:"ttl,omitempty"`    // of the SYNs, 1 to hops.MaxHops, where Hello.Traces, and without Search; 0: the system's
	Limit  Millis   `json:"limit"`            // of each attempt
	Search bool     `json:"search,omitempty"` // search the hops towards the first port, too
}

// PathRequest is the body of PATH. Without one, single characters of the answer's
// first line expire.
type PathRequest struct {
	Line bool `json:"line,omitempty"` // the last 227 or 229 of the session expires instead, repeated in the answer as often as it takes
}

// EdgeRequest is the body of EDGE: how far do the server's packets get on the
// way of another session of the visit, which is silent? What it sends there for
// that are pieces of one line of reply.
type EdgeRequest struct {
	Session int    `json:"session"` // its number in the visit
	TTLs    []int  `json:"ttls"`    // of hops that are likely to answer, in rising order, 1 to hops.MaxHops
	Wait    Millis `json:"wait"`    // for the answer of a hop
}

// Followed is the answer to PATH and to EDGE. Behind its first line there may be
// lines that were sent to expire. They have more than one word, unlike the lines
// of a body. The steps of EDGE stand in the order in which they were made, see
// hops.Edge.
type Followed struct {
	Steps []Step `json:"steps,omitempty"`
}

// Dialled is the answer to DIAL, when all attempts have ended.
type Dialled struct {
	Dials []Dialing `json:"dials"`
}
