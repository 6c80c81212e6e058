package probe

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// segmentOf returns how many bytes of data a full segment of the connection
// carries (tcp(7), TCP_MAXSEG: without the timestamps); 0 where the system does
// not tell.
func segmentOf(conn net.Conn) (n int) {
	onSocket(conn, func(fd int) {
		if got, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_MAXSEG); err == nil {
			n = got
		}
	})
	return n
}

// queued returns how many bytes were written and are not acknowledged (tcp(7),
// SIOCOUTQ); known is false where the system does not tell.
func queued(conn net.Conn) (n int, known bool) {
	onSocket(conn, func(fd int) {
		got, err := unix.IoctlGetUint32(fd, unix.SIOCOUTQ)
		n, known = int(got), err == nil
	})
	return n, known
}

func onSocket(conn net.Conn, ask func(fd int)) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	if raw, err := c.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { ask(int(fd)) })
	}
}
