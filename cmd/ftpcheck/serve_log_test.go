package main

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/ftpd"
	"ftpcheck/probe/hops"
)

var (
	visitorPeer  = netip.MustParseAddrPort("203.0.113.2:40000")
	visitorLocal = netip.MustParseAddrPort("10.0.0.10:21")
)

// dataAt is a port of the server of these examples, and clientAt one of its
// client.
func dataAt(port uint16) netip.AddrPort   { return netip.AddrPortFrom(visitorLocal.Addr(), port) }
func clientAt(port uint16) netip.AddrPort { return netip.AddrPortFrom(visitorPeer.Addr(), port) }

// visitEntries are those of a client behind NAT: one passive port that it
// reaches, and others that it does not, in each way.
func visitEntries() []ftpd.Entry {
	entries := []ftpd.Entry{
		{What: ftpd.WhatListen, Local: visitorLocal},
		{What: ftpd.WhatCome, Local: visitorLocal},
		{What: ftpd.WhatHear, Command: "USER"},
		{What: ftpd.WhatLogin, User: "anonymous"},
		{What: ftpd.WhatOpen, Command: "PASV", Local: dataAt(50012)},
		{What: ftpd.WhatAnnounce, Command: "PASV", Code: 227, Raw: []byte("227 Entering Passive Mode (10,0,0,10,195,92)."), Local: dataAt(50012), Addr: dataAt(50012)},
		{What: ftpd.WhatArrive, Command: "PASV", Local: dataAt(50012), Remote: clientAt(41000)},
		{What: ftpd.WhatTransfer, Command: "LIST", Local: dataAt(50012), Remote: clientAt(41000), Sent: 279, Code: 226, How: exchange.EndOurs},
		{What: ftpd.WhatShut, Command: "PASV", Local: dataAt(50012)},
		{What: ftpd.WhatOpen, Command: "EPSV", Local: dataAt(50013)},
		{What: ftpd.WhatHalf, Command: "EPSV", Local: dataAt(50013), Remote: clientAt(41001)},
		{What: ftpd.WhatAbsent, Command: "EPSV", Local: dataAt(50013)},
		{What: ftpd.WhatOpen, Command: "EPSV", Local: dataAt(50014)},
		{What: ftpd.WhatArrive, Command: "EPSV", Local: dataAt(50014), Remote: netip.MustParseAddrPort("192.0.2.9:1"), Refused: true},
		{What: ftpd.WhatShut, Command: "EPSV", Local: dataAt(50014)},
		{What: ftpd.WhatTransfer, Command: "LIST", Code: 425},
		{What: ftpd.WhatAnnounce, Command: "PORT", Code: 500, Raw: []byte("PORT 192,168,1,10,156,64"), Addr: netip.MustParseAddrPort("192.168.1.10:40000")},
		{What: ftpd.WhatAnnounce, Command: "PORT", Code: 500, Raw: []byte("PORT \x1b[2J")},
		{What: ftpd.WhatVisit, Command: "BEGIN"},
		{What: ftpd.WhatVisit, Command: "LISTEN", Count: 4},
	}
	for port := uint16(50020); port < 50023; port++ {
		entries = append(entries, ftpd.Entry{What: ftpd.WhatOpen, Command: "LISTEN", Local: dataAt(port)},
			ftpd.Entry{What: ftpd.WhatAbsent, Command: "LISTEN", Local: dataAt(port)})
	}
	entries = append(entries,
		ftpd.Entry{What: ftpd.WhatOpen, Command: "LISTEN", Local: dataAt(50023), Err: "in use"},
		ftpd.Entry{What: ftpd.WhatDial, Command: "DIAL", Local: dataAt(20), Remote: clientAt(45000), Outcome: hops.Timeout},
		ftpd.Entry{What: ftpd.WhatDial, Command: "DIAL", Local: dataAt(60000), Remote: clientAt(45000), Outcome: hops.Rejected, ICMP: &hops.ICMP{Type: 3, Code: 13, From: netip.MustParseAddr("203.0.113.1")}},
		ftpd.Entry{What: ftpd.WhatDial, Command: "DIAL", Remote: clientAt(45001), Err: "permission denied"},
		ftpd.Entry{What: ftpd.WhatLeave, How: exchange.EndQuit, Text: "closed"},
	)
	for i := range entries {
		e := &entries[i]
		e.Time = time.Date(2026, 11, 25, 14, 3, 7, i*10_000_000, time.UTC)
		if e.What != ftpd.WhatListen {
			e.Session, e.Peer = 1, visitorPeer
		}
	}
	return entries
}

// TestVisitorSummary: what the administrator reads when a client has left.
func TestVisitorSummary(t *testing.T) {
	var visitors ftpd.Visitors
	var v *ftpd.Visitor
	for _, e := range visitEntries() {
		v = visitors.Add(e)
	}
	const want = `14:03:07Z 203.0.113.2 has left: 1 session in 300ms, logged in as anonymous, ftpcheck's own
    passive     3 ports: at 1 a connection arrived
                50013: a SYN arrived and was answered, the client never sent the third packet
                50014: only another address than the client's arrived
    on request  4 ports: at 0 a connection arrived
                50020-50022: nothing arrived
                50023: could not be listened on
    active      PORT 192,168,1,10,156,64: not accepted, 192.168.1.10 is not the client's address
                PORT \x1b[2J: not accepted
                to 45000 from port 20: timeout
                to 45000 from a high port: rejected, ICMP 3/13 from 203.0.113.1
                to 45001: not tried, permission denied
    transfers   1 of 2 complete, 279 bytes sent, 0 received
`
	if got := strings.Join(visitorLines(v), "\n") + "\n"; got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	const total = "in all: 1 session; 6 passive ports, at 1 a connection arrived; transfers: 1 of 2 complete, 279 bytes sent, 0 received"
	if got := totalLine(visitors.Total); got != total {
		t.Errorf("got:\n%s\nwant:\n%s", got, total)
	}
}

// TestSummaryOfAHole: what comes in by one is told apart from what comes to the
// ports that the client asks for.
func TestSummaryOfAHole(t *testing.T) {
	var visitors ftpd.Visitors
	var v *ftpd.Visitor
	for i, e := range []ftpd.Entry{
		{What: ftpd.WhatCome, Local: visitorLocal},
		{What: ftpd.WhatOpen, Command: "LISTEN", Local: dataAt(50020)},
		{What: ftpd.WhatAbsent, Command: "LISTEN", Local: dataAt(50020)},
		{What: ftpd.WhatDial, Command: "DIAL", Local: dataAt(50020), Remote: clientAt(45000), TTL: 2, Outcome: hops.Expired},
		{What: ftpd.WhatOpen, Command: "LISTEN", Local: dataAt(50020)},
		{What: ftpd.WhatHalf, Command: "LISTEN", Local: dataAt(50020), Remote: clientAt(45000)},
		{What: ftpd.WhatShut, Command: "LISTEN", Local: dataAt(50020)},
	} {
		e.Time, e.Session, e.Peer = time.Date(2026, 11, 25, 14, 3, 7, i*10_000_000, time.UTC), 1, visitorPeer
		v = visitors.Add(e)
	}
	const want = `14:03:07Z 203.0.113.2 has left: 1 session in 100ms, never logged in
    on request  1 port: at 0 a connection arrived
                50020: nothing arrived
    by a hole   50020, after a packet sent out from there: a SYN arrived and was answered, the client never sent the third packet
`
	if got := strings.Join(visitorLines(v), "\n") + "\n"; got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestServeLogSummaries: one when a client has been away for a while, not
// between two sessions of one check, and those that are due at the end.
func TestServeLogSummaries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lockedBuilder
		log := &serveLog{out: &out}
		come := func(session int) {
			log.add(ftpd.Entry{Time: time.Now(), Session: session, Peer: visitorPeer, What: ftpd.WhatCome, Local: visitorLocal})
		}
		leave := func(session int) {
			log.add(ftpd.Entry{Time: time.Now(), Session: session, Peer: visitorPeer, What: ftpd.WhatLeave})
		}
		summaries := func() int {
			synctest.Wait()
			return strings.Count(out.String(), "has left")
		}
		come(1)
		leave(1)
		time.Sleep(returnTime / 2)
		come(2)
		time.Sleep(returnTime)
		leave(2)
		if n := summaries(); n != 0 {
			t.Errorf("%d summaries while the client was there", n)
		}
		time.Sleep(returnTime)
		if n := summaries(); n != 1 || !strings.Contains(out.String(), "has left: 2 sessions") {
			t.Errorf("%d summaries after it left: %s", n, out.String())
		}
		come(3)
		leave(3)
		log.add(ftpd.Entry{Time: time.Now(), What: ftpd.WhatStop, Text: "stopped"})
		time.Sleep(returnTime)
		if n := summaries(); n != 2 || !strings.HasSuffix(out.String(), "\nin all: 3 sessions\n") {
			t.Errorf("%d summaries at the end: %s", n, out.String())
		}
	})
}

// TestServeJSON: every line is an object of its kind, and nothing of a client's
// words can do harm on a terminal.
func TestServeJSON(t *testing.T) {
	var out lockedBuilder
	log := &serveLog{out: &out, json: true}
	for _, e := range visitEntries() {
		log.add(e)
	}
	log.add(ftpd.Entry{Time: visitEntries()[0].Time, What: ftpd.WhatStop, Text: "stopped"})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	kinds := map[string]int{}
	for _, line := range lines {
		var got struct{ Time, What string }
		if err := json.Unmarshal([]byte(line), &got); err != nil || got.Time == "" || got.What == "" || strings.ContainsAny(line, "\x1b\u009b") {
			t.Errorf("%v: %s", err, line)
		}
		kinds[got.What]++
	}
	if kinds["visitor"] != 1 || kinds["total"] != 1 || kinds["stop"] != 1 || len(lines) != len(visitEntries())+3 {
		t.Errorf("%d lines, %v", len(lines), kinds)
	}
	const announce = `{"time":"2026-11-25T14:03:07.05Z","what":"announce","session":1,"peer":"203.0.113.2:40000","local":"10.0.0.10:50012",` +
		`"address":"10.0.0.10:50012","command":"PASV","code":227,"raw":"227 Entering Passive Mode (10,0,0,10,195,92).","text":""}`
	if lines[5] != announce {
		t.Errorf("got  %s\nwant %s", lines[5], announce)
	}
	const dial = `{"time":"2026-11-25T14:03:07.28Z","what":"dial","session":1,"peer":"203.0.113.2:40000","local":"10.0.0.10:60000",` +
		`"remote":"203.0.113.2:45000","command":"DIAL","outcome":"rejected","icmp":{"type":3,"code":13,"from":"203.0.113.1"},"text":""}`
	if lines[28] != dial {
		t.Errorf("got  %s\nwant %s", lines[28], dial)
	}
	const visitor = `"address":"203.0.113.2","since":"2026-11-25T14:03:07.01Z","user":"anonymous","ftpcheck":true,"sessions":1,` +
		`"ports":[{"port":50012,"command":"PASV","arrived":["203.0.113.2:41000"],"half_open":[],"strangers":[]},` +
		`{"port":50013,"command":"EPSV","arrived":[],"half_open":["203.0.113.2:41001"],"strangers":[]},`
	if all := out.String(); !strings.Contains(all, visitor) {
		t.Errorf("no %s in:\n%s", visitor, all)
	}
}

// TestServeRecord: the file holds each entry, and a full disk is told of.
func TestServeRecord(t *testing.T) {
	name := filepath.Join(t.TempDir(), "serve.jsonl")
	f, err := openServeRecord(name)
	if err != nil {
		t.Fatal(err)
	}
	log := &serveLog{out: &lockedBuilder{}, record: f}
	for _, e := range visitEntries() {
		log.add(e)
	}
	if err := log.close(); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(name)
	if err != nil || strings.Count(string(text), "\n") != len(visitEntries()) {
		t.Errorf("%v: %s", err, text)
	}
	log = &serveLog{out: &lockedBuilder{}, record: f, written: maxServeRecord}
	log.add(visitEntries()[0])
	if err := log.close(); err == nil || err.Error() != "cannot write the recording: it is full" {
		t.Errorf("got error %v", err)
	}
	f, err = os.Open(name) // which cannot be written to
	if err != nil {
		t.Fatal(err)
	}
	log = &serveLog{out: &lockedBuilder{}, record: f}
	log.add(visitEntries()[0])
	if err := log.close(); err == nil || !strings.HasPrefix(err.Error(), "cannot write the recording: ") {
		t.Errorf("got error %v", err)
	}
}

func TestPortList(t *testing.T) {
	tests := []struct {
		ports []uint16
		want  string
	}{
		{[]uint16{7}, "7"},
		{[]uint16{9, 7, 8, 8}, "7-9"},
		{[]uint16{1, 3, 4, 9}, "1 3-4 9"},
		{[]uint16{1, 3, 5, 7, 9, 11, 13, 15, 17}, "1 3 5 7 9 11 13 15 ..."},
	}
	for _, tt := range tests {
		if got := portList(tt.ports); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.ports, got, tt.want)
		}
	}
}
