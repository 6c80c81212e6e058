package ftpd

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// TestLISTEN: ports at the client's choice, in both directions, and what there
// is to say of those that it does not get.
func TestLISTEN(t *testing.T) {
	ports := freeRange(t, 4)
	r := serve(t, Options{Exchange: true, Passive: ports})
	c := r.login(t)
	c.begin()
	taken, err := net.Listen("tcp4", netip.AddrPortFrom(r.addr.Addr(), ports.High).String())
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var got exchange.Listening
	c.site(exchange.Listen, bodyOf(t, exchange.ListenRequest{
		Ports: []uint16{ports.Low, ports.Low + 1, ports.High}, Send: []int{3000}, For: 20_000,
	}), &got)
	if len(got.Ports) != 3 || got.Ports[0].Failed != "" || got.Ports[1].Failed != "" || got.Ports[2].Failed != "in use" {
		t.Fatalf("%+v", got.Ports)
	}
	down := dialTCP(t, got.Ports[0].Local)
	text := mustRead(t, down)
	down.Close()
	up := dialTCP(t, got.Ports[1].Local)
	io.WriteString(up, "0123456789")
	up.(*net.TCPConn).CloseWrite()
	mustRead(t, up) // the server closes when it has read all
	stranger := dialFrom(t, "127.0.0.2", got.Ports[1].Local)
	mustRead(t, stranger)

	var seen exchange.Seen
	eventually(t, "both connections have ended", func() bool { return len(r.entries(WhatTransfer)) == 2 })
	seen = c.seen()
	sum := sha256.Sum256([]byte(text))
	k := seen.Ports[0].Knocks[0].Carried
	if len(text) != 3000 || k.For != "SEND" || k.Sent != 3000 || k.Sum != hex.EncodeToString(sum[:]) || k.How != exchange.EndClosed {
		t.Errorf("sent %d bytes, the server says %+v", len(text), k)
	}
	knocks := seen.Ports[1].Knocks
	if k := knocks[0].Carried; k.For != "SINK" || k.Received != 10 || k.How != exchange.EndClosed {
		t.Errorf("sent 10 bytes, the server says %+v", k)
	}
	if k := knocks[1]; !k.Refused || k.Carried != nil || k.From != addrPort(stranger.LocalAddr()) {
		t.Errorf("the stranger: %+v", k)
	}
	if p := seen.Ports[2]; p.Failed != "in use" {
		t.Errorf("the port that is taken: %+v", p)
	}
	// Another LISTEN takes the place of this one.
	var next exchange.Listening
	c.site(exchange.Listen, bodyOf(t, exchange.ListenRequest{Count: 3, For: 20_000}), &next)
	for _, p := range next.Ports {
		if p.Failed != "" {
			t.Errorf("three of four ports are free, but %+v", p)
		}
	}
}

// TestFateOfWhatIsSent: what is sent with a TTL is told of, and ends in a reset.
func TestFateOfWhatIsSent(t *testing.T) {
	r := serve(t, Options{Exchange: true})
	c := r.login(t)
	c.begin()
	var got exchange.Listening
	c.site(exchange.Listen, bodyOf(t, exchange.ListenRequest{Count: 2, Send: []int{64, 64}, SendTTL: []int{1}, For: 20_000}), &got)
	if got.Ports[0].SendTTL != 1 || got.Ports[1].SendTTL != 0 {
		t.Errorf("listens with %+v", got.Ports)
	}
	plain := dialTCP(t, got.Ports[1].Local)
	short, err := net.Dial("tcp", got.Ports[0].Local.String())
	if text := mustRead(t, plain); len(text) != 64 {
		t.Errorf("%d bytes without a TTL", len(text))
	}
	plain.Close()
	if err == nil { // or the reset was here before connect was through
		defer short.Close()
		short.SetDeadline(time.Now().Add(10 * time.Second))
		_, err = io.ReadAll(short)
	}
	if !isReset(err) {
		t.Errorf("the end: %v, want a reset", err)
	}
	eventually(t, "both connections have ended", func() bool { return len(r.entries(WhatTransfer)) == 2 })
	want := hops.Outcome("") // of a system that cannot
	if r.traces() {
		want = hops.Open
	}
	for i, p := range c.seen().Ports {
		if k := p.Knocks[0]; p.SendTTL != 1-i || k.Carried == nil || i == 0 && k.Fate != want || i == 1 && k.Fate != "" {
			t.Errorf("the server says %+v", p)
		}
	}
}

// TestPASVBeforeLISTEN: a port on which nobody has come yet goes to whoever
// needs it for a transfer.
func TestPASVBeforeLISTEN(t *testing.T) {
	ports := freeRange(t, 2)
	r := serve(t, Options{Exchange: true, Passive: ports})
	c := r.login(t)
	c.begin()
	var got exchange.Listening
	c.site(exchange.Listen, bodyOf(t, exchange.ListenRequest{Count: 2, For: 20_000}), &got)
	other := r.login(t)
	port := other.passive()
	if port.Port() != got.Ports[0].Local.Port() && port.Port() != got.Ports[1].Local.Port() {
		t.Errorf("PASV got %v of %v", port, got.Ports)
	}
	if n := len(r.entries(WhatAbsent)); n != 1 {
		t.Errorf("%d ports were taken away, want one", n)
	}
}

// TestDIAL: both sources, a port that listens, one that does not, and the hops.
func TestDIAL(t *testing.T) {
	r := serve(t, Options{Exchange: true})
	c := r.login(t)
	c.begin()
	l, _ := listen(t)
	at := addrPort(l.Addr())
	closed, _ := listen(t)
	closed.Close()
	sources := []int{0}
	if mayBind20() {
		sources = []int{20, 0}
	}
	ports := []uint16{at.Port(), addrPort(closed.Addr()).Port()}
	var got exchange.Dialled
	c.site(exchange.Dial, bodyOf(t, exchange.DialRequest{Ports: ports, Source: sources, Limit: 5000, Search: true}), &got)
	if len(got.Dials) != len(ports)*len(sources) {
		t.Fatalf("%+v", got.Dials)
	}
	var steps int
	for _, d := range got.Dials {
		want := hops.Open
		if d.To.Port() != at.Port() {
			want = hops.Refused
		}
		if d.Command != "DIAL" || d.Session != 1 || d.To.Addr() != at.Addr() || d.Outcome != want {
			t.Errorf("%+v, want %s", d, want)
		}
		if len(d.Steps) > 0 {
			steps++
			if d.To != at || d.Steps[0].TTL != 1 || d.Steps[0].Outcome != hops.Open {
				t.Errorf("searched %+v", d)
			}
		}
	}
	if r.traces() != (steps == 1) {
		t.Errorf("%d hop searches", steps)
	}
	if seen := c.seen(); bodyText(seen.Dials) != bodyText(got.Dials) {
		t.Errorf("the record says %+v, the answer %+v", seen.Dials, got.Dials)
	}
}

// traces reports whether this system's network searches hops.
func (r *running) traces() bool { return probe.System{}.Traces() }
