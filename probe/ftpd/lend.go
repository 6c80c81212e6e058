package ftpd

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// maxLoans bounds the ports that are listened on at the request of clients,
// all together.
const maxLoans = 1024

// loans are the ports on which a session's client has asked the server to
// listen.
type loans struct {
	s      *session
	cancel context.CancelFunc
	all    []*loan
	ended  chan struct{} // closed when nothing of them is left
}

// lend listens on the ports that a LISTEN asks for, and answers at once.
func lend(s *session, v *visit, arg string) {
	var req exchange.ListenRequest
	if exchange.Decode(arg, &req) != nil {
		s.reply(noBody)
		return
	}
	if !s.mayLend(req) {
		s.reply(notAllowed)
		return
	}
	s.dropLoans()
	ctx, cancel := context.WithTimeout(s.ctx, atMost(req.For, exchange.MaxListen))
	s.loans = &loans{s: s, cancel: cancel, ended: make(chan struct{})}
	s.log(Entry{What: WhatVisit, Command: string(exchange.Listen), Count: max(len(req.Ports), req.Count)})
	answer := exchange.Listening{Ports: s.loans.open(ctx, v, req)}
	go s.loans.run(ctx, v)
	s.answer(exchange.Listen, answer)
}

// atMost is a positive time that a client asks for, within a bound.
func atMost(asked exchange.Millis, most time.Duration) time.Duration {
	return time.Duration(min(asked, exchange.Millis(most.Milliseconds()))) * time.Millisecond
}

// mayLend reports whether a request is inside all bounds.
func (s *session) mayLend(r exchange.ListenRequest) bool {
	n := len(r.Ports)
	if n == 0 {
		n = r.Count
	}
	fits := 0 < n && n <= exchange.MaxPorts && len(r.Send) <= n && len(r.SendTTL) <= len(r.Send) && 0 < r.For
	for _, size := range r.Send {
		fits = fits && 0 <= size && size <= exchange.MaxSend
	}
	for i, ttl := range r.SendTTL {
		fits = fits && 0 <= ttl && ttl <= hops.MaxHops && (ttl == 0 || r.Send[i] > 0)
	}
	fits = fits && len(r.Answer) <= n
	for _, ttl := range r.Answer {
		fits = fits && 0 <= ttl && ttl <= hops.MaxHops
	}
	for _, port := range r.Ports {
		fits = fits && s.lends(port)
	}
	return fits
}

// lends reports whether a port is one that the server may listen on.
func (s *session) lends(port uint16) bool {
	own := s.server.opt.Passive
	return port >= leastPort && (own.Low == 0 || own.Low <= port && port <= own.High)
}

// open listens on each port, and tells of those that cannot be had.
func (ls *loans) open(ctx context.Context, v *visit, r exchange.ListenRequest) []exchange.Port {
	ports := r.Ports
	if len(ports) == 0 {
		ports = make([]uint16, r.Count)
	}
	opened := make([]exchange.Port, len(ports))
	var old []probe.HalfOpening
	if len(r.Answer) > 0 {
		old = ls.s.server.watch.now(ls.s.network)
	}
	for i, port := range ports {
		p := exchange.Port{Session: ls.s.place, Command: string(exchange.Listen), Opened: v.at(time.Now())}
		one, at, err := ls.s.listenLoan(ctx, port, itemOf(r.Answer, i), itemOf(r.SendTTL, i))
		if p.Local = at; err != nil {
			p.Failed = err.Error()
			ls.s.log(Entry{What: WhatOpen, Command: p.Command, Local: at, Err: p.Failed})
		} else {
			one.send, p.Answer, p.SendTTL = itemOf(r.Send, i), one.answer, one.sendTTL
			one.disregard(old)
			ls.all = append(ls.all, one)
			go one.accept()
			one.ports.lend(one)
		}
		opened[i] = p
	}
	return opened
}

// itemOf is the number for the port of a place; 0 where none is given.
func itemOf(list []int, i int) int {
	if i < len(list) {
		return list[i]
	}
	return 0
}

var (
	errInUse   = errors.New("in use")
	errTooMany = errors.New("too many ports are listened on already")
)

// listenLoan listens on a port of the range, or on any free one of it, with TTLs
// for its SYN ACKs, where the system can, and for data; 0: the system's.
func (s *session) listenLoan(ctx context.Context, port uint16, answer, sendTTL int) (*loan, netip.AddrPort, error) {
	ports := &s.server.ports
	at := netip.AddrPortFrom(s.local.Addr(), port)
	if !ports.reserve(1) {
		return nil, at, errTooMany
	}
	var l net.Listener
	switch {
	case port == 0:
		l, at = s.listenIn(s.server.opt.Passive)
	case ports.take(at):
		var err error
		if l, err = s.network.Listen(ctx, at); err != nil {
			l = nil
			ports.free(at)
		}
	}
	if l == nil {
		ports.reserve(-1)
		return nil, at, errInUse
	}
	one := &loan{ports: ports, listener: l, sendTTL: sendTTL, done: make(chan struct{})}
	one.ctx, one.cancel = context.WithCancel(ctx)
	if !hops.LimitAnswers(l, answer) {
		answer = 0
	}
	one.door = s.openDoor(Entry{Command: string(exchange.Listen), Local: at, TTL: answer, SendTTL: sendTTL})
	return one, at, nil
}

// run ends the loans when their time is over, or the session, or the visit.
func (ls *loans) run(ctx context.Context, v *visit) {
	defer close(ls.ended)
	defer ls.cancel()
	select {
	case <-ctx.Done():
	case <-v.over:
		ls.cancel()
	}
	doors := make([]*door, len(ls.all))
	for i, one := range ls.all {
		doors[i] = one.door
	}
	ls.s.server.watch.look(ls.s.network, doors)
	for _, one := range ls.all {
		lastCall(one.listener)
	}
	for _, one := range ls.all {
		one.close()
	}
}

// dropLoans ends what an earlier LISTEN of the session began.
func (s *session) dropLoans() {
	if s.loans != nil {
		s.loans.cancel()
		<-s.loans.ended
		s.loans = nil
	}
}
