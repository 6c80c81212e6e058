package probe_test

import (
	"testing"

	"ftpcheck/probe"
)

// A 120 before the 220 is no refusal, in a further session as little as in the first.
func TestGreetingThatComesLater(t *testing.T) {
	late := func(int) string { return "120 in a moment\r\n220 hi\r\n" }
	ev, _, _ := scripted(t, late, plain, probe.Target{}, probe.Options{Checks: probe.Passive})
	if len(ev.Limits) > 0 {
		t.Errorf("refused: %+v", ev.Limits)
	}
}
