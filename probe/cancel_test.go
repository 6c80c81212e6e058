package probe_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/netlab"
)

// blockedEverywhere keeps every kind of wait open: dials, arrivals, hop search.
var blockedEverywhere = &netlab.Scenario{
	About: "nothing but the control connection gets through",
	Rules: []netlab.Rule{
		{At: "sgw", Toward: "server", Ports: "50000-50100", Do: "drop"},
		{At: "cgw", Toward: "client", State: "new", Do: "drop"},
	},
}

// A run can be cancelled after any of its events. It ends at once, says so,
// and leaves nothing behind: synctest fails on a goroutine that is left.
func TestCancelAtAnyMoment(t *testing.T) {
	for _, s := range []*netlab.Scenario{{About: "healthy"}, blockedEverywhere} {
		_, all := simulate(t, s, probe.Options{})
		for n := 1; n < len(all); n += 3 {
			synctest.Test(t, func(t *testing.T) {
				lab, err := netlab.Build(s)
				if err != nil {
					t.Fatal(err)
				}
				defer lab.Close()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				p := probe.Prober{Network: lab.Client(), Target: lab.Target()}
				var last probe.Event
				var cancelled time.Time
				seen := 0
				for last = range p.Run(ctx) {
					if seen++; seen == n {
						cancel()
						cancelled = time.Now()
					}
				}
				if seen <= n+1 {
					return // all the work had been done by then
				}
				if last.Kind != probe.KindFinish || last.Outcome != probe.OutcomeCancelled {
					t.Errorf("%s: cancelled after event %d, the last event is %+v", s.About, n, last)
				}
				if late := time.Since(cancelled); late > 100*time.Millisecond {
					t.Errorf("%s: cancelled after event %d, ended %v later", s.About, n, late)
				}
			})
		}
	}
}

// A caller may also just stop listening.
func TestStopListening(t *testing.T) {
	_, all := simulate(t, blockedEverywhere, probe.Options{})
	for n := 1; n < len(all); n += 7 {
		synctest.Test(t, func(t *testing.T) {
			lab, err := netlab.Build(blockedEverywhere)
			if err != nil {
				t.Fatal(err)
			}
			defer lab.Close()
			p := probe.Prober{Network: lab.Client(), Target: lab.Target()}
			seen := 0
			for range p.Run(t.Context()) {
				if seen++; seen == n {
					break
				}
			}
		})
	}
}

// With every data connection filtered a run takes one timeout and the hop
// search, not the sum of its parts.
func TestEverythingFilteredTakesOneTimeout(t *testing.T) {
	for _, timeout := range []time.Duration{time.Second, probe.DefaultTimeout} {
		ev, _ := simulate(t, blockedEverywhere, probe.Options{Timeout: timeout})
		if ev.Took > timeout+3*time.Second {
			t.Errorf("--timeout %v: took %v, want at most 3 s more", timeout, ev.Took)
		}
		if n := len(ev.Samples); n < 6 {
			t.Errorf("--timeout %v: only %d announcements were sampled", timeout, n)
		}
	}
}

// A run that is asked for the control connection alone sends no user name.
func TestControlAloneDoesNotLogIn(t *testing.T) {
	_, events := simulate(t, &netlab.Scenario{About: "healthy"}, probe.Options{Checks: []probe.Check{probe.CheckName, probe.CheckControl}})
	for _, e := range events {
		if e.Kind == probe.KindSend && e.Text != "QUIT" {
			t.Errorf("sent %q", e.Text)
		}
		if e.Kind == probe.KindOpen && e.Session != 1 {
			t.Errorf("opened session %d", e.Session)
		}
	}
}
