package report

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// The addresses of made evidence: a client behind NAT, a public server.
const (
	madeClient = "192.168.1.10"
	madeServer = "203.0.113.10"
)

// part adds one observation to made evidence.
type part func(*probe.Evidence)

// made is a run that logged in at the server, and what the parts add.
func made(parts ...part) *probe.Evidence {
	ev := &probe.Evidence{Checks: map[probe.Check]*probe.CheckRun{}, Modes: map[probe.Check]*probe.Mode{}}
	for _, c := range []probe.Check{probe.CheckName, probe.CheckControl, probe.CheckLogin} {
		ran(c)(ev)
	}
	ev.Control = []probe.Dial{madeDial(probe.AsControl, madeServer+":21", hops.Open)}
	ev.Sessions = []*probe.Session{{
		ID: 1, Check: probe.CheckControl, LoggedIn: true,
		Peer: netip.MustParseAddrPort(madeServer + ":21"), Local: netip.MustParseAddrPort(madeClient + ":40000"),
		Greeting: &probe.Reply{Code: 220, Lines: []string{"220 (vsFTPd 3.0.3)"}, Took: 10 * time.Millisecond},
	}}
	for _, p := range parts {
		p(ev)
	}
	return ev
}

func ran(c probe.Check) part {
	return func(ev *probe.Evidence) { ev.Checks[c] = &probe.CheckRun{Ended: true} }
}

func madeDial(as probe.As, to string, o probe.Outcome) probe.Dial {
	return probe.Dial{As: as, To: netip.MustParseAddrPort(to), Outcome: o, Took: time.Second}
}

// client and server move the two ends.
func client(addr string) part {
	return func(ev *probe.Evidence) {
		ev.Sessions[0].Local = netip.AddrPortFrom(netip.MustParseAddr(addr), 40000)
	}
}

func server(addr string) part {
	return func(ev *probe.Evidence) {
		ev.Sessions[0].Peer = netip.AddrPortFrom(netip.MustParseAddr(addr), 21)
		ev.Control[0].To = ev.Sessions[0].Peer
	}
}

func greeting(line string) part {
	return func(ev *probe.Evidence) { ev.Sessions[0].Greeting.Lines = []string{line} }
}

// says adds one exchange of the login session.
func says(command string, reply ...string) part {
	return func(ev *probe.Evidence) {
		x := &probe.Exchange{Check: probe.CheckLogin, Command: command}
		last := reply[len(reply)-1]
		var code int
		fmt.Sscan(last[:3], &code)
		x.Replies = []probe.Reply{{Code: code, Lines: reply}}
		ev.Sessions[0].Exchanges = append(ev.Sessions[0].Exchanges, x)
	}
}

// refusedLogin is a login that ends with these words.
func refusedLogin(command, reply string) part {
	return func(ev *probe.Evidence) {
		ev.Sessions[0].LoggedIn = false
		says(command, reply)(ev)
	}
}

// greetedWith is a session that ends with its greeting.
func greetedWith(reply string, lost probe.Outcome) part {
	return func(ev *probe.Evidence) {
		s := ev.Sessions[0]
		s.LoggedIn = false
		fmt.Sscan(reply[:3], &s.Greeting.Code)
		s.Greeting.Lines = []string{reply}
		s.Lost = &probe.Loss{Check: probe.CheckControl, Outcome: lost}
	}
}

// ungreeted is a session that gave out before a greeting.
func ungreeted(o probe.Outcome, words string) part {
	return func(ev *probe.Evidence) {
		s := ev.Sessions[0]
		s.LoggedIn, s.Greeting = false, nil
		s.Lost = &probe.Loss{Check: probe.CheckControl, Outcome: o, Text: words, Took: 30 * time.Second}
	}
}

// unreached is a run whose control attempts ended so; none has a session.
func unreached(outcomes map[string]probe.Outcome, order ...string) part {
	return func(ev *probe.Evidence) {
		ev.Control, ev.Sessions = nil, nil
		for _, to := range order {
			ev.Control = append(ev.Control, madeDial(probe.AsControl, to, outcomes[to]))
		}
	}
}

func line(code int, words string) *probe.Reply {
	return &probe.Reply{Code: code, Lines: []string{fmt.Sprintf("%d %s", code, words)}}
}

// listed completes the mode by a listing.
func listed(m *probe.Mode) {
	m.List = &probe.Exchange{Check: m.Check, Command: "LIST", Replies: []probe.Reply{*line(150, "Here it comes."), *line(226, "Done.")}}
}

func add(ev *probe.Evidence, m *probe.Mode) {
	m.Session, m.Ended = 1, true
	ran(m.Check)(ev)
	ev.Modes[m.Check] = m
}

// pasv is a PASV whose reply names an address; the dials there and at the same
// port of the control host ended so. A zero outcome means not dialled.
func pasv(announced string, there, host probe.Outcome) part {
	return func(ev *probe.Evidence) {
		at := netip.MustParseAddrPort(announced)
		m := &probe.Mode{Check: probe.CheckPASV, Command: "PASV", Announced: at,
			Reply: line(227, fmt.Sprintf("Entering Passive Mode (%s,%d,%d).", strings.ReplaceAll(at.Addr().String(), ".", ","), at.Port()>>8, at.Port()&255))}
		peer := ev.Sessions[0].Peer.Addr()
		if there != "" && at.Addr() != peer {
			m.Dials = append(m.Dials, madeDial(probe.AsAnnounced, announced, there))
		} else if at.Addr() != peer {
			m.NotDialled = "a third party"
		}
		if host != "" {
			d := madeDial(probe.AsControlHost, netip.AddrPortFrom(peer, at.Port()).String(), host)
			d.Check = probe.CheckPASV
			m.Dials = append(m.Dials, d)
		}
		if there == hops.Open || host == hops.Open {
			listed(m)
		}
		add(ev, m)
	}
}

// epsv is an EPSV and the dial of its port.
func epsv(port uint16, o probe.Outcome) part {
	return func(ev *probe.Evidence) {
		at := netip.AddrPortFrom(ev.Sessions[0].Peer.Addr(), port)
		d := madeDial(probe.AsAnnounced, at.String(), o)
		d.Check = probe.CheckEPSV
		m := &probe.Mode{Check: probe.CheckEPSV, Command: "EPSV", Announced: at, Dials: []probe.Dial{d},
			Reply: line(229, fmt.Sprintf("Entering Extended Passive Mode (|||%d|)", port))}
		if o == hops.Open {
			listed(m)
		}
		add(ev, m)
	}
}

// refused is a mode whose command got this reply.
func refused(c probe.Check, code int, words string) part {
	return func(ev *probe.Evidence) {
		add(ev, &probe.Mode{Check: c, Command: strings.ToUpper(string(c)), Reply: line(code, words), Announced: netip.AddrPortFrom(ev.Sessions[0].Local.Addr(), 40001)})
	}
}

// arrived is an active mode whose connection came from there, and worked.
func arrived(c probe.Check, from string) part {
	return func(ev *probe.Evidence) {
		m := &probe.Mode{Check: c, Command: strings.ToUpper(string(c)), Reply: line(200, "OK."),
			Announced: netip.AddrPortFrom(ev.Sessions[0].Local.Addr(), 40001),
			Arrivals:  []probe.Arrival{{From: netip.MustParseAddrPort(from)}}}
		listed(m)
		add(ev, m)
	}
}

// waited is an active mode that was granted, and nothing arrived.
func waited(c probe.Check, last ...probe.Reply) part {
	return func(ev *probe.Evidence) {
		add(ev, &probe.Mode{Check: c, Command: strings.ToUpper(string(c)), Reply: line(200, "OK."),
			Announced: netip.AddrPortFrom(ev.Sessions[0].Local.Addr(), 40001),
			List:      &probe.Exchange{Check: c, Command: "LIST", Replies: last}})
	}
}

// ending gives a mode's listing another end: what came over its data
// connection, and the replies to LIST; none at all means that the wait ran out.
func ending(c probe.Check, bytes int64, o probe.Outcome, replies ...probe.Reply) part {
	return func(ev *probe.Evidence) {
		m := ev.Modes[c]
		m.List = &probe.Exchange{Check: c, Command: "LIST", Replies: replies}
		m.Dials[len(m.Dials)-1].Data = &probe.Data{Bytes: bytes, Outcome: o, Took: time.Second}
		if len(replies) == 0 || replies[len(replies)-1].Code < 200 {
			m.Lost = &probe.Loss{Check: c, Command: "LIST", Outcome: hops.Timeout, Took: 30 * time.Second}
		}
	}
}

// samples adds ports that opened or did not, each tried again when confirm.
func samples(o probe.Outcome, confirm bool, ports ...uint16) part {
	return func(ev *probe.Evidence) {
		ran(probe.CheckPorts)(ev)
		for _, p := range ports {
			at := netip.AddrPortFrom(ev.Sessions[0].Peer.Addr(), p)
			d := madeDial(probe.AsSample, at.String(), o)
			d.Check = probe.CheckPorts
			ev.Samples = append(ev.Samples, &probe.Sample{Session: 1, Command: "EPSV", Announced: at, Dial: d})
			if confirm {
				d.As = probe.AsConfirm
				ev.Confirms = append(ev.Confirms, d)
			}
		}
	}
}

// path adds hop search attempts to a port: "x1.2.3.4" expired there, "x" a
// nameless hop, "o" open, "r" refused, "!1.2.3.4" rejected by it, "-" silence.
func path(to string, steps ...string) part {
	return func(ev *probe.Evidence) {
		ran(probe.CheckPath)(ev)
		for i, s := range steps {
			h := probe.Hop{To: netip.MustParseAddrPort(to), TTL: i + 1}
			switch s[0] {
			case 'x':
				h.Outcome = hops.Expired
				if s != "x" {
					h.ICMP = &hops.ICMP{Type: 11, From: netip.MustParseAddr(s[1:])}
				}
			case 'o':
				h.Outcome = hops.Open
			case 'r':
				h.Outcome = hops.Refused
			case '!':
				h.Outcome = hops.Rejected
				h.ICMP = &hops.ICMP{Type: 3, Code: 13, From: netip.MustParseAddr(s[1:])}
			case '-':
				h.Outcome = hops.Timeout
			}
			ev.Hops = append(ev.Hops, h)
		}
	}
}
