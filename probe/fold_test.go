package probe

import (
	"net/netip"
	"testing"
	"time"
)

func fold(events ...Event) *Evidence {
	var ev Evidence
	for _, e := range events {
		ev.Add(e)
	}
	return &ev
}

// conversation is the PASV check of a server behind NAT that announces its
// private address.
func conversation() []Event {
	peer := netip.MustParseAddrPort("203.0.113.10:21")
	announced := netip.MustParseAddrPort("10.0.0.5:50013")
	host := netip.MustParseAddrPort("203.0.113.10:50013")
	return []Event{
		{Kind: KindBegin, Check: CheckPASV},
		{Kind: KindOpen, Check: CheckPASV, Session: 2, Addr: peer},
		{Kind: KindRecv, Check: CheckPASV, Session: 2, Text: "220-Hello"},
		{Kind: KindRecv, Check: CheckPASV, Session: 2, Text: "220 there", Code: 220},
		{Kind: KindSend, Check: CheckPASV, Session: 2, Text: "PASV"},
		{Kind: KindRecv, Check: CheckPASV, Session: 2, Text: "227 Entering Passive Mode (10,0,0,5,195,93)", Code: 227},
		{Kind: KindAnnounce, Check: CheckPASV, Session: 2, Addr: announced},
		{Kind: KindDialing, Check: CheckPASV, Session: 2, As: AsAnnounced, Addr: announced},
		{Kind: KindDialing, Check: CheckPASV, Session: 2, As: AsControlHost, Addr: host},
		{Kind: KindDial, Check: CheckPASV, Session: 2, As: AsControlHost, Addr: host, Outcome: OutcomeOpen, Took: 31 * time.Millisecond},
		{Kind: KindSend, Check: CheckPASV, Session: 2, Text: "LIST"},
		{Kind: KindRecv, Check: CheckPASV, Session: 2, Text: "150 Here it comes", Code: 150},
		{Kind: KindData, Check: CheckPASV, Session: 2, As: AsControlHost, Addr: host, Bytes: 61, Outcome: OutcomeEOF},
		{Kind: KindRecv, Check: CheckPASV, Session: 2, Text: "226 Done", Code: 226},
		{Kind: KindDial, Check: CheckPASV, Session: 2, As: AsAnnounced, Addr: announced, Outcome: OutcomeTimeout, Took: 5 * time.Second},
		{Kind: KindEnd, Check: CheckPASV, Took: 5 * time.Second},
	}
}

func TestFoldPassive(t *testing.T) {
	ev := fold(conversation()...)
	m := ev.Modes[CheckPASV]
	if m == nil || !m.Listed() || !m.Ended {
		t.Fatalf("mode = %+v, want one that listed and ended", m)
	}
	if got := m.Dial(AsAnnounced); got == nil || got.Outcome != OutcomeTimeout || got.To != m.Announced {
		t.Errorf("announced dial = %+v, want a timeout to %v", got, m.Announced)
	}
	if got := m.Dial(AsControlHost); got == nil || got.Data == nil || got.Data.Bytes != 61 {
		t.Errorf("control-host dial = %+v, want one that carried 61 bytes", got)
	}
	if m.Reply == nil || m.Reply.Code != 227 || ev.Checks[CheckPASV].Lines[m.Reply.Line].Text != m.Reply.Lines[0] {
		t.Errorf("reply = %+v, want the 227 with its place in the transcript", m.Reply)
	}
	s := ev.Session(2)
	if s == nil || s.Greeting == nil || len(s.Greeting.Lines) != 2 || s.Reply("PASV").Code != 227 {
		t.Errorf("session = %+v, want a two-line greeting and a 227", s)
	}
	if n := len(m.List.Replies); n != 2 {
		t.Errorf("LIST has %d replies, want 150 and 226", n)
	}
}

// Every prefix of a run is evidence too: the screen shows it live. None may
// claim what has not happened yet.
func TestFoldPrefixes(t *testing.T) {
	events := conversation()
	for n := range events {
		ev := fold(events[:n]...)
		m := ev.Modes[CheckPASV]
		if m == nil {
			continue
		}
		if m.Ended {
			t.Errorf("after %d events the check has ended", n)
		}
		if m.Listed() && n < 14 {
			t.Errorf("after %d events a listing was confirmed", n)
		}
	}
}

func TestFoldStartsOver(t *testing.T) {
	events := append(conversation(), Event{Kind: KindBegin, Check: CheckPASV})
	if m := fold(events...).Modes[CheckPASV]; m.Listed() || m.Command != "" || len(m.Dials) > 0 {
		t.Errorf("a check that begins again still has %+v", m)
	}
}

// The transcript's numbers do not depend on which of two checks that run at
// the same time was quicker.
func TestTranscriptOrder(t *testing.T) {
	epsv := Event{Kind: KindNote, Check: CheckEPSV, Text: "one"}
	pasv := Event{Kind: KindNote, Check: CheckPASV, Text: "two"}
	for _, ev := range []*Evidence{fold(epsv, pasv), fold(pasv, epsv)} {
		lines := ev.Transcript()
		if len(lines) != 2 || lines[0].Text != "one" || lines[0].Number != 1 || lines[1].Number != 2 {
			t.Errorf("transcript = %+v", lines)
		}
	}
}
