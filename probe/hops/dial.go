package hops

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
)

// Options are the knobs of Dial. The zero value leaves all to the system.
type Options struct {
	Local netip.AddrPort // source address and port; the zero value lets the system choose
	TTL   int            // IPv4 time to live or IPv6 hop limit of the handshake, 0 for the system's default
	MSS   int            // largest TCP segment in bytes, both ways (TCP_MAXSEG), 0 for the system's default
}

// Closing closes c, if there is one, and returns a. It turns a dial into the
// kind that Search wants: hops.Closing(network.Dial(ctx, to, opt)).
func Closing(c net.Conn, a Attempt) Attempt {
	if c != nil {
		c.Close()
	}
	return a
}

// Outcome returns what the message says about the attempt that it answers
// (RFC 792, RFC 1812 5.2.7.1, RFC 4443 3): Rejected, Unreachable or Expired.
// It is empty where the message says nothing of the kind, as "fragmentation
// needed" does.
func (m ICMP) Outcome() Outcome {
	if m.From.Is4() || m.From.Is4In6() {
		return outcomeICMPv4(m.Type, m.Code)
	}
	return outcomeICMPv6(m.Type, m.Code)
}

func outcomeICMPv4(typ, code uint8) Outcome {
	switch typ {
	case 3: // destination unreachable
		switch code {
		case 2, 3, 9, 10, 13:
			// A TCP stack answers a closed port by RST, never by "port
			// unreachable" (RFC 1122 4.2.3.9): that one is a firewall's.
			return Rejected
		case 4: // fragmentation needed: path MTU discovery goes on by itself
			return ""
		}
		return Unreachable
	case 11: // time exceeded; code 1 is about reassembly
		if code == 0 {
			return Expired
		}
		return ""
	case 12: // parameter problem
		return Unreachable
	}
	return ""
}

func outcomeICMPv6(typ, code uint8) Outcome {
	switch typ {
	case 1: // destination unreachable
		switch code {
		case 1, 4, 5, 6:
			return Rejected
		}
		return Unreachable
	case 3:
		if code == 0 {
			return Expired
		}
		return ""
	case 4:
		return Unreachable
	}
	return ""
}

// outcomeOf classifies the error of a connection attempt that nothing but the
// error tells about. It is empty when the attempt was never made: a local
// address in use, no file descriptor left, a cancelled context.
func outcomeOf(err error) Outcome {
	if errors.Is(err, context.Canceled) {
		return ""
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errnoOutcomes[errno]
	}
	var timeout interface{ Timeout() bool }
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		return Timeout
	}
	return ""
}
