package ftpd

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"ftpcheck/probe/exchange"
)

// Visitors is a fold over the entries of a server: what it saw, client by
// client. The zero value has seen nothing.
type Visitors struct {
	Total Tally // of all clients, those that were forgotten included

	all map[netip.Addr]*Visitor
}

// Visitor is what the server saw of one client address.
type Visitor struct {
	Addr     netip.Addr
	From, To time.Time // of the first and the latest entry
	Living   int       // sessions that have not ended
	User     string    // that logged in last; empty: nobody did
	Own      bool      // the client is ftpcheck's own
	Refused  []Entry   // PORT and EPRT that were not accepted, up to maxRefused
	Tally

	record record
	open   map[netip.AddrPort]bool // passive ports, and whether the client has arrived there
}

// Tally counts.
type Tally struct {
	Sessions       int // that were not turned away
	Ports, Reached int // passive ports, and those of them at which the client arrived
	Transfers      int // listings, downloads and uploads that were begun
	Complete       int // of these, the client was told that all is done
	Sent, Received int64
}

// maxRefused bounds Visitor.Refused.
const maxRefused = 20

// Seen is what happened at the ports of both ends. Its times count from From.
func (v *Visitor) Seen() exchange.Seen { return v.record.seen }

// Add takes note of e and returns the visitor that it is about, or nil.
func (vs *Visitors) Add(e Entry) *Visitor {
	addr := e.Peer.Addr().WithZone("")
	v := vs.all[addr]
	if v == nil && e.What == WhatCome {
		v = &Visitor{Addr: addr, From: e.Time}
		if vs.all == nil {
			vs.all = map[netip.Addr]*Visitor{}
		}
		vs.all[addr] = v
	}
	if v == nil {
		return nil
	}
	v.To = e.Time
	before := v.Tally
	v.add(e)
	vs.Total.grow(before, v.Tally)
	return v
}

// Forget drops what was seen of a client, but for Total.
func (vs *Visitors) Forget(addr netip.Addr) { delete(vs.all, addr) }

// All returns those that are not forgotten, in the order in which they came.
func (vs *Visitors) All() []*Visitor {
	return slices.SortedFunc(maps.Values(vs.all), func(a, b *Visitor) int { return a.From.Compare(b.From) })
}

func (v *Visitor) add(e Entry) {
	at := exchange.Millis(e.Time.Sub(v.From).Milliseconds())
	switch e.What {
	case WhatCome:
		v.Sessions++
		v.Living++
		if v.record.room() {
			v.record.begin(e.Session, e.Peer, e.Local, at)
		}
	case WhatLeave:
		v.Living--
	case WhatLogin:
		if e.User != "" {
			v.User = e.User
		}
	case WhatVisit:
		v.Own = true
	case WhatAnnounce:
		if e.Code >= 400 && len(v.Refused) < maxRefused {
			v.Refused = append(v.Refused, e)
		}
	case WhatOpen, WhatArrive, WhatAbsent, WhatShut:
		v.count(e)
	case WhatTransfer:
		v.move(e)
	}
	v.record.add(e, at)
}

// count counts the ports and those that were reached, each once.
func (v *Visitor) count(e Entry) {
	reached, open := v.open[e.Local]
	switch {
	case e.What == WhatOpen && e.Err == "":
		if v.open == nil {
			v.open = map[netip.AddrPort]bool{}
		}
		v.open[e.Local] = false
		v.Ports++
	case e.What == WhatArrive && open && !reached && !e.Refused:
		v.open[e.Local] = true
		v.Reached++
	case e.What == WhatAbsent || e.What == WhatShut:
		delete(v.open, e.Local)
	}
}

func (v *Visitor) move(e Entry) {
	if e.Command == cmdSend || e.Command == cmdSink {
		return
	}
	v.Transfers++
	if 200 <= e.Code && e.Code < 300 {
		v.Complete++
	}
	v.Sent += e.Sent
	v.Received += e.Received
}

// grow adds what came to a client's tally.
func (t *Tally) grow(before, now Tally) {
	t.Sessions += now.Sessions - before.Sessions
	t.Ports += now.Ports - before.Ports
	t.Reached += now.Reached - before.Reached
	t.Transfers += now.Transfers - before.Transfers
	t.Complete += now.Complete - before.Complete
	t.Sent += now.Sent - before.Sent
	t.Received += now.Received - before.Received
}
