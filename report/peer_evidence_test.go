package report

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// twoEnds begins the exchange: how the other end sees the client of the control
// connection, and its own end of that.
func twoEnds(client, server string) part {
	return func(ev *probe.Evidence) {
		ran(probe.CheckPeer)(ev)
		ev.Peer = &probe.Peer{Seen: &exchange.Seen{}, Hellos: map[int]exchange.Hello{}, TellHalf: true}
		meet(ev, 1, client, server)
	}
}

// meet makes a session of ours one that the other end knows.
func meet(ev *probe.Evidence, id int, client, server string) {
	h := exchange.Hello{Version: 1, Tool: "0.1.0", Session: id, HalfOpen: true, Traces: true,
		Client: netip.AddrPortFrom(netip.MustParseAddr(client), 40000), Server: netip.AddrPortFrom(netip.MustParseAddr(server), 21)}
	ev.Peer.Hellos[id] = h
	ev.Peer.Seen.Sessions = append(ev.Peer.Seen.Sessions, exchange.Session{Number: id, Client: h.Client, Server: h.Server})
}

// rejoin opens a further session that the other end sees as it does the first.
func rejoin(ev *probe.Evidence, c probe.Check) (id int, theirs *exchange.Session) {
	s := *ev.Sessions[0]
	s.ID, s.Check, s.Exchanges = len(ev.Sessions)+1, c, nil
	ev.Sessions = append(ev.Sessions, &s)
	h := ev.Peer.Hellos[1]
	meet(ev, s.ID, h.Client.Addr().String(), h.Server.Addr().String())
	return s.ID, &ev.Peer.Seen.Sessions[len(ev.Peer.Seen.Sessions)-1]
}

// passiveTry is a try that both ends tell of: the reply as it was sent and as it
// arrived, how the dial of the port in the latter ended, and what came to the
// port in the former.
func passiveTry(c probe.Check, sent, got string, o probe.Outcome, knocks ...exchange.Knock) part {
	return func(ev *probe.Evidence) {
		id, theirs := rejoin(ev, c)
		theirs.Lines = append(theirs.Lines, exchange.Line{Sent: true, Raw: []byte(sent)})
		listened, _ := named(sent)
		ev.Peer.Seen.Ports = append(ev.Peer.Seen.Ports, exchange.Port{Session: id, Command: strings.ToUpper(string(c)),
			Local: netip.AddrPortFrom(theirs.Server.Addr(), listened.Port()), Knocks: knocks})
		peer := ev.Sessions[0].Peer.Addr()
		m := &probe.Mode{Check: c, Try: probe.TryPeer, Session: id, Command: strings.ToUpper(string(c)), Reply: &probe.Reply{Code: 227, Lines: []string{got}}, Ended: true}
		if at, ok := named(got); ok {
			m.Announced = netip.AddrPortFrom(peer, at.Port())
			as := probe.AsAnnounced
			if at.Addr().IsValid() && at.Addr() != peer {
				m.Announced, as = at, probe.AsControlHost
			}
			d := madeDial(as, netip.AddrPortFrom(peer, at.Port()).String(), o)
			d.Check = c
			m.Dials = []probe.Dial{d}
		} else {
			m.Malformed = "cut off"
		}
		if o == hops.Open && slices.ContainsFunc(knocks, func(k exchange.Knock) bool { return !k.Refused }) {
			listed(m)
		}
		ev.Tries = append(ev.Tries, m)
	}
}

// knock is a connection that arrived at the other end in whole.
func knock(from string) exchange.Knock { return exchange.Knock{From: netip.MustParseAddrPort(from)} }

// activeTry is a try that both ends tell of: the command as it was sent and as
// it arrived, and how the other end's attempt ended; one that is open arrived.
func activeTry(c probe.Check, sent, got string, o probe.Outcome) part {
	return func(ev *probe.Evidence) {
		id, theirs := rejoin(ev, c)
		theirs.Lines = append(theirs.Lines, exchange.Line{Raw: []byte(got)})
		at, _ := named(sent)
		m := &probe.Mode{Check: c, Try: probe.TryPeer, Session: id, Command: sent, Announced: at, Listen: at, Reply: line(200, "OK."), Ended: true}
		if to, ok := named(got); ok && o != "" {
			ev.Peer.Seen.Dials = append(ev.Peer.Seen.Dials, exchange.Dialing{Session: id, Command: verb(sent), To: to, Outcome: o, Took: 1000})
		}
		if o == hops.Open {
			m.Arrivals = []probe.Arrival{{From: netip.AddrPortFrom(ev.Sessions[0].Peer.Addr(), 20)}}
			listed(m)
		}
		ev.Tries = append(ev.Tries, m)
	}
}

// listened is a port on which the other end listened at our request, and how
// our attempt ended.
func listenedOn(port uint16, o probe.Outcome, knocks ...exchange.Knock) part {
	return func(ev *probe.Evidence) {
		d := madeDial(probe.AsPeer, netip.AddrPortFrom(ev.Sessions[0].Peer.Addr(), port).String(), o)
		d.Check = probe.CheckPeer
		ev.Peer.Dials = append(ev.Peer.Dials, d)
		ev.Peer.Seen.Ports = append(ev.Peer.Seen.Ports, exchange.Port{Session: 1, Command: "LISTEN", Knocks: knocks,
			Local: netip.AddrPortFrom(ev.Peer.Hellos[1].Server.Addr(), port)})
	}
}

// expiring are ports on which the other end gave its SYN ACKs the TTLs 1, 2, …,
// and one on which they were to go all the way: "-" stayed by half, "x" is gone,
// "o" opened, "?" was not dialled.
func expiring(fates ...string) part {
	return func(ev *probe.Evidence) {
		for i, fate := range append(fates, "-") {
			ttl, o := i+1, hops.Timeout
			if i == len(fates) {
				ttl = hops.MaxHops
			}
			p := exchange.Port{Session: 1, Command: "LISTEN", Answer: ttl, Local: netip.AddrPortFrom(ev.Peer.Hellos[1].Server.Addr(), uint16(50010+i))}
			switch fate {
			case "-":
				p.Knocks = []exchange.Knock{{From: ev.Peer.Hellos[1].Client, Half: true}}
			case "o":
				p.Knocks, o = []exchange.Knock{{From: ev.Peer.Hellos[1].Client}}, hops.Open
			}
			ev.Peer.Seen.Ports = append(ev.Peer.Seen.Ports, p)
			if d := madeDial(probe.AsAnswer, netip.AddrPortFrom(ev.Sessions[0].Peer.Addr(), p.Local.Port()).String(), o); fate != "?" {
				d.TTL = ttl
				ev.Peer.Answers = append(ev.Peer.Answers, d)
			}
		}
	}
}

// expiringHere are ports at which our own SYN ACKs had a TTL, in the same form, for
// connections from a source port.
func expiringHere(source uint16, fates ...string) part {
	return func(ev *probe.Evidence) {
		from := netip.AddrPortFrom(ev.Sessions[0].Peer.Addr(), source)
		for i, fate := range append(fates, "-") {
			o := probe.Answering{Local: netip.AddrPortFrom(ev.Sessions[0].Local.Addr(), uint16(40101+len(ev.Peer.Own))), TTL: i + 1, Told: true}
			if i == len(fates) {
				o.TTL = hops.MaxHops
			}
			d := exchange.Dialing{Session: 1, Command: "DIAL", To: netip.AddrPortFrom(ev.Peer.Hellos[1].Client.Addr(), o.Local.Port()), From: from, Outcome: hops.Timeout}
			switch fate {
			case "-":
				o.Half = []netip.AddrPort{from}
			case "o":
				o.Came, d.Outcome = []netip.AddrPort{from}, hops.Open
			}
			ev.Peer.Own = append(ev.Peer.Own, o)
			if fate != "?" {
				ev.Peer.Seen.Dials = append(ev.Peer.Seen.Dials, d)
			}
		}
	}
}

// untoldHere is a system of ours that does not show which stayed by half.
func untoldHere(ev *probe.Evidence) {
	for i := range ev.Peer.Own {
		ev.Peer.Own[i].Told, ev.Peer.Own[i].Half = false, nil
	}
}

// allWayGone is that those which were to go all the way left nothing either.
func allWayGone(ev *probe.Evidence) {
	last := len(ev.Peer.Seen.Ports) - 1
	ev.Peer.Seen.Ports[last].Knocks = nil
}

// repliesFollowed is the other end's search along its own replies, in the form of
// path.
func repliesFollowed(steps ...string) part {
	return func(ev *probe.Evidence) {
		for _, h := range made(path("192.0.2.1:1", steps...)).Hops {
			ev.Peer.Seen.Sessions[0].Path = append(ev.Peer.Seen.Sessions[0].Path, exchange.Step{TTL: h.TTL, Outcome: h.Outcome})
		}
	}
}

// dialledBack is the other end's attempt at a port of ours on request, with its
// hop search in the form of path; one that is open arrived.
func dialledBack(port, source uint16, o probe.Outcome, steps ...string) part {
	return func(ev *probe.Evidence) {
		here := netip.AddrPortFrom(ev.Sessions[0].Local.Addr(), port)
		from := netip.AddrPortFrom(ev.Sessions[0].Peer.Addr(), source)
		d := exchange.Dialing{Session: 1, Command: "DIAL", To: netip.AddrPortFrom(ev.Peer.Hellos[1].Client.Addr(), port), From: from, Outcome: o, Took: 1000}
		searched := made(path("192.0.2.1:1", steps...))
		for _, h := range searched.Hops {
			d.Steps = append(d.Steps, exchange.Step{TTL: h.TTL, Outcome: h.Outcome, ICMP: h.ICMP})
		}
		ev.Peer.Listens = append(ev.Peer.Listens, here)
		ev.Peer.Seen.Dials = append(ev.Peer.Seen.Dials, d)
		if o == hops.Open {
			ev.Peer.Arrivals = append(ev.Peer.Arrivals, probe.Arrival{From: from, Local: here})
		}
	}
}

// alongReplies is the other end's search along its replies, in the form of path.
func alongReplies(steps ...string) part {
	return func(ev *probe.Evidence) {
		s := &ev.Peer.Seen.Sessions[0]
		for _, h := range made(path("192.0.2.1:1", steps...)).Hops {
			s.Path = append(s.Path, exchange.Step{TTL: h.TTL, Outcome: h.Outcome})
		}
	}
}

// askedAgain is a hop that answered new connections of the other end's when it was
// asked once more.
func askedAgain(ttl int) part {
	return func(ev *probe.Evidence) {
		h := ev.Peer.Hellos[1]
		ev.Peer.Seen.Dials = append(ev.Peer.Seen.Dials, exchange.Dialing{Session: 1, Command: "DIAL", TTL: ttl, Outcome: hops.Expired,
			To: netip.AddrPortFrom(h.Client.Addr(), 40002), From: netip.AddrPortFrom(h.Server.Addr(), 45000)})
	}
}

// byHalf is a connection of the other end's that got to a port of ours, and
// whose answer got lost.
func byHalf(port, source uint16) part {
	return func(ev *probe.Evidence) {
		ev.Peer.Half = append(ev.Peer.Half, probe.Arrival{From: netip.AddrPortFrom(ev.Sessions[0].Peer.Addr(), source), Local: netip.AddrPortFrom(ev.Sessions[0].Local.Addr(), port)})
	}
}

// tellsNoHalf is a system of ours that does not show such connections.
func tellsNoHalf(ev *probe.Evidence) { ev.Peer.TellHalf = false }

// piece is one that was to cross in one packet; all says whether it arrived.
func piece(down bool, bytes int, all bool) part {
	return func(ev *probe.Evidence) {
		port := netip.AddrPortFrom(ev.Sessions[0].Peer.Addr(), 50030)
		s := probe.Size{Down: down, Port: port, Bytes: bytes, Outcome: hops.Timeout, Took: time.Second}
		if all {
			s.Outcome, s.Moved = probe.OutcomeEOF, int64(bytes)
			if !down {
				ev.Peer.Seen.Ports = append(ev.Peer.Seen.Ports, exchange.Port{Session: 1, Command: "LISTEN", Local: port,
					Knocks: []exchange.Knock{{Carried: &exchange.Carried{For: "SINK", Received: int64(bytes)}}}})
			}
		}
		ev.Peer.Sizes = append(ev.Peer.Sizes, s)
	}
}

// sums are the checksums that both ends took of a try's data.
func sums(c probe.Check, here, there string) part {
	return func(ev *probe.Evidence) {
		m := ev.Try(c, probe.TryPeer)
		m.Dials[0].Data = &probe.Data{Bytes: 10, Outcome: probe.OutcomeEOF, Sum: here}
		last := &ev.Peer.Seen.Ports[len(ev.Peer.Seen.Ports)-1]
		last.Knocks[0].Carried = &exchange.Carried{For: "LIST", Sent: 10, Sum: there, How: exchange.EndOurs}
	}
}
