package probe

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"ftpcheck/probe/exchange"
)

// What the opposite end tells, and what was tried with its help.
func TestFoldPeer(t *testing.T) {
	port := netip.MustParseAddrPort("198.51.100.66:50000")
	here := netip.MustParseAddrPort("192.168.1.10:40001")
	events := []Event{
		{Kind: KindBegin, Check: CheckPeer},
		{Kind: KindHello, Check: CheckPeer, Session: 1, Hello: &exchange.Hello{Version: 1, Session: 1}},
		{Kind: KindHello, Check: CheckPeer, Session: 5, Try: TryPeer, Hello: &exchange.Hello{Version: 1, Session: 2}},
		{Kind: KindDialing, Check: CheckPeer, Session: 1, As: AsPeer, Addr: port},
		{Kind: KindDial, Check: CheckPeer, Session: 1, As: AsPeer, Addr: port, Outcome: OutcomeOpen, Took: time.Millisecond},
		{Kind: KindDialing, Check: CheckPeer, Session: 1, As: AsAnswer, Addr: port, TTL: 3},
		{Kind: KindDial, Check: CheckPeer, Session: 1, As: AsAnswer, Addr: port, TTL: 3, Outcome: OutcomeTimeout},
		{Kind: KindListen, Check: CheckPeer, Session: 1, As: AsAnswer, TTL: 2, Local: here, Addr: port},
		{Kind: KindHalf, Check: CheckPeer, Session: 1, As: AsAnswer, TTL: 2, Local: here, Addr: port},
		{Kind: KindHalf, Check: CheckPeer, Session: 1, As: AsAnswer, Outcome: OutcomeOK},
		{Kind: KindListen, Check: CheckPeer, Session: 1, As: AsAnswer, TTL: 3, Local: here, Addr: port},
		{Kind: KindArrive, Check: CheckPeer, Session: 1, As: AsAnswer, TTL: 3, Local: here, Addr: port},
		{Kind: KindDialing, Check: CheckPeer, Session: 1, As: AsHole, Addr: port},
		{Kind: KindDial, Check: CheckPeer, Session: 1, As: AsHole, Addr: port, Local: here, Outcome: OutcomeTimeout, Took: time.Second},
		{Kind: KindSize, Check: CheckPeer, Session: 1, As: AsDown, Addr: port, Count: 1448, Bytes: 0, Outcome: OutcomeTimeout, Took: 2 * time.Second},
		{Kind: KindSize, Check: CheckPeer, Session: 1, As: AsUp, Addr: port, Count: 1448, Bytes: 1448, Outcome: OutcomeEOF},
		{Kind: KindListen, Check: CheckPeer, Session: 1, Local: here, Addr: port},
		{Kind: KindArrive, Check: CheckPeer, Session: 1, As: AsActive, Local: here, Addr: netip.AddrPortFrom(port.Addr(), 20)},
		{Kind: KindSeen, Check: CheckPeer, Session: 1, Seen: &exchange.Seen{Sessions: []exchange.Session{{Number: 1, Heard: 7}}}},
		{Kind: KindSeen, Check: CheckPeer, Outcome: OutcomeFailed, Text: "no answer"},
		{Kind: KindHalf, Check: CheckPeer, Session: 1, Local: here, Addr: netip.AddrPortFrom(port.Addr(), 20)},
		{Kind: KindHalf, Check: CheckPeer, Session: 1, Outcome: OutcomeOK},
		{Kind: KindSeen, Check: CheckPeer, Session: 5, Seen: &exchange.Seen{Sessions: []exchange.Session{{Number: 1, Heard: 9}, {Number: 2, Heard: 8}}}},
	}
	for n := range events { // every prefix is evidence, too
		p := fold(events[:n]...).Peer
		if (p != nil) != (n > 1) || p != nil && (p.Seen != nil) != (n > 18) || p != nil && (p.Missed != "") != (n >= 20) {
			t.Errorf("after %d events: %+v", n, p)
		}
	}
	p := fold(events...).Peer
	if len(p.Dials) != 1 || p.Dials[0].Outcome != OutcomeOpen || p.Dials[0].To != port {
		t.Errorf("dials: %+v", p.Dials)
	}
	if len(p.Answers) != 1 || p.Answers[0].Outcome != OutcomeTimeout || p.Answers[0].TTL != 3 {
		t.Errorf("answers: %+v", p.Answers)
	}
	own := []Answering{{Local: here, TTL: 2, Half: []netip.AddrPort{port}, Told: true}, {Local: here, TTL: 3, Came: []netip.AddrPort{port}}}
	if !reflect.DeepEqual(p.Own, own) {
		t.Errorf("answers of ours: %+v, want %+v", p.Own, own)
	}
	if len(p.Holes) != 1 || p.Holes[0].Outcome != OutcomeTimeout || p.Holes[0].Local != here {
		t.Errorf("by holes: %+v", p.Holes)
	}
	if len(p.Sizes) != 2 || !p.Sizes[0].Down || p.Sizes[0].Bytes != 1448 || p.Sizes[0].Moved != 0 || p.Sizes[1].Down || p.Sizes[1].Moved != 1448 {
		t.Errorf("sizes: %+v", p.Sizes)
	}
	if len(p.Listens) != 1 || p.Listens[0] != here || len(p.Arrivals) != 1 || p.Arrivals[0].From.Port() != 20 {
		t.Errorf("listens %v, arrivals %+v", p.Listens, p.Arrivals)
	}
	if len(p.Half) != 1 || p.Half[0].Local != here || p.Half[0].From.Port() != 20 || !p.TellHalf {
		t.Errorf("by half %+v, all of them %v", p.Half, p.TellHalf)
	}
	for id, heard := range map[int]exchange.Millis{1: 9, 5: 8} {
		if s := p.SessionOf(id); s == nil || s.Heard != heard {
			t.Errorf("session %d: %+v", id, s)
		}
	}
	if s := p.SessionOf(2); s != nil { // it has not joined
		t.Errorf("session 2: %+v", s)
	}
	var nobody *Peer
	if nobody.SessionOf(1) != nil {
		t.Error("nobody tells of a session")
	}
}

// A further try for the visit does not touch the mode's own, also when its
// session ends later.
func TestFoldPeerTry(t *testing.T) {
	events := append(conversation(),
		Event{Kind: KindBegin, Check: CheckPASV, Try: TryPeer},
		Event{Kind: KindOpen, Check: CheckPASV, Session: 7, Try: TryPeer},
		Event{Kind: KindSend, Check: CheckPASV, Session: 7, Try: TryPeer, Text: "SITE FTPCHECK JOIN ****"},
		Event{Kind: KindRecv, Check: CheckPASV, Session: 7, Try: TryPeer, Code: 211, Text: "211 body of 270 bytes"},
		Event{Kind: KindSend, Check: CheckPASV, Session: 7, Try: TryPeer, Text: "PASV"},
		Event{Kind: KindRecv, Check: CheckPASV, Session: 7, Try: TryPeer, Code: 425, Text: "425 no"},
		Event{Kind: KindEnd, Check: CheckPASV, Try: TryPeer},
		Event{Kind: KindSend, Check: CheckPASV, Session: 7, Try: TryPeer, Text: "QUIT"},
	)
	ev := fold(events...)
	if m := ev.Modes[CheckPASV]; m.Session != 2 || m.Reply.Code != 227 || !m.Listed() {
		t.Errorf("the mode: %+v", m)
	}
	if m := ev.Try(CheckPASV, TryPeer); m == nil || m.Session != 7 || m.Command != "PASV" || m.Reply == nil || m.Reply.Code != 425 || !m.Ended {
		t.Errorf("the further try: %+v", m)
	}
}
