package report

import "net/netip"

// class is the kind of network that an IP address belongs to, as far as it
// decides who can reach it. Documentation ranges count as public, because the
// examples and the lab use them so.
type class string

const (
	classPublic      class = "public"
	classPrivate     class = "private (RFC 1918)"
	classShared      class = "provider NAT (RFC 6598)"
	classULA         class = "private (RFC 4193)"
	classLoopback    class = "loopback"
	classLinkLocal   class = "link-local"
	classUnspecified class = "unspecified"
	classMulticast   class = "multicast"
	classReserved    class = "reserved (RFC 1112)"
	classUnknown     class = "unknown"
)

var (
	sharedSpace   = netip.MustParsePrefix("100.64.0.0/10")
	thisNetwork   = netip.MustParsePrefix("0.0.0.0/8")
	reservedSpace = netip.MustParsePrefix("240.0.0.0/4")
)

func classOf(a netip.Addr) class {
	a = a.Unmap()
	switch {
	case !a.IsValid():
		return classUnknown
	case a.IsUnspecified(), thisNetwork.Contains(a):
		return classUnspecified
	case a.IsLoopback():
		return classLoopback
	case a.IsLinkLocalUnicast():
		return classLinkLocal
	case a.IsMulticast():
		return classMulticast
	case reservedSpace.Contains(a):
		return classReserved
	case sharedSpace.Contains(a):
		return classShared
	case a.IsPrivate() && a.Is6():
		return classULA
	case a.IsPrivate():
		return classPrivate
	}
	return classPublic
}

// public reports whether a can be reached from anywhere on the Internet.
func public(a netip.Addr) bool { return classOf(a) == classPublic }

// inner reports whether a only exists within one network.
func inner(a netip.Addr) bool {
	c := classOf(a)
	return c == classPrivate || c == classShared || c == classULA
}

// unusable reports whether no other host can connect to a.
func unusable(a netip.Addr) bool {
	switch classOf(a) {
	case classLoopback, classLinkLocal, classUnspecified, classMulticast, classReserved:
		return true
	}
	return false
}

// sameNetwork guesses whether two addresses share one local network: the same
// /24, or /64 in IPv6. The real prefix length is not known.
func sameNetwork(a, b netip.Addr) bool {
	a, b = a.Unmap(), b.Unmap()
	if !a.IsValid() || !b.IsValid() || a.Is4() != b.Is4() {
		return false
	}
	bits := 24
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	return err == nil && p.Contains(b)
}

func family(a netip.Addr) string {
	if a.Unmap().Is6() {
		return "IPv6"
	}
	return "IPv4"
}
