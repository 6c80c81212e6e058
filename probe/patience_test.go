package probe_test

import (
	"testing"
	"time"

	"ftpcheck/probe"
)

// Whichever of --timeout and --reply-timeout is longer, a blocked active mode
// is one that waited in vain, not a lost control connection.
func TestActiveWaitIsNoLoss(t *testing.T) {
	for _, timeout := range []time.Duration{4 * time.Second, 5 * time.Second, 6 * time.Second} {
		ev, _ := simulate(t, blockedEverywhere, probe.Options{Timeout: timeout, ReplyTimeout: 5 * time.Second})
		for _, c := range probe.Active {
			if m := ev.Modes[c]; m.Waited == 0 || m.Lost != nil {
				t.Errorf("--timeout %v: %s waited %v, lost %+v", timeout, c, m.Waited, m.Lost)
			}
		}
	}
}
