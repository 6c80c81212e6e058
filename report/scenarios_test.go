package report

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/netlab"
	"ftpcheck/testdata/scenarios"
)

// TestScenarios runs the prober through every scenario's simulated network, in
// virtual time, and compares what the report says with what the file expects.
// The kernel lab holds the same files against real networks and servers.
func TestScenarios(t *testing.T) {
	all, err := netlab.Load(scenarios.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Only == "kernel" {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { runScenario(t, s) })
		})
	}
}

func runScenario(t *testing.T, s *netlab.Scenario) {
	lab, err := netlab.Build(s)
	if err != nil {
		t.Fatal(err)
	}
	defer lab.Close()
	options, judge := scenarioFlags(t, s.Run.Args)
	prober := probe.Prober{Network: lab.Client(), Target: lab.Target(), Options: options, Tool: "test", Roots: lab.Roots()}
	var ev probe.Evidence
	for e := range prober.Run(t.Context()) {
		ev.Add(e)
	}
	r := New(&ev, judge)
	compareReport(t, s, r)
	junitFile(t, r)
	githubText(t, r)
	if limit, err := time.ParseDuration(s.Expect.Within); s.Expect.Within != "" && (err != nil || r.Took > limit) {
		t.Errorf("took %v, want at most %s (%v)", r.Took, s.Expect.Within, err)
	}
	if t.Failed() {
		var b strings.Builder
		if err := WriteText(&b, r, TextOptions{}); err != nil {
			t.Error(err)
		}
		t.Log("\n" + b.String())
	}
}

// scenarioFlags reads the flags of the command line that scenarios use.
func scenarioFlags(t *testing.T, args []string) (o probe.Options, j Judge) {
	t.Helper()
	f := flag.NewFlagSet("scenario", flag.ContinueOnError)
	checks := func(list *[]probe.Check) func(string) error {
		return func(text string) error {
			for name := range strings.SplitSeq(text, ",") {
				*list = append(*list, probe.Check(name))
			}
			return nil
		}
	}
	f.DurationVar(&o.Timeout, "timeout", 2*time.Second, "") // as in the kernel lab
	f.DurationVar(&o.ReplyTimeout, "reply-timeout", 0, "")
	f.IntVar(&o.Parallel, "parallel", 0, "")
	f.IntVar(&o.Ports, "ports", 0, "")
	f.StringVar((*string)(&o.Follow), "follow", "", "")
	f.TextVar(&o.ActiveAddress, "active-address", o.ActiveAddress, "")
	f.StringVar((*string)(&o.TLS), "tls", "", "")
	f.BoolVar(&o.Insecure, "insecure", false, "")
	f.StringVar(&o.Download, "download", "", "")
	f.StringVar(&o.Upload, "upload", "", "")
	f.DurationVar(&o.Idle, "idle", 0, "")
	ports := func(r *probe.PortRange) func(string) error {
		return func(text string) error {
			_, err := fmt.Sscanf(text, "%d-%d", &r.Low, &r.High)
			return err
		}
	}
	f.Func("sweep", "", ports(&o.Sweep))
	f.Func("active-ports", "", ports(&o.ActivePorts))
	f.Func("checks", "", checks(&o.Checks))
	f.Func("require", "", checks(&j.Require))
	f.BoolVar(&j.Strict, "strict", false, "")
	four, six := f.Bool("4", false, ""), f.Bool("6", false, "")
	if err := f.Parse(args); err != nil {
		t.Fatal(err)
	}
	switch {
	case *four:
		o.Family = 4
	case *six:
		o.Family = 6
	}
	asked := slices.Clone(o.Checks)
	if asked == nil {
		asked = slices.Clone(probe.DefaultChecks)
	}
	if o.Download != "" || o.Upload != "" {
		asked = append(asked, probe.CheckTransfer)
	}
	if o.Idle != 0 {
		asked = append(asked, probe.CheckIdle)
	}
	if len(asked) > len(probe.DefaultChecks) || o.Checks != nil {
		o.Checks = asked
	}
	return o, j
}

// compareReport checks everything that the scenario promises, and that no
// other check failed.
func compareReport(t *testing.T, s *netlab.Scenario, r *Report) {
	t.Helper()
	if r.Exit != s.Expect.Exit {
		t.Errorf("exit code %d, want %d", r.Exit, s.Expect.Exit)
	}
	states := map[string]string{}
	for _, line := range r.Checks {
		name, state := string(line.Check), string(line.State)
		states[name] = state
		if _, expected := s.Expect.Checks[name]; !expected && state == "fail" {
			t.Errorf("check %s is fail, and the scenario does not speak of it", name)
		}
	}
	for name, state := range s.Expect.Checks {
		if !slices.Contains(strings.Split(state, "|"), states[name]) {
			t.Errorf("check %s is %q, want %q", name, states[name], state)
		}
	}
	compareFindings(t, s.Expect, r.Findings)
}

// compareFindings compares problems and warnings in order. An expectation's
// empty fields match anything.
func compareFindings(t *testing.T, want netlab.Expect, findings []Finding) {
	t.Helper()
	var notes []string
	var found []netlab.ExpectedFinding
	for _, f := range findings {
		if f.Severity == Note {
			notes = append(notes, f.Code)
			continue
		}
		e := netlab.ExpectedFinding{Code: f.Code, Severity: string(f.Severity), Certainty: string(f.Certainty)}
		if w := f.Where; w != nil {
			e.Side, e.AfterHop, e.Of, e.Address = string(w.Side), w.AfterHop, w.Of, w.Address
		}
		found = append(found, e)
	}
	for _, code := range want.Notes {
		if !slices.Contains(notes, code) {
			t.Errorf("no note %s among %q", code, notes)
		}
	}
	for i := range max(len(found), len(want.Findings)) {
		switch {
		case i >= len(found):
			t.Errorf("finding %d: none, want %+v", i+1, want.Findings[i])
		case i >= len(want.Findings):
			t.Errorf("finding %d: %+v, want none", i+1, found[i])
		case !want.Findings[i].Matches(found[i]):
			t.Errorf("finding %d:\ngot  %+v\nwant %+v", i+1, found[i], want.Findings[i])
		}
	}
}

// A cause that no network can show is a cause that nobody has seen.
func TestEveryCodeHasAScenario(t *testing.T) {
	all, err := netlab.Load(scenarios.Files)
	if err != nil {
		t.Fatal(err)
	}
	expected := map[string]bool{}
	for _, s := range all {
		for _, f := range s.Expect.Findings {
			expected[f.Code] = true
		}
		for _, code := range s.Expect.Notes {
			expected[code] = true
		}
	}
	for _, c := range Codes() {
		if !expected[c.Code] {
			t.Errorf("no scenario ends in %s", c.Code)
		}
	}
}
