package hops

import (
	"errors"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func senderOf(c net.Conn) Sender {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return nil
	}
	local, ok := tcp.LocalAddr().(*net.TCPAddr)
	remote, too := tcp.RemoteAddr().(*net.TCPAddr)
	raw, err := tcp.SyscallConn()
	if !ok || !too || err != nil {
		return nil
	}
	f := flow{unmap(local.AddrPort()), unmap(remote.AddrPort())}
	return &tcpSender{raw: raw, flow: f, ipv4: f.remote.Addr().Is4()}
}

type tcpSender struct {
	raw  syscall.RawConn
	flow flow
	ipv4 bool // also on a socket of IPv6
}

// SetTTL implements Sender. With IP_RECVERR an ICMP message sets the error of an
// established socket at once; without, TCP remembers it for its timeout.
func (s *tcpSender) SetTTL(ttl int) error {
	level, recverr, option := unix.SOL_IPV6, unix.IPV6_RECVERR, unix.IPV6_UNICAST_HOPS
	if s.ipv4 {
		level, recverr, option = unix.SOL_IP, unix.IP_RECVERR, unix.IP_TTL
	}
	hear := 1
	if ttl == 0 {
		hear, ttl = 0, -1
	}
	var failed error
	err := s.raw.Control(func(fd uintptr) {
		failed = errors.Join(
			unix.SetsockoptInt(int(fd), level, recverr, hear),
			unix.SetsockoptInt(int(fd), level, option, ttl))
		if !isOver(fd) {
			unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR) // reading clears it
		}
	})
	return errors.Join(err, failed)
}

// isOver reports whether the connection has ended by a RST or a timeout of TCP's
// own. The error that says which is then left to whoever reads: once it has been
// asked for, reading tells of an orderly end.
func isOver(fd uintptr) bool {
	const closed = 7 // TCP_CLOSE
	info, err := unix.GetsockoptTCPInfo(int(fd), unix.SOL_TCP, unix.TCP_INFO)
	return err == nil && info.State == closed
}

// Heard implements Sender.
func (s *tcpSender) Heard() (o Outcome) {
	err := s.raw.Control(func(fd uintptr) {
		if isOver(fd) {
			o = Reset
			return
		}
		pending, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
		if err != nil {
			o = Reset
			return
		}
		switch errno := syscall.Errno(pending); errno {
		case 0:
			if left, err := unix.IoctlGetUint32(int(fd), unix.SIOCOUTQ); err == nil && left == 0 {
				o = Open
			}
		case unix.EHOSTUNREACH, unix.ENETUNREACH, unix.EPROTO, unix.ECONNREFUSED, unix.ENOPROTOOPT:
			o = Expired
		default:
			o = Reset
		}
	})
	if err != nil {
		return Reset
	}
	return o
}

// RTT implements Sender with TCP's own estimate.
func (s *tcpSender) RTT() (rtt time.Duration) {
	_ = s.raw.Control(func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.SOL_TCP, unix.TCP_INFO); err == nil {
			rtt = time.Duration(info.Rtt) * time.Microsecond
		}
	})
	return rtt
}

// Sent implements counter.
func (s *tcpSender) Sent() (segments int, ok bool) {
	err := s.raw.Control(func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.SOL_TCP, unix.TCP_INFO); err == nil {
			segments, ok = int(info.Data_segs_out), true
		}
	})
	return segments, ok && err == nil
}
