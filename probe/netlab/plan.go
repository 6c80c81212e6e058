package netlab

import (
	"crypto/tls"
	"net/netip"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/ftpd"
)

// devices are the hosts of every scenario, from the client to the server.
var devices = []string{"cli", "cgw", "isp", "sgw", "srv"}

const (
	defaultPort    = 21
	defaultPassive = "50000-50100"
	anonymous      = "anonymous"
)

// plan holds a scenario's addresses, "192.168.1.10/24".
type plan struct {
	client, server                []string // of both families
	clientGateway, clientGateway6 string
	serverGateway                 string
	public                        netip.Addr // where the server is reached from outside
}

func (s *Scenario) addresses() plan {
	p := plan{
		client: []string{"203.0.113.66/26"}, clientGateway: "203.0.113.65/26", clientGateway6: "2001:db8:1::1/64",
		server: []string{"198.51.100.66/26"}, serverGateway: "198.51.100.65/26", public: addrOf("198.51.100.66/26"),
	}
	if s.Server.NAT {
		p.server, p.serverGateway, p.public = []string{"10.0.0.10/24"}, "10.0.0.1/24", addrOf("198.51.100.2/30")
	}
	client6 := "2001:db8:1::10/64"
	switch {
	case s.Client.OnServer:
		p.client, p.clientGateway = []string{"198.51.100.67/26"}, p.serverGateway
		if s.Server.NAT {
			p.client = []string{"10.0.0.20/24"}
		}
		client6, p.clientGateway6 = "2001:db8:2::20/64", "2001:db8:2::1/64"
	case s.Client.NAT:
		p.client, p.clientGateway = []string{"192.168.1.10/24"}, "192.168.1.1/24"
	}
	if s.Client.IPv6Only {
		p.client = nil
	}
	if s.Client.IPv6 || s.Client.IPv6Only {
		p.client = append(p.client, client6)
	}
	if s.Server.IPv6 {
		p.server = append(p.server, "2001:db8:2::10/64")
	}
	for _, fault := range s.Server.Faults {
		// The server can only use an address that its machine has.
		text, _ := strings.CutPrefix(fault, "active-from=")
		if a, err := netip.ParseAddr(text); err == nil {
			a = a.Unmap().WithZone("")
			p.server = append(p.server, netip.PrefixFrom(a, a.BitLen()).String())
		}
	}
	return p
}

func addrOf(prefix string) netip.Addr { return netip.MustParsePrefix(prefix).Addr() }

// names are the addresses that the server's name has.
func (s *Scenario) names() []netip.Addr {
	var addrs []netip.Addr
	for _, text := range s.Server.Names {
		addrs = append(addrs, netip.MustParseAddr(text))
	}
	if s.Server.Names == nil {
		addrs = append(addrs, s.addresses().public)
		if s.Server.IPv6 {
			addrs = append(addrs, addrOf("2001:db8:2::10/64"))
		}
		if s.Client.IPv6 || s.Client.IPv6Only {
			slices.Reverse(addrs) // a resolver prefers what this machine can use, and of that IPv6 (RFC 6724 6)
		}
	}
	return addrs
}

// target is what the run checks: the name, or the address at which the client
// reaches the server.
func (s *Scenario) target() probe.Target {
	a := s.addresses()
	host := a.public
	switch {
	case s.Client.OnServer:
		host = addrOf(a.server[0])
	case s.Client.IPv6Only:
		host = addrOf("2001:db8:2::10/64")
	}
	t := probe.Target{Host: host.String(), Port: s.port(), User: s.Server.User, Password: s.Server.Password}
	if s.Run.Target == "name" {
		t.Host = serverName
	}
	if t.User == "" {
		t.User, t.Password = anonymous, "anonymous@example.com"
	}
	return t
}

func (s *Scenario) port() uint16 {
	if s.Server.Port == 0 {
		return defaultPort
	}
	return s.Server.Port
}

func (s *Scenario) passive() probe.PortRange {
	text := s.Server.Passive
	if text == "" {
		text = defaultPassive
	}
	r, _ := parseRange(text) // Validate has read it
	return r
}

// forwarded are the ports that the server's gateway forwards.
func (s *Scenario) forwarded() []probe.PortRange {
	if s.Server.Forward == nil {
		return []probe.PortRange{{Low: s.port(), High: s.port()}, s.passive()}
	}
	ports := []probe.PortRange{}
	for _, text := range s.Server.Forward {
		r, _ := parseRange(text) // Validate has read it
		ports = append(ports, r)
	}
	return ports
}

// softwarePeer is the software of a server that is ftpcheck's own.
const softwarePeer = "ftpcheck"

// faultNone is the fault of having no server at all. It is the simulation's
// own; all others are the server's.
const faultNone = "none"

// rawFaults are the faults that stand for what is no FTP server.
var rawFaults = map[string]string{"raw:ssh": "ssh", "raw:silent": "silent", "raw:close": "close-at-once", "raw:none": faultNone}

// faults are the server's, or those that its software stands for.
func (s *Scenario) faults() []string {
	if len(s.Server.Faults) == 0 && len(s.Server.Software) == 1 && rawFaults[s.Server.Software[0]] != "" {
		return []string{rawFaults[s.Server.Software[0]]}
	}
	return s.Server.Faults
}

// serverOptions are those of the simulated server; where it encrypts, with
// this certificate.
func (s *Scenario) serverOptions(certificate *tls.Certificate) ftpd.Options {
	opt := ftpd.Options{
		Listen:    []netip.AddrPort{netip.AddrPortFrom(netip.IPv4Unspecified(), s.port())},
		Passive:   s.passive(),
		Anonymous: s.Server.User == "" || s.Server.User == anonymous,
		Faults:    s.faults(),
		TLS:       s.Server.TLS.options(certificate),
		Exchange:  s.Server.Peer,
		Seed:      1, // the same ports in each run
	}
	if software := s.Server.Software; !s.Server.Peer && (len(software) == 0 || software[0] == "vsftpd") {
		opt.Product = "(vsFTPd 3.0.3)" // the server that ours behaves like, so that fixes are for a real one
	}
	if s.Server.IPv6 {
		opt.Listen[0] = netip.AddrPortFrom(netip.IPv6Unspecified(), s.port())
	}
	if !opt.Anonymous {
		opt.User, opt.Password = s.Server.User, s.Server.Password
	}
	if s.Server.Announce != "" {
		opt.Announce = netip.MustParseAddr(s.Server.Announce)
	}
	return opt
}
