package netlab

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe/hops"
)

// TestTrail follows an established connection: what expires on the way is told
// by the router where it does, what dies before is not told by anybody, and all
// that was sent arrives in the end where the way is open.
func TestTrail(t *testing.T) {
	for _, tc := range []struct {
		name    string
		boxes   []Box
		silence time.Duration // before
		size    int           // of a piece
		up      string        // outcomes by TTL, from the client
		down    string        // from the server
	}{
		{"open", nil, 0, 1, "x x x open", "x x x open"},
		{"no messages", []Box{{At: "sgw", Kind: BoxMute}}, 0, 1, "x x x open", "x - - open"},
		{"forgotten in the middle", []Box{{At: "isp", Kind: BoxIdle, Value: "3s"}}, 4 * time.Second, 1, "x x - -", "x x - -"},
		{"forgotten in front of the server", []Box{{At: "sgw", Kind: BoxIdle, Value: "3s"}}, 4 * time.Second, 1, "x x x -", "x - - -"},
		{"a narrow link", []Box{{At: "isp", Kind: BoxBlackHole, Value: "1000"}}, 0, 1200, "x x - -", "x - - -"},
		{"a narrow link, and small pieces", []Box{{At: "isp", Kind: BoxBlackHole, Value: "1000"}}, 0, 100, "x x x open", "x x x open"},
		{"narrow toward the server", []Box{{At: "isp", Kind: BoxBlackHole, Value: "1000", Toward: "server"}}, 0, 1200, "x x - -", "x x x open"},
		{"narrow toward the client", []Box{{At: "isp", Kind: BoxBlackHole, Value: "1000", Toward: "client"}}, 0, 1200, "x x x open", "x x - -"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, Scenario{Boxes: tc.boxes})
				defer l.Close()
				client, server := dialThrough(t, l, "198.51.100.66:50000")
				time.Sleep(tc.silence)
				if got := followed(t, client, server, tc.size); got != tc.up {
					t.Errorf("from the client: %s, want %s", got, tc.up)
				}
				client, server = dialThrough(t, l, "198.51.100.66:50001")
				time.Sleep(tc.silence)
				if got := followed(t, server, client, tc.size); got != tc.down {
					t.Errorf("from the server: %s, want %s", got, tc.down)
				}
			})
		})
	}
}

// followed is what each TTL from 1 to 4 brought.
func followed(t *testing.T, from, to *conn, size int) string {
	t.Helper()
	sent := 0
	steps := hops.Follow(t.Context(), hops.SenderOf(from), func() error {
		n, err := from.Write(make([]byte, size))
		sent += n
		return err
	}, 4, 100*time.Millisecond)
	var words []string
	for i, s := range steps {
		if s.TTL != i+1 {
			t.Errorf("step %d has TTL %d", i, s.TTL)
		}
		words = append(words, map[hops.Outcome]string{hops.Expired: "x", hops.Timeout: "-"}[s.Attempt.Outcome])
		if s.Attempt.Outcome == hops.Open {
			words[i] = "open"
			_ = to.SetReadDeadline(time.Now().Add(time.Second))
			if n, err := io.ReadFull(to, make([]byte, sent)); err != nil {
				t.Errorf("%d of %d bytes arrived: %v", n, sent, err)
			}
		}
	}
	return strings.Join(words, " ")
}

// TestQuotes: who may read ICMP messages sees what a router saw.
func TestQuotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Scenario{Client: Client{Raw: true}, Boxes: []Box{{At: "isp", Kind: BoxAlter}}})
		defer l.Close()
		client, server := dialThrough(t, l, "198.51.100.66:50000")
		for _, tc := range []struct {
			from *conn
			want string // the routers that quote, and whether a changed payload
		}{{client, "203.0.113.65 203.0.113.1 198.51.100.2:changed"}, {server, "198.51.100.65 198.51.100.1 203.0.113.2:changed"}} {
			q, end := hops.QuoterOf(tc.from)
			defer end()
			piece := strings.Repeat("ftpcheck", 3)
			var got []string
			for _, s := range hops.Follow(t.Context(), q, func() error {
				_, err := tc.from.Write([]byte(piece))
				return err
			}, 3, 100*time.Millisecond) {
				word := s.Attempt.ICMP.From.String()
				if s.Quote != piece {
					word += ":changed"
				}
				got = append(got, word)
			}
			if got := strings.Join(got, " "); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		}
	})
}

// TestQuotesAreForTheFew: an ordinary user reads none.
func TestQuotesAreForTheFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, Scenario{})
		defer l.Close()
		client, _ := dialThrough(t, l, "198.51.100.66:50000")
		if q, _ := hops.QuoterOf(client); q != nil {
			t.Error("the client reads ICMP messages")
		}
	})
}

// TestEdge searches along a connection that may be dead, from both ends: a
// device may drop its packets before it looks at the TTL, or after.
func TestEdge(t *testing.T) {
	for _, tc := range []struct {
		name     string
		boxes    []Box
		up, down string // each step's TTL, with x where it was answered
	}{
		{"alive", nil, "2x 3x", "2x 3x"},
		{"forgotten by the client's router", []Box{{At: "cgw", Kind: BoxIdle, Value: "3s"}}, "2 1x 2", "2x 3x"},
		{"and at once", []Box{{At: "cgw", Kind: BoxIdleFirst, Value: "3s"}}, "2 1 1", "2x 3 2x 3"},
		{"forgotten in the middle", []Box{{At: "isp", Kind: BoxIdle, Value: "3s"}}, "2x 3 2x 3", "2x 3 2x 3"},
		{"and at once", []Box{{At: "isp", Kind: BoxIdleFirst, Value: "3s"}}, "2 1x 2", "2 1x 2"},
		{"forgotten in front of the server", []Box{{At: "sgw", Kind: BoxIdle, Value: "3s"}}, "2x 3x", "2 1x 2"},
		{"and at once", []Box{{At: "sgw", Kind: BoxIdleFirst, Value: "3s"}}, "2x 3 2x 3", "2 1 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, Scenario{Boxes: tc.boxes})
				defer l.Close()
				client, server := dialThrough(t, l, "198.51.100.66:50000")
				time.Sleep(4 * time.Second)
				began := time.Now()
				if got := edge(t, client); got != tc.up {
					t.Errorf("from the client: %s, want %s", got, tc.up)
				}
				if got := edge(t, server); got != tc.down {
					t.Errorf("from the server: %s, want %s", got, tc.down)
				}
				if took := time.Since(began); took > 3*time.Second {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func edge(t *testing.T, from *conn) string {
	t.Helper()
	var words []string
	send := func() error {
		_, err := io.WriteString(from, "x")
		return err
	}
	for _, s := range hops.Edge(t.Context(), hops.SenderOf(from), send, []int{1, 2, 3}, 100*time.Millisecond) {
		words = append(words, fmt.Sprint(s.TTL)+map[hops.Outcome]string{hops.Expired: "x", hops.Timeout: ""}[s.Attempt.Outcome])
	}
	return strings.Join(words, " ")
}
