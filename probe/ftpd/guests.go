package ftpd

import (
	"net/netip"
	"sync"
)

// Refusals of a further session, in vsftpd's words.
const (
	tooManyHere = "421 There are too many connections from your internet address."
	tooMany     = "421 There are too many connected users, please try later."
)

// guests are the sessions at this moment, oldest first. Connections that say
// nothing never keep a newcomer out, and neither do those that never log in
// when the house is full: the oldest of them makes room, so that a port scan
// or a pile of idle connections cannot close the house.
type guests struct {
	total, each int

	mu  sync.Mutex
	all []*session
	in  map[*session]bool // those that have logged in
}

// admit takes s in and says how many sessions its address already had, or
// returns the reply that turns it away.
func (g *guests) admit(s *session) (refusal string, others int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	from := s.peer.Addr()
	here := func(o *session) bool { return sameHost(o.peer.Addr(), from) }
	// A client that opens several sessions must not push out its own first one
	// while that is logging in.
	mute := func(o *session) bool { return here(o) && !o.spoke.Load() }
	others = g.count(here)
	if others >= g.each && !g.evict(mute) {
		return tooManyHere, others
	}
	if len(g.all) >= g.total && !g.evict(g.crowd()) {
		return tooMany, others
	}
	g.all = append(g.all, s)
	return "", others
}

// count returns how many sessions satisfy which. The caller holds mu.
func (g *guests) count(which func(*session) bool) int {
	n := 0
	for _, s := range g.all {
		if which(s) {
			n++
		}
	}
	return n
}

// evict ends the oldest session that satisfies which and has not logged in,
// and reports whether there was one. The caller holds mu.
func (g *guests) evict(which func(*session) bool) bool {
	for i, s := range g.all {
		if !g.in[s] && which(s) {
			g.all = append(g.all[:i], g.all[i+1:]...)
			s.cancel(errEvicted)
			return true
		}
	}
	return false
}

// crowd selects the sessions of the address that has most of those that have
// not logged in: whoever floods the server makes room for the others. The
// caller holds mu.
func (g *guests) crowd() func(*session) bool {
	waiting := map[netip.Addr]int{}
	var worst netip.Addr
	for _, s := range g.all {
		if a := s.peer.Addr(); !g.in[s] {
			if waiting[a]++; waiting[a] > waiting[worst] {
				worst = a
			}
		}
	}
	return func(s *session) bool { return s.peer.Addr() == worst }
}

// login marks s as logged in and reports whether it is still a guest.
func (g *guests) login(s *session) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, o := range g.all {
		if o == s {
			if g.in == nil {
				g.in = map[*session]bool{}
			}
			g.in[s] = true
			return true
		}
	}
	return false
}

// leave forgets s; it may be called more than once.
func (g *guests) leave(s *session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.in, s)
	for i, o := range g.all {
		if o == s {
			g.all = append(g.all[:i], g.all[i+1:]...)
			return
		}
	}
}
