package report

import (
	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// hello is how the other end sees a session of ours.
func (s *script) hello(session, theirs int, client, server string) {
	s.add(probe.Event{Kind: probe.KindHello, Session: session, Hello: &exchange.Hello{Version: 1, Tool: "0.1.0", Session: theirs,
		Client: addr(client), Server: addr(server), Greeting: []byte("220 (vsFTPd 3.0.5)\r\n"), Passive: exchange.Range{Low: 50000, High: 50100}, HalfOpen: true, Traces: true}})
}

// visit begins the check peer in the login session.
func (s *script) visit() {
	s.begin(probe.CheckPeer)
	s.say(1, "> SITE FTPCHECK BEGIN 1", "211 body of 200 bytes")
	s.hello(1, 1, "203.0.113.2:40000", serverFTP)
}

// pasvAgain is PASV once more, in a session of which both ends tell.
func (s *script) pasvAgain(id, theirs int, reply, announced string, o hops.Outcome) {
	again := func(k probe.Kind) { s.add(probe.Event{Kind: k, Check: probe.CheckPASV, Try: probe.TryPeer}) }
	again(probe.KindBegin)
	check := s.check
	s.check = probe.CheckPASV
	s.open(id, clientIP+":40009", serverFTP)
	s.add(probe.Event{Kind: probe.KindSend, Session: id, Text: "PASV", Try: probe.TryPeer})
	s.add(probe.Event{Kind: probe.KindRecv, Session: id, Text: reply, Code: 227, Try: probe.TryPeer})
	s.add(probe.Event{Kind: probe.KindAnnounce, Session: id, Addr: addr(announced), Try: probe.TryPeer})
	s.add(probe.Event{Kind: probe.KindDial, As: probe.AsAnnounced, Session: id, Addr: addr(announced), Outcome: o, Took: 31 * msec, Try: probe.TryPeer})
	s.check = check
	again(probe.KindEnd)
	s.hello(id, theirs, "203.0.113.2:40009", serverFTP)
}

// runPeerRewritten: a device on the way writes another port into 227 replies.
// The firewall in front of the server lets half of its range through, and the
// client's NAT lets nothing in.
func runPeerRewritten() *script {
	s := reach("ftp.example.com")
	s.skip("the server offers no TLS", probe.CheckSecure)
	s.passive(2, probe.CheckEPSV, "229 Entering Extended Passive Mode (|||50012|)", serverIP+":50012", hops.Open, "")
	s.passive(3, probe.CheckPASV, "227 Entering Passive Mode (203,0,113,10,141,112)", serverIP+":36208", hops.Refused, "")
	s.visit()
	s.pasvAgain(9, 2, "227 Entering Passive Mode (203,0,113,10,141,114)", serverIP+":36210", hops.Refused)
	for i, port := range []string{":50000", ":50001", ":50040", ":50060", ":50100"} {
		o := hops.Open
		if i > 2 {
			o = hops.Timeout
		}
		s.add(probe.Event{Kind: probe.KindDial, As: probe.AsPeer, Session: 1, Addr: addr(serverIP + port), Outcome: o, Took: 31 * msec})
	}
	s.add(probe.Event{Kind: probe.KindListen, Session: 1, Local: addr(clientIP + ":40031"), Addr: addr("203.0.113.2:40031")})
	s.add(probe.Event{Kind: probe.KindSize, As: probe.AsDown, Session: 1, Addr: addr(serverIP + ":50000"), Count: 1448, Bytes: 1448, Outcome: probe.OutcomeEOF})
	whole := []exchange.Knock{{From: addr("203.0.113.2:41000"), At: 120}}
	listen := func(port string, knocks []exchange.Knock) exchange.Port {
		return exchange.Port{Session: 1, Command: "LISTEN", Local: addr(serverIP + port), Opened: 100, Closed: 6000, Knocks: knocks}
	}
	dial := func(source string) exchange.Dialing {
		return exchange.Dialing{Session: 1, Command: "DIAL", To: addr("203.0.113.2:40031"), From: addr(serverIP + source), At: 200, Took: 5000, Outcome: hops.Timeout}
	}
	s.add(probe.Event{Kind: probe.KindSeen, Session: 1, Seen: &exchange.Seen{Now: 9000,
		Sessions: []exchange.Session{
			{Number: 1, Client: addr("203.0.113.2:40000"), Server: addr(serverFTP), Heard: 8900},
			{Number: 2, Client: addr("203.0.113.2:40009"), Server: addr(serverFTP), Heard: 300, Lines: []exchange.Line{{At: 300, Sent: true, Raw: []byte("227 Entering Passive Mode (203,0,113,10,195,90)")}}},
		},
		Ports: []exchange.Port{
			{Session: 2, Command: "PASV", Local: addr(serverIP + ":50010"), Opened: 300, Closed: 5400},
			listen(":50000", whole), listen(":50001", whole), listen(":50040", whole), listen(":50060", nil), listen(":50100", nil),
		},
		Dials: []exchange.Dialing{dial(":20"), dial(":45001")},
	}})
	return s
}
