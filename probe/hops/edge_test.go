package hops

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pretended is a connection of which only the hops up to a certain one answer.
// As TCP does, it sends what is new within 200 ms, and later only repeats.
type pretended struct {
	began    time.Time
	edge     int         // the last hop that answers
	lost     map[int]int // messages of a hop that get lost
	ttl      int
	sent     int
	heard    time.Time // when the next message comes; zero: none
	repeated int
}

func (p *pretended) send() error {
	if time.Since(p.began) < 200*time.Millisecond {
		p.transmit()
	}
	return nil
}

func (p *pretended) transmit() {
	p.sent++
	switch {
	case p.ttl == 0 || p.ttl > p.edge:
	case p.lost[p.ttl] > 0:
		p.lost[p.ttl]--
	default:
		p.heard = time.Now().Add(20 * time.Millisecond)
	}
}

func (p *pretended) RTT() time.Duration { return 20 * time.Millisecond }

func (p *pretended) SetTTL(ttl int) error {
	p.ttl, p.heard = ttl, time.Time{}
	return nil
}

func (p *pretended) Heard() Outcome {
	for time.Since(p.began) >= 200*time.Millisecond<<p.repeated {
		p.repeated++
		p.transmit()
	}
	if p.heard.IsZero() || time.Now().Before(p.heard) {
		return ""
	}
	p.heard = time.Time{}
	return Expired
}

func (p *pretended) Sent() (int, bool) { return p.sent, true }

// TestEdgeCountsWhatIsSent: a TTL with which nothing was sent is no silent hop.
func TestEdgeCountsWhatIsSent(t *testing.T) {
	tests := []struct {
		name string
		edge int
		lost map[int]int
		want string
	}{
		{"no hop answers", 0, nil, "8 4 2 1 1"},
		{"the first one", 1, nil, "8 4 2 1x 2"},
		{"in the middle", 5, nil, "8 4x 6 5x 6"},
		{"the last but one", 14, nil, "8x 12x 14x 15 14x 15"},
		{"all of them", 15, nil, "8x 12x 14x 15x"},
		{"a message got lost", 9, map[int]int{9: 1}, "8x 12 10 9 8x 9x 10"},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			p := &pretended{began: time.Now(), edge: tt.edge, lost: tt.lost}
			var ttls []int
			for n := 1; n <= 15; n++ {
				ttls = append(ttls, n)
			}
			var got []string
			for _, s := range Edge(ctx, p, p.send, ttls, 100*time.Millisecond) {
				got = append(got, fmt.Sprint(s.TTL)+map[Outcome]string{Expired: "x"}[s.Attempt.Outcome])
			}
			if text := strings.Join(got, " "); text != tt.want {
				t.Errorf("%s: %s, want %s", tt.name, text, tt.want)
			}
			if p.ttl != 0 {
				t.Errorf("%s: the TTL is %d afterwards", tt.name, p.ttl)
			}
		})
	}
}
