package report

import (
	"cmp"
	"slices"

	"ftpcheck/probe"
)

// Code describes one cause that Diagnose can report. Severity and Owner are
// the usual ones: a finding may differ where the evidence says so.
type Code struct {
	Code     string
	Severity Severity
	Owner    Owner
	Title    string
	Meaning  string // one sentence
}

// rule is one row of the table. The row fills in what its condition leaves
// empty.
type rule struct {
	Code
	when  func(*view) *Finding // nil: the evidence does not support it
	hides []string             // codes that follow from this one
}

// rules is the table, root causes before what follows from them. The order
// also sorts findings of one severity.
var rules = slices.Concat(reachRules, tlsRules, certificateRules, loginRules, dialogueRules, middleRules,
	blindRules, passiveRules, dataRules, portRules, dataTLSRules, activeRules, transferRules, idleRules)

// unexplainedRule is no row of the table because its condition looks at the
// findings of the others.
var unexplainedRule = rule{Code: Code{"cause-not-found", Warning, Nobody, "A check failed for no known cause",
	"A check failed, and none of the causes that ftpcheck knows fits all that was observed."}}

// Codes returns every code in the order of the table.
func Codes() []Code {
	var codes []Code
	for _, r := range rules {
		codes = append(codes, r.Code)
	}
	return append(codes, unexplainedRule.Code)
}

// Diagnose names the causes that the evidence supports: worst first, the root
// cause first, and none that follows from another one.
func Diagnose(ev *probe.Evidence) []Finding {
	v := newView(ev)
	var found []Finding
	hidden := map[string]bool{}
	for _, r := range rules {
		if hidden[r.Code.Code] {
			continue
		}
		if f, ok := r.apply(v); ok {
			found = append(found, f)
			for _, code := range r.hides {
				hidden[code] = true
			}
		}
	}
	found = slices.DeleteFunc(found, func(f Finding) bool { return hidden[f.Code] })
	if f := unexplained(v, found); f != nil {
		unexplainedRule.complete(f)
		found = append(found, *f)
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return cmp.Compare(rank(a.Severity), rank(b.Severity)) })
	return found
}

// apply asks the rule, and keeps it from speaking of checks that were not run.
func (r rule) apply(v *view) (Finding, bool) {
	f := r.when(v)
	if f == nil {
		return Finding{}, false
	}
	f.Checks = v.onlyRun(f.Checks)
	r.complete(f)
	return *f, len(f.Checks) > 0
}

// complete fills in from the table what the condition left empty.
func (r rule) complete(f *Finding) {
	f.Code = r.Code.Code
	f.Severity = cmp.Or(f.Severity, r.Severity)
	f.Owner = cmp.Or(f.Owner, r.Owner)
	f.Title = cmp.Or(f.Title, r.Title)
	f.Certainty = cmp.Or(f.Certainty, Possible)
}

// onlyRun keeps the checks that were run, once each and in their order. A mode
// that was made for the check peer alone is part of that.
func (v *view) onlyRun(checks []probe.Check) []probe.Check {
	var run []probe.Check
	if slices.ContainsFunc(checks, func(c probe.Check) bool { return !v.ran(c) && v.twin(c) != nil }) {
		checks = append(slices.Clone(checks), probe.CheckPeer)
	}
	for _, c := range probe.Checks {
		if slices.Contains(checks, c) && v.ran(c) {
			run = append(run, c)
		}
	}
	return run
}

func rank(s Severity) int {
	return slices.Index([]Severity{Problem, Warning, Note}, s)
}

// when is a shorthand for the certainty of a finding.
func sure(certain bool) Certainty {
	if certain {
		return Certain
	}
	return Likely
}
