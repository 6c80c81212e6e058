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
	events  []probe.Event
	outcome probe.Outcome // how the run ends
	now     time.Duration
	check   probe.Check
	began   time.Duration
	tracing bool // the path check runs beside the others
}

const msec = time.Millisecond

func newScript(host string) *script {
	s := &script{outcome: probe.OutcomeOK}
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
	s.events = append(s.events, e)
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

// evidence folds the run, up to its end.
func (s *script) evidence() *probe.Evidence {
	ev := &probe.Evidence{}
	for _, e := range s.all() {
		ev.Add(e)
	}
	return ev
}

// all returns the events with the run's end.
func (s *script) all() []probe.Event {
	s.end()
	if s.tracing && s.outcome == probe.OutcomeOK {
		s.add(probe.Event{Kind: probe.KindEnd, Check: probe.CheckPath, Took: s.now})
	}
	s.tracing = false
	return append(s.events, probe.Event{Kind: probe.KindFinish, At: s.now, Outcome: s.outcome, Took: s.now})
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
	e := probe.Event{Kind: probe.KindDialing, As: as, Addr: addr(to)}
	s.add(e)
	e.Kind, e.Outcome, e.Took = probe.KindDial, o, 31*msec
	if o == hops.Timeout {
		e.Took = 5 * time.Second
	}
	s.now += e.Took
	s.add(e)
}

// open is a control connection that opened.
func (s *script) open(session int, local, peer string) {
	s.add(probe.Event{Kind: probe.KindOpen, Session: session, Local: addr(local), Addr: addr(peer)})
}

// say is a dialogue on a session: "> COMMAND" and "reply" lines. The last
// line of a reply begins with a code and a blank.
func (s *script) say(session int, lines ...string) {
	for _, l := range lines {
		s.now += 10 * msec
		if cmd, ok := strings.CutPrefix(l, "> "); ok {
			s.add(probe.Event{Kind: probe.KindSend, Session: session, Text: cmd})
			continue
		}
		e := probe.Event{Kind: probe.KindRecv, Session: session, Text: l, Took: 10 * msec}
		if len(l) > 3 && l[3] == ' ' && l[0] > '0' && l[0] < '7' {
			e.Code = int(l[0]-'0')*100 + int(l[1]-'0')*10 + int(l[2]-'0')
		}
		s.add(e)
	}
}

func (s *script) announce(at string) {
	s.add(probe.Event{Kind: probe.KindAnnounce, Addr: addr(at)})
}

func (s *script) data(as probe.As, at string, bytes int64, o probe.Outcome) {
	s.add(probe.Event{Kind: probe.KindData, As: as, Addr: addr(at), Bytes: bytes, Outcome: o, Took: 20 * msec})
}

func (s *script) hop(to string, ttl int, o probe.Outcome, from string) {
	e := probe.Event{Kind: probe.KindHop, Check: probe.CheckPath, Addr: addr(to), TTL: ttl, Outcome: o}
	if from != "" {
		e.ICMP = &hops.ICMP{Type: 11, From: netip.MustParseAddr(from)}
	}
	s.add(e)
}

func addr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// listen is our end in active mode, at the address that we announce.
func (s *script) listen(at string) {
	s.add(probe.Event{Kind: probe.KindListen, Local: addr(at), Addr: addr(at)})
}

func (s *script) arrive(from, at string) {
	s.now += 20 * msec
	s.add(probe.Event{Kind: probe.KindArrive, Addr: addr(from), Local: addr(at)})
}

// sample dials one of several announced ports on the control host.
func (s *script) sample(session int, at string, o hops.Outcome) {
	took := 31 * msec
	if o == hops.Timeout {
		took = 5 * time.Second
	}
	s.now += took
	s.add(probe.Event{Kind: probe.KindDial, As: probe.AsSample, Session: session, Addr: addr(at), Outcome: o, Took: took})
}

// ordinaryClient is the client check.
func (s *script) ordinaryClient(at string, o hops.Outcome) {
	s.begin(probe.CheckClient)
	s.say(7, "> EPSV", "229 Entering Extended Passive Mode (|||50033|)")
	s.dial(probe.AsClient, at, o)
	e := probe.Event{Kind: probe.KindClient, Outcome: probe.OutcomeOK, Bytes: 3}
	if o != hops.Open {
		e.Outcome, e.Text = probe.OutcomeFailed, "dial tcp "+at+": i/o timeout"
	}
	s.add(e)
}

// path begins the path check, which runs beside the others.
func (s *script) path() {
	s.tracing = true
	s.add(probe.Event{Kind: probe.KindBegin, Check: probe.CheckPath})
}
