package ftpd

import (
	"io"
	"math"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// TestGuessingATokenEndsTheSession: as any other nonsense does.
func TestGuessingATokenEndsTheSession(t *testing.T) {
	r := serve(t, Options{Exchange: true})
	token := r.login(t).begin().Token
	c := r.login(t)
	c.hold("> SITE FTPCHECK SEEN\n< 503\n> SITE FTPCHECK LISTEN x\n< 503\n> SITE FTPCHECK DIAL x\n< 503\n> SITE FTPCHECK END\n< 503")
	wrong := "A" + token[1:]
	if wrong == token {
		wrong = "B" + token[1:]
	}
	for _, guess := range []string{wrong, strings.ToLower(token), token[:len(token)-1], token + "A", "", token + " "} {
		c.ask("SITE FTPCHECK JOIN "+guess, "550 No such visit.")
	}
	c.hold(strings.Repeat("> SITE FTPCHECK JOIN x\n< 550\n", maxBad-6) + "> SITE FTPCHECK JOIN x\n< 550\n< 421\n.")
}

// TestTheExchangeNeedsALogin, and a version that the server knows.
func TestTheExchangeNeedsALogin(t *testing.T) {
	r := serve(t, Options{Exchange: true})
	c := r.connect(t)
	c.hold("< 220\n> SITE FTPCHECK BEGIN 1\n< 530\n> USER ftp\n< 331\n> PASS x\n< 230\n" +
		"> SITE FTPCHECK BEGIN 2\n< 504\n> SITE FTPCHECK BEGIN\n< 504\n> SITE FTPCHECK\n< 500\n> SITE FTPCHECK XYZZY\n< 500")
	c.begin()
	c.ask("SITE FTPCHECK BEGIN 1", "503")
	c.ask("SITE FTPCHECK JOIN x", "503")
}

// TestRequestsOutOfBounds: what may be asked for, and what not.
func TestRequestsOutOfBounds(t *testing.T) {
	var many []uint16
	for i := range exchange.MaxPorts + 1 {
		many = append(many, uint16(20000+i))
	}
	tests := []struct {
		name string
		verb exchange.Verb
		body any
		want string
	}{
		{"nothing", exchange.Listen, exchange.ListenRequest{For: 1}, "501"},
		{"outside the range", exchange.Listen, exchange.ListenRequest{Ports: []uint16{19999}, For: 1}, "501"},
		{"too many ports", exchange.Listen, exchange.ListenRequest{Ports: many, For: 1}, "501"},
		{"too many of any", exchange.Listen, exchange.ListenRequest{Count: exchange.MaxPorts + 1, For: 1}, "501"},
		{"fewer than none", exchange.Listen, exchange.ListenRequest{Count: -1, For: 1}, "501"},
		{"too much to send", exchange.Listen, exchange.ListenRequest{Count: 1, Send: []int{exchange.MaxSend + 1}, For: 1}, "501"},
		{"less than nothing to send", exchange.Listen, exchange.ListenRequest{Count: 1, Send: []int{-1}, For: 1}, "501"},
		{"an answer that goes nowhere", exchange.Listen, exchange.ListenRequest{Count: 1, Answer: []int{-1}, For: 1}, "501"},
		{"an answer that goes too far", exchange.Listen, exchange.ListenRequest{Count: 1, Answer: []int{hops.MaxHops + 1}, For: 1}, "501"},
		{"more answers than ports", exchange.Listen, exchange.ListenRequest{Count: 1, Answer: []int{1, 2}, For: 1}, "501"},
		{"a TTL for what is not sent", exchange.Listen, exchange.ListenRequest{Count: 1, Send: []int{0}, SendTTL: []int{1}, For: 1}, "501"},
		{"more TTLs than sizes", exchange.Listen, exchange.ListenRequest{Count: 2, Send: []int{1}, SendTTL: []int{1, 1}, For: 1}, "501"},
		{"a TTL without sizes", exchange.Listen, exchange.ListenRequest{Count: 1, SendTTL: []int{1}, For: 1}, "501"},
		{"a TTL too high", exchange.Listen, exchange.ListenRequest{Count: 1, Send: []int{1}, SendTTL: []int{hops.MaxHops + 1}, For: 1}, "501"},
		{"a TTL below none", exchange.Listen, exchange.ListenRequest{Count: 1, Send: []int{1}, SendTTL: []int{-1}, For: 1}, "501"},
		{"for no time", exchange.Listen, exchange.ListenRequest{Count: 1}, "501"},
		{"another kind of body", exchange.Listen, []string{"x"}, "501"},
		{"no port to dial", exchange.Dial, exchange.DialRequest{Limit: 1}, "501"},
		{"a system service", exchange.Dial, exchange.DialRequest{Ports: []uint16{1023}, Limit: 1}, "501"},
		{"too many dials", exchange.Dial, exchange.DialRequest{Ports: many[:exchange.MaxDials+1], Limit: 1}, "501"},
		{"a source that is none", exchange.Dial, exchange.DialRequest{Ports: many[:1], Source: []int{25}, Limit: 1}, "501"},
		{"a source outside the range", exchange.Dial, exchange.DialRequest{Ports: many[:1], Source: []int{19999}, TTL: 2, Limit: 1}, "501"},
		{"a source that is no port", exchange.Dial, exchange.DialRequest{Ports: many[:1], Source: []int{-1}, TTL: 2, Limit: 1}, "501"},
		{"a source beyond all ports", exchange.Dial, exchange.DialRequest{Ports: many[:1], Source: []int{1<<16 + 20}, TTL: 2, Limit: 1}, "501"},
		{"a TTL below none", exchange.Dial, exchange.DialRequest{Ports: many[:1], TTL: -1, Limit: 1}, "501"},
		{"a TTL that is too long", exchange.Dial, exchange.DialRequest{Ports: many[:1], TTL: hops.MaxHops + 1, Limit: 1}, "501"},
		{"a TTL and a hop search", exchange.Dial, exchange.DialRequest{Ports: many[:1], TTL: 2, Search: true, Limit: 1}, "501"},
		{"too many sources", exchange.Dial, exchange.DialRequest{Ports: many[:1], Source: []int{0, 0, 0}, Limit: 1}, "501"},
		{"no time to dial", exchange.Dial, exchange.DialRequest{Ports: many[:1]}, "501"},
	}
	r := serve(t, Options{Exchange: true, Passive: freeRange(t, 2)})
	c := r.login(t)
	c.begin()
	for _, tt := range tests {
		c.ask("SITE FTPCHECK "+string(tt.verb)+" "+bodyOf(t, tt.body), tt.want)
	}
	c.ask("SITE FTPCHECK LISTEN nonsense", "501")
	if n := len(r.entries(WhatOpen)) + len(r.entries(WhatDial)); n != 0 {
		t.Errorf("%d ports were opened or dialled", n)
	}
}

// TestAtMost: no number of milliseconds is too large to be cut.
func TestAtMost(t *testing.T) {
	for asked, want := range map[exchange.Millis]time.Duration{
		1: time.Millisecond, 29_999: 29_999 * time.Millisecond, 30_001: 30 * time.Second, math.MaxInt64: 30 * time.Second,
	} {
		if got := atMost(asked, 30*time.Second); got != want {
			t.Errorf("%d ms: %v, want %v", asked, got, want)
		}
	}
}

// TestSYNFlood: of handshakes without number only a few are kept.
func TestSYNFlood(t *testing.T) {
	s := newTestServer(t, Options{Exchange: true})
	sess := newSession(s.ctx, s.Server, pipeNetwork{}, piped{nil, pipeServer, pipeClient})
	d := sess.openDoor(Entry{Command: "PASV", Local: pipeServer})
	for port := range uint16(10_000) {
		d.look(netip.AddrPortFrom(pipeClient.Addr(), port+1), time.Now(), true)
	}
	if len(d.half) != maxHalf {
		t.Errorf("%d are kept, want %d", len(d.half), maxHalf)
	}
}

// TestHandshakesOfAnEarlierListener: they are not taken for those of the next one,
// as long as the system shows them.
func TestHandshakesOfAnEarlierListener(t *testing.T) {
	s := newTestServer(t, Options{Exchange: true})
	sess := newSession(s.ctx, s.Server, pipeNetwork{}, piped{nil, pipeServer, pipeClient})
	d := sess.openDoor(Entry{Command: "LISTEN", Local: pipeServer, TTL: 1})
	earlier, later := netip.AddrPortFrom(pipeClient.Addr(), 1), netip.AddrPortFrom(pipeClient.Addr(), 2)
	d.disregard([]probe.HalfOpening{{Local: pipeServer, From: earlier}})
	now := time.Now()
	for _, at := range []time.Time{now, now.Add(halfOpenBeyond)} {
		d.look(earlier, at, false)
		d.look(later, at, false)
	}
	if len(d.half) != 1 || !d.half[later].told {
		t.Errorf("%+v", d.half)
	}
}

// TestDIALReachesTheAskingClientOnly: not the one that began the visit.
func TestDIALReachesTheAskingClientOnly(t *testing.T) {
	r := serve(t, Options{Exchange: true})
	first := r.login(t)
	token := first.begin().Token
	other := newClient(t, dialFrom(t, "127.0.0.2", r.addr))
	other.hold("< 220\n> USER ftp\n< 331\n> PASS x\n< 230")
	other.site(exchange.Join, token, &exchange.Hello{})
	l, _ := listen(t) // at 127.0.0.1
	var got exchange.Dialled
	other.site(exchange.Dial, bodyOf(t, exchange.DialRequest{Ports: []uint16{addrPort(l.Addr()).Port()}, Limit: 1000, Search: true}), &got)
	for _, d := range got.Dials {
		if d.To.Addr() != netip.MustParseAddr("127.0.0.2") {
			t.Errorf("the server dialled %v", d.To)
		}
	}
	l.(*net.TCPListener).SetDeadline(time.Now().Add(50 * time.Millisecond))
	if conn, err := l.Accept(); err == nil {
		conn.Close()
		t.Error("the server connected to another client")
	}
}

// TestBoundsOfAVisit: attempts, sessions and records.
func TestBoundsOfAVisit(t *testing.T) {
	t.Run("attempts", func(t *testing.T) {
		c := serve(t, Options{Exchange: true}).login(t)
		c.begin()
		l, _ := listen(t)
		ports := make([]uint16, exchange.MaxDials)
		for i := range ports {
			ports[i] = addrPort(l.Addr()).Port()
		}
		body := bodyOf(t, exchange.DialRequest{Ports: ports, Source: []int{0, 0}, Limit: 1000})
		for range exchange.MaxVisitDial / (2 * exchange.MaxDials) {
			c.site(exchange.Dial, body, &exchange.Dialled{})
		}
		c.ask("SITE FTPCHECK DIAL "+body, "450")
		c.ask("SITE FTPCHECK DIAL "+bodyOf(t, exchange.DialRequest{Ports: ports[:1], Limit: 1000}), "450")
	})
	t.Run("sessions", func(t *testing.T) {
		r := serve(t, Options{Exchange: true})
		token := r.login(t).begin().Token
		for range exchange.MaxSessions - 1 {
			c := r.login(t)
			c.site(exchange.Join, token, &exchange.Hello{})
			c.ask("QUIT", "221")
		}
		r.login(t).ask("SITE FTPCHECK JOIN "+token, "450")
	})
	t.Run("records", func(t *testing.T) {
		c := serve(t, Options{Exchange: true}).login(t)
		c.begin()
		line := "NOOP " + strings.Repeat("x", 1000)
		for range exchange.MaxRecords + 10 {
			c.ask(line, "200")
		}
		c.passive()
		seen := c.seen()
		lines := seen.Sessions[0].Lines
		if !seen.Cut || len(lines) != exchange.MaxRecords || len(lines[0].Raw) != maxKept || len(seen.Ports) != 0 {
			t.Errorf("cut %v, %d lines of %d bytes, %d ports", seen.Cut, len(lines), len(lines[0].Raw), len(seen.Ports))
		}
	})
	t.Run("ports of all visits", func(t *testing.T) {
		r := serve(t, Options{Exchange: true})
		r.server.ports.reserve(maxLoans - 1)
		c := r.login(t)
		c.begin()
		var got exchange.Listening
		c.site(exchange.Listen, bodyOf(t, exchange.ListenRequest{Count: 2, For: 20_000}), &got)
		if got.Ports[0].Failed != "" || got.Ports[1].Failed != errTooMany.Error() {
			t.Errorf("%+v", got.Ports)
		}
	})
}

// TestBoundOfAllVisits: the one that ended first makes room, one that has a
// session never.
func TestBoundOfAllVisits(t *testing.T) {
	r := serve(t, Options{Exchange: true})
	living := r.login(t)
	kept := living.begin().Token
	var first string
	for i := range maxVisits {
		c := r.login(t)
		token := c.begin().Token
		if i == 0 {
			first = token
		}
		c.ask("QUIT", "221")
		c.ends()
		eventually(t, "it has ended", func() bool { return len(r.entries(WhatLeave)) > i })
	}
	c := r.login(t)
	c.ask("SITE FTPCHECK JOIN "+first, "550")
	c.site(exchange.Join, kept, &exchange.Hello{})
}

// TestBoundOfAllRecords: visits with much to remember make room sooner.
func TestBoundOfAllRecords(t *testing.T) {
	r := serve(t, Options{Exchange: true})
	for i := range 3 {
		c := r.login(t)
		c.begin()
		c.ask("QUIT", "221")
		eventually(t, "it has ended", func() bool { return len(r.entries(WhatLeave)) > i })
	}
	for _, v := range r.server.visits.all {
		v.record.records = maxKeeping / 2
	}
	r.login(t).begin()
	if n := len(r.server.visits.all); n != 3 {
		t.Errorf("%d visits are kept, want two old ones and the new one", n)
	}
}

// TestAfterlife: two minutes after its last session a visit is forgotten.
func TestAfterlife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestServer(t, Options{Exchange: true})
		enter := func() *client {
			c := newClient(t, s.connect())
			c.conn.SetDeadline(time.Time{})
			c.hold("< 220\n> USER ann\n< 331\n> PASS correct horse\n< 230")
			return c
		}
		c := enter()
		token := c.begin().Token
		time.Sleep(exchange.Afterlife + time.Minute) // its session lives
		c.ask("QUIT", "221")
		c.ends()
		time.Sleep(exchange.Afterlife - time.Second)
		c = enter()
		c.site(exchange.Join, token, &exchange.Hello{})
		c.ask("QUIT", "221")
		c.ends()
		time.Sleep(exchange.Afterlife)
		enter().ask("SITE FTPCHECK JOIN "+token, "550")
	})
}

// TestClientsThatDoNotRead: a record that nobody takes keeps no other client
// waiting for its own.
func TestClientsThatDoNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestServer(t, Options{Exchange: true})
		enter := func() *client {
			c := newClient(t, s.connect())
			c.hold("< 220\n> USER ann\n< 331\n> PASS correct horse\n< 230")
			c.begin()
			return c
		}
		for range maxAnswers {
			enter().send("SITE FTPCHECK SEEN")
		}
		synctest.Wait()
		began := time.Now()
		enter().seen()
		if waited := time.Since(began); waited > 0 {
			t.Errorf("waited %v", waited)
		}
	})
}

// TestNothingOutlivesTheServer: neither a port that is lent, nor an attempt at
// one that does not answer.
func TestNothingOutlivesTheServer(t *testing.T) {
	before := runtime.NumGoroutine()
	r := serve(t, Options{Exchange: true})
	c := r.login(t)
	c.begin()
	var got exchange.Listening
	c.site(exchange.Listen, bodyOf(t, exchange.ListenRequest{Count: 20, Send: []int{1000}, For: 30_000}), &got)
	held := dialTCP(t, got.Ports[0].Local)
	defer held.Close()
	r.stop()
	c.conn.Close()
	eventually(t, "as many goroutines as before", func() bool { return runtime.NumGoroutine() <= before })
	if n := len(r.server.ports.taken) + len(r.server.ports.lent) + r.server.ports.loans; n != 0 {
		t.Errorf("%d ports are still taken", n)
	}
}

// FuzzExchange sends bytes and bodies of any kind to a session of a visit.
// Whatever they are, the session ends and the server's goroutines with it.
func FuzzExchange(f *testing.F) {
	f.Add("SEEN\r\nSITE FTPCHECK END\r\n", `{"count":2,"send":[10],"for":1000}`)
	f.Add("BEGIN 1", `{"ports":[50000],"limit":100,"source":[20,0],"search":true}`)
	f.Add("JOIN \x00", `{"ports":[1],"for":-1}`)
	f.Add("PATH", `{"line":true}`)
	f.Add("EDGE", `{"session":2,"ttls":[1,2,30],"wait":100}`)
	f.Add("PATH aaaa", `{"session":-1,"ttls":[0],"wait":9223372036854775807}`)
	f.Add("SEEN", `{"count":1,"answer":[1],"send":[64],"send_ttl":[1],"for":9223372036854775807}`)
	f.Add("SEEN", `{"ports":[50001],"source":[50000],"ttl":2,"limit":100}`)
	f.Add("listen aaaa\r\nABOR\r\nSTAT", `[]`)
	f.Fuzz(func(t *testing.T, raw, plain string) {
		synctest.Test(t, func(t *testing.T) {
			panicked := false
			conn := pipeTo(t, Options{Exchange: true, Log: func(e Entry) { panicked = panicked || e.Text == internalError }})
			text, err := exchange.Encode(rawJSON(plain))
			if err != nil {
				text = plain
			}
			go func() {
				io.WriteString(conn, "USER ann\r\nPASS correct horse\r\nSITE FTPCHECK BEGIN 1\r\n")
				for _, verb := range []string{"LISTEN ", "DIAL ", "PATH ", "EDGE "} {
					io.WriteString(conn, "SITE FTPCHECK "+verb+text+"\r\n")
				}
				io.WriteString(conn, "SITE FTPCHECK "+raw+"\r\nQUIT\r\n")
			}()
			io.Copy(io.Discard, conn) // ends when the session does
			synctest.Wait()
			if panicked {
				t.Error("a handler panicked")
			}
		})
	})
}

// rawJSON is JSON as it stands.
type rawJSON string

func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }
