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
	c, ok := conn.(syscall.Conn)
	if !ok {
		return 0
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	raw.Control(func(fd uintptr) {
		if got, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG); err == nil {
			n = got
		}
	})
	return n
}
