package netlab

import (
	"net/netip"

	"ftpcheck/probe"
)

// natRule translates one end of the connections that it matches; the first
// rule that matches decides. An empty field matches all. It is for IPv4.
type natRule struct {
	in, out string            // names of interfaces
	dst     netip.Addr        // destination address
	ports   []probe.PortRange // destination ports
	not     uint16            // every destination port but this one

	to   netip.Addr // the address instead; invalid: the interface's own (masquerade, redirect)
	port uint16     // DNAT: the port instead; 0 keeps it
}

func (r natRule) matches(in, out *iface, t tuple) bool {
	if !t.dst.Addr().Is4() || r.in != "" && r.in != in.name || r.out != "" && r.out != out.name {
		return false
	}
	if r.dst.IsValid() && r.dst != t.dst.Addr() || r.not != 0 && r.not == t.dst.Port() {
		return false
	}
	for _, p := range r.ports {
		if p.Low <= t.dst.Port() && t.dst.Port() <= p.High {
			return true
		}
	}
	return r.ports == nil
}

// translateDst is the prerouting chain: where a new connection really goes.
func (h *Host) translateDst(in *iface, t tuple) netip.AddrPort {
	for _, r := range h.dnat {
		if !r.matches(in, nil, t) {
			continue
		}
		addr, port := r.to, r.port
		if !addr.IsValid() {
			addr = in.addr(t.dst.Addr())
		}
		if port == 0 {
			port = t.dst.Port()
		}
		return netip.AddrPortFrom(addr, port)
	}
	return t.dst
}

// translateSrc is the postrouting chain: from where a new connection seems to
// come. The port stays: a gateway of this network has one client behind it.
func (h *Host) translateSrc(in, out *iface, t tuple) netip.AddrPort {
	for _, r := range h.snat {
		if !r.matches(in, out, t) {
			continue
		}
		addr := r.to
		if !addr.IsValid() {
			addr = out.addr(t.dst.Addr())
		}
		return netip.AddrPortFrom(addr, t.src.Port())
	}
	return t.src
}
