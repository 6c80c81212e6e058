package probe

import (
	"context"
	"net"
	"net/netip"

	"ftpcheck/probe/hops"
)

// Network is everything a run needs from the machine it runs on. The system
// implements it, and so does a host of the simulated network in probe/netlab.
type Network interface {
	// Lookup returns the addresses of host. A literal address is returned as
	// it is. Errors are *net.DNSError where the resolver gave one.
	Lookup(ctx context.Context, host string) ([]netip.Addr, error)

	// Dial makes one TCP connection attempt. The connection is nil unless the
	// attempt's outcome is hops.Open. The context's deadline is the limit.
	Dial(ctx context.Context, to netip.AddrPort, opt DialOptions) (net.Conn, hops.Attempt)

	// Listen listens for TCP connections on local (port 0: any free port),
	// without MPTCP, so that what is tested is what FTP programs use.
	Listen(ctx context.Context, local netip.AddrPort) (net.Listener, error)

	// Traces reports whether Dial honours DialOptions.TTL and sees ICMP
	// messages. Where it does not, the hop search is "not tested".
	Traces() bool
}

// DialOptions are the rarely needed knobs of Network.Dial.
type DialOptions struct {
	Local netip.AddrPort // source address and port; the zero value lets the system choose
	TTL   int            // IP time to live or IPv6 hop limit of the SYN, 0 for the system's default
	MSS   int            // largest TCP segment in bytes, both ways, 0 for the system's default
}

// HalfOpens is a Network that can see handshakes which are not complete.
type HalfOpens interface {
	// HalfOpen returns the handshakes of which a SYN came to this machine and
	// was answered, and which are not complete. ok is false where the system
	// does not tell.
	HalfOpen() (all []HalfOpening, ok bool)
}

// HalfOpening is a TCP connection that another machine begins with this one.
type HalfOpening struct {
	Local netip.AddrPort // our end
	From  netip.AddrPort // the other machine's
}
