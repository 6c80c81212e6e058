package netlab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"ftpcheck/probe"
)

// sides are a router's interfaces, on the client's and on the server's side.
var sides = map[string]struct{ client, server string }{
	"cgw": {"lan", "wan"},
	"isp": {"left", "right"},
	"sgw": {"wan", "lan"},
}

// Where the boxes listen to which connections are redirected.
const (
	proxyPort = 2121
	holdPort  = 2122
)

// synPatience is how long Linux repeats a SYN (net.ipv4.tcp_syn_retries = 6).
const synPatience = 127 * time.Second

// place puts a box where it stands.
func (l *Lab) place(ctx context.Context, b Box) error {
	h, side := l.hosts[b.At], sides[b.At]
	switch b.Kind {
	case BoxBlackHole:
		h.iface(side.server).link.limit, _ = strconv.Atoi(b.Value) // Validate has read it
	case BoxProxy:
		h.dnat = append([]natRule{{in: side.client, ports: []probe.PortRange{{Low: helperPort, High: helperPort}}, port: proxyPort}}, h.dnat...)
		return l.stand(h, proxyPort, func(c *conn) { h.relay(ctx, c) })
	case BoxFalseOpen:
		h.dnat = append([]natRule{{in: side.client, not: l.scenario.port(), port: holdPort}}, h.dnat...)
		return l.stand(h, holdPort, hold)
	default:
		h.boxes = append(h.boxes, b)
	}
	return nil
}

func (h *Host) iface(name string) *iface {
	for _, i := range h.ifaces {
		if i.name == name {
			return i
		}
	}
	return nil
}

// stand makes a router serve the connections that are redirected to a port.
func (l *Lab) stand(h *Host, port uint16, serve func(*conn)) error {
	ln, err := h.Listen(context.Background(), netip.AddrPortFrom(netip.IPv4Unspecified(), port))
	if err != nil {
		return err
	}
	l.serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			l.serving.Go(func() { serve(c.(*conn)) })
		}
	})
	return nil
}

// hold keeps a connection open in silence until its client ends it.
func hold(c *conn) {
	defer c.Close()
	_, _ = io.Copy(io.Discard, c)
}

// relay connects to whom the client meant, from the router's own address, and
// carries bytes both ways.
func (h *Host) relay(ctx context.Context, client *conn) {
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, synPatience)
	defer cancel()
	c, _ := h.Dial(ctx, client.peer.remote.AddrPort(), probe.DialOptions{})
	if c == nil {
		return
	}
	defer c.Close()
	server := c.(*conn)
	var both sync.WaitGroup
	both.Go(func() { carry(server, client) })
	both.Go(func() { carry(client, server) })
	both.Wait()
}

// carry passes on what comes, and how it ends.
func carry(to, from *conn) {
	if _, err := io.Copy(to, from); err == nil {
		_ = to.CloseWrite()
		return
	}
	_ = to.SetLinger(0)
	_ = to.Close()
	_ = from.Close()
}

// validateBox says what is wrong with a box that stands beside others.
func (s *Scenario) validateBox(b Box, others []Box) error {
	if err := oneOf("at", b.At, "cgw", "isp", "sgw"); err != nil {
		return err
	}
	if err := oneOf("kind", b.Kind, BoxProxy, BoxFalseOpen, BoxIdle, BoxBlackHole, BoxSwallow, BoxRewrite); err != nil {
		return err
	}
	ftp4 := b.Kind == BoxProxy || b.Kind == BoxRewrite
	switch {
	case s.Client.OnServer:
		return errors.New("no router stands between a client and a server of one network")
	case slices.ContainsFunc(others, func(o Box) bool { return o.At == b.At && o.Kind == b.Kind }):
		return fmt.Errorf("a second %s at %s", b.Kind, b.At)
	case b.Kind == BoxProxy && b.At == "sgw":
		return errors.New("at: a proxy at sgw would be the server that is addressed, and not transparent")
	case ftp4 && s.port() != helperPort:
		return fmt.Errorf("kind: a %s knows control port %d only", b.Kind, helperPort)
	case (ftp4 || b.Kind == BoxFalseOpen) && s.Client.IPv6Only:
		return fmt.Errorf("kind: a %s is for IPv4, and the client has none", b.Kind)
	}
	if err := b.validateValue(s.Server.IPv6); err != nil {
		return fmt.Errorf("value: %w", err)
	}
	return nil
}

// Limits of values.
const (
	smallestLimit  = 576  // bytes that every IPv4 host must be able to receive (RFC 791 3.1)
	smallestLimit6 = 1280 // RFC 8200 5
	longestBegin   = 16   // bytes that nft compares at once
)

func (b Box) validateValue(ipv6 bool) error {
	switch b.Kind {
	case BoxIdle:
		if d, err := time.ParseDuration(b.Value); err != nil || d < time.Second {
			return fmt.Errorf("%q is no duration of a second or more", b.Value)
		}
	case BoxBlackHole:
		smallest := smallestLimit
		if ipv6 {
			smallest = smallestLimit6
		}
		if n, err := strconv.Atoi(b.Value); err != nil || n < smallest || n >= ethernet {
			return fmt.Errorf("%q is no size of packets, %d to %d", b.Value, smallest, ethernet-1)
		}
	case BoxSwallow:
		if b.Value == "" || len(b.Value) > longestBegin {
			return fmt.Errorf("%q has not 1 to %d bytes", b.Value, longestBegin)
		}
	case BoxRewrite:
		if a, err := netip.ParseAddr(b.Value); err != nil || !a.Is4() {
			return fmt.Errorf("%q is no IPv4 address", b.Value)
		}
	default:
		if b.Value != "" {
			return fmt.Errorf("a %s takes none", b.Kind)
		}
	}
	return nil
}
