package netlab

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/ftpd"
)

// latency is the one-way latency of each link of a scenario.
const latency = 4 * time.Millisecond

// serverName is the name that resolves to the server.
const serverName = "ftp.example.com"

// Lab is a scenario's network with its server running.
type Lab struct {
	scenario *Scenario
	net      *Net
	hosts    map[string]*Host
	roots    *x509.CertPool
	stop     context.CancelFunc
	serving  sync.WaitGroup
}

// Build makes the scenario's network and starts its server. The caller must
// Close the lab.
func Build(s *Scenario) (*Lab, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	l := &Lab{scenario: s, net: NewNet(), hosts: map[string]*Host{}}
	l.connect()
	l.translate()
	for _, r := range s.Rules {
		l.hosts[r.At].rules = append(l.hosts[r.At].rules, r)
	}
	for _, name := range s.Helper {
		l.hosts[name].helper = true
	}
	l.hosts["srv"].raw, l.hosts["cli"].raw = true, s.Client.Raw
	l.net.Name(serverName, s.names()...)
	l.net.servfail = s.Client.NoResolver
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	for _, b := range s.Boxes {
		if err := l.place(ctx, b); err != nil {
			l.Close()
			return nil, fmt.Errorf("%s at %s: %w", b.Kind, b.At, err)
		}
	}
	if err := l.serve(ctx); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// Client is the machine that ftpcheck runs on.
func (l *Lab) Client() probe.Network { return l.hosts["cli"] }

// Server is the machine that is checked.
func (l *Lab) Server() probe.Network { return l.hosts["srv"] }

// Target is what the scenario's run checks.
func (l *Lab) Target() probe.Target { return l.scenario.target() }

// Close stops the server, resets every connection, and returns when nothing of
// the lab runs any more.
func (l *Lab) Close() {
	l.stop()
	l.net.Close()
	l.serving.Wait()
}

// serve starts the server and returns when it listens.
func (l *Lab) serve(ctx context.Context) error {
	certificate, err := l.certify()
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	if slices.Contains(l.scenario.faults(), faultNone) {
		return nil
	}
	opt := l.scenario.serverOptions(certificate)
	ready := make(chan error, 2)
	opt.Ready = func([]netip.AddrPort) { ready <- nil }
	server, err := ftpd.New(opt)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	l.serving.Go(func() { ready <- server.Serve(ctx, l.Server()) })
	return <-ready
}

// connect makes the hosts, their links and their routes.
func (l *Lab) connect() {
	a := l.scenario.addresses()
	for _, name := range devices {
		toward := towardServer
		if name == "sgw" || name == "srv" {
			toward = towardClient
		}
		l.hosts[name] = l.net.NewHost(name, toward)
	}
	cli, cgw, isp, sgw, srv := l.hosts["cli"], l.hosts["cgw"], l.hosts["isp"], l.hosts["sgw"], l.hosts["srv"]
	cgw.forwards, isp.forwards, sgw.forwards = true, true, true

	left, right, lan := NewLink(latency), NewLink(latency), NewLink(latency)
	isp.Attach("left", left, "203.0.113.1/30", "2001:db8:a::1/64")
	isp.Attach("right", right, "198.51.100.1/30", "2001:db8:b::1/64")
	sgw.Attach("wan", right, "198.51.100.2/30", "2001:db8:b::2/64")
	sgw.Attach("lan", lan, a.serverGateway, "2001:db8:2::1/64")
	srv.Attach("eth0", lan, a.server...)
	srv.defaultRoutes(a.serverGateway, "2001:db8:2::1/64")
	if l.scenario.Client.OnServer {
		cli.Attach("eth0", lan, a.client...) // and its own router is cut off
	} else {
		near := NewLink(latency)
		cli.Attach("eth0", near, a.client...)
		cgw.Attach("wan", left, "203.0.113.2/30", "2001:db8:a::2/64")
		cgw.Attach("lan", near, a.clientGateway, "2001:db8:1::1/64")
	}
	cli.defaultRoutes(a.clientGateway, a.clientGateway6)
	cgw.defaultRoutes("203.0.113.1/30", "2001:db8:a::1/64")
	sgw.defaultRoutes("198.51.100.1/30", "2001:db8:b::1/64")
	isp.provide()
}

// defaultRoutes sends everything to the gateways, where the host has an
// address of the family.
func (h *Host) defaultRoutes(gateway, gateway6 string) {
	for _, i := range h.ifaces {
		for _, p := range i.prefixes {
			if p.Addr().Is4() {
				h.Route("0.0.0.0/0", addrOf(gateway).String())
			} else {
				h.Route("::/0", addrOf(gateway6).String())
			}
		}
	}
}

// provide gives the provider its routes. It carries no private addresses: most
// providers drop them silently.
func (h *Host) provide() {
	h.Route("203.0.113.0/24", "203.0.113.2")
	h.Route("198.51.100.0/24", "198.51.100.2")
	h.Route("2001:db8:1::/64", "2001:db8:a::2")
	h.Route("2001:db8:2::/64", "2001:db8:b::2")
	for _, private := range []string{"10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"} {
		h.Route(private, "")
	}
}

// translate gives both gateways their NAT rules.
func (l *Lab) translate() {
	s := l.scenario
	cgw, sgw := l.hosts["cgw"], l.hosts["sgw"]
	if s.Client.DataFrom != "" {
		cgw.snat = append(cgw.snat, natRule{out: "wan", not: helperPort, to: netip.MustParseAddr(s.Client.DataFrom)})
	}
	if s.Client.NAT {
		cgw.snat = append(cgw.snat, natRule{out: "wan"})
	}
	if s.Server.NAT {
		in := natRule{in: "wan", ports: s.forwarded(), to: addrOf(s.addresses().server[0])}
		if s.Server.Hairpin {
			in.in, in.dst = "", addrOf("198.51.100.2/30")
			sgw.snat = append(sgw.snat, natRule{in: "lan", out: "lan"})
		}
		sgw.dnat = append(sgw.dnat, in)
		sgw.snat = append(sgw.snat, natRule{out: "wan"})
	}
	if s.Server.SourceNAT {
		sgw.snat = append(sgw.snat, natRule{out: "lan"})
	}
}
