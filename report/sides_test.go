package report

import (
	"strings"
	"testing"
	"testing/synctest"

	"ftpcheck/probe"
	"ftpcheck/probe/netlab"
)

// One firewall rule at each device, against each kind of data connection, with
// ftpcheck at both ends: a side that is named with certainty is the right one.
// Where answers die it is always named, if anything gets here in the first place.
func TestSides(t *testing.T) {
	sides := map[string]Side{"cli": SideClient, "cgw": SideClient, "isp": SidePath, "sgw": SideServer, "srv": SideServer}
	rules := map[string]netlab.Rule{
		"passive connections":        {Toward: "server", Ports: "50000-50100"},
		"their answers":              {Toward: "client", From: "50000-50100"},
		"active connections":         {Toward: "client", Ports: "30000-65535", From: "20"},
		"active from high ports":     {Toward: "client", State: "new"},
		"answers to active ones":     {Toward: "server", Ports: "20"},
		"all answers to active ones": {Toward: "server", From: "20000-20019"}, // see checkSides
		"all that is new to them":    {Toward: "server", State: "new", Ports: "1024-65535"},
	}
	nets := map[string]netlab.Scenario{
		"no NAT":                 {},
		"NAT here with a helper": {Client: netlab.Client{NAT: true}, Helper: []string{"cgw"}},
		"NAT there, well set up": {Server: netlab.Server{NAT: true, Announce: "198.51.100.2"}},
	}
	for netName, s := range nets {
		for kind, rule := range rules {
			for at, side := range sides {
				for _, do := range []string{"drop", "admin-prohibited"} {
					s, rule := s, rule
					rule.At, rule.Do = at, do
					s.Rules, s.Server.Peer = []netlab.Rule{rule}, true
					if kind == "active from high ports" {
						s.Server.Faults = []string{"high-source-port"}
					}
					name := strings.Join([]string{netName, kind, at, do}, "/")
					t.Run(name, func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) { checkSides(t, &s, side, strings.Contains(kind, "answers")) })
					})
				}
			}
		}
	}
}

// checkSides runs the scenario and compares the places that findings name. named
// says that the side is to be named.
func checkSides(t *testing.T, s *netlab.Scenario, side Side, named bool) {
	lab, err := netlab.Build(s)
	if err != nil {
		t.Fatal(err)
	}
	defer lab.Close()
	options, judge := scenarioFlags(t, []string{"--timeout", "2s", "--active-ports", "20000-20019"})
	prober := probe.Prober{Network: lab.Client(), Target: lab.Target(), Options: options, Tool: "test", Roots: lab.Roots()}
	var ev probe.Evidence
	for e := range prober.Run(t.Context()) {
		ev.Add(e)
	}
	for _, f := range New(&ev, judge).Findings {
		w := f.Where
		if f.Severity == Note || f.Certainty != Certain || w == nil {
			continue
		}
		if w.Side == SideUnknown {
			if named {
				t.Errorf("%s: the side is not named", f.Code)
			}
			continue
		}
		if w.Side != side && f.Code != "active-behind-nat" {
			t.Errorf("%s, %s side, after hop %d of %d; the rule is on the %s side", f.Code, w.Side, w.AfterHop, w.Of, side)
		}
	}
}
