package netlab

import (
	"context"
	"io"
	"net/netip"
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
		link := h.iface(side.server).link
		if b.Toward == towardClient {
			link = h.iface(side.client).link
		}
		link.limit, _ = strconv.Atoi(b.Value) // Validate has read it
		link.toward = b.Toward
	case BoxCutReset, BoxCutSilent:
		h.cutters = append(h.cutters, &cutter{begins: []byte(b.Value), silent: b.Kind == BoxCutSilent})
	case BoxSlow:
		rate, _ := strconv.Atoi(b.Value) // Validate has read it
		h.pipes = map[string]*pipe{towardServer: {rate: rate}, towardClient: {rate: rate}}
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
