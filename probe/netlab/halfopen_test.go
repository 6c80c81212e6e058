package netlab

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// TestHalfOpen: a SYN that was answered shows at the server for as long as
// Linux repeats the answer, when that or the third packet is lost; a SYN that
// never came, or was answered by nobody, does not.
func TestHalfOpen(t *testing.T) {
	const back, there = towardClient, towardServer
	tests := []struct {
		name string
		rule Rule
		port string
		want bool
	}{
		{"the answer is lost", Rule{At: "cgw", Toward: back, From: "50000-50100", Do: doDrop}, "50000", true},
		{"nothing listens", Rule{At: "cgw", Toward: back, From: "50000-50100", Do: doDrop}, "50001", false},
		{"the SYN is lost", Rule{At: "sgw", Toward: there, Ports: "50000-50100", Do: doDrop}, "50000", false},
		{"complete", Rule{At: "sgw", Toward: there, Ports: "1-2", Do: doDrop}, "50000", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, Scenario{Rules: []Rule{tt.rule}})
				defer l.Close()
				accept(t, l.hosts["srv"], "0.0.0.0:50000")
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				to := netip.MustParseAddrPort("198.51.100.66:" + tt.port)
				c, a := l.Client().Dial(ctx, to, probe.DialOptions{})
				if c != nil {
					c.Close()
				}
				want := probe.HalfOpening{Local: to, From: a.Local}
				got, ok := l.hosts["srv"].HalfOpen()
				if !ok || (len(got) == 1 && got[0] == want) != tt.want || len(got) > 1 {
					t.Errorf("after %s: %v, want %v: %v", a.Outcome, got, want, tt.want)
				}
				time.Sleep(synAckLife)
				if got, _ := l.hosts["srv"].HalfOpen(); len(got) != 0 {
					t.Errorf("for ever: %v", got)
				}
			})
		})
	}
}

// TestAnswersThatExpire: a SYN ACK that expires ends the handshake when the
// router says so; one that is dropped before, or behind, leaves it by half.
func TestAnswersThatExpire(t *testing.T) {
	drop := func(at string) []Rule {
		return []Rule{{At: at, Toward: towardClient, From: "50000-50100", Do: doDrop}}
	}
	for _, tt := range []struct {
		name   string
		rules  []Rule
		client Client
		boxes  []Box
		half   string // by TTL from 1: whether the handshake stays by half; or is complete
	}{
		{"nothing in the way", nil, Client{}, nil, "gone gone gone open"},
		{"NAT at the client", nil, Client{NAT: true}, nil, "gone gone gone open"},
		{"dropped at the client", drop("cli"), Client{}, nil, "gone gone gone half"},
		{"dropped at its gateway", drop("cgw"), Client{}, nil, "gone gone gone half"},
		{"dropped in the middle", drop("isp"), Client{}, nil, "gone gone half half"},
		{"dropped in front of the server", drop("sgw"), Client{}, nil, "gone half half half"},
		{"its router lets no message in", nil, Client{}, []Box{{At: "sgw", Kind: BoxMute}}, "gone half half open"},
		{"dropped at the server", drop("srv"), Client{}, nil, "half half half half"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, Scenario{Rules: tt.rules, Client: tt.client, Boxes: tt.boxes})
				defer l.Close()
				var got []string
				for ttl := 1; ttl <= 4; ttl++ {
					got = append(got, answerFate(t, l, ttl))
				}
				if got := strings.Join(got, " "); got != tt.half {
					t.Errorf("%s, want %s", got, tt.half)
				}
			})
		})
	}
}

// answerFate is what became of a handshake of which the SYN ACK has this TTL.
func answerFate(t *testing.T, l *Lab, ttl int) string {
	t.Helper()
	srv := l.hosts["srv"]
	on, err := srv.Listen(t.Context(), netip.MustParseAddrPort("198.51.100.66:50000"))
	if err != nil || !hops.LimitAnswers(on, ttl) {
		t.Fatal(err)
	}
	defer on.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	c, _ := l.Client().Dial(ctx, netip.MustParseAddrPort("198.51.100.66:50000"), probe.DialOptions{})
	if c != nil {
		c.Close()
		return "open"
	}
	if half, _ := srv.HalfOpen(); len(half) > 0 {
		return "half"
	}
	return "gone"
}
