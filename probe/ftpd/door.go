package ftpd

import (
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"ftpcheck/probe"
)

// door is a port on which the server listens for data connections, and what
// came to it.
type door struct {
	s       *session
	command string // because of which it is open
	at      netip.AddrPort
	answer  int // TTL of its SYN ACKs; 0: the system's

	mu     sync.Mutex
	knocks int                         // connections that arrived
	served int                         // of these, the client's own
	half   map[netip.AddrPort]halfOpen // handshakes that were not complete, by their source
	old    []probe.HalfOpening         // of these, those with a listener before this one
}

// halfOpen is a handshake that was not complete when it was looked for.
type halfOpen struct {
	since time.Time // when it was seen first
	last  time.Time // and when last
	told  bool
}

// maxHalf bounds the sources that a door remembers: those of a SYN flood are
// without number.
const maxHalf = 16

// How long a handshake has to be incomplete to be told of.
const (
	// halfOpenAge is longer than nearly all round trips, and shorter than a
	// client's patience.
	halfOpenAge = 500 * time.Millisecond
	// halfOpenBeyond is for SYN ACKs that are to expire: the system repeats the
	// first one after a second, and routers may not answer each.
	halfOpenBeyond = 1500 * time.Millisecond
)

// openDoor tells that the session listens, and why and where.
func (s *session) openDoor(e Entry) *door {
	d := &door{s: s, command: e.Command, at: e.Local, answer: e.TTL, half: map[netip.AddrPort]halfOpen{}}
	e.What = WhatOpen
	s.log(e)
	s.server.watch.add(d)
	return d
}

// arrive tells that a connection came, and whether it is refused because it
// is not the client's.
func (d *door) arrive(from netip.AddrPort) (refused bool) {
	refused = d.s.faults().stranger || !sameHost(from.Addr(), d.s.peer.Addr())
	d.mu.Lock()
	defer d.mu.Unlock()
	d.knocks++
	if !refused {
		d.served++
	}
	d.s.log(Entry{What: WhatArrive, Command: d.command, Local: d.at, Remote: from, Refused: refused})
	return refused
}

// waits reports whether the client has not come yet.
func (d *door) waits() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.served == 0
}

// look takes note of a handshake that is not complete. last says that the
// server is about to listen no longer.
func (d *door) look(from netip.AddrPort, now time.Time, last bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	h, known := d.half[from]
	switch {
	case slices.Contains(d.old, probe.HalfOpening{Local: d.at, From: from}):
		return
	case !known && len(d.half) >= maxHalf:
		return
	case !known:
		h.since = now
	}
	stays := last || now.Sub(h.since) >= halfOpenAge
	if d.answer > 0 {
		stays = now.Sub(h.since) >= halfOpenBeyond
	}
	h.last = now
	if !h.told && d.served == 0 && stays {
		h.told = true
		d.s.log(Entry{What: WhatHalf, Command: d.command, Local: d.at, Remote: from})
	}
	d.half[from] = h
}

// disregard takes no notice of handshakes that were begun before: Linux keeps them
// for some seconds when their listener is closed, and shows them as those of the
// next one.
func (d *door) disregard(old []probe.HalfOpening) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, h := range old {
		if h.Local == d.at {
			d.old = append(d.old, h)
		}
	}
}

// forget drops what was not told of and is not there any more: the client
// repeats its SYN from the same port. A table that changes while it is read may
// lack an entry once.
func (d *door) forget(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for from, h := range d.half {
		if !h.told && now.Sub(h.last) > 3*watchPause/2 {
			delete(d.half, from)
		}
	}
}

// shut tells that the server listens no longer. The caller has looked for
// handshakes before.
func (d *door) shut() {
	d.s.server.watch.remove(d)
	d.mu.Lock()
	defer d.mu.Unlock()
	what := WhatAbsent
	if d.knocks > 0 || d.answer > 0 {
		what = WhatShut
	}
	for _, h := range d.half {
		if h.told {
			what = WhatShut
		}
	}
	d.s.log(Entry{What: what, Command: d.command, Local: d.at})
}

// watch looks for handshakes that clients do not complete, for all doors at
// once, while one of them waits for its client.
type watch struct {
	mu    sync.Mutex
	doors map[netip.AddrPort]*door
	timer *time.Timer // nil: nobody looks

	once sync.Once
	able bool // the network tells
}

// watchPause is the time between two looks.
const watchPause = 250 * time.Millisecond

func (w *watch) add(d *door) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.doors == nil {
		w.doors = map[netip.AddrPort]*door{}
	}
	w.doors[d.at] = d
	if w.timer == nil && w.sees(d.s.network) {
		w.timer = time.AfterFunc(watchPause, func() { w.tick(d.s.network) })
	}
}

func (w *watch) remove(d *door) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.doors[d.at] == d {
		delete(w.doors, d.at)
	}
}

// tick looks, and goes on as long as there is a door.
func (w *watch) tick(network probe.Network) {
	w.look(network, nil)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer = nil; len(w.doors) > 0 {
		w.timer = time.AfterFunc(watchPause, func() { w.tick(network) })
	}
}

// look looks now. The doors of last are about to be shut.
func (w *watch) look(network probe.Network, last []*door) {
	if last == nil && !w.anyWaits() || last != nil && !slices.ContainsFunc(last, (*door).waits) {
		return
	}
	if !w.sees(network) {
		return
	}
	found, now := w.now(network), time.Now()
	for _, f := range found {
		w.mu.Lock()
		d := w.doors[f.Local]
		w.mu.Unlock()
		if d != nil {
			d.look(f.From, now, slices.Contains(last, d))
		}
	}
	w.forget(now)
}

// forget makes all doors drop handshakes that are gone.
func (w *watch) forget(now time.Time) {
	w.mu.Lock()
	doors := slices.Collect(maps.Values(w.doors))
	w.mu.Unlock()
	for _, d := range doors {
		d.forget(now)
	}
}

// anyWaits reports whether a door waits for its client.
func (w *watch) anyWaits() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.doors {
		if d.waits() {
			return true
		}
	}
	return false
}

// now returns the handshakes that are not complete.
func (w *watch) now(network probe.Network) []probe.HalfOpening {
	if !w.sees(network) {
		return nil
	}
	found, _ := network.(probe.HalfOpens).HalfOpen()
	return found
}

// sees reports whether the network tells about handshakes that are not
// complete.
func (w *watch) sees(network probe.Network) bool {
	w.once.Do(func() {
		if h, ok := network.(probe.HalfOpens); ok {
			_, w.able = h.HalfOpen()
		}
	})
	return w.able
}
