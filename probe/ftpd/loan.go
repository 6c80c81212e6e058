package ftpd

import (
	"context"
	"io"
	"net"
	"sync"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// Bounds of one port of LISTEN.
const (
	maxServed = 4       // connections at once
	maxSink   = 1 << 20 // bytes that are read from one connection
)

// loan is one port on which the server listens at the client's request.
type loan struct {
	*door
	ports    *ports
	listener net.Listener
	ctx      context.Context
	cancel   context.CancelFunc
	send     int // bytes to send; 0: what comes is read
	sendTTL  int // of that; 0: the system's
	done     chan struct{}
	closing  sync.Once
}

// accept serves the client's connections until the loan is closed.
func (l *loan) accept() {
	var served sync.WaitGroup
	defer close(l.done)
	defer served.Wait()
	places := make(chan struct{}, maxServed)
	for {
		conn, err := l.listener.Accept()
		if err != nil {
			return
		}
		if s := hops.SenderOf(conn); s != nil && l.answer > 0 {
			s.SetTTL(0) // also for the end of one that is refused
		}
		if l.arrive(addrPort(conn.RemoteAddr())) {
			conn.Close()
			continue
		}
		select {
		case places <- struct{}{}:
			served.Go(func() { l.serve(conn); <-places })
		default:
			conn.Close()
		}
	}
}

// serve sends or reads what the client has asked for.
func (l *loan) serve(conn net.Conn) {
	defer conn.Close()
	stop := context.AfterFunc(l.ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	began := time.Now()
	e := Entry{What: WhatTransfer, Command: cmdSink, Local: l.at, Remote: addrPort(conn.RemoteAddr())}
	m := &meter{Conn: conn}
	m.takeSum()
	var err error
	switch {
	case l.sendTTL > 0:
		e.Command, e.SendTTL = cmdSend, l.sendTTL
		e.Outcome, e.Sight = l.expire(m)
	case l.send > 0:
		e.Command = cmdSend
		err = deliver(m, l.send)
	default:
		_, err = io.CopyN(io.Discard, m, maxSink)
	}
	e.Took = time.Since(began)
	m.tell(&e, err)
	if l.ctx.Err() == context.Canceled || err == nil {
		e.How = exchange.EndOurs
	}
	l.s.log(e)
}

// deliver writes n bytes at once, so that they go out in as few segments as
// they fit into, then their end, and waits for the client's end.
func deliver(m *meter, n int) error {
	if err := send(m, n); err != nil {
		return err
	}
	if c, ok := m.Conn.(interface{ CloseWrite() error }); ok {
		if err := c.CloseWrite(); err != nil {
			return err
		}
	}
	_, err := io.CopyN(io.Discard, m.Conn, maxSink)
	return err
}

// send writes n bytes at once.
func send(m *meter, n int) error {
	_, err := m.Write(pieceOf(n))
	return err
}

func pieceOf(n int) []byte {
	content, _ := io.ReadAll(File{Name: cmdSend, Size: int64(n)}.content())
	return content
}

// expire sends with the loan's TTL and returns what became of it; nothing where
// the system cannot. Closing resets the connection, so that nothing is repeated.
func (l *loan) expire(m *meter) (hops.Outcome, hops.Sight) {
	if c, ok := m.Conn.(interface{ SetLinger(int) error }); ok {
		c.SetLinger(0)
	}
	s := hops.SenderOf(m.Conn)
	if s == nil {
		return "", ""
	}
	if q, end := l.s.server.quoterOf(m.Conn); q != nil {
		defer end()
		s = q
	}
	defer s.SetTTL(0) // or the reset would not arrive
	step := hops.Ask(l.ctx, s, func() error { return send(m, l.send) }, l.sendTTL, exchange.FateLimit)
	return step.Attempt.Outcome, hops.SightOf(string(pieceOf(l.send)), step.Quote)
}

// close listens no longer, and ends what is served.
func (l *loan) close() {
	l.closing.Do(func() {
		l.listener.Close()
		l.cancel()
		<-l.done
		l.shut()
		l.ports.giveBack(l.at)
	})
}

// What Entry.Command and exchange.Carried.For say of a port of LISTEN.
const (
	cmdSend = "SEND"
	cmdSink = "SINK"
)
