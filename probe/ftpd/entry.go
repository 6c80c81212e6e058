package ftpd

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// What classes an entry and tells which of its fields are set, beside Time,
// and Session and Peer where a session is concerned.
type What string

const (
	WhatListen   What = "listen"   // the server listens for sessions on Local
	WhatFaults   What = "faults"   // the faults were changed; Text names them
	WhatCome     What = "come"     // a client connected to Local
	WhatRefuse   What = "refuse"   // it was turned away: Code, Text
	WhatGreet    What = "greet"    // Raw was sent as the greeting, with all line ends
	WhatSecure   What = "secure"   // a TLS handshake ended, of the control connection, or of Data, with Local and Remote: TLS, Resumed; or Err
	WhatLogin    What = "login"    // the client logged in: User; or was refused: Code
	WhatHear     What = "hear"     // Command arrived; Raw is the line where it is NOOP, and the verb where a device crossed it out
	WhatAnnounce What = "announce" // the client announced Addr: Command PORT or EPRT, Raw as it arrived, Code of the answer; or the server did: Command PASV or EPSV, Raw as it was sent, Code 227 or 229
	WhatOpen     What = "open"     // the server listens for data on Local, because of Command, and sends with SendTTL; or does not: Err
	WhatArrive   What = "arrive"   // a data connection arrived at Local from Remote; Refused
	WhatHalf     What = "half"     // a SYN arrived at Local from Remote and was answered, and the third packet of the handshake has not come
	WhatAbsent   What = "absent"   // nothing has arrived at Local, and the server listens no longer
	WhatShut     What = "shut"     // something has arrived at Local, or may have come there and expired, and the server listens no longer
	WhatDial     What = "dial"     // a connection from Local to Remote was tried because of Command, as far as TTL where one is set: Outcome, ICMP, Took, Err
	WhatHop      What = "hop"      // the same, and only as far as TTL; of PATH what became of a piece of a reply, open: acknowledged, Raw is what the hop quoted of it, Sample the piece where it is a whole line
	WhatTransfer What = "transfer" // a use of the data connection between Local and Remote ended: Command, Path, Sent, Received, Sum, How, TLS, Resumed, Took, Code of the answer; where it was sent with SendTTL, Outcome is what became of it and Sight how it had arrived there, see exchange.Knock
	WhatVisit    What = "visit"    // the client is ftpcheck's own: Command is what it asks for, Count of ports
	WhatLeave    What = "leave"    // the session ended: How, Text
	WhatStop     What = "stop"     // the server stopped
)

// Entry is one observation of the server's. It is flat, like probe.Event: the
// log, the record of a visit and every view derive from a list of them.
type Entry struct {
	Time    time.Time
	Session int            // control connection, numbered from 1 in the order in which they came; 0: none is concerned
	Peer    netip.AddrPort // its client's end
	What    What

	Local  netip.AddrPort // our end
	Remote netip.AddrPort // the other end of a data connection or of an attempt at one
	Addr   netip.AddrPort // as announced; invalid where it could not be parsed, and its address where a 229 names none
	Data   bool           // a data connection is meant, not the control connection

	Command  string          // verb, in upper case; empty for one that does not exist
	Path     string          // of a transfer, as the client wrote it, shortened
	User     string          // "anonymous" or the name of the one account
	Code     int             // of the reply; 0: none was sent
	Outcome  hops.Outcome    // of an attempt; empty: it was not made, or ended before there was one
	ICMP     *hops.ICMP      // what a device said of it
	TTL      int             // of the attempt; of WhatOpen: of the SYN ACKs, 0 for the system's
	SendTTL  int             // of the data; 0: the system's
	Took     time.Duration   // of the attempt, or of the transfer from its beginning
	Refused  bool            // it was closed at once: Remote is not the client's address
	Sent     int64           // bytes handed to the system, before TLS
	Received int64           // bytes, after TLS
	Sum      string          // SHA-256 of them, hexadecimal; empty: not taken
	How      exchange.Ending // how the connection ended
	TLS      string          // version, "TLS 1.3"; empty: none
	Resumed  bool            // it resumed the TLS session of the control connection
	Count    int
	Raw      []byte     // exact bytes, without Telnet sequences
	Sample   []byte     // see WhatHop
	Sight    hops.Sight // of what expired on the way, as far as it was quoted
	Err      string     // the system's or a library's words

	Text string // the same in words; those chosen by the client are quoted
}

// log tells of e and returns it in full.
func (s *Server) log(e Entry) Entry {
	e.Time = time.Now()
	if e.Text == "" {
		e.Text = e.words()
	}
	if s.opt.Log != nil {
		s.logs <- struct{}{}
		defer func() { <-s.logs }()
		s.opt.Log(e)
	}
	return e
}

// log tells of e, which concerns the session, and returns it in full.
func (s *session) log(e Entry) Entry {
	e.Session, e.Peer = s.number, s.peer
	e = s.server.log(e)
	if v := s.visit.Load(); v != nil {
		v.add(e)
	}
	return e
}

// ending is how a session ended, and why in words.
type ending struct {
	how exchange.Ending
	why string
}

// endOf says how a connection ended of which reading or writing failed.
func endOf(err error) exchange.Ending {
	var timeout net.Error
	switch {
	case err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return exchange.EndClosed
	case isReset(err):
		return exchange.EndReset
	case errors.Is(err, syscall.ETIMEDOUT) || errors.As(err, &timeout) && timeout.Timeout():
		return exchange.EndTimeout
	}
	return exchange.EndOurs
}

// isReset reports whether err means that a RST arrived.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNABORTED)
}

// maxKept bounds the bytes that are kept of a line.
const maxKept = 200

// kept returns the bytes of a line that are kept.
func kept(line string) []byte {
	return []byte(line[:min(len(line), maxKept)])
}

// codeOf is the number at the beginning of a reply.
func codeOf(reply string) int {
	code, _ := strconv.Atoi(reply[:min(len(reply), 3)])
	return code
}
