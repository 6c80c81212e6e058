package hops

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
)

// Quote is what a router sent back of the packet that expired there: the packet
// as it arrived at the router. At least the first 8 bytes of the TCP header are
// quoted (RFC 792); many routers quote all of a short packet (RFC 1812 4.3.2.3).
type Quote struct {
	From netip.Addr // the router
	Data []byte     // the TCP payload, as far as it was quoted
}

// Quoter is a Sender that also tells what routers quote. The system gives that to
// privileged users alone (Linux: CAP_NET_RAW).
type Quoter interface {
	Sender
	// Quoted returns the next quote of this connection's packets that came since
	// SetTTL; ok is false while there is none.
	Quoted() (q Quote, ok bool)
}

// Sight is how a payload had arrived at a hop; empty: not known.
type Sight string

const (
	Whole   Sight = "whole"   // as it was sent
	Changed Sight = "changed" // otherwise
)

// SightOf compares what was sent with what a hop quotes of it. A quote that is cut
// short tells nothing, unless it differs.
func SightOf(sent, quote string) Sight {
	switch {
	case quote == sent:
		return Whole
	case strings.HasPrefix(sent, quote):
		return ""
	}
	return Changed
}

// QuoterOf returns the connection, or what it wraps, as a Quoter, and what ends
// it; nil where the system or this user's rights do not allow it.
func QuoterOf(c net.Conn) (q Quoter, end func()) {
	s := SenderOf(c)
	if s == nil {
		return nil, nil
	}
	if one, ok := s.(interface{ Quoter() Quoter }); ok {
		return one.Quoter(), func() {}
	}
	return quoterOf(s)
}

const (
	protocolTCP = 6
	ipv6Bytes   = 40 // of the header
	icmpBytes   = 8  // in front of what an ICMP error quotes
	tcpBytes    = 20 // of a header without options
)

// flow is a connection as its packets name it.
type flow struct{ local, remote netip.AddrPort }

// quoted reads an ICMP or ICMPv6 error from its first byte on, and returns what
// it quotes of a flow's payload. ok is false when it is about anything else.
func (f flow) quoted(message []byte) (data []byte, ok bool) {
	if len(message) < icmpBytes {
		return nil, false
	}
	inner := message[icmpBytes:]
	if f.remote.Addr().Is4() {
		// RFC 4884: behind so many 32-bit words there may stand an extension.
		if n := 4 * int(message[5]); n > 0 && n <= len(inner) {
			inner = inner[:n]
		}
		return f.ipv4(inner)
	}
	if n := 8 * int(message[4]); n > 0 && n <= len(inner) {
		inner = inner[:n]
	}
	return f.ipv6(inner)
}

func (f flow) ipv4(p []byte) (data []byte, ok bool) {
	if len(p) < 20 || p[0]>>4 != 4 || p[9] != protocolTCP {
		return nil, false
	}
	head, total := 4*int(p[0]&15), int(binary.BigEndian.Uint16(p[2:]))
	if head < 20 || head > len(p) || total < head {
		return nil, false
	}
	return f.tcp(p[head:min(total, len(p))], netip.AddrFrom4([4]byte(p[12:16])), netip.AddrFrom4([4]byte(p[16:20])))
}

func (f flow) ipv6(p []byte) (data []byte, ok bool) {
	if len(p) < ipv6Bytes || p[0]>>4 != 6 || p[6] != protocolTCP {
		return nil, false
	}
	total := ipv6Bytes + int(binary.BigEndian.Uint16(p[4:]))
	return f.tcp(p[ipv6Bytes:min(total, len(p))], netip.AddrFrom16([16]byte(p[8:24])), netip.AddrFrom16([16]byte(p[24:40])))
}

// tcp reads as much of a segment as was quoted.
func (f flow) tcp(p []byte, from, to netip.Addr) (data []byte, ok bool) {
	if len(p) < 8 {
		return nil, false
	}
	src := netip.AddrPortFrom(from, binary.BigEndian.Uint16(p))
	dst := netip.AddrPortFrom(to, binary.BigEndian.Uint16(p[2:]))
	if src != f.local || dst != f.remote {
		return nil, false
	}
	if len(p) < tcpBytes {
		return nil, true
	}
	head := 4 * int(p[12]>>4)
	if head < tcpBytes || head >= len(p) {
		return nil, true
	}
	return p[head:], true
}
