package hops

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// path is a simulated way to a port: what each TTL is answered with, after how
// long. A TTL beyond the end is answered as the last one.
type path struct {
	t       *testing.T
	answers []string // in the notation of parseAttempt; "x" fails without a packet; "a,b": first try, later ones
	rtt     time.Duration
	tries   [MaxHops + 1]atomic.Int32
	running atomic.Int32
}

func (p *path) dial(ctx context.Context, ttl int) Attempt {
	p.running.Add(1)
	defer p.running.Add(-1)
	try := int(p.tries[ttl].Add(1))
	words := strings.Split(p.answers[min(ttl, len(p.answers))-1], ",")
	a := Attempt{Outcome: Timeout}
	if word := words[min(try, len(words))-1]; word == "x" {
		return Attempt{Err: "no descriptor left"}
	} else if word != "-" {
		a = parseAttempt(p.t, word)
	}
	if a.Outcome == Timeout {
		<-ctx.Done()
	} else {
		select {
		case <-ctx.Done():
			a = Attempt{Outcome: Timeout}
		case <-time.After(p.rtt):
			a.Took = p.rtt
		}
	}
	if ctx.Err() == context.Canceled {
		return Attempt{Err: ctx.Err().Error()}
	}
	return a
}

func TestSearch(t *testing.T) {
	const hop, ms = "11/0@192.0.2.1", time.Millisecond
	silent28 := strings.Repeat(" timeout", 28)
	for _, test := range []struct {
		name    string
		answers string
		rtt     time.Duration
		want    string        // outcomes of the steps
		within  time.Duration // wall time at most
		beyond  int           // attempts above the last step at most
	}{
		{"open at 4", hop + " " + hop + " " + hop + " open", 30 * ms, "expired expired expired open", 70 * ms, 2},
		{"in the next room", "open", ms, "open", ms, 2},
		{"far away", strings.Repeat(hop+" ", 12) + "open", 200 * ms, strings.Repeat("expired ", 12) + "open", 1000 * ms, 6},
		{"rejected at 2", hop + " rst", 10 * ms, "expired refused", 10 * ms, 2},
		{"dropped after 2", hop + " " + hop + " -", 30 * ms, "expired expired" + silent28, SearchLimit, 0},
		{"nothing answers", "-", 0, "timeout timeout" + silent28, SearchLimit, 0},
		{"a silent router", hop + " - " + hop + " open", 30 * ms, "expired timeout expired open", 300 * ms, 2},
		{"silent routers only", "- - - - - - open", 30 * ms, strings.Repeat("timeout ", 6) + "open", 600 * ms, 2},
		{"a lost answer", hop + " -," + hop + " " + hop + " open", 30 * ms, "expired expired expired open", 300 * ms, 2},
		{"a lost answer, far away", hop + " -," + hop + " " + hop + " open", 300 * ms, "expired expired expired open", 1200 * ms, 6},
		{"a lost SYN at the destination", hop + " " + hop + " -,open open", 30 * ms, "expired expired open", 300 * ms, 3},
		{"a lost answer on the way to silence", hop + " -," + hop + " -", 30 * ms, "expired expired" + silent28, SearchLimit, 0},
		{"a loop", hop, 10 * ms, strings.TrimSpace(strings.Repeat("expired ", MaxHops)), 200 * ms, 0},
		{"cannot dial", "x", 0, strings.Repeat("- ", 30), SearchLimit, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &path{t: t, answers: strings.Fields(test.answers), rtt: test.rtt}
				var each []Step
				began := time.Now()
				steps := Search(t.Context(), p.dial, 0, func(ttl int, a Attempt) { each = append(each, Step{TTL: ttl, Attempt: a}) })
				if took := time.Since(began); took > test.within {
					t.Errorf("took %v, want at most %v", took, test.within)
				}
				if n := p.running.Load(); n != 0 {
					t.Errorf("%d attempts still run", n)
				}
				if diff := cmp.Diff(strings.Fields(test.want), outcomes(t, steps)); diff != "" {
					t.Errorf("outcomes (-want +got):\n%s", diff)
				}
				if !slices.Equal(steps, each) {
					t.Errorf("reported %v, returned %v", each, steps)
				}
				beyond := 0
				for ttl := range p.tries {
					n := int(p.tries[ttl].Load())
					if n > 2 {
						t.Errorf("TTL %d was tried %d times", ttl, n)
					}
					if ttl > len(steps) {
						beyond += n
					}
				}
				if beyond > test.beyond {
					t.Errorf("%d attempts beyond the answer, want at most %d", beyond, test.beyond)
				}
			})
		})
	}
}

// outcomes lists the steps' outcomes ("-" for none) and checks the TTLs.
func outcomes(t *testing.T, steps []Step) []string {
	t.Helper()
	var list []string
	for i, s := range steps {
		if s.TTL != i+1 {
			t.Errorf("step %d has TTL %d", i, s.TTL)
		}
		list = append(list, string(s.Attempt.Outcome))
		if s.Attempt.Outcome == "" {
			list[i] = "-"
		}
	}
	return list
}

func TestSearchMax(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &path{t: t, answers: []string{"11/0@192.0.2.1"}}
		for max, want := range map[int]int{1: 1, 5: 5, 0: MaxHops, -1: MaxHops, 1000: MaxHops} {
			if got := len(Search(t.Context(), p.dial, max, nil)); got != want {
				t.Errorf("max %d: %d steps, want %d", max, got, want)
			}
		}
	})
}

func TestSearchCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &path{t: t, answers: []string{"11/0@192.0.2.1", "-"}, rtt: 10 * time.Millisecond}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		began := time.Now()
		steps := Search(ctx, p.dial, 0, nil)
		if took := time.Since(began); took != 100*time.Millisecond {
			t.Errorf("took %v", took)
		}
		if got := outcomes(t, steps); !slices.Equal(got, []string{"expired"}) {
			t.Errorf("%v, want the one hop that was known", got)
		}
		if got := Search(ctx, p.dial, 0, nil); len(got) != 0 {
			t.Errorf("cancelled before it began: %v", got)
		}
	})
}

func ExampleRead() {
	isp := addr("203.0.113.1")
	v := Read([]Step{
		{TTL: 1, Attempt: Attempt{Outcome: Timeout}}, // this router sends no ICMP
		{TTL: 2, Attempt: Attempt{Outcome: Expired, ICMP: &ICMP{11, 0, isp}}},
		{TTL: 3, Attempt: Attempt{Outcome: Timeout}},
		{TTL: 4, Attempt: Attempt{Outcome: Timeout}},
	})
	fmt.Println(v.Outcome, "after hop", v.LastHop, v.LastFrom)
	// Output: timeout after hop 2 203.0.113.1
}
