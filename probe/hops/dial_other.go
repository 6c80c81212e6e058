//go:build !linux

package hops

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// Traces reports whether Dial honours Options.TTL and sees ICMP messages.
const Traces = false

// Dial makes one TCP connection attempt. The connection is nil unless the
// outcome is Open; the limit is the context's deadline. This system does not
// tell which ICMP message ended an attempt, so Attempt.ICMP is always nil, and
// an attempt with a TTL or an MSS is not made: its outcome is zero.
func Dial(ctx context.Context, to netip.AddrPort, opt Options) (net.Conn, Attempt) {
	if opt.TTL != 0 {
		return nil, Attempt{Err: "the hop search needs Linux"}
	}
	if opt.MSS != 0 {
		return nil, Attempt{Err: "a smaller segment size needs Linux"}
	}
	if err := ctx.Err(); err != nil {
		return nil, Attempt{Err: err.Error()}
	}
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	d := net.Dialer{KeepAlive: -1}
	d.SetMultipathTCP(false)
	if opt.Local.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(opt.Local)
	}
	began := time.Now()
	c, err := d.DialContext(ctx, "tcp", to.String())
	a := Attempt{Outcome: Open, Took: time.Since(began)}
	if err != nil {
		a.Outcome, a.Err = outcomeOf(err), words(err)
		return nil, a
	}
	a.Local = c.LocalAddr().(*net.TCPAddr).AddrPort()
	a.Local = netip.AddrPortFrom(a.Local.Addr().Unmap(), a.Local.Port())
	return c, a
}

// words strips what the caller knows already (operation and addresses).
func words(err error) string {
	if op, ok := err.(*net.OpError); ok {
		err = op.Err
	}
	return err.Error()
}
