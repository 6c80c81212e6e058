package hops

import (
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// narrow is a connection on which nothing new goes out while as many pieces as
// its window holds are not acknowledged.
type narrow struct {
	net.Conn
	distance int          // to the other end
	silent   map[int]bool // hops that send no message
	late     map[int]bool // hops whose message comes after the wait
	window   int

	ttl, waiting int
	heard        Outcome
	at           time.Time // when heard comes
}

func (n *narrow) SetTTL(ttl int) error { n.ttl, n.heard = ttl, ""; return nil }
func (n *narrow) RTT() time.Duration   { return 10 * time.Millisecond }

func (n *narrow) Heard() Outcome {
	if time.Now().Before(n.at) {
		return ""
	}
	return n.heard
}

func (n *narrow) send() error {
	if n.waiting++; n.waiting > n.window {
		return nil
	}
	n.at = time.Now().Add(n.RTT())
	switch {
	case n.ttl == 0 || n.ttl >= n.distance:
		n.heard, n.waiting = Open, 0
	case n.late[n.ttl]:
		n.heard, n.at = Expired, n.at.Add(WaitOf(n))
	case !n.silent[n.ttl]:
		n.heard = Expired
	}
	return nil
}

// TestFollow: hops are silent or late, and all others are told as they are.
func TestFollow(t *testing.T) {
	for _, tt := range []struct {
		name         string
		silent, late map[int]bool
		want         string
		within       time.Duration
	}{
		{"all answer", nil, nil, "x x x x x x open", 100 * time.Millisecond},
		{"three are silent", map[int]bool{2: true, 3: true, 4: true}, nil, "x - - - x x open", 1500 * time.Millisecond},
		{"all are silent", map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true, 6: true}, nil, "- - - - - - open", 2 * time.Second},
		{"one is late, and the next one silent", map[int]bool{3: true}, map[int]bool{2: true}, "x - - x x x open", 1500 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &narrow{distance: 7, silent: tt.silent, late: tt.late, window: 6}
				began := time.Now()
				var words []string
				for _, s := range Follow(t.Context(), SenderOf(wrapped{n}), n.send, MaxHops, WaitOf(n)) {
					words = append(words, map[Outcome]string{Expired: "x", Timeout: "-", Open: "open"}[s.Attempt.Outcome])
				}
				if got := strings.Join(words, " "); got != tt.want {
					t.Errorf("%s, want %s", got, tt.want)
				}
				if took := time.Since(began); took > tt.within || n.ttl != 0 {
					t.Errorf("took %v, TTL %d afterwards", took, n.ttl)
				}
			})
		})
	}
}

// wrapped hides a Sender as TLS does.
type wrapped struct{ net.Conn }

func (w wrapped) NetConn() net.Conn { return w.Conn }
