package hops

import (
	"encoding/binary"
	"math"
	"net/netip"

	"golang.org/x/sys/unix"
)

// quoter reads the ICMP messages that come to this machine and quote packets
// between the two addresses of a connection. The kernel keeps the others from it.
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

// filter lets nothing pass but "time exceeded" (raw(7), RFC 3542 3.2) about
// packets between the two addresses.
func (q *quoter) filter() error {
	const exceeded4, exceeded6 = 11, 3
	program := q.program()
	err := unix.SetsockoptSockFprog(q.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
	if err != nil {
		return err
	}
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

// program is a filter (socket(7), SO_ATTACH_FILTER) that compares the addresses
// of the packet quoted. A message begins with its IP header over IPv4, and with
// that of ICMPv6 over IPv6.
func (q *quoter) program() []unix.SockFilter {
	const srcAt4, srcAt6 = 12, 8 // in the IP header
	from := append(q.flow.local.Addr().AsSlice(), q.flow.remote.Addr().AsSlice()...)
	load, at := unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}, icmpBytes+srcAt6
	var program []unix.SockFilter
	if q.ipv4 {
		program = append(program, unix.SockFilter{Code: unix.BPF_LDX | unix.BPF_B | unix.BPF_MSH}) // the length of the IP header
		load.Code, at = unix.BPF_LD|unix.BPF_W|unix.BPF_IND, icmpBytes+srcAt4
	}
	words := len(from) / 4
	for i := range words {
		load.K = uint32(at + 4*i)
		left := uint8(2*(words-i) - 1) // instructions from the comparison to the last one
		program = append(program, load, unix.SockFilter{
			Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: left, K: binary.BigEndian.Uint32(from[4*i:]),
		})
	}
	return append(program,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: math.MaxUint32},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0})
}

// maxMessages bounds what is read at once: a flood of messages must not keep
// anybody here.
const maxMessages = 256

// SetTTL implements Sender.
func (q *quoter) SetTTL(ttl int) error {
	for range maxMessages {
		if _, ok := q.Quoted(); !ok {
			break
		}
	}
	return q.tcpSender.SetTTL(ttl)
}

// Quoted implements Quoter.
func (q *quoter) Quoted() (Quote, bool) {
	buffer := make([]byte, 2048)
	for range maxMessages {
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
	return Quote{}, false
}
