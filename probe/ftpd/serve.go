package ftpd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"ftpcheck/probe"
)

// Serve listens and serves on network until ctx ends or the server's life is
// over, and returns when every connection is closed and every goroutine has
// ended. The error says which address could not be listened on.
func (s *Server) Serve(ctx context.Context, network probe.Network) error {
	if s.opt.Life > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.opt.Life)
		defer cancel()
	}
	listeners, err := s.listen(ctx, network)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	for _, l := range listeners {
		all.Go(func() { s.accept(ctx, network, l, &all) })
	}
	<-ctx.Done()
	for _, l := range listeners {
		l.Close()
	}
	all.Wait()
	s.log(Entry{What: WhatStop})
	return nil
}

func (s *Server) listen(ctx context.Context, network probe.Network) ([]net.Listener, error) {
	var listeners []net.Listener
	var addrs []netip.AddrPort
	for _, local := range s.opt.Listen {
		l, err := network.Listen(ctx, local)
		if err != nil {
			for _, l := range listeners {
				l.Close()
			}
			if op := (*net.OpError)(nil); errors.As(err, &op) {
				err = op.Err // the rest would repeat the address
			}
			return nil, fmt.Errorf("cannot listen on %v: %w", local, err)
		}
		addr := addrPort(l.Addr())
		listeners, addrs = append(listeners, l), append(addrs, addr)
		s.log(Entry{What: WhatListen, Local: addr})
	}
	if s.opt.Ready != nil {
		s.opt.Ready(addrs)
	}
	return listeners, nil
}

// acceptPause is the wait after a failed accept, as when files run out: the
// next one would fail at once, too.
const acceptPause = 100 * time.Millisecond

func (s *Server) accept(ctx context.Context, network probe.Network, l net.Listener, all *sync.WaitGroup) {
	for {
		conn, err := l.Accept()
		switch {
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			if err == nil {
				conn.Close()
			}
			return
		case err != nil:
			pause(ctx, acceptPause)
		default:
			s.receive(ctx, network, conn, all)
		}
	}
}

// receive starts a session for conn, or turns it away.
func (s *Server) receive(ctx context.Context, network probe.Network, conn net.Conn, all *sync.WaitGroup) {
	sess := newSession(ctx, s, network, conn)
	refusal, others := s.guests.admit(sess)
	if refusal == "" && sess.faults().oneSession && others > 0 {
		refusal = tooManyHere
		s.guests.leave(sess)
	}
	all.Go(func() {
		if refusal != "" {
			sess.turnAway(refusal)
			return
		}
		sess.run()
	})
}

// pause waits for d and reports whether ctx still lives then.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// addrPort returns a as an address that compares equal to the same host seen
// through an IPv4 socket.
func addrPort(a net.Addr) netip.AddrPort {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// sameHost reports whether a and b are one machine's address.
func sameHost(a, b netip.Addr) bool {
	return a.Unmap().WithZone("") == b.Unmap().WithZone("")
}
