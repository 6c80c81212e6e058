package report

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/netlab"
)

var (
	worlds     = flag.Uint64("worlds", 150, "how many random networks TestTruth makes")
	firstWorld = flag.Uint64("first-world", 0, "seed of the first one")
	worldFiles = flag.String("world-files", "", "folder into which TestTruth writes the networks that the kernel can have, as scenarios that expect what the simulation found")
)

// TestTruth makes random networks of which it knows what is wrong, and holds the
// report to it:
//
//   - no finding is certain that is not true there,
//   - none is likely whose cause is impossible there,
//   - where nothing is wrong, there is no problem,
//   - a mode works, in the report, if and only if a naive client can list in it,
//   - where a mode fails, something is said about it,
//   - and the run ends in time.
//
// One network alone: go test ./report -run TestTruth -worlds 1 -first-world 17
func TestTruth(t *testing.T) {
	for seed := *firstWorld; seed < *firstWorld+*worlds; seed++ {
		w := newWorld(seed)
		t.Run(w.scenario.Name, func(t *testing.T) {
			if err := w.scenario.Validate(); err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) { w.run(t) })
		})
	}
}

// longest is what a run may take that tries everything twice.
const longest = 60 * time.Second

func (w *world) run(t *testing.T) {
	lab, err := netlab.Build(w.scenario)
	if err != nil {
		t.Fatal(err)
	}
	options, judge := scenarioFlags(t, w.scenario.Run.Args)
	prober := probe.Prober{Network: lab.Client(), Target: lab.Target(), Options: options, Tool: "test", Roots: lab.Roots()}
	var ev probe.Evidence
	for e := range prober.Run(t.Context()) {
		ev.Add(e)
	}
	lab.Close()
	r := New(&ev, judge)
	w.judgeFindings(t, r)
	session := ev.Login()
	w.judgeModes(t, r, session != nil && session.TLS.OK())
	if r.Took > longest {
		t.Errorf("it took %v", r.Took)
	}
	w.keep(t, r)
	if t.Failed() {
		w.show(t, r)
	}
}

// judgeFindings compares what is said with what is true.
func (w *world) judgeFindings(t *testing.T, r *Report) {
	problem := false
	for _, f := range r.Findings {
		problem = problem || f.Severity == Problem
		switch {
		case slices.ContainsFunc(w.claims, func(c truth) bool { return c.allows(f) }):
		case len(w.faults) == 0 && f.Severity != Note:
			t.Errorf("nothing is wrong, and it says: %s %s %s", f.Certainty, f.Severity, f.Code)
		case f.Certainty == Possible, f.Severity == Note, f.Code == unexplainedRule.Code.Code:
		default:
			t.Errorf("%s: %s at %+v is not true", f.Certainty, f.Code, f.Where)
		}
	}
	if r.Exit == ExitPass && problem || r.Exit == ExitFail && !problem {
		t.Errorf("exit code %d, and there is a problem: %v", r.Exit, problem)
	}
}

// judgeModes compares what works with what a naive client can do.
func (w *world) judgeModes(t *testing.T, r *Report, encrypted bool) {
	said := slices.ContainsFunc(r.Findings, func(f Finding) bool {
		return f.Severity != Note || f.Code == "transfer-denied" || f.Code == "eprt-unsupported"
	})
	for _, c := range slices.Concat(probe.Passive, probe.Active) {
		state := r.state(c)
		if state == "" || state == Skip || w.chance {
			continue
		}
		lab, err := netlab.Build(w.scenario)
		if err != nil {
			t.Fatal(err)
		}
		failure := lists(lab, encrypted, c)
		lab.Close()
		if works := failure == nil; works != (state == OK) {
			t.Errorf("%s is %s, and for a naive client: %v", c, state, failure)
		}
		if failure != nil && !said {
			t.Errorf("%s fails (%v), and nothing is said about it", c, failure)
		}
	}
}

func (w *world) show(t *testing.T, r *Report) {
	text, _ := json.Marshal(w.scenario)
	var b strings.Builder
	if err := WriteText(&b, r, TextOptions{}); err != nil {
		t.Error(err)
	}
	t.Logf("%q\ntrue: %+v\n%s\n%s", w.faults, w.claims, text, b.String())
}

// inKernel reports whether the kernel lab can have the network, and ends in the
// same report each time.
func (w *world) inKernel() bool {
	v := w.scenario.Server
	switch {
	case w.chance:
		return false
	case slices.ContainsFunc(w.scenario.Boxes, func(b netlab.Box) bool { return b.Kind == netlab.BoxBlackHole && b.At == "sgw" }):
		return false // there, the server would know the size of its own link
	case v.Peer:
		return true
	case v.IPv6 && v.Announce != "":
		return false // vsftpd that listens on IPv6 announces 0.0.0.0 instead
	}
	return !slices.ContainsFunc(v.Faults, func(f string) bool { return f != "long-list" }) // the lab has many files then
}

// keep writes the network as a scenario of the kernel lab.
func (w *world) keep(t *testing.T, r *Report) {
	s := *w.scenario
	if *worldFiles == "" || !w.inKernel() {
		return
	}
	s.Expect.Exit = r.Exit
	for _, l := range r.Checks {
		if l.State != "" && l.State != Skip {
			s.Expect.Checks[string(l.Check)] = string(l.State)
		}
	}
	s.Expect.Findings = []netlab.ExpectedFinding{}
	for _, f := range r.Findings {
		if f.Severity == Note {
			continue
		}
		e := netlab.ExpectedFinding{Code: f.Code, Severity: string(f.Severity), Certainty: string(f.Certainty)}
		if at := f.Where; at != nil {
			e.Side, e.AfterHop, e.Of, e.Address = string(at.Side), at.AfterHop, at.Of, at.Address
		}
		s.Expect.Findings = append(s.Expect.Findings, e)
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*worldFiles, fmt.Sprintf("%s.json", s.Name)), append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
