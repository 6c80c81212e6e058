package ftpd

import (
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"

	"ftpcheck/probe/exchange"
)

// Bounds of all visits together.
const (
	maxVisits  = 256                       // kept at once, those that outlive their sessions included
	maxKeeping = 100 * exchange.MaxRecords // records of all of them, beside those of visits that live
	maxAnswers = 4                         // records that are made into a body at once: the others wait
)

// visits are those that the server remembers, by the checksum of their token:
// how long a search takes tells nothing about how much of a token is right.
type visits struct {
	answers chan struct{} // a place for each of maxAnswers

	mu  sync.Mutex
	all map[[sha256.Size]byte]*visit
}

// begin makes a visit of which s is the first session, and returns its token,
// which is empty when there is no room.
func (v *visits) begin(s *session) (token string, made *visit) {
	token = rand.Text() // 130 bits
	made = newVisit(sha256.Sum256([]byte(token)), s)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.expire(time.Now())
	for v.keeping() > maxKeeping && v.evict() {
	}
	if len(v.all) >= maxVisits && !v.evict() {
		return "", nil
	}
	if v.all == nil {
		v.all = map[[sha256.Size]byte]*visit{}
	}
	v.all[made.key] = made
	return token, made
}

// find returns the visit with this token, or nil.
func (v *visits) find(token string) *visit {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.expire(time.Now())
	return v.all[sha256.Sum256([]byte(token))]
}

// forget drops a visit.
func (v *visits) forget(one *visit) {
	one.end()
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.all, one.key)
}

// expire drops the visits whose afterlife is over. The caller holds mu.
func (v *visits) expire(now time.Time) {
	for key, one := range v.all {
		if left := one.left(); !left.IsZero() && now.Sub(left) >= exchange.Afterlife {
			delete(v.all, key)
		}
	}
}

// keeping is the number of records of all visits. The caller holds mu.
func (v *visits) keeping() int {
	n := 0
	for _, one := range v.all {
		n += one.size()
	}
	return n
}

// evict drops a visit that has no session any more, the one that ended first
// of the address that has most of them, and reports whether there was one. The
// caller holds mu.
func (v *visits) evict() bool {
	count := map[netip.Addr]int{}
	for _, one := range v.all {
		count[one.from]++
	}
	var victim *visit
	for _, one := range v.all {
		switch {
		case one.left().IsZero():
		case victim == nil, count[one.from] > count[victim.from],
			one.from == victim.from && one.left().Before(victim.left()):
			victim = one
		}
	}
	if victim == nil {
		return false
	}
	delete(v.all, victim.key)
	return true
}
