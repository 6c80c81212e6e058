package probe_test

import (
	"context"
	"testing"
	"testing/synctest"

	"ftpcheck/probe"
	"ftpcheck/probe/netlab"
)

// What a cancelled run did not get to is not tested, neither failed nor skipped
// for a reason that is not so.
func TestCancelledIsNotFailed(t *testing.T) {
	healthy := &netlab.Scenario{Run: netlab.Run{Target: "name"}}
	_, all := simulate(t, healthy, probe.Options{})
	for n := 1; n < len(all); n++ {
		synctest.Test(t, func(t *testing.T) {
			lab, err := netlab.Build(healthy)
			if err != nil {
				t.Fatal(err)
			}
			defer lab.Close()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			p := probe.Prober{Network: lab.Client(), Target: lab.Target()}
			seen := 0
			for e := range p.Run(ctx) {
				switch {
				case e.Kind == probe.KindLost, e.Kind == probe.KindData && e.Outcome != probe.OutcomeEOF:
					t.Errorf("cancelled after event %d: %s of %s: %s %s", n, e.Kind, e.Check, e.Outcome, e.Text)
				case e.Kind == probe.KindSkip:
					t.Errorf("cancelled after event %d: %s skipped: %s", n, e.Check, e.Text)
				case e.Kind == probe.KindLookup && e.Outcome != probe.OutcomeOK:
					t.Errorf("cancelled after event %d: lookup %s: %s", n, e.Outcome, e.Text)
				}
				if seen++; seen == n {
					cancel()
				}
			}
		})
	}
}
