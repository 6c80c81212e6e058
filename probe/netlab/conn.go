package netlab

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// window is how many bytes may be under way or unread in one direction.
const window = 256 << 10

// transmission is how much longer a segment takes than the bare SYN or ACK
// that was sent before it, so that it does not arrive at the same instant.
const transmission = 10 * time.Microsecond

// segment is what one write puts on the way; without data it is a FIN.
type segment struct {
	at   time.Time // when it arrives
	data []byte
}

// conn is one end of a connection.
type conn struct {
	net           *Net
	both          *gate // guards both ends' fields below
	peer          *conn
	local, remote *net.TCPAddr
	delay         time.Duration // to the peer, one way
	lost          bool          // nothing that is sent arrives
	stalled       bool          // nor does data: a segment vanishes, however often it is repeated
	largest       int           // bytes of data that a segment may carry and still arrive; 0: any number
	host          *Host         // at this end
	inspectors    []placed      // on the way to the peer
	pipes         []*pipe       // on the way to the peer
	cutters       []*cutter     // on the way to the peer
	memories      []*memory     // on the way, the same for both directions
	trail         trail

	in       []segment // from the peer, arrived or under way
	unread   int       // bytes from the peer that were not read
	closed   bool
	finished bool      // a FIN was sent
	resetAt  time.Time // when a RST arrives; zero: none is under way
	linger   bool      // Close resets
	readBy   time.Time
	writeBy  time.Time
}

// connect makes both ends of the connection that took this path: the dialler's
// and the listener's.
func (n *Net) connect(p *path) (*conn, *conn) {
	g := new(gate)
	a := &conn{net: n, both: g, local: tcpAddr(p.sent.src), remote: tcpAddr(p.sent.dst), delay: p.delay, lost: !p.carries(false)}
	b := &conn{net: n, both: g, local: tcpAddr(p.got.dst), remote: tcpAddr(p.got.src), delay: p.delay, lost: !p.carries(true)}
	a.peer, b.peer = b, a
	a.host, b.host = p.from, p.end
	a.largest, b.largest = p.largest(p.limit), p.largest(p.back)
	a.trail, b.trail = p.trail(false), p.trail(true)
	for i, s := range p.steps {
		a.inspectors = append(a.inspectors, placedAt(i+1, s.host.inspectors(p, s, false))...)
		b.inspectors = append(placedAt(len(p.steps)-i, s.host.inspectors(p, s, true)), b.inspectors...)
		a.memories = append(a.memories, s.host.memories(i+1)...)
		if p.from.toward == towardServer && s.pre.dst.Port() == helperPort {
			a.cutters = append(a.cutters, s.host.cutters...)
		}
		a.pipes = append(a.pipes, s.host.pipe(p.from.toward)...)
		b.pipes = append(b.pipes, s.host.pipe(opposite(p.from.toward))...)
	}
	b.memories = a.memories
	n.conns[a], n.conns[b] = struct{}{}, struct{}{}
	return a, b
}

func tcpAddr(a netip.AddrPort) *net.TCPAddr { return net.TCPAddrFromAddrPort(a) }

// Read implements net.Conn. What arrived before a RST can still be read.
func (c *conn) Read(b []byte) (int, error) {
	c.both.mu.Lock()
	defer c.both.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, c.failed("read", net.ErrClosed)
		case past(c.readBy):
			return 0, c.failed("read", os.ErrDeadlineExceeded)
		case len(c.in) > 0 && past(c.in[0].at):
			return c.take(b)
		case past(c.resetAt):
			return 0, c.failed("read", syscall.ECONNRESET)
		}
		var next time.Time
		if len(c.in) > 0 {
			next = c.in[0].at
		}
		c.both.wait(next, c.resetAt, c.readBy)
	}
}

// take reads what has arrived. A FIN stays where it is.
func (c *conn) take(b []byte) (n int, err error) {
	for n < len(b) && len(c.in) > 0 && past(c.in[0].at) {
		if c.in[0].data == nil {
			if n == 0 {
				return 0, io.EOF
			}
			break
		}
		k := copy(b[n:], c.in[0].data)
		n += k
		if c.in[0].data = c.in[0].data[k:]; len(c.in[0].data) == 0 {
			c.in = c.in[1:]
		}
	}
	c.unread -= n
	c.both.wake()
	return n, nil
}

// Write implements net.Conn. It waits while a whole window is unread.
func (c *conn) Write(b []byte) (n int, err error) {
	c.both.mu.Lock()
	defer c.both.mu.Unlock()
	for {
		switch {
		case c.closed:
			return n, c.failed("write", net.ErrClosed)
		case c.finished:
			return n, c.failed("write", syscall.EPIPE)
		case past(c.writeBy):
			return n, c.failed("write", os.ErrDeadlineExceeded)
		case past(c.resetAt):
			return n, c.failed("write", syscall.ECONNRESET)
		case n == len(b):
			return n, nil
		case c.peer.unread >= window:
			c.both.wait(c.resetAt, c.writeBy)
			continue
		}
		k := min(len(b)-n, window-c.peer.unread)
		c.send(b[n : n+k])
		n += k
	}
}

// send puts data on the way. A peer that has closed answers with a RST.
func (c *conn) send(data []byte) {
	data = append([]byte(nil), data...)
	c.trail.sent++
	if c.trail.shortens() {
		c.expire(data)
		return
	}
	c.trail.answered = time.Time{}
	if held := c.trail.held; len(held) > 0 { // it is repeated
		data, c.trail.held = append(held, data...), nil
	}
	now := time.Now()
	c.stalled = c.stalled || c.largest > 0 && len(data) > c.largest
	passes := !c.stalled && c.remembered(now)
	for _, i := range c.inspectors {
		if passes {
			data, passes = i.read(data)
			c.stalled = !passes // each repetition fares alike, and the rest waits behind it
		}
	}
	if cut := c.cutBy(data); passes && cut != nil {
		c.cut(cut, now)
		passes = false
	}
	c.peer.unread += len(data) // also of what is lost: it fills the window
	if !passes {
		return
	}
	arrives := c.arrival(now, len(data))
	c.trail.answered = arrives.Add(c.delay)
	if c.peer.closed {
		c.peer.sendReset(arrives) // for which the writer waits
		return
	}
	c.peer.in = append(c.peer.in, segment{at: arrives, data: data})
	c.both.wake()
}

// arrival is when the peer gets so many bytes that are sent at the given time.
func (c *conn) arrival(sent time.Time, bytes int) time.Time {
	for _, p := range c.pipes {
		sent = p.through(sent, bytes)
	}
	return sent.Add(c.delay + transmission)
}

// sendReset sends a RST at the given time.
func (c *conn) sendReset(at time.Time) {
	if arrives := c.arrival(at, 0); c.remembered(at) && (c.peer.resetAt.IsZero() || arrives.Before(c.peer.resetAt)) {
		c.peer.resetAt = arrives
		c.both.wake()
	}
}

// CloseWrite sends a FIN: the peer reads to the end, this end goes on reading.
func (c *conn) CloseWrite() error {
	c.both.mu.Lock()
	defer c.both.mu.Unlock()
	if c.closed {
		return c.failed("close", net.ErrClosed)
	}
	c.finish()
	return nil
}

func (c *conn) finish() {
	if !c.finished && !c.stalled && c.remembered(time.Now()) && !c.peer.closed {
		c.peer.in = append(c.peer.in, segment{at: c.arrival(time.Now(), 0)})
	}
	c.finished = true
	c.both.wake()
}

// Close implements net.Conn. As in Linux, what was not read, or arrives later,
// is answered with a RST.
func (c *conn) Close() error {
	c.both.mu.Lock()
	defer c.both.mu.Unlock()
	if c.closed {
		return c.failed("close", net.ErrClosed)
	}
	c.closed = true
	now := time.Now()
	switch {
	case past(c.resetAt):
	case c.linger || len(c.in) > 0 && c.in[0].data != nil && past(c.in[0].at):
		c.sendReset(now)
	default:
		c.finish()
		if len(c.in) > 0 && c.in[0].data != nil {
			c.sendReset(c.in[0].at)
		}
	}
	c.in, c.unread = nil, 0
	c.both.wake()
	c.net.forget(c)
	return nil
}

func (n *Net) forget(c *conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.conns, c)
}

// abort resets the connection at this end, at once.
func (c *conn) abort() {
	c.both.mu.Lock()
	defer c.both.mu.Unlock()
	c.in, c.resetAt = nil, time.Now()
	c.both.wake()
}

// SetLinger with 0 makes Close reset the connection, as TCPConn.SetLinger does.
func (c *conn) SetLinger(seconds int) error {
	c.both.mu.Lock()
	defer c.both.mu.Unlock()
	c.linger = seconds == 0
	return nil
}

// LocalAddr implements net.Conn; it is a *net.TCPAddr.
func (c *conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn; it is a *net.TCPAddr, as this end sees it.
func (c *conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error { return c.setDeadlines(&t, &t) }

// SetReadDeadline implements net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error { return c.setDeadlines(&t, nil) }

// SetWriteDeadline implements net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.setDeadlines(nil, &t) }

func (c *conn) setDeadlines(read, write *time.Time) error {
	c.both.mu.Lock()
	defer c.both.mu.Unlock()
	if c.closed {
		return c.failed("set", net.ErrClosed)
	}
	if read != nil {
		c.readBy = *read
	}
	if write != nil {
		c.writeBy = *write
	}
	c.both.wake()
	return nil
}

func (c *conn) failed(op string, err error) error {
	if errno := syscall.Errno(0); errors.As(err, &errno) {
		err = os.NewSyscallError(op, err)
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}
