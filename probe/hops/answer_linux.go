package hops

import (
	"net"

	"golang.org/x/sys/unix"
)

func limitAnswers(l net.Listener, ttl int) bool {
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return false
	}
	at, ok := tcp.Addr().(*net.TCPAddr)
	if !ok || at.IP.To4() == nil {
		return false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_TTL, ttl) })
	return err == nil && failed == nil
}
