package ftpd

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// site sends a verb of the exchange and reads the body of the answer.
func (c *client) site(verb exchange.Verb, arg string, body any) {
	c.t.Helper()
	reply := c.ask(strings.TrimSpace("SITE FTPCHECK "+string(verb)+" "+arg), "211-FTPCHECK ")
	lines := strings.Split(reply, "\n")
	if err := exchange.Decode(strings.Join(lines[1:len(lines)-1], "\n"), body); err != nil {
		c.t.Fatalf("%s: %v", verb, err)
	}
}

// begin begins a visit.
func (c *client) begin() exchange.Hello {
	c.t.Helper()
	var h exchange.Hello
	c.site(exchange.Begin, "1", &h)
	return h
}

func (c *client) seen() exchange.Seen {
	c.t.Helper()
	var s exchange.Seen
	c.site(exchange.Ask, "", &s)
	return s
}

// bodyOf makes the argument of a verb.
func bodyOf(t testing.TB, v any) string {
	t.Helper()
	text, err := exchange.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestHello: what the server tells of itself and of the session.
func TestHello(t *testing.T) {
	ports := freeRange(t, 3)
	r := serve(t, Options{Exchange: true, Tool: "1.2.3", Passive: ports, Announce: netip.MustParseAddr("192.0.2.7")})
	c := r.login(t)
	feat := c.ask("FEAT", "211-")
	if !strings.HasSuffix(feat, "\n FTPCHECK 1\n211 End") {
		t.Errorf("FEAT does not show the exchange: %q", feat)
	}
	got := c.begin()
	if len(got.Token) < 26 {
		t.Errorf("token %q", got.Token)
	}
	token := got.Token
	got.Token = ""
	if string(got.Greeting) != "220 (ftpcheck)\r\n" {
		t.Errorf("greeting %q", got.Greeting)
	}
	got.Greeting, got.HalfOpen, got.Traces, got.Quotes = nil, false, false, false // as the system can
	want := exchange.Hello{
		Version: 1, Tool: "1.2.3", Session: 1, Client: addrPort(c.conn.LocalAddr()), Server: r.addr,
		Passive: exchange.Range(ports), Announce: netip.MustParseAddr("192.0.2.7"),
	}
	if !equalHello(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	other := r.login(t)
	var second exchange.Hello
	other.site(exchange.Join, token, &second)
	if second.Session != 2 || second.Token != "" {
		t.Errorf("the second session got %+v", second)
	}
}

func equalHello(a, b exchange.Hello) bool {
	return string(a.Greeting) == string(b.Greeting) && bodyText(a) == bodyText(b)
}

func bodyText(v any) string { text, _ := exchange.Encode(v); return text }

// TestForeignClientNoticesNothing: without the exchange there is no trace of
// it, and with it the other commands are the same.
func TestForeignClientNoticesNothing(t *testing.T) {
	without, with := serve(t, Options{}).login(t), serve(t, Options{Exchange: true}).login(t)
	without.ask("SITE FTPCHECK BEGIN 1", "500 Unknown SITE command.")
	if feat := without.ask("FEAT", "211-"); strings.Contains(feat, "FTPCHECK") {
		t.Errorf("FEAT: %q", feat)
	}
	for _, command := range []string{"SITE HELP", "SITE CHMOD 644 x", "SITE", "HELP", "SYST"} {
		a, b := without.ask(command, ""), with.ask(command, "")
		if a != b {
			t.Errorf("%s: %q without the exchange, %q with it", command, a, b)
		}
	}
}

// TestSeenOfATransfer: the record of passive and active mode, with the exact
// bytes of what was announced.
func TestSeenOfATransfer(t *testing.T) {
	r := serve(t, Options{Exchange: true})
	c := r.login(t)
	c.begin()
	c.send("\xff\xf1noop") // Telnet's NOP is no part of the line
	c.wants("200")
	port := c.passive()
	data := dialTCP(t, port)
	c.ask("RETR 1KiB.bin", "150")
	mustRead(t, data)
	c.wants("226")
	l, command := listen(t)
	c.ask(command, "200")
	c.ask("STOR up", "150")
	upload, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(upload, "hello")
	upload.Close()
	c.wants("226")

	seen := c.seen()
	announced := "227 Entering Passive Mode (" + portOf(port) + ")."
	var lines []string
	for _, l := range seen.Sessions[0].Lines {
		mark := "<"
		if l.Sent {
			mark = ">"
		}
		lines = append(lines, mark+string(l.Raw))
	}
	if want := []string{"<noop", ">" + announced, "<" + command}; !slices.Equal(lines, want) {
		t.Errorf("lines %q, want %q", lines, want)
	}
	p := seen.Ports[0]
	if len(seen.Ports) != 1 || p.Command != "PASV" || p.Local != port || p.Closed == 0 || len(p.Knocks) != 1 {
		t.Fatalf("ports %+v", seen.Ports)
	}
	k := p.Knocks[0]
	if k.From != addrPort(data.LocalAddr()) || k.Half || k.Refused || k.Carried == nil {
		t.Fatalf("knock %+v", k)
	}
	if want := (exchange.Carried{For: "RETR", Sent: 1024, Sum: Checksum("1KiB.bin"), How: exchange.EndOurs, Took: k.Carried.Took}); *k.Carried != want {
		t.Errorf("carried %+v, want %+v", *k.Carried, want)
	}
	d := seen.Dials[0]
	if len(seen.Dials) != 1 || d.Command != "PORT" || d.To != addrPort(l.Addr()) || d.From != addrPort(upload.RemoteAddr()) || d.Outcome != hops.Open {
		t.Fatalf("dials %+v", seen.Dials)
	}
	sum := sha256.Sum256([]byte("hello"))
	if want := (exchange.Carried{For: "STOR", Received: 5, Sum: hex.EncodeToString(sum[:]), How: exchange.EndClosed, Took: d.Carried.Took}); *d.Carried != want {
		t.Errorf("carried %+v, want %+v", *d.Carried, want)
	}
}

// TestSeenAfterTheEnd: a visit outlives its sessions, and tells how each ended.
func TestSeenAfterTheEnd(t *testing.T) {
	r := serve(t, Options{Exchange: true, Idle: 300 * time.Millisecond})
	first := r.login(t)
	token := first.begin().Token
	ends := []struct {
		how exchange.Ending
		end func(c *client)
	}{
		{exchange.EndQuit, func(c *client) { c.ask("QUIT", "221") }},
		{exchange.EndClosed, func(c *client) { c.conn.Close() }},
		{exchange.EndReset, func(c *client) { c.conn.(*net.TCPConn).SetLinger(0); c.conn.Close() }},
		{exchange.EndTimeout, func(c *client) { c.wants("421 Timeout."); c.ends() }},
		{exchange.EndOurs, func(c *client) { c.hold(strings.Repeat("> XYZZY\n< 500\n", maxBad+1) + "< 421\n.") }},
	}
	for i, e := range ends {
		c := first
		if i > 0 {
			c = r.login(t)
			c.site(exchange.Join, token, &exchange.Hello{})
		}
		e.end(c)
	}
	eventually(t, "all sessions have ended", func() bool { return len(r.entries(WhatLeave)) == len(ends) })
	c := r.login(t)
	c.site(exchange.Join, token, &exchange.Hello{})
	seen := c.seen()
	for i, e := range ends {
		if s := seen.Sessions[i]; s.How != e.how || s.Ended == 0 || s.Heard > s.Ended {
			t.Errorf("session %d ended: %+v, want %s", s.Number, s, e.how)
		}
	}
	if s := seen.Sessions[len(ends)]; s.Ended != 0 || s.How != "" {
		t.Errorf("this session lives, and the server says %+v", s)
	}
}

// TestEND: what was forgotten cannot be joined, and its ports are closed.
func TestEND(t *testing.T) {
	r := serve(t, Options{Exchange: true})
	c := r.login(t)
	token := c.begin().Token
	other := r.login(t)
	other.site(exchange.Join, token, &exchange.Hello{})
	var got exchange.Listening
	c.site(exchange.Listen, bodyOf(t, exchange.ListenRequest{Count: 1, For: 20_000}), &got)
	c.ask("SITE FTPCHECK END", "211 ")
	if conn, err := netDial(got.Ports[0].Local); err == nil {
		conn.Close()
		t.Error("a port is still open")
	}
	other.ask("SITE FTPCHECK SEEN", "503")
	other.ask("SITE FTPCHECK JOIN "+token, "550")
	c.ask("SITE FTPCHECK BEGIN 1", "503 The session has had its visit.")
	if r.login(t).begin().Token == token {
		t.Error("the next visit has the same token")
	}
}
