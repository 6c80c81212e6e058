//go:build unix

package ftpd

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// backlogged reports whether a connection waits to be accepted.
func backlogged(l net.Listener) (waits bool) {
	sc, ok := l.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	raw.Control(func(fd uintptr) {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		waits = err == nil && n > 0
	})
	return waits
}
