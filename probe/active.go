package probe

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"ftpcheck/probe/wire"
)

// maxArrivals bounds the connections accepted for one active try; a server
// makes one.
const maxArrivals = 4

// listen opens the port that an active mode announces.
func (r *run) listen(ctx context.Context, host netip.Addr) (net.Listener, error) {
	low, high := int(r.ActivePorts.Low), int(r.ActivePorts.High)
	if low == 0 {
		return r.Network.Listen(ctx, netip.AddrPortFrom(host, 0))
	}
	var last error
	n := high - low + 1
	start := rand.IntN(n)
	for i := range n {
		l, err := r.Network.Listen(ctx, netip.AddrPortFrom(host, uint16(low+(start+i)%n)))
		if err == nil {
			return l, nil
		}
		last = err
	}
	return nil, fmt.Errorf("no port of %d-%d is free: %w", low, high, last)
}

// keepOnePort keeps everything else that needs a port of ours waiting until done
// is called, where there is one alone. ok is false when ctx ended first.
func (r *run) keepOnePort(ctx context.Context) (done func(), ok bool) {
	if r.ActivePorts.Low == 0 || r.ActivePorts.Low != r.ActivePorts.High {
		return func() {}, true
	}
	select {
	case r.onePort <- struct{}{}:
		return func() { <-r.onePort }, true
	case <-ctx.Done():
		return func() {}, false
	}
}

func (w *worker) tryActive(ctx context.Context, check Check) (got result) {
	r, s := w.run, w.session
	host := s.local.Addr()
	announce := host
	if r.ActiveAddress.IsValid() {
		announce = r.ActiveAddress
	}
	if check == CheckPORT && !announce.Is4() {
		w.give("PORT cannot carry an IPv6 address (RFC 959 4.1.2)", check)
		return got
	}
	done, ok := r.keepOnePort(ctx)
	if !ok {
		return got
	}
	defer done()
	listener, err := r.listen(ctx, host)
	if ctx.Err() != nil {
		if err == nil {
			listener.Close()
		}
		return got
	}
	if err != nil {
		w.give("not tested: cannot listen on this machine: "+err.Error(), check)
		return got
	}
	local := localOf(listener)
	addr := netip.AddrPortFrom(announce, local.Port())
	s.emit(Event{Kind: KindListen, Check: check, Local: local, Addr: addr})

	var accepting sync.WaitGroup
	sources := make(chan source, maxArrivals)
	accepting.Go(func() {
		defer close(sources)
		r.accept(check, s, listener, sources)
	})
	command := "EPRT " + wire.FormatEPRT(addr)
	if check == CheckPORT {
		command = "PORT " + wire.FormatPORT(addr)
	}
	s.named = command
	if s.send(check, command, command) {
		// pyftpdlib 1.5.7 connects before it answers PORT, so the reply takes as
		// long as the connection.
		if reply, ok := s.await(check, time.Now().Add(r.Timeout), true); ok && reply.Code/100 == 2 {
			got = w.list(ctx, check, sources, r.Timeout)
		}
	}
	if len(sources) == 0 && ctx.Err() == nil {
		pause(ctx, lookAround) // a connection may be under way to accept
	}
	listener.Close()
	accepting.Wait()
	for src := range sources {
		src.conn.Close()
	}
	return got
}

// give skips a mode that cannot be tried here.
func (w *worker) give(why string, check Check) {
	if w.session.try == "" {
		w.run.skip(why, check)
	}
}

func (r *run) accept(check Check, s *session, listener net.Listener, sources chan<- source) {
	for range maxArrivals {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		from := remoteAddr(conn)
		s.emit(Event{Kind: KindArrive, Check: check, As: AsActive, Addr: from, Local: localAddr(conn)})
		s.extend(time.Now().Add(s.patience()))
		sources <- source{conn, AsActive, from}
	}
}

// localOf is where a listener of TCP listens.
func localOf(l net.Listener) netip.AddrPort { return unmap(l.Addr().(*net.TCPAddr).AddrPort()) }
