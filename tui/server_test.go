package tui

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe/ftpd"
	"ftpcheck/probe/hops"

	tea "charm.land/bubbletea/v2"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func at(text string) netip.AddrPort { return netip.MustParseAddrPort(text) }

// aDay is what a server tells in which all states of a session occur.
func aDay() []ftpd.Entry {
	clock := noon
	server, nobody := at("198.51.100.2:21"), netip.AddrPort{}
	var list []ftpd.Entry
	tell := func(session int, peer netip.AddrPort, e ftpd.Entry) {
		clock = clock.Add(time.Second)
		e.Time, e.Session, e.Peer = clock, session, peer
		list = append(list, e)
	}
	tell(0, nobody, ftpd.Entry{What: ftpd.WhatListen, Local: server, Text: "198.51.100.2:21"})

	ann := at("203.0.113.2:40112") // passive mode works once, and then nothing arrives
	tell(1, ann, ftpd.Entry{What: ftpd.WhatCome, Local: server, Text: "connected to 198.51.100.2:21"})
	tell(1, ann, ftpd.Entry{What: ftpd.WhatSecure, TLS: "TLS 1.3", Text: "control: TLS 1.3"})
	tell(1, ann, ftpd.Entry{What: ftpd.WhatLogin, User: "ann", Text: "logged in as the named user"})
	tell(1, ann, ftpd.Entry{What: ftpd.WhatOpen, Command: "EPSV", Local: at("198.51.100.2:50012"), Text: "EPSV: listens on port 50012"})
	tell(1, ann, ftpd.Entry{What: ftpd.WhatAnnounce, Command: "EPSV", Code: 229, Local: at("198.51.100.2:50012"),
		Addr: netip.AddrPortFrom(netip.Addr{}, 50012), Raw: []byte("229 Entering Extended Passive Mode (|||50012|)"), Text: "229 Entering Extended Passive Mode (|||50012|)"})
	tell(1, ann, ftpd.Entry{What: ftpd.WhatArrive, Local: at("198.51.100.2:50012"), Remote: at("203.0.113.2:40113"), Text: "203.0.113.2:40113 at port 50012"})
	tell(1, ann, ftpd.Entry{What: ftpd.WhatTransfer, Command: "LIST", Code: 226, Local: at("198.51.100.2:50012"), Remote: at("203.0.113.2:40113"), Text: "LIST: 243 bytes"})
	tell(1, ann, ftpd.Entry{What: ftpd.WhatOpen, Command: "PASV", Local: at("198.51.100.2:50013"), Text: "PASV: listens on port 50013"})
	tell(1, ann, ftpd.Entry{What: ftpd.WhatAnnounce, Command: "PASV", Code: 227, Local: at("198.51.100.2:50013"), Addr: at("10.0.0.10:50013"),
		Raw: []byte("227 Entering Passive Mode (10,0,0,10,195,93)."), Text: "227 Entering Passive Mode (10,0,0,10,195,93)."})
	tell(1, ann, ftpd.Entry{What: ftpd.WhatTransfer, Command: "LIST", Code: 425, Text: "LIST: no data connection"})
	tell(1, ann, ftpd.Entry{What: ftpd.WhatAbsent, Local: at("198.51.100.2:50013"), Text: "nothing arrived at port 50013"})
	tell(1, ann, ftpd.Entry{What: ftpd.WhatLeave, Text: "client said QUIT"})

	tell(2, at("203.0.113.9:999"), ftpd.Entry{What: ftpd.WhatRefuse, Code: 421, Text: "421 Too many sessions."})

	bob := at("203.0.113.2:40200") // active mode, refused and then rejected on the way; one port still waits
	tell(3, bob, ftpd.Entry{What: ftpd.WhatCome, Local: server, Text: "connected to 198.51.100.2:21"})
	tell(3, bob, ftpd.Entry{What: ftpd.WhatLogin, User: "anonymous", Text: "logged in as anonymous"})
	tell(3, bob, ftpd.Entry{What: ftpd.WhatAnnounce, Command: "PORT", Code: 500, Addr: at("192.168.1.10:40004"),
		Raw: []byte("PORT 192,168,1,10,156,68"), Text: `PORT "192,168,1,10,156,68", refused: 500`})
	tell(3, bob, ftpd.Entry{What: ftpd.WhatAnnounce, Command: "EPRT", Code: 200, Addr: at("203.0.113.2:40005"),
		Raw: []byte("EPRT |1|203.0.113.2|40005|"), Text: `EPRT "|1|203.0.113.2|40005|"`})
	tell(3, bob, ftpd.Entry{What: ftpd.WhatDial, Command: "EPRT", Remote: at("203.0.113.2:40005"), Local: at("198.51.100.2:20"), Outcome: hops.Rejected,
		ICMP: &hops.ICMP{Type: 3, Code: 13, From: netip.MustParseAddr("203.0.113.1")}, Text: "203.0.113.2:40005 from 198.51.100.2:20: rejected, ICMP 3/13 from 203.0.113.1"})
	tell(3, bob, ftpd.Entry{What: ftpd.WhatTransfer, Command: "LIST", Code: 425, Text: "LIST: no data connection"})
	tell(3, bob, ftpd.Entry{What: ftpd.WhatOpen, Command: "PASV", Local: at("198.51.100.2:50040"), Text: "PASV: listens on port 50040"})
	tell(3, bob, ftpd.Entry{What: ftpd.WhatAnnounce, Command: "PASV", Code: 227, Local: at("198.51.100.2:50040"), Addr: at("198.51.100.2:50040"),
		Raw: []byte("227 Entering Passive Mode (198,51,100,2,195,120)."), Text: "227 Entering Passive Mode (198,51,100,2,195,120)."})
	return list
}

func about(faults []string) string {
	text := aboutHead
	for _, f := range faults {
		text += "  fault     " + f + "\n"
	}
	return text + aboutTail
}

const aboutHead = `ftpcheck 0.1.0 serves FTP; Ctrl-C stops it

  listens   198.51.100.2:21
  passive   ports 50000-50100
`

const aboutTail = `  user      check-abcdef
  password  ABCDEFGHIJKLMNOPQRSTUVWXYZ

at the other side:

  FTPCHECK_PASSWORD=ABCDEFGHIJKLMNOPQRSTUVWXYZ ftpcheck ftp://check-abcdef@198.51.100.2:21
`

// serverScreen is a plain screen of a server that has told some entries, half
// a minute after noon.
func serverScreen(t *testing.T, width, height int, told []ftpd.Entry) *serverModel {
	t.Helper()
	log := &ServerLog{}
	m := newServerModel(t.Context(), ServerOptions{
		Log: log, Address: "198.51.100.2:21", About: about, Command: "ftpcheck ftp://198.51.100.2:21",
		Said:      func(e ftpd.Entry) bool { return e.What != ftpd.WhatListen && e.What != ftpd.WhatOpen },
		SetFaults: serverWithoutTLS(t).SetFaults, Plain: true,
	})
	m.began = noon
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	for _, e := range told {
		log.Add(e)
	}
	m.Update(entriesMsg(noon.Add(30 * time.Second)))
	return m
}

// serverWithoutTLS is a server that does not serve.
func serverWithoutTLS(t *testing.T) *ftpd.Server {
	t.Helper()
	s, err := ftpd.New(ftpd.Options{Listen: []netip.AddrPort{at("127.0.0.1:0")}, Anonymous: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// press sends keys by their names; other texts are typed letter by letter.
func (m *serverModel) press(keys ...string) {
	for _, k := range keys {
		if msg, ok := named(k); ok {
			m.Update(msg)
			continue
		}
		for _, r := range k {
			m.Update(letter(r))
		}
	}
}

// screen is what stands on the screen.
func (m *serverModel) screen() string {
	lines, _ := m.draw()
	return trimmed(strings.Join(lines, "\n") + "\n")
}

func TestServerScreens(t *testing.T) {
	tests := []struct {
		name string
		told []ftpd.Entry
		keys []string
	}{
		{"empty", nil, nil},
		{"sessions", aDay(), nil},
		{"detail", aDay(), []string{"G", "enter"}},
		{"faults", aDay(), []string{"f", "space", "down", "down"}},
		{"log", aDay(), []string{"l"}},
		{"help", aDay(), []string{"?"}},
	}
	for _, tt := range tests {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s/%dx%d", tt.name, size[0], size[1]), func(t *testing.T) {
				m := serverScreen(t, size[0], size[1], tt.told)
				m.press(tt.keys...)
				m.status = ""
				golden(t, fmt.Sprintf("server-%s-%dx%d.txt", tt.name, size[0], size[1]), m.screen())
			})
		}
	}
}

// TestServerEverySize walks through the screens at every size.
func TestServerEverySize(t *testing.T) {
	walk := [][]string{nil, {"down"}, {"G"}, {"enter"}, {"space", "space", "b"}, {"esc", "tab"}, {"f"}, {"G"}, {"esc", "l", "G"}, {"l", "i"}, {"?", "pgdown"}, {"esc", "p"}, {"p", "y"}, {"x"}}
	for width := 40; width <= 300; width += 1 + width/40 {
		for height := 10; height <= 100; height += 1 + height/10 {
			m := serverScreen(t, width, height, aDay())
			for _, keys := range walk {
				m.press(keys...)
				lines, cursor := m.draw()
				fitsScreen(t, lines, cursor, width, height)
				if hasList := !m.alone && m.over == doNone || m.over == doFaults; hasList {
					showsCursor(t, lines, width, height)
				}
			}
		}
	}
	m := serverScreen(t, 39, 9, aDay())
	if lines, _ := m.draw(); len(lines) != 1 || len(lines[0]) > 39 {
		t.Errorf("too small: %q", lines)
	}
}

// TestServerScreenIsSafe: nothing that a client sends reaches the terminal as
// it is, also not what the server quotes in its own words.
func TestServerScreenIsSafe(t *testing.T) {
	peer := at("203.0.113.2:1")
	told := []ftpd.Entry{
		{Session: 1, Peer: peer, What: ftpd.WhatLogin, User: evil, Text: evil},
		{Session: 1, Peer: peer, What: ftpd.WhatSecure, TLS: evil, Text: evil},
		{Session: 1, Peer: peer, What: ftpd.WhatAnnounce, Command: "PORT", Code: 200, Raw: []byte("PORT " + evil), Text: evil},
		{Session: 1, Peer: peer, What: ftpd.WhatDial, Command: "PORT", Err: evil, Text: evil},
		{Session: 1, Peer: peer, What: ftpd.WhatTransfer, Command: "STOR", Path: evil, Text: evil},
		{Session: 1, Peer: peer, What: ftpd.WhatLeave, Text: evil},
		{Session: 2, Peer: peer, What: ftpd.WhatRefuse, Text: evil},
	}
	for _, keys := range [][]string{nil, {"G"}, {"G", "enter"}, {"l"}} {
		m := serverScreen(t, 200, 60, told)
		m.press(keys...)
		lines, cursor := m.draw()
		fitsScreen(t, lines, cursor, 200, 60)
	}
}

// TestServerDecoration: colours add nothing that plain text does not say.
func TestServerDecoration(t *testing.T) {
	for _, keys := range [][]string{nil, {"G", "enter"}, {"f", "space", "down"}, {"l"}, {"?"}, {"i"}} {
		m := serverScreen(t, 120, 40, aDay())
		m.press(keys...)
		plain := m.screen()
		for _, dark := range []bool{true, false} {
			m.style = newServerStyles(ServerOptions{}, dark)
			decorated := m.screen()
			if got := trimmed(colour.ReplaceAllString(decorated, "")); got != plain || got == decorated {
				t.Errorf("%v, dark %v: decorated\n%s\nplain\n%s", keys, dark, decorated, plain)
			}
		}
	}
}

// TestServerFaultKeys: a fault is switched on and off; one that needs an
// argument asks for it; what the server does not take is said.
func TestServerFaultKeys(t *testing.T) {
	index := func(name string) int {
		return slices.IndexFunc(ftpd.Faults(), func(f ftpd.Fault) bool { return f.Name == name })
	}
	m := serverScreen(t, 80, 24, nil)
	m.press("f", "space")
	if !slices.Equal(m.faults, []string{"announce-private"}) || !strings.HasPrefix(m.status, "announce-private is on") {
		t.Errorf("on: %v, %q", m.faults, m.status)
	}
	m.faultAt = index("close-at")
	m.press("enter", "MODE", "enter")
	if !slices.Equal(m.faults, []string{"announce-private", "close-at=MODE"}) || m.ask != nil {
		t.Errorf("with an argument: %v, %q", m.faults, m.status)
	}
	m.press("i")
	if lines, _ := m.draw(); !strings.Contains(strings.Join(lines, "\n"), "fault     close-at=MODE") {
		t.Errorf("what is said of the server leaves out its faults:\n%s", strings.Join(lines, "\n"))
	}
	m.press("f")
	m.faultAt = index("later-fail")
	m.press("enter", "many", "enter")
	if len(m.faults) != 2 || m.status == "" || m.ask == nil {
		t.Errorf("a bad argument: %v, %q", m.faults, m.status)
	}
	m.press("esc")
	m.faultAt = index("data-plain")
	m.press("space")
	if len(m.faults) != 2 || !strings.Contains(m.status, ftpd.ErrNeedsTLS.Error()) {
		t.Errorf("a fault of TLS: %v, %q", m.faults, m.status)
	}
	m.faultAt = 0
	m.press("space")
	if !slices.Equal(m.faults, []string{"close-at=MODE"}) || !strings.HasPrefix(m.status, "announce-private is off") {
		t.Errorf("off: %v, %q", m.faults, m.status)
	}
}

// TestServerPause: a held screen changes nothing and loses nothing.
func TestServerPause(t *testing.T) {
	m := serverScreen(t, 80, 24, nil)
	m.press("p")
	for _, e := range aDay() {
		m.opt.Log.Add(e)
	}
	m.Update(entriesMsg(noon.Add(time.Minute)))
	if head := m.header(); len(m.sessions) > 0 || !strings.Contains(head, "PAUSED, 22 waiting") {
		t.Errorf("held: %d sessions, %q", len(m.sessions), head)
	}
	m.press("p")
	if len(m.sessions) != 3 {
		t.Errorf("released: %d sessions", len(m.sessions))
	}
}

// TestServerClear: what has ended is forgotten, who is still there is not.
func TestServerClear(t *testing.T) {
	m := serverScreen(t, 80, 24, aDay())
	m.press("x")
	if len(m.sessions) != 1 || m.sessions[0].number != 3 || m.came != 3 {
		t.Errorf("%d sessions are left of %d", len(m.sessions), m.came)
	}
	if len(m.entries) != 0 || m.lost != len(aDay()) {
		t.Errorf("%d entries in the log, %d lost", len(m.entries), m.lost)
	}
}

// TestServerCursor: the newest session is selected while others come, until
// the user has chosen one.
func TestServerCursor(t *testing.T) {
	m := serverScreen(t, 80, 24, aDay()[:2])
	come := func(n int) {
		m.opt.Log.Add(ftpd.Entry{Time: noon, Session: n, Peer: at("192.0.2.1:1"), What: ftpd.WhatCome})
		m.Update(entriesMsg(noon))
	}
	come(2)
	if m.selected().number != 2 {
		t.Errorf("session %d is selected, want the newest", m.selected().number)
	}
	m.press("down")
	come(3)
	if m.selected().number != 1 {
		t.Errorf("session %d is selected, want the one that was chosen", m.selected().number)
	}
	m.press("g")
	come(4)
	if m.selected().number != 4 {
		t.Errorf("session %d is selected, want the newest again", m.selected().number)
	}
	for i, key := range []string{"enter", "space"} { // both read its detail
		m.press("esc", "g", key)
		reads := m.selected().number
		come(5 + i)
		if m.selected().number != reads {
			t.Errorf("%s: session %d is selected, want the one that is being read", key, m.selected().number)
		}
	}
}

// TestServerTooSmall: q quits, as the line says, whatever is being typed.
func TestServerTooSmall(t *testing.T) {
	m := serverScreen(t, 80, 24, nil)
	m.press("f", "G")
	for f := ftpd.Faults(); f[m.faultAt].Arg == ""; {
		m.press("up")
	}
	m.press("enter")
	m.Update(tea.WindowSizeMsg{Width: 39, Height: 10})
	if lines, _ := m.draw(); m.ask == nil || lines[0] != "too small: need 40x10, q quits" {
		t.Fatalf("it asks %v, and shows %q", m.ask, lines)
	}
	if _, cmd := m.Update(letter('q')); cmd == nil || cmd() != tea.Quit() {
		t.Error("q does not quit")
	}
}

// TestServerBounds: a client that never stops does not fill the memory.
func TestServerBounds(t *testing.T) {
	m := serverScreen(t, 80, 24, nil)
	peer := at("192.0.2.1:1")
	for n := range 3 * mostSessions {
		m.add(ftpd.Entry{Session: n + 1, Peer: peer, What: ftpd.WhatCome})
	}
	for range 10 * mostLines {
		m.add(ftpd.Entry{Session: 3 * mostSessions, Peer: peer, What: ftpd.WhatAnnounce, Command: "PORT", Code: 200})
	}
	v := m.selected()
	if len(m.sessions) != mostSessions || len(v.lines) > mostLines || len(v.tries) > mostTries {
		t.Errorf("kept: %d sessions, %d lines, %d announcements", len(m.sessions), len(v.lines), len(v.tries))
	}
	m.press("p")
	for range 2 * mostWaiting {
		m.opt.Log.Add(ftpd.Entry{Session: 1, What: ftpd.WhatHear})
	}
	if n := m.opt.Log.waiting(); n > mostWaiting {
		t.Errorf("%d entries wait", n)
	}
	m.press("p")
	if n := len(m.entries); n > mostEntries || n+m.lost != 2*mostWaiting {
		t.Errorf("%d entries are left and %d lost, of %d", n, m.lost, 2*mostWaiting)
	}
}
