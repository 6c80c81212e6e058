package probe_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/netlab"
)

// roundTrip of the simulated network: four links of 4 ms, there and back.
const roundTrip = 8 * 4 * time.Millisecond

// simulate runs a scenario with the given options in virtual time.
func simulate(t *testing.T, s *netlab.Scenario, opt probe.Options) (ev *probe.Evidence, events []probe.Event) {
	t.Helper()
	ev = &probe.Evidence{}
	synctest.Test(t, func(t *testing.T) {
		lab, err := netlab.Build(s)
		if err != nil {
			t.Fatal(err)
		}
		defer lab.Close()
		p := probe.Prober{Network: lab.Client(), Target: lab.Target(), Options: opt, Roots: lab.Roots()}
		for e := range p.Run(t.Context()) {
			ev.Add(e)
			events = append(events, e)
		}
	})
	return ev, events
}

// modesOnly are the checks of a run with all four modes and nothing after them.
var modesOnly = []probe.Check{
	probe.CheckName, probe.CheckControl, probe.CheckLogin,
	probe.CheckEPSV, probe.CheckPASV, probe.CheckEPRT, probe.CheckPORT, probe.CheckPath,
}

// The modes run side by side, so that all four take about as many round trips
// as one client that logs in and lists once. What a run does after them has to
// log in again, and does so one after the other.
func TestHealthyRunInRoundTrips(t *testing.T) {
	inClear := &netlab.Scenario{}
	encrypted := &netlab.Scenario{Server: netlab.Server{TLS: &netlab.TLS{Mode: "explicit"}}, Run: netlab.Run{Trust: true}}
	for _, test := range []struct {
		name     string
		scenario *netlab.Scenario
		checks   []probe.Check
		modes    float64 // most round trips until all four modes have ended
		all      float64 // and the run
	}{
		{"all four modes", inClear, modesOnly, 11.1, 12},
		{"and twelve announcements", inClear, append(modesOnly, probe.CheckPorts), 11.1, 14},
		{"and the ordinary client", inClear, nil, 11.1, 20},
		{"all four modes with TLS, and one again without resumption", encrypted, modesOnly, 16.1, 28.1},
		{"all that a default run does, with TLS", encrypted, nil, 16.1, 31.1},
	} {
		ev, events := simulate(t, test.scenario, probe.Options{Checks: test.checks})
		var ended time.Duration
		for _, e := range events {
			if e.Kind == probe.KindEnd && e.Try == "" && slices.Contains(modesOf, e.Check) {
				ended = e.At
			}
		}
		for _, m := range modesOf {
			if !ev.Modes[m].Listed() {
				t.Errorf("%s: %s did not list", test.name, m)
			}
		}
		modes, all := float64(ended)/float64(roundTrip), float64(ev.Took)/float64(roundTrip)
		t.Logf("%s: %.2f round trips for the modes, %.2f in all", test.name, modes, all)
		if modes > test.modes || all > test.all {
			t.Errorf("%s: took %.2f and %.2f round trips, want at most %v and %v", test.name, modes, all, test.modes, test.all)
		}
	}
}
