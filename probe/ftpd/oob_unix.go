//go:build unix

package ftpd

import (
	"net"
	"syscall"
)

// inlineUrgentData leaves urgent bytes in the stream: clients send ABOR as
// urgent data (RFC 959 4.1.3), and its last byte would be lost otherwise.
func inlineUrgentData(conn net.Conn) {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	if raw, err := sc.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) {
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_OOBINLINE, 1)
		})
	}
}
