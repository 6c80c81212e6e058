package ftpd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/wire"
)

// passive is one announced port. It accepts from the moment it is announced,
// so that the log tells whether anything arrived even when nobody waits.
type passive struct {
	s         *session
	listener  net.Listener // nil for a port that is announced but closed
	port      netip.AddrPort
	arrived   chan net.Conn
	strangers chan struct{} // closed when somebody else knocked
	done      chan struct{} // closed when nothing more is accepted
	knocks    int           // connections that arrived; read it after done
	closing   sync.Once
}

const (
	maxArrivals   = 4                    // connections held for one port: a scanner's must not crowd out the client's
	strangerGrace = time.Second          // the client may still come after a stranger did
	lookAtArrival = 5 * time.Millisecond // to see whether an arrival has left again
)

var errNoPort = errors.New("no free passive port")

// openPassive listens on a free port of the range and replaces what was there.
func (s *session) openPassive() (*passive, error) {
	s.dropPassive()
	s.active = netip.AddrPort{}
	p := &passive{
		s: s, arrived: make(chan net.Conn, maxArrivals),
		strangers: make(chan struct{}), done: make(chan struct{}),
	}
	var err error
	if p.listener, p.port, err = s.listenPassive(); err != nil {
		return nil, err
	}
	s.passive = p
	if s.server.faults.closedPort {
		p.listener.Close()
		close(p.done)
		return p, nil
	}
	go p.accept()
	return p, nil
}

// listenPassive listens on a port of the range, or of that into which a fault
// spills. Each port is tried once, from a random one on.
func (s *session) listenPassive() (net.Listener, netip.AddrPort, error) {
	ports := &s.server.ports
	if s.server.faults.exhausted && !ports.take(netip.AddrPort{}) {
		return nil, netip.AddrPort{}, errNoPort
	}
	for _, r := range []probe.PortRange{s.server.opt.Passive, s.server.faults.spill} {
		if l, at := s.listenIn(r); l != nil {
			return l, at, nil
		}
		if s.server.faults.spill.Low == 0 {
			break
		}
	}
	s.freePort(netip.AddrPort{})
	return nil, netip.AddrPort{}, errNoPort
}

// listenIn tries the ports of one range.
func (s *session) listenIn(r probe.PortRange) (net.Listener, netip.AddrPort) {
	host, ports := s.local.Addr(), &s.server.ports
	width := int(r.High) - int(r.Low) + 1
	first := ports.choose(s.server.random, width)
	for i := range width {
		want := netip.AddrPortFrom(host, r.Low+uint16((first+i)%width))
		if want.Port() != 0 && !ports.take(want) {
			continue
		}
		l, err := s.network.Listen(s.ctx, want)
		if err == nil {
			return l, netip.AddrPortFrom(host, addrPort(l.Addr()).Port())
		}
		ports.free(want)
	}
	return nil, netip.AddrPort{}
}

// freePort gives a port back, and with it the one that ports-exhausted shares.
func (s *session) freePort(port netip.AddrPort) {
	s.server.ports.free(port)
	if s.server.faults.exhausted {
		s.server.ports.free(netip.AddrPort{})
	}
}

// dropPassive gives up a port that no transfer has used.
func (s *session) dropPassive() {
	if s.passive != nil {
		s.passive.close()
		s.passive = nil
	}
}

func (p *passive) accept() {
	defer close(p.done)
	known := false
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.knocks++
		from := addrPort(conn.RemoteAddr())
		at := fmt.Sprintf("%v at port %d", from, p.port.Port())
		if p.s.server.faults.stranger || !sameHost(from.Addr(), p.s.peer.Addr()) {
			p.s.log(WhatArrive, at+", not the client's address: closed")
			conn.Close()
			if !known {
				known = true
				close(p.strangers)
			}
			continue
		}
		p.s.log(WhatArrive, at)
		select {
		case p.arrived <- conn:
		default:
			conn.Close()
		}
	}
}

// take waits for the client's connection. vsftpd, too, waits before it sends
// 150, and names a stranger in its reply.
func (p *passive) take(ctx context.Context, limit time.Duration) (net.Conn, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	failure, strangers := errNotMade, p.strangers
	for {
		select {
		case conn := <-p.arrived:
			return p.living(conn), nil
		case <-strangers:
			failure, strangers = errStranger, nil
			timer.Reset(min(limit, strangerGrace))
		case <-timer.C:
			return nil, failure
		case <-ctx.Done():
			return nil, errNotMade
		}
	}
}

// living returns conn, or a later arrival when conn has been closed already by
// a scanner that found the port first.
func (p *passive) living(conn net.Conn) net.Conn {
	for len(p.arrived) > 0 {
		var b [1]byte
		conn.SetReadDeadline(time.Now().Add(lookAtArrival))
		n, err := conn.Read(b[:])
		conn.SetReadDeadline(time.Time{})
		if n > 0 {
			return &startedConn{Conn: conn, first: b[:n]}
		}
		var ne net.Error
		if errors.As(err, &ne) && ne.Timeout() {
			return conn
		}
		conn.Close()
		conn = <-p.arrived
	}
	return conn
}

// startedConn is a connection of which the first bytes were read already.
type startedConn struct {
	net.Conn
	first []byte
}

func (c *startedConn) Read(b []byte) (int, error) {
	if len(c.first) == 0 {
		return c.Conn.Read(b)
	}
	n := copy(b, c.first)
	c.first = c.first[n:]
	return n, nil
}

// close stops listening and drops what arrived and was not taken.
func (p *passive) close() {
	p.closing.Do(func() {
		p.listener.Close()
		<-p.done
		p.s.freePort(p.port)
		if p.knocks == 0 {
			p.s.log(WhatAbsent, fmt.Sprintf("nothing arrived at port %d", p.port.Port()))
		}
		close(p.arrived)
		for conn := range p.arrived {
			conn.Close()
		}
	})
}

// pasv announces a port the old way (RFC 959 4.1.2): IPv4 only.
func pasv(s *session, _ string) bool {
	if s.epsvAll {
		s.reply("500 EPSV ALL is in effect.")
		return true
	}
	if !s.local.Addr().Is4() {
		s.reply("425 You cannot use PASV on IPv6 connections. Use EPSV instead.")
		return true
	}
	p, err := s.openPassive()
	if err != nil {
		s.reply("425 Cannot open a data port: all of them are busy.")
		return true
	}
	shown := p.port
	if a := s.server.opt.Announce; a.IsValid() {
		shown = netip.AddrPortFrom(a.Unmap(), shown.Port())
	}
	text := wire.FormatPASV(shown)
	if s.server.faults.badPASV {
		text = badPASV(shown.Addr())
	}
	s.log(WhatAnnounce, "227 "+text)
	s.reply("227 " + text)
	return true
}

func badPASV(a netip.Addr) string {
	b := a.As4()
	return fmt.Sprintf("Entering Passive Mode (%d,%d,%d,%d,300,300).", b[0], b[1], b[2], b[3])
}

// epsv announces a port alone (RFC 2428 3).
func epsv(s *session, arg string) bool {
	own := s.family()
	switch {
	case strings.EqualFold(arg, "ALL"):
		s.epsvAll = true
		s.reply("200 EPSV ALL ok.")
		return true
	case arg != "" && arg != own:
		s.reply("522 Network protocol not supported, use (" + own + ")")
		return true
	}
	p, err := s.openPassive()
	if err != nil {
		s.reply("425 Cannot open a data port: all of them are busy.")
		return true
	}
	text := wire.FormatEPSV(p.port.Port())
	s.log(WhatAnnounce, "229 "+text)
	s.reply("229 " + text)
	return true
}
