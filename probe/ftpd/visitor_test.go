package ftpd

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"ftpcheck/probe/exchange"
)

// TestVisitorsBeyondTheRecord: the tally counts on when no more is kept, and
// what is kept of a port says whether somebody came.
func TestVisitorsBeyondTheRecord(t *testing.T) {
	const ports = exchange.MaxRecords
	var vs Visitors
	var v *Visitor
	peer := netip.MustParseAddrPort("203.0.113.2:40000")
	add := func(e Entry) {
		e.Time, e.Session, e.Peer = time.Unix(0, 0), 1, peer
		v = vs.Add(e)
	}
	add(Entry{What: WhatCome, Local: pipeServer})
	for i := range ports {
		at := netip.AddrPortFrom(pipeServer.Addr(), uint16(20000+i))
		add(Entry{What: WhatOpen, Command: "EPSV", Local: at})
		add(Entry{What: WhatArrive, Command: "EPSV", Local: at, Remote: netip.MustParseAddrPort("192.0.2.9:1"), Refused: true})
		add(Entry{What: WhatArrive, Command: "EPSV", Local: at, Remote: peer})
		add(Entry{What: WhatArrive, Command: "EPSV", Local: at, Remote: peer})
		add(Entry{What: WhatShut, Command: "EPSV", Local: at})
		add(Entry{What: WhatTransfer, Command: "LIST", Local: at, Remote: peer, Sent: 10, Code: 226})
	}
	want := Tally{Sessions: 1, Ports: ports, Reached: ports, Transfers: ports, Complete: ports, Sent: 10 * ports}
	if v.Tally != want || vs.Total != want {
		t.Errorf("counted %+v, in all %+v, want %+v", v.Tally, vs.Total, want)
	}
	seen := v.Seen()
	if !seen.Cut || len(seen.Ports) > exchange.MaxRecords {
		t.Errorf("cut %v, %d ports", seen.Cut, len(seen.Ports))
	}
	for _, p := range seen.Ports {
		if len(p.Knocks) < 2 || !p.Knocks[0].Refused || p.Knocks[1].Refused {
			t.Fatalf("port %v: %+v", p.Local, p.Knocks)
		}
	}
	if len(v.open) != 0 {
		t.Errorf("%d ports are still open", len(v.open))
	}
	vs.Forget(v.Addr)
	if len(vs.All()) != 0 || vs.Total != want {
		t.Error("forgetting a client changed the total, or did not forget it")
	}
}

// TestWhatIsSaidOfAPort: in the end, by what came to it.
func TestWhatIsSaidOfAPort(t *testing.T) {
	stranger, own := netip.MustParseAddrPort("192.0.2.1:1"), netip.MustParseAddrPort("192.0.2.99:41000")
	tests := []struct {
		name string
		come func(d *door)
		want []What
	}{
		{"nothing", func(*door) {}, []What{WhatOpen, WhatAbsent}},
		{"the client", func(d *door) { d.arrive(own) }, []What{WhatOpen, WhatArrive, WhatShut}},
		{"a stranger", func(d *door) { d.arrive(stranger) }, []What{WhatOpen, WhatArrive, WhatShut}},
		{"a SYN that was gone again when it was looked for", func(d *door) { d.look(own, time.Now(), false) }, []What{WhatOpen, WhatAbsent}},
		{"a SYN alone", func(d *door) { d.look(own, time.Now(), true); d.look(own, time.Now(), true) }, []What{WhatOpen, WhatHalf, WhatShut}},
	}
	for _, tt := range tests {
		var got []What
		s := newTestServer(t, Options{Log: func(e Entry) { got = append(got, e.What) }})
		sess := newSession(s.ctx, s.Server, pipeNetwork{}, piped{nil, pipeServer, pipeClient})
		d := sess.openDoor(Entry{Command: "PASV", Local: pipeServer})
		tt.come(d)
		d.shut()
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestLateThirdPacket: a handshake that was half open, and is then complete, is
// one connection.
func TestLateThirdPacket(t *testing.T) {
	var r record
	r.begin(1, pipeClient, pipeServer, 0)
	at, from := netip.MustParseAddrPort("192.0.2.21:50000"), netip.MustParseAddrPort("192.0.2.99:41000")
	for _, what := range []What{WhatOpen, WhatHalf, WhatHalf, WhatArrive} {
		r.add(Entry{Session: 1, What: what, Local: at, Remote: from}, 10)
	}
	if k := r.seen.Ports[0].Knocks; len(k) != 1 || k[0].Half || k[0].From != from {
		t.Errorf("knocks %+v", k)
	}
}
