package ftpd

import (
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"

	"ftpcheck/probe/exchange"
)

// visit is what the server remembers of the sessions of one run of ftpcheck's.
type visit struct {
	key   [sha256.Size]byte // checksum of its token
	from  netip.Addr        // client of its first session
	began time.Time
	over  chan struct{} // closed when it is forgotten on demand

	mu       sync.Mutex
	record   record
	living   int              // sessions
	lastLeft time.Time        // when the last session ended
	attempts int              // connection attempts that were made on request
	ended    bool             // over is closed
	members  map[int]*session // that live, by their number in the visit
}

func newVisit(key [sha256.Size]byte, first *session) *visit {
	return &visit{key: key, from: first.peer.Addr(), began: first.since, over: make(chan struct{})}
}

// join makes s a session of the visit and returns its number in it; 0: there
// is no room.
func (v *visit) join(s *session) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ended || len(v.record.seen.Sessions) >= exchange.MaxSessions {
		return 0
	}
	v.living++
	n := v.record.begin(s.number, s.peer, s.local, v.at(s.since))
	if v.members == nil {
		v.members = map[int]*session{}
	}
	v.members[n] = s
	return n
}

// add takes note of what a session of the visit has seen.
func (v *visit) add(e Entry) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.record.add(e, v.at(e.Time))
	if e.What == WhatLeave {
		v.living--
		delete(v.members, v.record.numbers[e.Session])
		v.lastLeft = e.Time
	}
}

// member returns the session that has this number in the visit; nil: it has
// ended, or there was none.
func (v *visit) member(number int) *session {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.members[number]
}

// left is when the last session ended; zero while one lives.
func (v *visit) left() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.living > 0 {
		return time.Time{}
	}
	return v.lastLeft
}

// size is the number of records.
func (v *visit) size() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.record.records
}

// body is all that was seen so far, as the body of a reply.
func (v *visit) body() (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.record.seen.Now = v.at(time.Now())
	return exchange.Encode(v.record.seen)
}

// spend takes n of the connection attempts that the visit may ask for, and
// reports whether so many are left.
func (v *visit) spend(n int) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ended || v.attempts+n > exchange.MaxVisitDial {
		return false
	}
	v.attempts += n
	return true
}

// isOver reports whether the visit was forgotten on demand.
func (v *visit) isOver() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.ended
}

// end stops all that runs on behalf of the visit.
func (v *visit) end() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.ended {
		v.ended = true
		close(v.over)
	}
}

func (v *visit) at(t time.Time) exchange.Millis {
	return exchange.Millis(t.Sub(v.began).Milliseconds())
}
