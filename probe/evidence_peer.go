package probe

import (
	"net/netip"
	"slices"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// Peer is what the opposite end told, when it is ftpcheck's own, and what was
// tried with its help. All that it told is a claim of the other side: bounded,
// not trusted.
type Peer struct {
	Hellos map[int]exchange.Hello // by Session.ID: how it sees that session
	Seen   *exchange.Seen         // all that it saw, as of the last time that it told; nil when it never did
	Missed string                 // why it did not tell the last time it was asked; empty when it did

	Dials    []Dial           // at ports on which it listened at our request
	Holes    []Dial           // the same, to one from which it had sent a SYN to our end before
	Answers  []Dial           // at ports on which it gave its SYN ACKs a TTL
	Own      []Answering      // ports of ours at which our SYN ACKs had a TTL, for connections that we asked it to make
	Listens  []netip.AddrPort // where we listened for connections that we asked it to make
	Arrivals []Arrival        // that came there
	Half     []Arrival        // that came there by half: our answer to the first packet got lost
	TellHalf bool             // this system tells of all such
	Sizes    []Size
	Quotes   []Quoted
}

// Quoted is what a router on the way to the server quoted of a command that
// expired there.
type Quoted struct {
	Line    string // as it was sent, without its end
	TTL     int
	Outcome Outcome    // expired; open: the server acknowledged it; timeout
	From    netip.Addr // the router
	Quote   string     // as it arrived there; empty: not known
}

// Answering is a port of ours at which our SYN ACKs had a TTL.
type Answering struct {
	Local netip.AddrPort
	TTL   int
	Came  []netip.AddrPort // from where connections came
	Half  []netip.AddrPort // from where some stayed by half
	Told  bool             // all attempts had ended, and this system tells of all that stayed by half
}

// Size is one piece of data that was to cross the network in one segment.
type Size struct {
	Down    bool           // from the server to us
	Port    netip.AddrPort // of the server
	Bytes   int            // of the whole piece
	TTL     int            // it was to get as far as this hop, counted from its sender; 0: to its end
	Moved   int64          // bytes that we read or wrote
	Outcome Outcome        // eof: all moved, as far as this end can tell; timeout, reset; with a TTL from us: expired, open, timeout, reset
	Sight   hops.Sight     // of a piece of ours that expired: how it had arrived there
	Took    time.Duration
}

// SessionOf returns what the opposite end saw of our session, or nil.
func (p *Peer) SessionOf(id int) *exchange.Session {
	if p == nil || p.Seen == nil {
		return nil
	}
	h, ok := p.Hellos[id]
	if !ok {
		return nil
	}
	for i := range p.Seen.Sessions {
		if p.Seen.Sessions[i].Number == h.Session {
			return &p.Seen.Sessions[i]
		}
	}
	return nil
}

func (e *Evidence) peer() *Peer {
	if e.Peer == nil {
		e.Peer = &Peer{Hellos: map[int]exchange.Hello{}}
	}
	return e.Peer
}

func (e *Evidence) addPeer(ev Event) {
	p := e.peer()
	switch {
	case ev.Kind == KindHello && ev.Hello != nil:
		p.Hellos[ev.Session] = *ev.Hello
	case ev.Kind == KindSeen && ev.Seen != nil:
		p.Seen, p.Missed = ev.Seen, ""
	case ev.Kind == KindSeen:
		p.Missed = ev.Text
	case ev.Kind == KindHalf && ev.As == AsAnswer:
		p.addAnswering(ev)
	case ev.Kind == KindHalf && ev.Local.IsValid():
		p.Half = append(p.Half, Arrival{From: ev.Addr, Local: ev.Local, At: ev.At})
	case ev.Kind == KindHalf:
		p.TellHalf = ev.Outcome == OutcomeOK
	case ev.Kind == KindQuote:
		q := Quoted{Line: ev.Text, TTL: ev.TTL, Outcome: ev.Outcome, Quote: string(ev.Raw)}
		if ev.ICMP != nil {
			q.From = ev.ICMP.From
		}
		p.Quotes = append(p.Quotes, q)
	case ev.Kind == KindSize:
		p.Sizes = append(p.Sizes, Size{
			Down: ev.As == AsDown, Port: ev.Addr, Bytes: ev.Count, TTL: ev.TTL,
			Moved: ev.Bytes, Outcome: ev.Outcome, Sight: hops.Sight(ev.Text), Took: ev.Took,
		})
	}
}

// addListener notes that we listen, or that a connection came.
func (e *Evidence) addListener(ev Event) {
	arrival := Arrival{From: ev.Addr, Local: ev.Local, At: ev.At}
	m := e.mode(ev)
	switch {
	case m != nil && ev.Kind == KindListen:
		m.Listen, m.Announced = ev.Local, ev.Addr
	case m != nil:
		arrival.Replied = m.Reply != nil
		m.Arrivals = append(m.Arrivals, arrival)
	case ev.Check != CheckPeer:
	case ev.As == AsAnswer:
		e.peer().addAnswering(ev)
	case ev.Kind == KindListen:
		e.peer().Listens = append(e.peer().Listens, ev.Local)
	default:
		e.peer().Arrivals = append(e.peer().Arrivals, arrival)
	}
}

// addAnswering notes that our SYN ACKs have a TTL at a port, or what became of
// connections there.
func (p *Peer) addAnswering(ev Event) {
	switch {
	case ev.Kind == KindListen:
		p.Own = append(p.Own, Answering{Local: ev.Local, TTL: ev.TTL})
		return
	case !ev.Local.IsValid():
		for i := range p.Own {
			p.Own[i].Told = p.Own[i].Told || ev.Outcome == OutcomeOK
		}
		return
	}
	for i := range slices.Backward(p.Own) {
		o := &p.Own[i]
		if o.Local != ev.Local {
			continue
		}
		if ev.Kind == KindHalf {
			o.Half = append(o.Half, ev.Addr)
		} else {
			o.Came = append(o.Came, ev.Addr)
		}
		return
	}
}
