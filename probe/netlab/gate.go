package netlab

import (
	"sync"
	"time"
)

// gate is a lock whose holder can wait for a change or for a point in time.
// It waits on channels and timers only, so that virtual time goes on.
type gate struct {
	mu      sync.Mutex
	changed chan struct{}
}

// wake ends the wait of all who wait. The lock is held.
func (g *gate) wake() {
	if g.changed != nil {
		close(g.changed)
		g.changed = nil
	}
}

// wait gives the lock back until the next wake, or until the earliest of the
// given times; zero times do not count. The lock is held.
func (g *gate) wait(until ...time.Time) {
	if g.changed == nil {
		g.changed = make(chan struct{})
	}
	changed := g.changed
	g.mu.Unlock()
	defer g.mu.Lock()
	var first time.Time
	for _, t := range until {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	if first.IsZero() {
		<-changed
		return
	}
	timer := time.NewTimer(time.Until(first))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	}
}

// past reports whether t is set and has come.
func past(t time.Time) bool { return !t.IsZero() && !t.After(time.Now()) }
