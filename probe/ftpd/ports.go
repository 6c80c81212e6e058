package ftpd

import (
	"math/rand/v2"
	"net/netip"
	"sync"
)

// ports are the passive ports that are taken at this moment.
type ports struct {
	mu    sync.Mutex
	taken map[netip.AddrPort]bool
	lent  map[netip.AddrPort]*loan // of these, at the request of clients
	loans int                      // those in lent, and those that are being opened
}

// take claims p and reports whether it was free.
func (p *ports) take(a netip.AddrPort) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken == nil {
		p.taken = map[netip.AddrPort]bool{}
	}
	if p.taken[a] {
		return false
	}
	p.taken[a] = true
	return true
}

// free gives a back.
func (p *ports) free(a netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.taken, a)
}

// reserve takes n places for loans, or gives -n back, and reports whether they
// were free.
func (p *ports) reserve(n int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.loans+n > maxLoans {
		return false
	}
	p.loans += n
	return true
}

// lend notes that a port is listened on at the request of a client.
func (p *ports) lend(l *loan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lent == nil {
		p.lent = map[netip.AddrPort]*loan{}
	}
	p.lent[l.at] = l
}

// giveBack frees a port that was lent.
func (p *ports) giveBack(a netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.loans--
	delete(p.lent, a)
	delete(p.taken, a)
}

// reclaim ends a loan at an address to which nothing has come yet, so that
// LISTEN never keeps PASV from its ports, and reports whether there was one.
func (p *ports) reclaim(at netip.Addr) bool {
	l := p.idle(at)
	if l == nil {
		return false
	}
	l.s.server.watch.look(l.s.network, []*door{l.door})
	l.close()
	return true
}

func (p *ports) idle(at netip.Addr) *loan {
	p.mu.Lock()
	defer p.mu.Unlock()
	for a, l := range p.lent {
		if a.Addr() == at && l.waits() {
			return l
		}
	}
	return nil
}

// choose returns a random number below n; the generator is not safe by itself.
func (p *ports) choose(r *rand.Rand, n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return r.IntN(n)
}
