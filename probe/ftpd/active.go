package ftpd

import (
	"context"
	"errors"
	"net"
	"net/netip"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
	"ftpcheck/probe/wire"
)

// dataPort is the source port of active data connections (RFC 959 3.2).
const dataPort = 20

// leastPort is the lowest port of a client that is connected to: those below
// are system services.
const leastPort = 1024

// port takes the client's address for the next transfer (RFC 959 4.1.2).
func port(s *session, arg string) bool {
	to, err := wire.ParsePORT(arg)
	s.setActive("PORT", to, err)
	return true
}

// eprt is PORT for any family (RFC 2428 2).
func eprt(s *session, arg string) bool {
	to, err := wire.ParseEPRT(arg)
	if errors.Is(err, wire.ErrProtocol) || err == nil && to.Addr().Is4() != s.peer.Addr().Is4() {
		s.heardActive("EPRT", to, "522 Network protocol not supported, use ("+s.family()+")")
		return true
	}
	s.setActive("EPRT", to, err)
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
func (s *session) setActive(verb string, to netip.AddrPort, err error) {
	var reply string
	switch {
	case s.epsvAll:
		reply = "500 EPSV ALL is in effect."
	case err != nil || !sameHost(to.Addr(), s.peer.Addr()) || to.Port() < leastPort:
		reply = "500 Illegal " + verb + " command."
	default:
		s.dropPassive()
		s.active, s.verb = netip.AddrPortFrom(s.peer.Addr(), to.Port()), verb
		reply = "200 " + verb + " command successful. Consider using " + passiveTwin[verb] + "."
	}
	s.heardActive(verb, to, reply)
}

// heardActive answers PORT or EPRT.
func (s *session) heardActive(verb string, to netip.AddrPort, reply string) {
	s.log(Entry{What: WhatAnnounce, Command: verb, Raw: kept(s.line), Addr: to, Code: codeOf(reply)})
	s.reply(reply)
}

var passiveTwin = map[string]string{"PORT": "PASV", "EPRT": "EPSV"}

// dial connects to the client, from port 20 where that is allowed.
func (s *session) dial(ctx context.Context, verb string, to netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.server.opt.DataTimeout)
	defer cancel()
	if s.faults().neverDials {
		<-ctx.Done()
		return nil, errNotMade
	}
	var conn net.Conn
	var got hops.Attempt
	if !s.faults().highPort {
		conn, got = s.network.Dial(ctx, to, probe.DialOptions{Local: s.source(dataPort)})
	}
	if conn == nil && neverLeft(got) {
		conn, got = s.network.Dial(ctx, to, probe.DialOptions{Local: s.source(0)})
	}
	s.log(attempt(verb, to, got))
	if conn == nil {
		return nil, errNotMade
	}
	return conn, nil
}

// source is our end of active data connections, at a port or at any.
func (s *session) source(port uint16) netip.AddrPort {
	from := s.local.Addr()
	for _, a := range []netip.Addr{s.server.opt.ActiveFrom, s.faults().activeFrom} {
		if a.IsValid() {
			from = a
		}
	}
	return netip.AddrPortFrom(from, port)
}

// attempt tells what became of a connection attempt.
func attempt(command string, to netip.AddrPort, a hops.Attempt) Entry {
	return Entry{
		What: WhatDial, Command: command, Local: a.Local, Remote: to,
		Outcome: a.Outcome, ICMP: a.ICMP, Took: a.Took, Err: a.Err,
	}
}

// neverLeft reports whether an attempt failed before its first packet: port 20
// is taken, or this process may not bind it.
func neverLeft(a hops.Attempt) bool { return !a.Local.IsValid() || a.Outcome == "" }
