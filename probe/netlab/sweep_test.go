package netlab

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// sweepAll dials every port of the server from 1 to last, many at a time, and
// counts the outcomes.
func sweepAll(l *Lab, last, parallel int) map[hops.Outcome]int {
	count := map[hops.Outcome]int{}
	var mu sync.Mutex
	var dials sync.WaitGroup
	next := 1
	for range parallel {
		dials.Go(func() {
			for {
				mu.Lock()
				port := next
				next++
				mu.Unlock()
				if port > last {
					return
				}
				ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
				to := netip.AddrPortFrom(netip.MustParseAddr("198.51.100.2"), uint16(port))
				c, a := l.Client().Dial(ctx, to, probe.DialOptions{})
				cancel()
				if c != nil {
					c.Close()
				}
				mu.Lock()
				count[a.Outcome]++
				mu.Unlock()
			}
		})
	}
	dials.Wait()
	return count
}

// silentBelow has open, silent and refused ports.
func silentBelow(last string, boxes ...Box) *Scenario {
	return &Scenario{
		Client: Client{NAT: true}, Server: Server{NAT: true, Forward: []string{"1-65535"}}, Helper: []string{"cgw", "sgw"},
		Rules: []Rule{
			{At: "sgw", Toward: towardServer, Ports: "21", Do: doAccept},
			{At: "sgw", Toward: towardServer, Ports: "1-" + last, State: stateNew, Do: doDrop},
		},
		Boxes: boxes,
	}
}

// A sweep takes as long as its dials that wait, in turns of so many at a time.
// However long that is, it costs little to simulate.
func TestSweep(t *testing.T) {
	const parallel, rtt = 500, 2 * oneWay
	for _, tt := range []struct {
		name     string
		scenario *Scenario
		last     int
		want     map[hops.Outcome]int
		limit    time.Duration // of virtual time
	}{
		{"silent and refused", silentBelow("1000"), 2000,
			map[hops.Outcome]int{hops.Open: 1, hops.Timeout: 999, hops.Refused: 1000}, 4*time.Second + 4*rtt},
		{"all silent", silentBelow("65535"), 65535, map[hops.Outcome]int{hops.Open: 1, hops.Timeout: 65534}, 132 * 2 * time.Second},
		{"all refused", silentBelow("1"), 65535, map[hops.Outcome]int{hops.Open: 1, hops.Timeout: 1, hops.Refused: 65533}, 132*rtt + 2*time.Second},
		{"all open", silentBelow("1", Box{At: "sgw", Kind: BoxFalseOpen}), 65535, map[hops.Outcome]int{hops.Open: 65535}, 132 * rtt},
	} {
		t.Run(tt.name, func(t *testing.T) {
			began := time.Now()
			synctest.Test(t, func(t *testing.T) {
				l, err := Build(tt.scenario)
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				began := time.Now()
				got := sweepAll(l, tt.last, parallel)
				if len(got) != len(tt.want) {
					t.Errorf("got %v, want %v", got, tt.want)
				}
				for outcome, n := range tt.want {
					if got[outcome] != n {
						t.Errorf("%s: %d, want %d", outcome, got[outcome], n)
					}
				}
				if took := time.Since(began); took > tt.limit {
					t.Errorf("took %v of virtual time, want at most %v", took, tt.limit)
				}
			})
			// Without the race detector it is less than a second. What this
			// guards against, a search that grows with the square, takes minutes.
			if took := time.Since(began); took > time.Minute {
				t.Errorf("took %v of real time", took)
			}
		})
	}
}
