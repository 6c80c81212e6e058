package netlab

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

var _ probe.Network = (*Host)(nil)

// Traces implements probe.Network: every ICMP message is seen.
func (h *Host) Traces() bool { return true }

// Lookup implements probe.Network with the network's table of names. It takes
// one round trip to the next device.
func (h *Host) Lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}, nil
	}
	if len(h.ifaces) > 0 && !sleep(ctx, 2*h.ifaces[0].link.latency) {
		return nil, &net.DNSError{Err: ctx.Err().Error(), Name: host, IsTimeout: errors.Is(ctx.Err(), context.DeadlineExceeded)}
	}
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	if h.net.servfail {
		return nil, &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}
	}
	addrs := h.net.names[host]
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return append([]netip.Addr(nil), addrs...), nil
}

// Listen implements probe.Network.
func (h *Host) Listen(ctx context.Context, local netip.AddrPort) (net.Listener, error) {
	addr := local.Addr().Unmap()
	if !addr.IsValid() {
		addr = netip.IPv6Unspecified()
	}
	l := &listener{host: h, addr: netip.AddrPortFrom(addr, local.Port())}
	if err := ctx.Err(); err != nil {
		return nil, l.failed("listen", err)
	}
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	switch {
	case h.net.shut:
		return nil, l.failed("listen", net.ErrClosed)
	case !addr.IsUnspecified() && !h.owns(addr):
		return nil, l.failed("listen", os.NewSyscallError("bind", syscall.EADDRNOTAVAIL))
	case local.Port() == 0:
		l.addr = netip.AddrPortFrom(addr, h.freePort())
	}
	for _, other := range h.listeners {
		if other.addr == l.addr || other.listens(l.addr) || l.listens(other.addr) {
			return nil, l.failed("listen", os.NewSyscallError("bind", syscall.EADDRINUSE))
		}
	}
	h.listeners = append(h.listeners, l)
	return l, nil
}

// freePort returns the next port at which nothing listens.
func (h *Host) freePort() uint16 {
	for {
		port := h.nextPort
		if h.nextPort++; h.nextPort == 0 {
			h.nextPort = firstPort
		}
		used := false
		for _, l := range h.listeners {
			used = used || l.addr.Port() == port
		}
		if !used {
			return port
		}
	}
}

// Dial implements probe.Network. A SYN travels to its end in one-way latency;
// the answer takes as long again.
func (h *Host) Dial(ctx context.Context, to netip.AddrPort, opt probe.DialOptions) (net.Conn, hops.Attempt) {
	began := time.Now()
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	var a hops.Attempt
	c, err := h.dial(ctx, to, opt, &a)
	a.Took = time.Since(began)
	if err == nil {
		a.Outcome = hops.Open
		return c, a
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		a.Outcome, err = hops.Timeout, syscall.ETIMEDOUT
	case a.ICMP != nil:
		a.Outcome = a.ICMP.Outcome()
	case errors.Is(err, syscall.ECONNREFUSED):
		a.Outcome = hops.Refused
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		a.Outcome = hops.Unreachable
	}
	a.Err = err.Error()
	return nil, a
}

// dial makes the attempt. It notes our end and what a device reported in a.
func (h *Host) dial(ctx context.Context, to netip.AddrPort, opt probe.DialOptions, a *hops.Attempt) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p, err := h.sendSYN(to, opt)
	if err != nil {
		return nil, err
	}
	a.Local = p.sent.src
	switch p.fate {
	case noRoute:
		return nil, syscall.ENETUNREACH
	case dropped:
		return nil, silence(ctx)
	case reset, reported:
		if !sleep(ctx, 2*p.delay+p.search) {
			return nil, ctx.Err()
		}
		return nil, p.refusal(a)
	}
	if !sleep(ctx, p.delay) {
		return nil, ctx.Err()
	}
	h.net.mu.Lock()
	l := p.end.listening(p.got.dst)
	h.net.mu.Unlock()
	switch {
	case l != nil && l.full():
		return nil, silence(ctx)
	case h.net.answerLost(p, l):
		return nil, silence(ctx)
	}
	if !sleep(ctx, p.delay) {
		return nil, ctx.Err()
	}
	if l == nil {
		return nil, syscall.ECONNREFUSED
	}
	return h.establish(p, l)
}

// sendSYN chooses our end of the connection and lets the SYN walk.
func (h *Host) sendSYN(to netip.AddrPort, opt probe.DialOptions) (*path, error) {
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	addr, port := opt.Local.Addr().Unmap(), opt.Local.Port()
	switch {
	case h.net.shut:
		return nil, net.ErrClosed
	case !addr.IsValid() || addr.IsUnspecified():
		if addr = h.sourceFor(to.Addr()); !addr.IsValid() {
			return nil, syscall.ENETUNREACH
		}
	case !h.owns(addr):
		return nil, os.NewSyscallError("bind", syscall.EADDRNOTAVAIL)
	}
	if port == 0 {
		port = h.freePort()
	}
	p := h.walk(tuple{src: netip.AddrPortFrom(addr, port), dst: to}, opt.TTL)
	p.mss = opt.MSS
	return p, nil
}

// sourceFor returns the address from which the host talks to dst.
func (h *Host) sourceFor(dst netip.Addr) netip.Addr {
	if h.owns(dst) {
		return dst
	}
	out, _, _ := h.lookupRoute(dst)
	if out == nil && len(h.ifaces) > 0 {
		out = h.ifaces[0]
	}
	if out == nil {
		return netip.Addr{}
	}
	return out.addr(dst)
}

// refusal is the error of an attempt that a device answered.
func (p *path) refusal(a *hops.Attempt) error {
	if p.fate == reset {
		return syscall.ECONNREFUSED
	}
	a.ICMP = p.icmp
	if a.ICMP.Outcome() == hops.Rejected {
		return syscall.ECONNREFUSED
	}
	return syscall.EHOSTUNREACH
}

// establish ends the handshake: we are connected now, the listener is when our
// ACK arrives.
func (h *Host) establish(p *path, l *listener) (*conn, error) {
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	if h.net.shut {
		return nil, net.ErrClosed
	}
	ours, theirs := h.net.connect(p)
	if !ours.lost {
		time.AfterFunc(p.delay, func() { l.offer(theirs) })
	} else {
		p.hang(l, synAckLife)
	}
	return ours, nil
}

// silence waits until ctx ends and returns why it did.
func silence(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// sleep waits for d and reports whether ctx still lives then.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
