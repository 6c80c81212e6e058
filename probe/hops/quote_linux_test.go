package hops

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestOthersMessagesStayUnread: what routers tell other connections of this
// machine does not even come to the process.
func TestOthersMessagesStayUnread(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		t.Run(host, func(t *testing.T) {
			q := ownQuoter(t, host)
			own := q.flow
			far := netip.MustParseAddr("198.51.100.2")
			if !q.ipv4 {
				far = netip.MustParseAddr("2001:db8:2::10")
			}
			for _, f := range []flow{
				{own.local, netip.AddrPortFrom(far, own.remote.Port())},
				{netip.AddrPortFrom(far, own.local.Port()), own.remote},
				{own.local, own.remote},
			} {
				exceed(t, host, f)
			}
			buffer := make([]byte, 2048)
			var got int
			for until := time.Now().Add(5 * time.Second); got == 0 && time.Now().Before(until); time.Sleep(time.Millisecond) {
				got, _, _ = unix.Recvfrom(q.fd, buffer, unix.MSG_PEEK)
			}
			first := buffer[:max(got, 0)]
			if q.ipv4 && got > 20 {
				first = first[20:] // behind the IP header
			}
			if _, ok := own.quoted(first); !ok {
				t.Errorf("the first message is about another connection: %x", first)
			}
			if quote, ok := q.Quoted(); !ok || string(quote.Data) != "PORT" || quote.From != own.remote.Addr() {
				t.Errorf("quoted %+v, %v", quote, ok)
			}
			if n, _, err := unix.Recvfrom(q.fd, buffer, 0); err == nil {
				t.Errorf("%d more bytes are there", n)
			}
		})
	}
}

// ownQuoter reads the messages about a connection of this machine to itself.
func ownQuoter(t *testing.T, host string) *quoter {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { l.Close() })
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	q, end := QuoterOf(conn)
	if q == nil {
		t.Skip("this user may not read ICMP messages")
	}
	t.Cleanup(end)
	return q.(*quoter)
}

// exceed sends this machine a "time exceeded" about a packet of a flow.
func exceed(t *testing.T, host string, f flow) {
	t.Helper()
	inner := unhex(t, "45000000 00004000 01060000"+"c0a8010a c6336402")
	copy(inner[12:], f.local.Addr().AsSlice())
	family, protocol, kind := unix.AF_INET, unix.IPPROTO_ICMP, byte(11)
	var to unix.Sockaddr = &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	if host == "::1" {
		family, protocol, kind = unix.AF_INET6, unix.IPPROTO_ICMPV6, 3
		to = &unix.SockaddrInet6{Addr: netip.IPv6Loopback().As16()}
		inner = append(unhex(t, "60000000 00180601"), f.local.Addr().AsSlice()...)
		inner = append(inner, f.remote.Addr().AsSlice()...)
	} else {
		copy(inner[16:], f.remote.Addr().AsSlice())
		binary.BigEndian.PutUint16(inner[2:], uint16(len(inner)+tcpBytes+4))
	}
	segment := make([]byte, tcpBytes)
	binary.BigEndian.PutUint16(segment, f.local.Port())
	binary.BigEndian.PutUint16(segment[2:], f.remote.Port())
	segment[12] = tcpBytes / 4 << 4
	message := append([]byte{kind, 0, 0, 0, 0, 0, 0, 0}, inner...)
	message = append(append(message, segment...), "PORT"...)
	fd, err := unix.Socket(family, unix.SOCK_RAW, protocol)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Sendto(fd, message, 0, to); err != nil {
		t.Fatal(err)
	}
}
