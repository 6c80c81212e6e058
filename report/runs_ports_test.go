package report

import (
	"fmt"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// further marks all events that play adds as those of a transfer or a further
// try.
func (s *script) further(step int, try probe.Try, play func()) {
	from := len(s.events)
	s.add(probe.Event{Kind: probe.KindBegin})
	play()
	s.add(probe.Event{Kind: probe.KindEnd})
	for i := range s.events[from:] {
		s.events[from+i].Step, s.events[from+i].Try = step, try
	}
}

// transfer is one transfer over EPSV; a stalled one ends its session.
func (s *script) transfer(id, port int, command string, bytes int64, o probe.Outcome) {
	at := fmt.Sprintf("%s:%d", serverIP, port)
	s.say(id, "> EPSV", fmt.Sprintf("229 Entering Extended Passive Mode (|||%d|)", port))
	s.announce(at)
	s.dial(probe.AsAnnounced, at, hops.Open)
	s.say(id, "> "+command, "150 Here it comes.")
	if o == probe.OutcomeEOF {
		s.now += 20 * msec
		s.data(probe.AsAnnounced, at, bytes, o)
		s.say(id, "226 Transfer complete.")
		return
	}
	s.now += 30 * time.Second
	s.add(probe.Event{Kind: probe.KindData, As: probe.AsAnnounced, Addr: addr(at), Bytes: bytes, Outcome: o, Took: 30 * time.Second})
	s.add(probe.Event{Kind: probe.KindLost, Session: id, Outcome: hops.Timeout, Took: 30 * time.Second})
}

// runSweep: half of the range is blocked, and a sweep finds where it ends.
func runSweep() *script {
	s := reach("ftp.example.com")
	s.passive(2, probe.CheckEPSV, "229 Entering Extended Passive Mode (|||50012|)", serverIP+":50012", hops.Open, "")
	s.passive(3, probe.CheckPASV, "227 Entering Passive Mode (203,0,113,10,195,124).", serverIP+":50044", hops.Open, "")
	s.session(4, probe.CheckPorts, clientIP+":40004", serverFTP)
	for _, port := range []int{50003, 50021, 50038, 50057, 50066, 50071, 50083, 50098} {
		o := hops.Open
		if port >= 50050 {
			o = hops.Timeout
		}
		at := fmt.Sprintf("%s:%d", serverIP, port)
		s.say(4, "> EPSV", fmt.Sprintf("229 Entering Extended Passive Mode (|||%d|)", port))
		s.add(probe.Event{Kind: probe.KindAnnounce, Session: 4, Addr: addr(at)})
		s.sample(4, at, o)
		if o == hops.Timeout {
			s.add(probe.Event{Kind: probe.KindDial, As: probe.AsConfirm, Addr: addr(at), Outcome: o, Took: 5 * time.Second})
		}
	}
	for port := 50000; port <= 50100; port++ {
		o := hops.Refused
		switch {
		case port == 50030:
			o = hops.Open
		case port >= 50050:
			o = hops.Timeout
		}
		s.add(probe.Event{Kind: probe.KindDial, As: probe.AsSweep, Addr: addr(fmt.Sprintf("%s:%d", serverIP, port)), Outcome: o})
	}
	s.ordinaryClient(serverIP+":50033", hops.Open)
	s.trace(serverIP+":50057", 3, hops.Timeout)
	return s
}

// runBlackHole: short listings pass, and the long download does only with
// small segments. The control connection then dies in a silence.
func runBlackHole() *script {
	s := reach("ftp.example.com")
	s.passive(2, probe.CheckEPSV, "229 Entering Extended Passive Mode (|||50012|)", serverIP+":50012", hops.Open, "")
	s.session(3, probe.CheckTransfer, clientIP+":40003", serverFTP)
	s.further(1, "", func() { s.transfer(3, 50014, "LIST", 412, probe.OutcomeEOF) })
	s.further(2, "", func() {
		s.say(3, "> SIZE pub/image.bin", "213 1048576")
		s.transfer(3, 50017, "RETR pub/image.bin", 0, hops.Timeout)
	})
	s.open(4, clientIP+":40004", serverFTP)
	s.further(2, probe.TryClamped, func() { s.transfer(4, 50019, "RETR pub/image.bin", 1048576, probe.OutcomeEOF) })
	s.session(5, probe.CheckIdle, clientIP+":40005", serverFTP)
	for _, d := range []time.Duration{15, 30, 60} {
		s.now += d * time.Second
		s.say(5, "> NOOP", "200 NOOP ok.")
		s.add(probe.Event{Kind: probe.KindIdle, Session: 5, Took: d * time.Second, Outcome: probe.OutcomeOK, Code: 200, Text: "200 NOOP ok."})
	}
	s.now += 120 * time.Second
	s.say(5, "> NOOP")
	s.add(probe.Event{Kind: probe.KindIdle, Session: 5, Took: 120 * time.Second, Outcome: hops.Timeout})
	s.add(probe.Event{Kind: probe.KindLost, Session: 5, Outcome: hops.Timeout, Took: 30 * time.Second})
	return s
}
