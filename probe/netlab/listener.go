package netlab

import (
	"net"
	"net/netip"
	"os"
	"time"
)

// backlog is how many connections wait for Accept; a SYN beyond is dropped. It
// is Linux's net.core.somaxconn, which is what Go asks for.
const backlog = 4096

// listener is a listening socket of a host.
type listener struct {
	host   *Host
	addr   netip.AddrPort
	answer int // TTL of its SYN ACKs, 0: the system's; the network's lock guards it

	gate    gate // guards the fields below
	waiting []*conn
	closed  bool
	until   time.Time
}

// listens reports whether the socket is for a connection to this end. The IPv6
// wildcard is for IPv4 as well.
func (l *listener) listens(to netip.AddrPort) bool {
	if l.addr.Port() != to.Port() {
		return false
	}
	a := l.addr.Addr()
	return a == to.Addr() || a == netip.IPv6Unspecified() || a == netip.IPv4Unspecified() && to.Addr().Is4()
}

// listening returns the socket that a connection to this end is for, or nil.
// The network's lock is held.
func (h *Host) listening(to netip.AddrPort) *listener {
	for _, l := range h.listeners {
		if l.listens(to) {
			return l
		}
	}
	return nil
}

// full reports whether no further connection can wait.
func (l *listener) full() bool {
	l.gate.mu.Lock()
	defer l.gate.mu.Unlock()
	return len(l.waiting) >= backlog
}

// offer hands a connection over that has just been established.
func (l *listener) offer(c *conn) {
	l.gate.mu.Lock()
	defer l.gate.mu.Unlock()
	if l.closed {
		refuse(c)
		return
	}
	l.waiting = append(l.waiting, c)
	l.gate.wake()
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	l.gate.mu.Lock()
	defer l.gate.mu.Unlock()
	for {
		switch {
		case l.closed:
			return nil, l.failed("accept", net.ErrClosed)
		case past(l.until):
			return nil, l.failed("accept", os.ErrDeadlineExceeded)
		case len(l.waiting) > 0:
			c := l.waiting[0]
			l.waiting = l.waiting[1:]
			return c, nil
		}
		l.gate.wait(l.until)
	}
}

// Close implements net.Listener. Connections that nobody accepted are reset.
func (l *listener) Close() error {
	l.gate.mu.Lock()
	defer l.gate.mu.Unlock()
	if l.closed {
		return l.failed("close", net.ErrClosed)
	}
	l.closed = true
	for _, c := range l.waiting {
		refuse(c)
	}
	l.waiting = nil
	l.gate.wake()
	l.host.unlisten(l)
	return nil
}

// refuse ends a connection that nobody accepted.
func refuse(c *conn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}

func (h *Host) unlisten(l *listener) {
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	for i, other := range h.listeners {
		if other == l {
			h.listeners = append(h.listeners[:i:i], h.listeners[i+1:]...)
			return
		}
	}
}

// Addr implements net.Listener; it is a *net.TCPAddr.
func (l *listener) Addr() net.Addr { return tcpAddr(l.addr) }

// SetDeadline limits Accept, as TCPListener.SetDeadline does.
func (l *listener) SetDeadline(t time.Time) error {
	l.gate.mu.Lock()
	defer l.gate.mu.Unlock()
	l.until = t
	l.gate.wake()
	return nil
}

func (l *listener) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Addr: l.Addr(), Err: err}
}
