package report

import (
	"slices"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// TestPeerLine: ok where both ends saw the same; what they did not is counted.
func TestPeerLine(t *testing.T) {
	here := knock("198.51.100.7:41000")
	silent := func(ev *probe.Evidence) { ev.Peer.Seen = nil; ev.Peer.Missed = "no answer to SITE FTPCHECK SEEN" }
	refusedAll := func(ev *probe.Evidence) {
		ran(probe.CheckPeer)(ev)
		ev.Peer = &probe.Peer{Missed: "no answer to SITE FTPCHECK BEGIN"}
	}
	tests := []struct {
		name  string
		parts []part
		state State
		want  string
	}{
		{"not ftpcheck's own", []part{ran(probe.CheckPeer)}, Skip, "not tested"},
		{"told nothing", []part{refusedAll}, Warn, "ftpcheck is at the other end, and told nothing: no answer to SITE FTPCHECK BEGIN"},
		{"did not tell what it saw", []part{twoEnds("198.51.100.7", madeServer), client("198.51.100.7"), silent}, Warn, "ftpcheck 0.1.0 at the other end: it did not tell what it saw, no answer to SITE FTPCHECK SEEN"},
		{"well", slices.Concat(direct, []part{passiveTry(probe.CheckPASV, pasvSent, pasvSent, hops.Open, here), listenedOn(50001, hops.Open, here), dialledBack(40002, 20, hops.Open)}),
			OK, "ftpcheck 0.1.0 at the other end agrees: 1 announcement as sent; ports there: 2 arrived, ports here: 1 arrived"},
		{"behind NAT", natted, OK, "ftpcheck 0.1.0 at the other end agrees: it sees this client as 198.51.100.200"},
		{"changed, lost, half-way", slices.Concat(direct, []part{passiveTry(probe.CheckPASV, pasvSent, pasvOther, hops.Refused), passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Timeout, exchange.Knock{From: here.From, Half: true})}),
			Failed, "ftpcheck 0.1.0 at the other end: epsv: port 50000 was reached, and the answer was lost; the announcement of pasv arrived changed"},
		{"not for us", slices.Concat(direct, []part{activeTry(probe.CheckPORT, portSent, portSent, hops.Timeout)}), Warn, "ftpcheck 0.1.0 at the other end: port: its connection got no answer"},
		{"some ports", slices.Concat(direct, []part{listenedOn(50001, hops.Open, here), listenedOn(50002, hops.Timeout)}), Failed, "ftpcheck 0.1.0 at the other end: 1 of 2 more ports fail"},
		{"a port that was tried again when it was closed", slices.Concat(direct, []part{listenedOn(50001, hops.Open, here), listenedOn(50001, hops.Refused)}), OK, "ftpcheck 0.1.0 at the other end agrees: ports there: 1 arrived"},
		{"large packets", slices.Concat(direct, []part{piece(true, 900, true), piece(true, 1448, false)}), Failed, "ftpcheck 0.1.0 at the other end: 1448 bytes in one packet do not arrive from the server to this client"},
		{"masked greeting", slices.Concat(direct, []part{greetedThere("220 other\r\n")}), Warn, "ftpcheck 0.1.0 at the other end: its greeting arrived changed"},
	}
	for _, tt := range tests {
		l := Line(made(tt.parts...), probe.CheckPeer)
		if l.State != tt.state || l.Summary != tt.want {
			t.Errorf("%s:\ngot  %s %q\nwant %s %q", tt.name, l.State, l.Summary, tt.state, tt.want)
		}
	}
}

// TestPortMap: each port in the one word that both ends together allow.
func TestPortMap(t *testing.T) {
	whole, half := knock("198.51.100.7:41000"), exchange.Knock{From: knock("198.51.100.7:41000").From, Half: true}
	never := func(ev *probe.Evidence) { // opened there, and nothing arrived here
		ev.Peer.Arrivals = ev.Peer.Arrivals[:len(ev.Peer.Arrivals)-1]
	}
	ev := made(slices.Concat(direct, []part{
		listenedOn(50000, hops.Open, whole), listenedOn(50001, hops.Open, whole), listenedOn(50002, hops.Open), listenedOn(50003, hops.Timeout, half),
		listenedOn(50004, hops.Refused), listenedOn(50005, hops.Timeout), listenedOn(50006, hops.Rejected),
		dialledBack(40003, 20, hops.Open), never, dialledBack(40001, 20, hops.Open), dialledBack(40001, 45000, hops.Timeout), dialledBack(40002, 20, hops.Refused),
	})...)
	ev.Swept = []probe.Dial{madeDial(probe.AsSweep, netipPort(50007), hops.Refused), madeDial(probe.AsSweep, netipPort(50000), hops.Refused)}
	m := PortMapOf(ev)
	toServer := []SweptRange{{50000, 50001, PortArrived}, {50002, 50002, PortAnswered}, {50003, 50003, PortHalfway}, {50004, 50004, PortRefused}, {50005, 50005, PortSilent}, {50006, 50006, PortRejected}, {50007, 50007, PortRefused}}
	if !slices.Equal(m.ToServer, toServer) {
		t.Errorf("to the server: got %v, want %v", m.ToServer, toServer)
	}
	toClient := []ClientPort{{40001, 20, PortArrived}, {40001, 45000, PortSilent}, {40002, 20, PortRefused}, {40003, 20, PortAnswered}}
	if !slices.Equal(m.ToClient, toClient) {
		t.Errorf("to the client: got %v, want %v", m.ToClient, toClient)
	}
}

// TestPortTakenBack: a port that the other end needed for an announcement, and
// so listened on no longer at our request, says nothing when it refuses. It need
// not be the one that is announced then.
func TestPortTakenBack(t *testing.T) {
	ev := made(slices.Concat(direct, []part{listenedOn(50001, hops.Refused), listenedOn(50002, hops.Refused), listenedOn(50003, hops.Refused)})...)
	closed := map[uint16]exchange.Millis{50001: 200, 50002: 2003, 50003: 2000}
	for i := range ev.Peer.Seen.Ports {
		if p := &ev.Peer.Seen.Ports[i]; p.Command == "LISTEN" {
			p.Opened, p.Closed = 100, closed[p.Local.Port()]
		}
	}
	want := []SweptRange{{50002, 50003, PortRefused}}
	if got := PortMapOf(ev).ToServer; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestClaimsAlone: what the other end says of things that this end never did
// makes no finding.
func TestClaimsAlone(t *testing.T) {
	ev := made(slices.Concat(direct, []part{controlPath})...)
	at := addr("198.51.100.7:40001")
	ev.Peer.Seen = &exchange.Seen{
		Sessions: []exchange.Session{{Number: 1, Ended: 5, How: exchange.EndTimeout, Lines: []exchange.Line{{Sent: true, Raw: []byte(pasvSent)}, {Raw: []byte(portSent)}}}},
		Ports:    []exchange.Port{{Session: 1, Command: "PASV", Local: addr(netipPort(50000))}, {Session: 1, Command: "LISTEN", Local: addr(netipPort(50001)), Knocks: []exchange.Knock{{Refused: true, From: at}, {Half: true, From: at}}}},
		Dials: []exchange.Dialing{{Session: 1, Command: "PORT", To: at, Outcome: hops.Timeout, Steps: []exchange.Step{{TTL: 1, Outcome: hops.Timeout}}},
			{Session: 1, Command: "DIAL", To: at, Outcome: hops.Refused}},
	}
	if found := Diagnose(ev); len(found) > 0 {
		t.Errorf("got %s", brief(found))
	}
	if m := PortMapOf(ev); m != nil {
		t.Errorf("a port map: %+v", m)
	}
}
