package hops

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// quoter reads the ICMP messages that come to this machine.
type quoter struct {
	*tcpSender
	flow flow
	fd   int
}

func quoterOf(s Sender) (Quoter, func()) {
	tcp, ok := s.(*tcpSender)
	if !ok {
		return nil, nil
	}
	family, protocol := unix.AF_INET6, unix.IPPROTO_ICMPV6
	if tcp.ipv4 {
		family, protocol = unix.AF_INET, unix.IPPROTO_ICMP
	}
	fd, err := unix.Socket(family, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return nil, nil
	}
	q := &quoter{tcp, tcp.flow, fd}
	if q.filter() != nil {
		unix.Close(fd)
		return nil, nil
	}
	return q, func() { unix.Close(fd) }
}

// filter lets nothing pass but "time exceeded" (raw(7), RFC 3542 3.2).
func (q *quoter) filter() error {
	const exceeded4, exceeded6 = 11, 3
	if q.ipv4 {
		block := ^uint32(0) &^ (1 << exceeded4)
		return unix.SetsockoptInt(q.fd, unix.SOL_RAW, unix.ICMP_FILTER, int(block))
	}
	filter := unix.ICMPv6Filter{}
	for i := range filter.Data {
		filter.Data[i] = ^uint32(0)
	}
	filter.Data[0] &^= 1 << exceeded6
	return unix.SetsockoptICMPv6Filter(q.fd, unix.SOL_ICMPV6, unix.ICMPV6_FILTER, &filter)
}

// SetTTL implements Sender.
func (q *quoter) SetTTL(ttl int) error {
	for {
		if _, ok := q.Quoted(); !ok {
			return q.tcpSender.SetTTL(ttl)
		}
	}
}

// Quoted implements Quoter.
func (q *quoter) Quoted() (Quote, bool) {
	buffer := make([]byte, 2048)
	for {
		n, from, err := unix.Recvfrom(q.fd, buffer, 0)
		if err != nil {
			return Quote{}, false
		}
		message := buffer[:n]
		var router netip.Addr
		switch a := from.(type) {
		case *unix.SockaddrInet4:
			if n < 20 || 4*int(buffer[0]&15) > n {
				continue
			}
			router, message = netip.AddrFrom4(a.Addr), message[4*int(buffer[0]&15):] // behind the IP header
		case *unix.SockaddrInet6:
			router = netip.AddrFrom16(a.Addr)
		}
		if data, ok := q.flow.quoted(message); ok {
			return Quote{router, append([]byte(nil), data...)}, true
		}
	}
}
