package hops

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Traces reports whether Dial honours Options.TTL and sees ICMP messages.
const Traces = true

// Dial makes one TCP connection attempt, as any FTP program does: an ordinary
// socket, no MPTCP, no privilege. The connection is nil unless the outcome is
// Open; the limit is the context's deadline. A cancelled attempt has a zero
// outcome. The connection sends no keep-alives: what it carries is what its
// user sends.
//
// An ICMP error ends the attempt at once, also the "soft" ones through which
// an ordinary client keeps waiting (RFC 1122 4.2.3.9).
func Dial(ctx context.Context, to netip.AddrPort, opt Options) (net.Conn, Attempt) {
	to = unmap(to)
	if err := ctx.Err(); err != nil {
		return nil, failed(Attempt{}, errLocal{err})
	}
	began := time.Now()
	var a Attempt
	f, err := start(to, opt, &a)
	if err != nil {
		a.Took = time.Since(began)
		return nil, failed(a, err)
	}
	defer f.Close()
	err = await(ctx, f, &a)
	a.Took = time.Since(began)
	if err != nil {
		return nil, failed(a, err)
	}
	if a.Local == to {
		// Nothing listens, and the kernel chose the very port as our own: a
		// simultaneous open with ourselves (RFC 9293 3.5).
		return nil, failed(a, unix.ECONNREFUSED)
	}
	c, err := adopt(f, to)
	if err != nil {
		return nil, failed(a, err)
	}
	a.Outcome = Open
	return c, a
}

// errLocal marks a failure before any packet was sent.
type errLocal struct{ error }

func failed(a Attempt, err error) Attempt {
	a.Err = err.Error()
	switch local := (errLocal{}); {
	case a.ICMP != nil:
		a.Outcome = a.ICMP.Outcome()
	case !errors.As(err, &local):
		a.Outcome = outcomeOf(err)
	}
	if a.Outcome == Timeout {
		a.Err = unix.ETIMEDOUT.Error()
	}
	return a
}

// start makes the socket and sends the first SYN.
func start(to netip.AddrPort, opt Options, a *Attempt) (*os.File, error) {
	family := unix.AF_INET6
	if to.Addr().Is4() {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err == unix.EAFNOSUPPORT {
		return nil, err
	}
	if err != nil {
		return nil, errLocal{err}
	}
	if err := prepare(fd, family, opt); err != nil {
		unix.Close(fd)
		return nil, errLocal{err}
	}
	err = unix.Connect(fd, sockaddr(to))
	a.Local = localOf(fd)
	if err != nil && err != unix.EINPROGRESS && err != unix.EINTR {
		// The answer may have come while connect(2) ran.
		a.ICMP, _ = queued(fd)
		unix.Close(fd)
		return nil, err
	}
	// Only now: a socket that is not yet connecting counts as hung up, and
	// the poller would report it.
	return os.NewFile(uintptr(fd), "tcp"), nil
}

func prepare(fd, family int, opt Options) error {
	level, recverr, ttl := unix.SOL_IP, unix.IP_RECVERR, unix.IP_TTL
	if family == unix.AF_INET6 {
		level, recverr, ttl = unix.SOL_IPV6, unix.IPV6_RECVERR, unix.IPV6_UNICAST_HOPS
	}
	if err := unix.SetsockoptInt(fd, level, recverr, 1); err != nil {
		return err
	}
	if opt.TTL != 0 {
		if err := unix.SetsockoptInt(fd, level, ttl, opt.TTL); err != nil {
			return err
		}
	}
	if opt.MSS != 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_TCP, unix.TCP_MAXSEG, opt.MSS); err != nil {
			return err
		}
	}
	if !opt.Local.IsValid() {
		return nil
	}
	if opt.Local.Port() != 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return err
		}
	}
	local := unmap(opt.Local)
	if local.Addr().Is4() != (family == unix.AF_INET) {
		return unix.EAFNOSUPPORT
	}
	return unix.Bind(fd, sockaddr(local))
}

// await waits until the attempt has an outcome or the context ends.
func await(ctx context.Context, f *os.File, a *Attempt) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return errLocal{err}
	}
	if limit, ok := ctx.Deadline(); ok {
		if err := f.SetDeadline(limit); err != nil {
			return errLocal{err}
		}
	}
	stop := context.AfterFunc(ctx, func() { f.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	var result error
	// EPOLLERR wakes a writer too, and so do wakeups that mean nothing.
	err = raw.Write(func(fd uintptr) bool {
		var done bool
		done, result = state(int(fd), a)
		return done
	})
	if err == nil {
		return result
	}
	if ctx.Err() == context.Canceled {
		return context.Canceled
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return errLocal{err}
	}
	// The answer may have come together with the deadline.
	result = unix.ETIMEDOUT
	raw.Control(func(fd uintptr) {
		if done, err := state(int(fd), a); done {
			result = err
		}
	})
	return result
}

// state looks at a connecting socket: connected (done, nil), failed (done and
// an error, perhaps with a.ICMP) or still waiting.
func state(fd int, a *Attempt) (done bool, err error) {
	if _, err := unix.Getpeername(fd); err == nil {
		return true, nil
	}
	// SO_ERROR first: an ICMP message is queued before it sets the error, so
	// an empty queue after an error means that none came.
	soError, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return true, errLocal{err}
	}
	icmp, errno := queued(fd)
	if icmp != nil {
		a.ICMP = icmp
		return true, errno
	}
	switch errno := syscall.Errno(soError); errno {
	case 0, unix.EINPROGRESS, unix.EALREADY, unix.EINTR:
		return false, nil
	default:
		return true, errno
	}
}

// adopt turns a connected socket into a connection like any other: later ICMP
// errors must not end it, and its packets go as far as they have to.
func adopt(f *os.File, to netip.AddrPort) (net.Conn, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, errLocal{err}
	}
	var option error
	err = raw.Control(func(fd uintptr) {
		if to.Addr().Is4() {
			option = errors.Join(
				unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_RECVERR, 0),
				unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_TTL, -1))
			return
		}
		option = errors.Join(
			unix.SetsockoptInt(int(fd), unix.SOL_IPV6, unix.IPV6_RECVERR, 0),
			unix.SetsockoptInt(int(fd), unix.SOL_IPV6, unix.IPV6_UNICAST_HOPS, -1))
	})
	if err := errors.Join(err, option); err != nil {
		return nil, errLocal{err}
	}
	c, err := net.FileConn(f)
	if err != nil {
		return nil, errLocal{err}
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetKeepAlive(false)
	}
	return c, nil
}
