package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
	"ftpcheck/probe/wire"
)

// What the opposite end tells is bounded, holds neither password nor token, and
// no text but where a text belongs.
func TestClaimsAreBounded(t *testing.T) {
	r := newRun(&Prober{Target: Target{User: "bob", Password: "correct horse"}})
	token := strings.Repeat("T0ken", 5)
	r.token.Store(&token)
	zoned := netip.MustParseAddrPort("[fe80::1%\x1b[2J]:21")
	words := "the correct horse and " + token
	h := exchange.Hello{
		Token: token, Tool: strings.Repeat("x", 1000), Client: zoned, Server: netip.MustParseAddrPort("[::ffff:192.0.2.1]:21"),
		Greeting: []byte("220 " + words), Passive: exchange.Range{Low: 9, High: 5}, Announce: zoned.Addr(),
	}
	r.boundHello(&h)
	want := netip.MustParseAddrPort("[fe80::1]:21")
	switch {
	case h.Token != "", len(h.Tool) > maxNoted, h.Passive != exchange.Range{}, string(h.Greeting) != "220 the **** and ****":
		t.Errorf("hello: %+v, greeting %q", h, h.Greeting)
	case h.Client != want, h.Announce != want.Addr(), h.Server != netip.MustParseAddrPort("192.0.2.1:21"):
		t.Errorf("addresses: %v %v %v", h.Client, h.Announce, h.Server)
	}
	h.Greeting = make([]byte, maxGreeting+1)
	if r.boundHello(&h); h.Greeting != nil {
		t.Error("a greeting that is too long is kept in part")
	}

	s := exchange.Seen{
		Sessions: []exchange.Session{{
			Client: zoned, Heard: -1, How: "burnt",
			Lines: []exchange.Line{{Raw: []byte("PORT " + words)}, {Raw: make([]byte, maxClaim+1)}, {Raw: []byte("NOOP")}},
			Piece: []byte("227 " + words + strings.Repeat(" ", 2*maxClaim)),
			Path:  slices.Repeat([]exchange.Step{{TTL: 1, Outcome: "escape", Quote: []byte("227 " + words + strings.Repeat(" ", 2*maxClaim))}}, 99),
		}},
		Ports: []exchange.Port{{Failed: words, Answer: -7, SendTTL: hops.MaxHops + 1, Knocks: []exchange.Knock{{From: zoned, Fate: "sealed", Carried: &exchange.Carried{Sent: -5, Sum: "no sum", How: exchange.EndQuit}}}}},
		Dials: []exchange.Dialing{{
			TTL: -5, Outcome: "ok", ICMP: &hops.ICMP{From: zoned.Addr()}, Err: words,
			Steps: slices.Repeat([]exchange.Step{{TTL: 1, Outcome: "escape", ICMP: &hops.ICMP{From: zoned.Addr()}}}, 99),
		}},
	}
	if !r.boundSeen(&s) {
		t.Fatal("nothing is left")
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"correct horse", token, "burnt", "no sum", "escape", "[2J", "-1", "-5", "-7"} {
		if bytes.Contains(text, []byte(part)) {
			t.Errorf("%q is left in %s", part, text)
		}
	}
	if n := len(s.Sessions[0].Lines); n != 2 || !s.Cut {
		t.Errorf("%d lines, cut %v: a line that is too long is left out, and that is told", n, s.Cut)
	}
	if p := s.Ports[0]; p.SendTTL != 0 || p.Knocks[0].Fate != "" {
		t.Errorf("sent with TTL %d, fate %q", p.SendTTL, p.Knocks[0].Fate)
	}
	if n, back := len(s.Dials[0].Steps), len(s.Sessions[0].Path); n != hops.MaxHops || back != hops.MaxHops {
		t.Errorf("%d and %d steps", n, back)
	}
	if one := s.Sessions[0]; len(one.Path) != hops.MaxHops || len(one.Piece) > maxClaim || len(one.Path[0].Quote) > maxClaim {
		t.Errorf("%d steps, %d bytes sent, %d bytes quoted", len(one.Path), len(one.Piece), len(one.Path[0].Quote))
	}
	for range 9000 {
		s.Ports = append(s.Ports, exchange.Port{Knocks: make([]exchange.Knock, 9)})
	}
	if s.Cut = false; !r.boundSeen(&s) || len(s.Ports) > exchange.MaxRecords || !s.Cut {
		t.Errorf("%d ports, cut %v", len(s.Ports), s.Cut)
	}
}

// A secret is not left in part where a text is shortened, nor is a hop that no
// search can ask.
func TestClaimsAreNotCutInASecret(t *testing.T) {
	r := newRun(&Prober{Target: Target{User: "bob", Password: "correct horse"}})
	for at := range 2 * maxClaim {
		long := strings.Repeat(" ", at) + "correct horse"
		steps := r.boundSteps([]exchange.Step{{TTL: 1, Quote: []byte(long)}})
		s := exchange.Seen{Sessions: []exchange.Session{{Piece: []byte(long)}}}
		r.boundSeen(&s)
		for _, text := range []string{string(steps[0].Quote), string(s.Sessions[0].Piece), r.noted(long)} {
			if strings.Contains(text, "c") || len(text) > maxClaim {
				t.Fatalf("behind %d bytes: %q is left", at, text)
			}
		}
	}
	list := []exchange.Step{{TTL: -1}, {}, {TTL: 7, Outcome: hops.Open}, {TTL: hops.MaxHops + 1}, {TTL: 1 << 40}}
	if got := r.boundSteps(list); len(got) != 1 || got[0].TTL != 7 {
		t.Errorf("steps %+v", got)
	}
}

func TestOfferedVersion(t *testing.T) {
	for line, want := range map[string]int{
		" FTPCHECK 1": 1, "FTPCHECK 1": 1, " ftpcheck 1": 1, " FTPCHECK 2": 2, " FTPCHECK 3;1;2": 1, " FTPCHECK": 0,
		" FTPCHECK 0": 0, " FTPCHECK 99999999999999999999": 0, " FTPCHECKS 1": 0, " SITE FTPCHECK 1": 0, "": 0,
	} {
		reply := wire.Reply{Code: 211, Lines: []wire.Line{{Raw: []byte("211-Features:")}, {Raw: []byte(line)}, {Raw: []byte("211 End")}}}
		if got := offered(reply); got != want {
			t.Errorf("%q: version %d, want %d", line, got, want)
		}
	}
}

// Which ports the opposite end is asked to listen on.
func TestPortsToListenOn(t *testing.T) {
	many := make([]uint16, 40)
	for i := range many {
		many[i] = uint16(50000 + i)
	}
	for _, test := range []struct {
		name     string
		passive  exchange.Range
		sweep    PortRange
		heard    []uint16
		n        int
		contains []uint16
	}{
		{"a sample with both ends of the range", exchange.Range{Low: 50000, High: 50100}, PortRange{}, nil, 16, []uint16{50000, 50100}},
		{"those announced, too", exchange.Range{Low: 50000, High: 50100}, PortRange{}, []uint16{50013, 50013, 21}, 16, []uint16{50000, 50013, 50100}},
		{"no more than the sample", exchange.Range{Low: 50000, High: 60000}, PortRange{}, many, 15, []uint16{50000, 60000}},
		{"a narrow range", exchange.Range{Low: 50000, High: 50002}, PortRange{}, nil, 3, []uint16{50000, 50001, 50002}},
		{"the sweep inside the range", exchange.Range{Low: 50000, High: 50100}, PortRange{49990, 50009}, many, 10, []uint16{50000, 50009}},
		{"a sweep beside the range", exchange.Range{Low: 50000, High: 50100}, PortRange{40000, 40009}, nil, 0, nil},
		{"a wide sweep", exchange.Range{Low: 2000, High: 60000}, PortRange{1024, 65535}, nil, maxListens * exchange.MaxPorts, []uint16{2000, 60000}},
		{"no system ports", exchange.Range{Low: 1, High: 1025}, PortRange{}, nil, 2, []uint16{1024, 1025}},
		{"no range", exchange.Range{}, PortRange{}, many, 0, nil},
	} {
		r := newRun(&Prober{Options: Options{Checks: DefaultChecks, Sweep: test.sweep}})
		r.heard.ports = test.heard
		v := &visit{crew: newCrew(r, nil), hello: exchange.Hello{Passive: test.passive}}
		got := v.targets()
		if len(got) != test.n {
			t.Errorf("%s: %d ports, want %d: %v", test.name, len(got), test.n, got)
		}
		for _, p := range test.contains {
			if !slices.Contains(got, p) {
				t.Errorf("%s: %d is missing in %v", test.name, p, got)
			}
		}
	}
}

// Sizes of the server's have a port each, as far as there are ports; those of
// ours share one, but not too many.
func TestPiecesGetPorts(t *testing.T) {
	v := &visit{crew: newCrew(newRun(&Prober{}), nil), reached: []uint16{50000, 50001, 50002}}
	request, ports := v.assign([]piece{{as: AsUp, size: 100}, {as: AsDown, size: 7}, {as: AsDown, size: 8}, {as: AsDown, size: 9}, {as: AsUp, size: 200}, {as: AsUp, size: 300}, {as: AsUp, size: 400}})
	if !slices.Equal(request.Ports, []uint16{50000, 50001, 50002}) || !slices.Equal(request.Send, []int{0, 7, 8}) {
		t.Errorf("asks for %+v", request)
	}
	want := map[piece]uint16{{as: AsUp, size: 100}: 50000, {as: AsUp, size: 200}: 50000, {as: AsUp, size: 300}: 50000, {as: AsDown, size: 7}: 50001, {as: AsDown, size: 8}: 50002}
	if !maps.Equal(ports, want) {
		t.Errorf("ports %v, want %v", ports, want)
	}
	for n := range 20 { // as many as fit at once
		v.reached = make([]uint16, n)
		down, up := v.width(AsDown), v.width(AsUp)
		sinks := (up + sinkShare - 1) / sinkShare
		if (down < 1 || up < 1) != (n == 0) || n > 1 && down+sinks != n {
			t.Errorf("%d ports: %d down, %d up", n, down, up)
		}
	}
}

// The largest piece that crosses is found to the byte, whatever it is, with as
// few ports as eight.
func TestSizesAreToldApart(t *testing.T) {
	for _, ports := range []int{8, 15, 16} {
		v := &visit{crew: newCrew(newRun(&Prober{}), nil), reached: make([]uint16, ports)}
		for _, as := range []As{AsDown, AsUp} {
			for largest := tinyPiece; largest < segment4; largest++ {
				g := gap{0, segment4}
				for range narrowRounds {
					outcomes := map[piece]Outcome{}
					for _, n := range g.sizes(v.width(as)) {
						outcomes[piece{as: as, size: n}] = OutcomeTimeout
						if n <= largest {
							outcomes[piece{as: as, size: n}] = OutcomeEOF
						}
					}
					if len(outcomes) > 0 {
						g = g.narrow(as, outcomes)
					}
				}
				if want := (gap{largest, largest + 1}); g != want {
					t.Fatalf("%d ports, %s: the largest is %d, found %+v", ports, as, largest, g)
				}
			}
		}
	}
}

// answering is a control connection whose other end has said all that it will.
type answering struct {
	net.Conn
	io.Reader
}

func (a answering) Read(b []byte) (int, error)       { return a.Reader.Read(b) }
func (a answering) Write(b []byte) (int, error)      { return len(b), nil }
func (a answering) Close() error                     { return nil }
func (a answering) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (a answering) SetDeadline(time.Time) error      { return nil }
func (a answering) SetReadDeadline(time.Time) error  { return nil }
func (a answering) SetWriteDeadline(time.Time) error { return nil }

// collect runs f with a session that reads these bytes, and returns what it
// tells of.
func collect(said []byte, f func(s *session)) (events []Event) {
	r := newRun(&Prober{})
	conn := answering{Reader: bytes.NewReader(said)}
	s := r.newSession(context.Background(), 1, conn, netip.MustParseAddrPort("192.0.2.1:21"))
	s.read = wire.NewReader(conn, wire.DefaultLimits)
	s.read.SkipGreeting()
	done := make(chan bool)
	go func() {
		for e := range r.events {
			events = append(events, e)
		}
		close(done)
	}()
	f(s)
	close(r.events)
	<-done
	return events
}

// A server may answer a verb by anything.
func FuzzAnswersToVerbs(f *testing.F) {
	body, err := exchange.Encode(exchange.Seen{Sessions: []exchange.Session{{Number: 1, Lines: []exchange.Line{{Raw: []byte("NOOP")}}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("211-FTPCHECK SEEN\r\n" + strings.Join(exchange.Lines(body), "\r\n") + "\r\n211 End\r\n"))
	steps, err := exchange.Encode(exchange.Followed{Steps: []exchange.Step{{TTL: 1, Outcome: hops.Expired, Quote: []byte("227 x")}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("211-FTPCHECK PATH Steps\r\n" + strings.Repeat("227 Entering Passive Mode (1,2,3,4,5,6)\r\n", 3) + strings.Join(exchange.Lines(steps), "\r\n") + "\r\n211 End\r\n"))
	f.Add([]byte("211 End\r\n"))
	f.Add([]byte("500-no\r\n x\r\n500 no\r\n"))
	f.Add([]byte("150 wait\r\n421 bye\r\n"))
	f.Fuzz(func(t *testing.T, said []byte) {
		events := collect(said, func(s *session) {
			var seen exchange.Seen
			if s.ask(CheckPeer, exchange.Ask, "", "", &seen, time.Second) == nil && s.run.boundSeen(&seen) {
				s.emit(Event{Kind: KindSeen, Check: CheckPeer, Seen: &seen})
			}
			var got exchange.Followed
			if s.query(exchange.Edge, exchange.EdgeRequest{}, "", &got, time.Second) == nil {
				for _, step := range boundEdge(got.Steps, []int{1, 2}) {
					s.tellStep(CheckPeer, AsDown, step.TTL, step.Outcome)
				}
			}
			s.hello(CheckPeer, exchange.Begin, "1", "1", time.Second)
		})
		if len(events) > 3*maxEarly+3*maxRefusal+2*hops.MaxHops+20 {
			t.Errorf("%d events", len(events))
		}
		foldAll(t, events)
	})
}

// Whatever a body says, it becomes an event that can be recorded and read back.
func FuzzClaims(f *testing.F) {
	seed, _ := json.Marshal(exchange.Seen{
		Sessions: []exchange.Session{{
			Number: 1, How: exchange.EndReset, Piece: []byte("227 x\r\n"),
			Path: []exchange.Step{{TTL: 1, Outcome: hops.Expired, Quote: []byte("227 \x1b[2J"), ICMP: &hops.ICMP{Type: 11}}, {TTL: -1}, {TTL: 1 << 40}},
		}}, Dials: []exchange.Dialing{{Outcome: hops.Open, Steps: []exchange.Step{{TTL: 1}}}},
		Ports: []exchange.Port{{Answer: 3, SendTTL: 2, Knocks: []exchange.Knock{{Fate: hops.Expired, Sight: hops.Changed, Carried: &exchange.Carried{Sum: strings.Repeat("a", 64)}}}}},
	})
	f.Add(seed)
	f.Add([]byte(`{"sessions":[{"client":"[fe80::1%x]:1","lines":[{"raw":"AAA="}]}],"dials":[{"icmp":{"from":"1.2.3.4"}}]}`))
	f.Add([]byte(`{"version":1,"greeting":"AAAA","passive":{"low":1,"high":2}}`))
	f.Fuzz(func(t *testing.T, claim []byte) {
		r := newRun(&Prober{})
		var events []Event
		var seen exchange.Seen
		if json.Unmarshal(claim, &seen) == nil && r.boundSeen(&seen) {
			events = append(events, Event{Kind: KindSeen, Check: CheckPeer, Seen: &seen})
		}
		var hello exchange.Hello
		if json.Unmarshal(claim, &hello) == nil {
			r.boundHello(&hello)
			events = append(events, Event{Kind: KindHello, Check: CheckPeer, Session: 1, Hello: &hello})
		}
		foldAll(t, events)
	})
}

// foldAll records events, reads them back and folds them.
func foldAll(t *testing.T, events []Event) {
	t.Helper()
	file := bytes.NewBufferString(`{"kind":"start","start":{"time":"2026-11-22T14:03:07Z","options":{}}}` + "\n")
	for _, e := range events {
		if err := WriteEvent(file, e); err != nil {
			t.Fatal(err)
		}
	}
	var ev Evidence
	for e, err := range ReadEvents(file) {
		if err != nil {
			t.Fatal(err)
		}
		ev.Add(e)
	}
	if ev.Peer != nil {
		ev.Peer.SessionOf(1)
	}
}
