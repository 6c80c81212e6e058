package hops

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// queued takes the first ICMP error that concerns the attempt from the
// socket's error queue (ip(7), ipv6(7)), and the errno that the kernel
// translates it to. It returns nil when there is none.
func queued(fd int) (*ICMP, syscall.Errno) {
	var control [512]byte
	// A queue holds few messages before the attempt ends; the bound is for
	// a flood of forged ones.
	for range 64 {
		_, n, _, _, err := unix.Recvmsg(fd, nil, control[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, 0
		}
		if m, errno := parseControl(control[:n]); m != nil && m.Outcome() != "" {
			return m, errno
		}
	}
	return nil, 0
}

// parseControl finds an ICMP error in the control messages of one entry of an
// error queue.
func parseControl(control []byte) (*ICMP, syscall.Errno) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return nil, 0
	}
	for _, m := range messages {
		v4 := m.Header.Level == unix.SOL_IP && m.Header.Type == unix.IP_RECVERR
		v6 := m.Header.Level == unix.SOL_IPV6 && m.Header.Type == unix.IPV6_RECVERR
		if v4 || v6 {
			return parseExtended(m.Data)
		}
	}
	return nil, 0
}

// parseExtended reads struct sock_extended_err and the address behind it.
func parseExtended(b []byte) (*ICMP, syscall.Errno) {
	const head = 16 // sizeof(struct sock_extended_err)
	if len(b) < head+2 {
		return nil, 0
	}
	errno := syscall.Errno(binary.NativeEndian.Uint32(b))
	origin, m := b[4], ICMP{Type: b[5], Code: b[6]}
	family, sender := binary.NativeEndian.Uint16(b[head:]), b[head:]
	switch {
	case origin == unix.SO_EE_ORIGIN_ICMP && family == unix.AF_INET && len(sender) >= 8:
		m.From = netip.AddrFrom4([4]byte(sender[4:8]))
	case origin == unix.SO_EE_ORIGIN_ICMP6 && family == unix.AF_INET6 && len(sender) >= 24:
		m.From = netip.AddrFrom16([16]byte(sender[8:24]))
	default:
		return nil, 0
	}
	return &m, errno
}

// sockaddr is the system's form of an address.
func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16(), ZoneId: zone(a.Addr().Zone())}
}

// zone is the index of the interface that an IPv6 zone names, by name or
// number; 0 when there is none such.
func zone(name string) uint32 {
	if name == "" {
		return 0
	}
	if i, err := net.InterfaceByName(name); err == nil {
		return uint32(i.Index)
	}
	n, _ := strconv.ParseUint(name, 10, 32)
	return uint32(n)
}

// localOf is the socket's own end, invalid while it has none.
func localOf(fd int) netip.AddrPort {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return netip.AddrPort{}
	}
	var a netip.AddrPort
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		a = netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		a = netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))
	}
	if !a.IsValid() || a.Addr().IsUnspecified() || a.Port() == 0 {
		return netip.AddrPort{}
	}
	return a
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
