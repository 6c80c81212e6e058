package probe_test

import (
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

func TestHealthyRunInRoundTrips(t *testing.T) {
	for _, test := range []struct {
		name   string
		checks []probe.Check
		most   float64
	}{
		{"all four modes", modesOnly, 12},
		{"and twelve announcements", append(modesOnly, probe.CheckPorts), 14},
		{"and the ordinary client, which has to log in for itself", nil, 20},
	} {
		ev, _ := simulate(t, &netlab.Scenario{About: "healthy"}, probe.Options{Checks: test.checks})
		for _, m := range []probe.Check{probe.CheckEPSV, probe.CheckPASV, probe.CheckEPRT, probe.CheckPORT} {
			if !ev.Modes[m].Listed() {
				t.Errorf("%s: %s did not list", test.name, m)
			}
		}
		trips := float64(ev.Took) / float64(roundTrip)
		t.Logf("%s: %.2f round trips", test.name, trips)
		if trips > test.most {
			t.Errorf("%s: took %.2f round trips, want at most %v", test.name, trips, test.most)
		}
	}
}
