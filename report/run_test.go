package report

import (
	"net/netip"
	"strings"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// script writes a run down as events, in the words of its transcript.
type script struct {
	ev    *probe.Evidence
	now   time.Duration
	check probe.Check
	began time.Duration
}

const ms = time.Millisecond

func newScript(host string) *script {
	s := &script{ev: &probe.Evidence{}}
	s.add(probe.Event{Kind: probe.KindStart, Start: &probe.Start{
		Time: time.Date(2026, 11, 22, 14, 3, 7, 0, time.UTC),
		Tool: "0.1.0", Host: host, Port: 21, User: "anonymous",
	}})
	return s
}

func (s *script) add(e probe.Event) {
	if e.Check == "" {
		e.Check = s.check
	}
	e.At = s.now
	s.ev.Add(e)
}

// begin starts a check and ends the one before.
func (s *script) begin(c probe.Check) {
	s.end()
	s.check, s.began = c, s.now
	s.add(probe.Event{Kind: probe.KindBegin})
}

func (s *script) end() {
	if s.check != "" {
		s.add(probe.Event{Kind: probe.KindEnd, Took: s.now - s.began})
	}
	s.check = ""
}

func (s *script) skip(why string, checks ...probe.Check) {
	s.end()
	for _, c := range checks {
		s.add(probe.Event{Kind: probe.KindSkip, Check: c, Text: why})
	}
}

func (s *script) finish(o probe.Outcome) *probe.Evidence {
	s.end()
	s.add(probe.Event{Kind: probe.KindFinish, Outcome: o, Took: s.now})
	return s.ev
}

func (s *script) lookup(addrs ...string) {
	e := probe.Event{Kind: probe.KindLookup, Outcome: probe.OutcomeOK}
	for _, a := range addrs {
		e.Addrs = append(e.Addrs, netip.MustParseAddr(a))
	}
	s.add(e)
}

// dial makes one attempt; one that times out takes the whole limit.
func (s *script) dial(as probe.As, to string, o probe.Outcome) {
	e := probe.Event{Kind: probe.KindDialing, As: as, Addr: netip.MustParseAddrPort(to)}
	s.add(e)
	e.Kind, e.Outcome, e.Took = probe.KindDial, o, 31*ms
	if o == hops.Timeout {
		e.Took = 5 * time.Second
	}
	s.now += e.Took
	s.add(e)
}

// open is a control connection that opened.
func (s *script) open(session int, local, peer string) {
	s.add(probe.Event{Kind: probe.KindOpen, Session: session, Local: netip.MustParseAddrPort(local), Addr: netip.MustParseAddrPort(peer)})
}

// say is a dialogue on a session: "> COMMAND" and "reply" lines. The last
// line of a reply begins with a code and a blank.
func (s *script) say(session int, lines ...string) {
	for _, l := range lines {
		s.now += 10 * ms
		if cmd, ok := strings.CutPrefix(l, "> "); ok {
			s.add(probe.Event{Kind: probe.KindSend, Session: session, Text: cmd})
			continue
		}
		e := probe.Event{Kind: probe.KindRecv, Session: session, Text: l, Took: 10 * ms}
		if len(l) > 3 && l[3] == ' ' && l[0] > '0' && l[0] < '7' {
			e.Code = int(l[0]-'0')*100 + int(l[1]-'0')*10 + int(l[2]-'0')
		}
		s.add(e)
	}
}

func (s *script) announce(at string) {
	s.add(probe.Event{Kind: probe.KindAnnounce, Addr: netip.MustParseAddrPort(at)})
}

func (s *script) data(as probe.As, at string, bytes int64, o probe.Outcome) {
	s.add(probe.Event{Kind: probe.KindData, As: as, Addr: netip.MustParseAddrPort(at), Bytes: bytes, Outcome: o, Took: 20 * ms})
}

func (s *script) hop(to string, ttl int, o probe.Outcome, from string) {
	e := probe.Event{Kind: probe.KindHop, Addr: netip.MustParseAddrPort(to), TTL: ttl, Outcome: o}
	if from != "" {
		e.ICMP = &hops.ICMP{Type: 11, From: netip.MustParseAddr(from)}
	}
	s.add(e)
}
