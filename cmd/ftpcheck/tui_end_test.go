package main

import (
	"bytes"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/report"
	"ftpcheck/tui"
)

// TestJudged: a run on some of the checks does not pass for the others.
func TestJudged(t *testing.T) {
	judge := report.Judge{Require: []probe.Check{"pasv"}}
	run := func(exit int, checks ...probe.Check) *report.Report {
		r := &report.Report{Exit: exit, Judge: judge}
		for _, c := range checks {
			r.Checks = append(r.Checks, report.CheckLine{Check: c, State: report.OK})
		}
		return r
	}
	part := func(exit int, checks ...probe.Check) *report.Report {
		r := run(exit, checks...)
		r.Judge = judge.On(checks)
		return r
	}
	all, some := []probe.Check{"login", "epsv", "pasv"}, []probe.Check{"login", "epsv"}
	fail, noJudgment := report.ExitFail, report.ExitNoJudgment
	for name, tt := range map[string]struct {
		out  tui.Outcome
		code int
		said string
	}{
		"passed":                  {tui.Outcome{Reports: []*report.Report{run(0, all...)}}, 0, ""},
		"failed":                  {tui.Outcome{Reports: []*report.Report{run(fail, "login")}}, fail, "ftpcheck: pasv is required, but was not tested\n"},
		"mended, as far as known": {tui.Outcome{Reports: []*report.Report{run(fail, all...), part(0, some...)}, Partial: true}, fail, "ftpcheck: the last run was on 2 checks alone: the result is that of the run on all\n"},
		"worse meanwhile":         {tui.Outcome{Reports: []*report.Report{run(0, all...), part(fail, some...)}, Partial: true}, fail, ""},
		"no longer reached":       {tui.Outcome{Reports: []*report.Report{run(fail, all...), part(noJudgment, "login")}, Partial: true}, noJudgment, ""},
		"as before":               {tui.Outcome{Reports: []*report.Report{run(0, all...), part(0, some...)}, Partial: true}, 0, "ftpcheck: the last run was on 2 checks alone: the result is that of the run on all\n"},
		"never on all":            {tui.Outcome{Reports: []*report.Report{part(0, some...)}, Partial: true}, noJudgment, "ftpcheck: only 2 checks were run to the end: the others were not tested\n"},
	} {
		var said bytes.Buffer
		code := judged(&streams{err: &said}, tt.out)
		if code != tt.code || said.String() != tt.said {
			t.Errorf("%s: exit code %d, %q", name, code, said.String())
		}
	}
}
