package ftpd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
	"ftpcheck/probe/wire"
)

// dataPort is the source port of active data connections (RFC 959 3.2).
const dataPort = 20

// port takes the client's address for the next transfer (RFC 959 4.1.2).
func port(s *session, arg string) bool {
	to, err := wire.ParsePORT(arg)
	s.setActive("PORT", arg, to, err)
	return true
}

// eprt is PORT for any family (RFC 2428 2).
func eprt(s *session, arg string) bool {
	to, err := wire.ParseEPRT(arg)
	if errors.Is(err, wire.ErrProtocol) || err == nil && to.Addr().Is4() != s.peer.Addr().Is4() {
		s.reply("522 Network protocol not supported, use (" + s.family() + ")")
		return true
	}
	s.setActive("EPRT", arg, to, err)
	return true
}

// family is the protocol number of the control connection (RFC 2428 2).
func (s *session) family() string {
	if s.local.Addr().Is4() {
		return "1"
	}
	return "2"
}

// setActive keeps to for the next transfer. Only the client's own address is
// good: any other would make the server a weapon against third parties, the
// FTP bounce (RFC 2577 3). Nor are ports of system services.
func (s *session) setActive(verb, arg string, to netip.AddrPort, err error) {
	s.log(WhatAnnounce, verb+" "+strconv.QuoteToASCII(clip(arg)))
	switch {
	case s.epsvAll:
		s.reply("500 EPSV ALL is in effect.")
	case err != nil || !sameHost(to.Addr(), s.peer.Addr()) || to.Port() < 1024:
		s.reply("500 Illegal " + verb + " command.")
	default:
		s.dropPassive()
		s.active = netip.AddrPortFrom(s.peer.Addr(), to.Port())
		s.reply("200 " + verb + " command successful. Consider using " + passiveTwin[verb] + ".")
	}
}

var passiveTwin = map[string]string{"PORT": "PASV", "EPRT": "EPSV"}

// dial connects to the client, from port 20 where that is allowed.
func (s *session) dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.server.opt.DataTimeout)
	defer cancel()
	from := s.local.Addr()
	if a := s.server.opt.ActiveFrom; a.IsValid() {
		from = a
	}
	var conn net.Conn
	var got hops.Attempt
	if !s.server.faults.highPort {
		conn, got = s.network.Dial(ctx, to, probe.DialOptions{Local: netip.AddrPortFrom(from, dataPort)})
	}
	if conn == nil && neverLeft(got) {
		conn, got = s.network.Dial(ctx, to, probe.DialOptions{Local: netip.AddrPortFrom(from, 0)})
	}
	s.log(WhatDial, fmt.Sprintf("%v from %v: %s", to, got.Local, got.Outcome))
	if conn == nil {
		return nil, errNotMade
	}
	return conn, nil
}

// neverLeft reports whether an attempt failed before its first packet: port 20
// is taken, or this process may not bind it.
func neverLeft(a hops.Attempt) bool { return !a.Local.IsValid() || a.Outcome == "" }
