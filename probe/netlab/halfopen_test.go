package netlab

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
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
