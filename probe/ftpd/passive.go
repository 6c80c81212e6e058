package ftpd

import (
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
	door      *door  // nil for a port that is announced but closed
	command   string // PASV or EPSV
	listener  net.Listener
	sole      bool // no other session has one: the fault ports-exhausted
	port      netip.AddrPort
	arrived   chan net.Conn
	strangers chan struct{} // closed when somebody else knocked
	done      chan struct{} // closed when nothing more is accepted
	closing   sync.Once
}

const (
	maxArrivals   = 4                    // connections held for one port: a scanner's must not crowd out the client's
	strangerGrace = time.Second          // the client may still come after a stranger did
	maxReclaimed  = 8                    // loans that are ended for one announcement: others may be quicker
	lookAtArrival = 5 * time.Millisecond // to see whether an arrival has left again
)

var errNoPort = errors.New("no free passive port")

// openPassive listens on a free port of the range and replaces what was there.
func (s *session) openPassive(command string) (*passive, error) {
	s.dropPassive()
	s.active = netip.AddrPort{}
	p := &passive{
		s: s, command: command, arrived: make(chan net.Conn, maxArrivals),
		strangers: make(chan struct{}), done: make(chan struct{}),
	}
	if err := p.listen(); err != nil {
		s.log(Entry{What: WhatOpen, Command: command, Err: err.Error()})
		return nil, err
	}
	s.passive = p
	if s.closes(p.port.Port()) {
		p.listener.Close()
		close(p.done)
		return p, nil
	}
	p.door = s.openDoor(Entry{Command: command, Local: p.port})
	go p.accept()
	return p, nil
}

// closes reports whether a fault wants nothing to listen on an announced port.
func (s *session) closes(port uint16) bool {
	f := s.faults()
	return f.closedPort || f.closedFrom > 0 && port >= f.closedFrom ||
		f.closedOneIn > 0 && s.server.ports.choose(s.server.random, f.closedOneIn) == 0
}

// listen listens on a port of the range, or of that into which a fault spills.
// Each port is tried once, from a random one on.
func (p *passive) listen() error {
	f, ports := p.s.faults(), &p.s.server.ports
	if p.sole = f.exhausted; p.sole && !ports.take(netip.AddrPort{}) {
		p.sole = false
		return errNoPort
	}
	ranges := []probe.PortRange{p.s.server.opt.Passive}
	if f.spill.Low != 0 {
		ranges = append(ranges, f.spill)
	}
	for _, r := range ranges {
		if p.listener, p.port = p.s.listenIn(r); p.listener != nil {
			return nil
		}
	}
	for range maxReclaimed {
		if !ports.reclaim(p.s.local.Addr()) {
			break
		}
		if p.listener, p.port = p.s.listenIn(ranges[0]); p.listener != nil {
			return nil
		}
	}
	p.free()
	return errNoPort
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

// free gives the port back, and with it the one that ports-exhausted shares.
func (p *passive) free() {
	p.s.server.ports.free(p.port)
	if p.sole {
		p.s.server.ports.free(netip.AddrPort{})
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
		if p.door.arrive(addrPort(conn.RemoteAddr())) {
			conn.Close()
			if !known {
				known = true
				close(p.strangers)
			}
			continue
		}
		select {
		case p.arrived <- conn:
		default:
			conn.Close()
		}
	}
}

// close stops listening and drops what arrived and was not taken.
func (p *passive) close() {
	p.closing.Do(func() {
		if p.door != nil {
			p.s.server.watch.look(p.s.network, []*door{p.door})
			lastCall(p.listener)
		}
		p.listener.Close()
		<-p.done
		if p.door != nil {
			p.door.shut()
		}
		p.free() // only now: the next one to listen there is another door
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
	p, err := s.openPassive("PASV")
	if err != nil {
		s.reply("425 Cannot open a data port: all of them are busy.")
		return true
	}
	shown := p.port
	if a := s.announced(); a.IsValid() {
		shown = netip.AddrPortFrom(a.Unmap(), shown.Port())
	}
	text := wire.FormatPASV(shown)
	if s.faults().badPASV {
		text = badPASV(shown.Addr())
	}
	s.announce(p, "227 "+text, shown)
	return true
}

// announced is the address in 227 replies; invalid: the session's own end.
func (s *session) announced() netip.Addr {
	if a := s.faults().announce; a.IsValid() {
		return a
	}
	return s.server.opt.Announce
}

// announce tells the client where to connect to.
func (s *session) announce(p *passive, reply string, shown netip.AddrPort) {
	s.told = s.asSent(reply)
	s.log(Entry{
		What: WhatAnnounce, Command: p.command, Raw: []byte(s.told),
		Local: p.port, Addr: shown, Code: codeOf(reply),
	})
	s.reply(reply)
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
	p, err := s.openPassive("EPSV")
	if err != nil {
		s.reply("425 Cannot open a data port: all of them are busy.")
		return true
	}
	text := wire.FormatEPSV(p.port.Port())
	if s.faults().badEPSV {
		text = strings.ReplaceAll(text, "|", "")
	}
	s.announce(p, "229 "+text, netip.AddrPortFrom(netip.Addr{}, p.port.Port()))
	return true
}
