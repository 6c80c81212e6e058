package probe_test

import (
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/netlab"
)

// With one port to listen on, the active modes take turns.
func TestOneActivePortIsShared(t *testing.T) {
	one := probe.PortRange{Low: 41000, High: 41000}
	ev, _ := simulate(t, &netlab.Scenario{}, probe.Options{ActivePorts: one})
	for _, c := range probe.Active {
		if !ev.Modes[c].Listed() {
			t.Errorf("%s did not list: %q", c, ev.Checks[c].Skipped)
		}
	}
}
