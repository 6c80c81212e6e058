package ftpd

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"ftpcheck/probe"
)

func netDial(to netip.AddrPort) (net.Conn, error) {
	return net.DialTimeout("tcp", to.String(), 5*time.Second)
}

func netListen(addr string) (net.Listener, error) { return net.Listen("tcp", addr) }

// dialFrom connects from another address of loopback.
func dialFrom(t testing.TB, from string, to netip.AddrPort) net.Conn {
	t.Helper()
	local := &net.TCPAddr{IP: net.ParseIP(from)}
	conn, err := net.DialTCP("tcp4", local, net.TCPAddrFromAddrPort(to))
	if err != nil {
		t.Skipf("%s is not an address here: %v", from, err)
	}
	return conn
}

// mayBind20 reports whether this process may use the FTP data port.
func mayBind20() bool {
	l, err := net.Listen("tcp4", "127.0.0.1:20")
	if err != nil {
		return false
	}
	l.Close()
	return true
}

// freeRange returns n ports side by side that nothing listens on.
func freeRange(t testing.TB, n int) probe.PortRange {
	t.Helper()
	for low := 20000; low < 30000; low += n {
		free := true
		for i := range n {
			l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: low + i})
			if err != nil {
				free = false
				break
			}
			l.Close()
		}
		if free {
			return probe.PortRange{Low: uint16(low), High: uint16(low + n - 1)}
		}
	}
	t.Fatal("no free ports")
	return probe.PortRange{}
}
