package probe

import (
	"context"
	"net"
	"net/netip"

	"ftpcheck/probe/hops"
)

// System is the Network of the machine that the program runs on.
type System struct{}

var _ Network = System{}

// Lookup returns the addresses of host in the resolver's order, each once, and
// IPv4 ones in their own form (never ::ffff:192.0.2.1).
func (System) Lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr.Unmap()}, nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	return distinct(found), nil
}

// distinct unmaps addrs and drops repetitions.
func distinct(addrs []netip.Addr) []netip.Addr {
	seen := make(map[netip.Addr]bool)
	var list []netip.Addr
	for _, a := range addrs {
		if a = a.Unmap(); !seen[a] {
			seen[a] = true
			list = append(list, a)
		}
	}
	return list
}

// Dial makes one TCP connection attempt, see hops.Dial.
func (System) Dial(ctx context.Context, to netip.AddrPort, opt DialOptions) (net.Conn, hops.Attempt) {
	return hops.Dial(ctx, to, hops.Options(opt))
}

// Listen listens on local, in its address family only, without MPTCP, which Go
// would use by default and FTP programs do not.
func (System) Listen(ctx context.Context, local netip.AddrPort) (net.Listener, error) {
	var c net.ListenConfig
	c.SetMultipathTCP(false)
	network := "tcp6"
	if local.Addr().Unmap().Is4() {
		network = "tcp4"
	}
	return c.Listen(ctx, network, local.String())
}

// Traces reports whether this system tells about ICMP messages, see hops.Traces.
func (System) Traces() bool { return hops.Traces }
