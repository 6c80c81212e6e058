//go:build linux

package main

import (
	"encoding/json"
	"strings"
	"testing"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/netlab"
)

// Addresses of a lab without NAT.
const (
	labClient   = "203.0.113.66"
	labServerIP = "198.51.100.66"
	labStranger = "203.0.113.2" // cgw
)

// TestLabHostileClient has a client ask the opposite end for all that it must
// not get, and another client be served as ever afterwards.
func TestLabHostileClient(t *testing.T) {
	program := openLab(t)
	n := newLabNet(t, &netlab.Scenario{Server: netlab.Server{Peer: true}, Run: netlab.Run{Args: []string{"--timeout", "2s"}}})
	server := startServer(t, n, "ftpcheck")
	const opens = " tcp flags & (syn | ack) == syn"
	n.count(t, "srv", "ip daddr != { "+labClient+", "+labStranger+" }", "ip daddr "+labStranger+opens, "ip daddr "+labClient+opens)

	other := n.visit(t, "cgw")
	n.visit(t, "cli").wantsMore()
	n.visit(t, "cli").wantsOthers(other.hello.Token)
	for _, body := range []string{"", "aaaa", strings.Repeat("a", 8000), bomb(t, 4<<20), bomb(t, 400<<10)} {
		c := n.visit(t, "cli") // a line that is too long ends the session
		if reply := c.say("SITE FTPCHECK DIAL " + body); reply.code == 211 {
			t.Errorf("DIAL with a body of %d bytes: %.60s", len(body), reply.text)
		}
	}
	n.logIn(t, "cli").guesses(other.hello.Token)
	n.visit(t, "cli").dialsOn()

	got := runProgram(t, n, program)
	if got.Exit != 0 || !strings.Contains(got.states(), "peer ok") || got.found() != "" {
		t.Errorf("another client: exit %d, %s; %s", got.Exit, got.states(), got.found())
	}
	counts := n.counts(t, "srv")
	if counts[0] != 0 || counts[1] != 0 {
		t.Errorf("%d packets went to third parties, %d connection attempts to the other client", counts[0], counts[1])
	}
	if counts[2] == 0 || counts[2] > exchange.MaxVisitDial+100 { // and those of the last run
		t.Errorf("%d connection attempts to the client", counts[2])
	}
	if peak := residentPeak(server.Pid); peak == 0 || peak > 100<<20 && !slowed() {
		t.Errorf("the server's memory was %d MiB", peak>>20)
	}
}

// wantsMore asks for what is beyond a bound, and for what makes no sense.
func (v *visitor) wantsMore() {
	v.t.Helper()
	port, ports := []uint16{40000}, exchange.MaxPorts+1
	for _, ask := range []struct {
		verb    exchange.Verb
		about   string
		request any
	}{
		{exchange.Dial, "a privileged port", exchange.DialRequest{Ports: []uint16{22}, Limit: 100}},
		{exchange.Dial, "no port", exchange.DialRequest{Limit: 100}},
		{exchange.Dial, "too many ports", exchange.DialRequest{Ports: portsFrom(40000, exchange.MaxDials+1), Limit: 100}},
		{exchange.Dial, "no limit", exchange.DialRequest{Ports: port}},
		{exchange.Dial, "a negative limit", exchange.DialRequest{Ports: port, Limit: -1}},
		{exchange.Dial, "a source port of others", exchange.DialRequest{Ports: port, Limit: 100, Source: []int{53}}},
		{exchange.Dial, "many source ports", exchange.DialRequest{Ports: port, Limit: 100, Source: make([]int, 1000)}},
		{exchange.Dial, "a number for a list", map[string]any{"ports": 40000}},
		{exchange.Dial, "a source port out of the range", exchange.DialRequest{Ports: port, Limit: 100, Source: []int{50101}, TTL: 2}},
		{exchange.Dial, "a TTL for a hop search", exchange.DialRequest{Ports: port, Limit: 100, TTL: 2, Search: true}},
		{exchange.Dial, "a TTL of no packet", exchange.DialRequest{Ports: port, Limit: 100, TTL: 256}},
		{exchange.Edge, "itself", exchange.EdgeRequest{Session: 1, TTLs: []int{1}, Wait: 100}},
		{exchange.Edge, "a session of nobody", exchange.EdgeRequest{Session: 2, TTLs: []int{1}, Wait: 100}},
		{exchange.Edge, "many TTLs", exchange.EdgeRequest{Session: 2, TTLs: make([]int, 1000), Wait: 100}},
		{exchange.Path, "a number for a truth", map[string]any{"line": 1}},
		{exchange.Listen, "answers of no packet", exchange.ListenRequest{Count: 1, Answer: []int{256}, For: 100}},
		{exchange.Listen, "data of no packet", exchange.ListenRequest{Count: 1, Send: []int{1}, SendTTL: []int{256}, For: 100}},
		{exchange.Listen, "a privileged port", exchange.ListenRequest{Ports: []uint16{22}, For: 100}},
		{exchange.Listen, "a port out of the range", exchange.ListenRequest{Ports: []uint16{50101}, For: 100}},
		{exchange.Listen, "too many ports", exchange.ListenRequest{Count: ports, For: 100}},
		{exchange.Listen, "less than no port", exchange.ListenRequest{Count: -1, For: 100}},
		{exchange.Listen, "too much to send", exchange.ListenRequest{Count: 1, Send: []int{exchange.MaxSend + 1}, For: 100}},
		{exchange.Listen, "less than nothing to send", exchange.ListenRequest{Count: 1, Send: []int{-1}, For: 100}},
		{exchange.Listen, "no time", exchange.ListenRequest{Count: 1}},
	} {
		if reply := v.ask(ask.verb, ask.request); reply.code < 400 {
			v.t.Errorf("%s with %s: %d %.60s", ask.verb, ask.about, reply.code, reply.text)
		}
	}
}

// wantsOthers asks the server to connect to others, and what it saw of them.
func (v *visitor) wantsOthers(token string) {
	v.t.Helper()
	v.refused("PORT 203,0,113,2,200,0")
	v.refused("EPRT |1|" + labStranger + "|51200|")
	// An address in a request does not count: the session's own is dialled.
	reply := v.ask(exchange.Dial, map[string]any{"ports": []int{40000}, "limit": 100, "to": labStranger, "address": labStranger})
	if reply.code == 211 {
		var d exchange.Dialled
		reply.body(v.t, &d)
		for _, one := range d.Dials {
			if one.To.Addr().String() != labClient {
				v.t.Errorf("dialled %v", one.To)
			}
		}
	}
	seen := v.ask(exchange.Ask, nil)
	var s exchange.Seen
	seen.body(v.t, &s)
	if text, err := json.Marshal(s); err != nil || strings.Contains(string(text), labStranger) || strings.Contains(string(text), token) {
		v.t.Errorf("of another's visit: %s, %v", text, err)
	}
}

// guesses tries tokens that are nearly right.
func (v *visitor) guesses(token string) {
	v.t.Helper()
	v.refused("SITE FTPCHECK SEEN")
	for i := range 100 {
		guess := token[:len(token)-1] + string(rune('A'+i%26))
		if guess == token {
			continue
		}
		switch reply := v.say("SITE FTPCHECK JOIN " + guess); {
		case reply.code == 0 || reply.code == 421:
			return // it was shown the door
		case reply.code < 400:
			v.t.Fatalf("JOIN: %d %.60s", reply.code, reply.text)
		}
	}
	v.t.Error("a hundred guesses, and the session goes on")
}

// dialsOn asks for connections until it gets no more.
func (v *visitor) dialsOn() {
	v.t.Helper()
	for range 2 * exchange.MaxVisitDial / exchange.MaxDials {
		request := exchange.DialRequest{Ports: portsFrom(40000, exchange.MaxDials), Limit: 200}
		if v.ask(exchange.Dial, request).code != 211 {
			return
		}
	}
	v.t.Error("the server dials without end")
}

func portsFrom(first uint16, count int) (ports []uint16) {
	for i := range count {
		ports = append(ports, first+uint16(i))
	}
	return ports
}

// bomb is a short body that becomes a long one, of so many ports.
func bomb(t *testing.T, ports int) string {
	t.Helper()
	text, err := exchange.Encode(exchange.DialRequest{Ports: make([]uint16, ports), Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return text
}
