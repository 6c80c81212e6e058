package report

import (
	"net/netip"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// peer adds what an opposite end may tell that means no good: contradictory,
// absurd, or about things that never were.
func (n noise) peer(ev *probe.Evidence) {
	if n.IntN(2) == 0 {
		return
	}
	p := &probe.Peer{Hellos: map[int]exchange.Hello{}, Missed: pick(n, "", "", "", "no answer")}
	for id := range n.IntN(4) {
		p.Hellos[id] = exchange.Hello{Version: 1, Tool: pick(n, "", "0.1.0", "\x1b[2J"), Session: n.IntN(4), Client: n.addr(), Server: n.addr(),
			Greeting: []byte(pick(n, "", "220 (vsFTPd 3.0.3)\r\n", "220-a\n220 b\n", "\xff\r\n")), HalfOpen: n.IntN(2) == 0}
	}
	if n.IntN(6) > 0 {
		p.Seen = n.seen()
	}
	for range n.IntN(4) {
		d := n.dial()
		d.As = probe.AsPeer
		p.Dials = append(p.Dials, d)
		d.As = probe.AsHole
		p.Holes = append(p.Holes, d)
		p.Listens = append(p.Listens, n.addr())
		p.Arrivals = append(p.Arrivals, probe.Arrival{From: n.addr(), Local: n.addr()})
		p.Sizes = append(p.Sizes, probe.Size{Down: n.IntN(2) == 0, Port: n.addr(), Bytes: n.IntN(4)*500 - 500, TTL: pick(n, 0, 0, n.IntN(6)-1), Moved: int64(n.IntN(1500)), Outcome: pick(n, probe.OutcomeEOF, hops.Timeout, n.outcome())})
	}
	for range n.IntN(4) {
		d := n.dial()
		d.As, d.TTL = probe.AsAnswer, n.IntN(6)-1
		p.Answers = append(p.Answers, d)
		p.Own = append(p.Own, probe.Answering{Local: n.addr(), TTL: n.IntN(6) - 1, Told: n.IntN(2) == 0, Half: []netip.AddrPort{n.addr()}})
		p.Half = append(p.Half, probe.Arrival{From: n.addr(), Local: n.addr()})
	}
	for range n.IntN(6) {
		p.Quotes = append(p.Quotes, probe.Quoted{Line: "PORT 10,0,0,1,4,1", TTL: n.IntN(6) - 1, Outcome: n.outcome(), From: n.addr().Addr(),
			Quote: pick(n, "", "PORT", "PORT 10,0,0,1,4,1\r\n", "PORT 10,9,9,9,4,1\r\n")})
	}
	ev.Peer = p
	for _, c := range slices.Concat(probe.Passive, probe.Active) {
		if n.IntN(3) > 0 {
			t := n.mode(c)
			t.Try, t.Listen = probe.TryPeer, n.addr()
			if n.IntN(2) == 0 {
				t.List = &probe.Exchange{Check: c, Command: "LIST", Replies: []probe.Reply{{Code: 226, Lines: []string{"226 done"}}}}
			}
			sum := func(d *probe.Data) {
				if d != nil {
					d.Sum, d.Outcome = pick(n, "", "aa", "bb"), pick(n, probe.OutcomeEOF, n.outcome())
				}
			}
			for i := range t.Dials {
				sum(t.Dials[i].Data)
			}
			for i := range t.Arrivals {
				sum(t.Arrivals[i].Data)
			}
			ev.Tries = append(ev.Tries, t)
		}
	}
	n.deadEnds(ev)
}

func (n noise) seen() *exchange.Seen {
	s := &exchange.Seen{Cut: n.IntN(4) == 0}
	millis := func() exchange.Millis { return pick(n, 0, 0, -5, 1, 1<<62, exchange.Millis(n.IntN(1e6))) }
	carried := func() *exchange.Carried {
		return pick(n, nil, &exchange.Carried{For: pick(n, "LIST", "LIST", "STOR", ""), Sent: int64(n.IntN(3)) - 1, Received: int64(n.IntN(1500)),
			Sum: pick(n, "", "aa", "bb"), How: pick(n, "", exchange.EndOurs, exchange.EndOurs, exchange.EndClosed)})
	}
	for range n.IntN(4) {
		session := exchange.Session{Number: n.IntN(4), Client: n.addr(), Server: n.addr(), Began: millis(), Heard: millis(), Ended: millis(),
			How: pick(n, "", exchange.EndQuit, exchange.EndReset, exchange.EndTimeout, "odd")}
		for range n.IntN(5) {
			session.Lines = append(session.Lines, exchange.Line{At: millis(), Sent: n.IntN(2) == 0,
				Raw: []byte(pick(n, "227 Entering Passive Mode (10,0,0,5,195,93)", "229 (|||50012|)", "227 (", "PORT 198,51,100,7,195,80", "PORT", "EPRT |1|10.0.0.5|50001|", "NOOP", "", "\xff\x00"))})
		}
		for ttl := range n.IntN(5) {
			session.Path = append(session.Path, exchange.Step{TTL: pick(n, ttl, ttl+1, -1, 1<<40), Outcome: pick(n, hops.Expired, hops.Timeout, hops.Open, n.outcome())})
		}
		s.Sessions = append(s.Sessions, session)
	}
	for range n.IntN(5) {
		p := exchange.Port{Session: n.IntN(4), Command: pick(n, "PASV", "EPSV", "LISTEN", ""), Local: n.addr(), Opened: millis(), Closed: millis(), Failed: pick(n, "", "", "in use"),
			SendTTL: pick(n, 0, 0, n.IntN(6)-1), Answer: pick(n, 0, 0, n.IntN(6)-1, 1<<40)}
		for range n.IntN(3) {
			p.Knocks = append(p.Knocks, exchange.Knock{From: n.addr(), Half: n.IntN(3) == 0, Refused: n.IntN(3) == 0, Carried: carried(), Fate: pick(n, "", hops.Expired, n.outcome()), Sight: pick(n, "", hops.Whole, hops.Changed)})
		}
		s.Ports = append(s.Ports, p)
	}
	for range n.IntN(5) {
		d := exchange.Dialing{Session: n.IntN(4), Command: pick(n, "PORT", "EPRT", "DIAL"), TTL: pick(n, 0, 0, 2), To: n.addr(), From: n.addr(), Took: millis(), Outcome: n.outcome(), ICMP: n.icmp(), Carried: carried()}
		for ttl := range n.IntN(5) {
			d.Steps = append(d.Steps, exchange.Step{TTL: pick(n, ttl, ttl+1, -1, 1<<40), Outcome: pick(n, hops.Expired, hops.Timeout, n.outcome()), ICMP: n.icmp()})
		}
		s.Dials = append(s.Dials, d)
	}
	return s
}

// deadEnds makes the rare cases that chance alone hardly meets: an active mode
// in vain, with a search back that ends at once.
func (n noise) deadEnds(ev *probe.Evidence) {
	if n.IntN(4) > 0 || ev.Peer.Seen == nil || len(ev.Sessions) == 0 {
		return
	}
	s := ev.Sessions[0]
	s.Local = netip.MustParseAddrPort("198.51.100.7:40000")
	at := netip.AddrPortFrom(s.Local.Addr(), 50001)
	reply := probe.Reply{Code: 200, Lines: []string{"200 ok"}}
	m := &probe.Mode{Check: probe.CheckPORT, Session: s.ID, Command: "PORT 198,51,100,7,195,81", Reply: &reply, Announced: at, Listen: at, Ended: true,
		List: &probe.Exchange{Check: probe.CheckPORT, Command: "LIST", Replies: []probe.Reply{{Code: 425, Lines: []string{"425 no"}}}}}
	ev.Modes[probe.CheckPORT] = m
	t := *m
	t.Try = probe.TryPeer
	ev.Tries = append(slices.DeleteFunc(ev.Tries, func(m *probe.Mode) bool { return m.Check == probe.CheckPORT && m.Try == probe.TryPeer }), &t)
	ev.Peer.Hellos[s.ID] = exchange.Hello{Session: 1, Client: s.Local, Server: ev.ControlPeer()}
	line := pick(n, "PORT 198,51,100,7,195,81", "PORT 198,51,100,7,99,99", "PORT 10,0,0,1,195,81", "PORT 198")
	ev.Peer.Seen.Sessions = []exchange.Session{{Number: 1, Lines: []exchange.Line{{Raw: []byte(line)}}}}
	d := exchange.Dialing{Session: 1, Command: "DIAL", To: at, Outcome: hops.Timeout}
	for ttl := range n.IntN(3) {
		d.Steps = append(d.Steps, exchange.Step{TTL: ttl + 1, Outcome: pick(n, hops.Expired, hops.Timeout)})
	}
	ev.Peer.Seen.Dials = []exchange.Dialing{d}
	if n.IntN(3) == 0 {
		t.Arrivals = []probe.Arrival{{From: ev.ControlPeer(), Local: at, Data: &probe.Data{Bytes: 2, Outcome: probe.OutcomeEOF, Sum: pick(n, "aa", "bb")}}}
		d.Command, d.Outcome, d.Carried = "PORT", hops.Open, &exchange.Carried{For: "LIST", Sent: 2, Sum: "aa", How: exchange.EndOurs}
		ev.Peer.Seen.Dials = append(ev.Peer.Seen.Dials, d)
	}
	n.ownAnswers(ev, at)
	for ttl := range 4 {
		ev.Hops = append(ev.Hops, probe.Hop{To: ev.ControlPeer(), TTL: ttl + 1, Outcome: pick(n, hops.Expired, hops.Expired, hops.Open)})
	}
}

// ownAnswers has our answers to that search vanish, or not, at ports where they
// were to expire.
func (n noise) ownAnswers(ev *probe.Evidence, at netip.AddrPort) {
	p := ev.Peer
	from := netip.AddrPortFrom(ev.ControlPeer().Addr(), pick(n, uint16(20), 45000))
	if n.IntN(2) == 0 {
		p.Half = append(p.Half, probe.Arrival{From: from, Local: at})
	}
	for i, ttl := range []int{1, 2, 3, 4, 30} {
		o := probe.Answering{Local: netip.AddrPortFrom(at.Addr(), uint16(50010+i)), TTL: ttl, Told: n.IntN(9) > 0}
		if n.IntN(3) == 0 || ttl == 30 {
			o.Half = append(o.Half, from)
		}
		p.Own = append(p.Own, o)
		p.Seen.Dials = append(p.Seen.Dials, exchange.Dialing{Session: 1, Command: "DIAL", To: o.Local, From: from, Outcome: hops.Timeout})
	}
}
