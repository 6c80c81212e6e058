package report

import (
	"slices"

	"ftpcheck/probe"
)

// junit makes test cases.
type junit struct {
	r       *Report
	verbose bool
}

// check is the test case of one check.
func (j junit) check(c probe.Check) junitCase {
	l := CheckLine{Check: c, Summary: "not tested"}
	if at := slices.IndexFunc(j.r.Checks, func(l CheckLine) bool { return l.Check == c }); at >= 0 {
		l = j.r.Checks[at]
	}
	k := junitCase{Name: string(c)}
	if l.State != Skip {
		k.Time = junitSeconds(l.Took)
	}
	about := slices.DeleteFunc(slices.Clone(j.r.Findings), func(f Finding) bool { return !slices.Contains(f.Checks, c) })
	switch fault := j.fault(l, about); {
	case fault != nil:
		return j.blame(k, fault)
	case l.State == OK || l.State == Warn || l.State == Failed:
		k.Out = textOf(append([]string{Word(l.State) + "  " + l.words()}, j.texts(about)...))
	default:
		k.Skipped = &junitSkip{l.words()}
	}
	return k
}

// fault is what counts against a check; nil: nothing does.
func (j junit) fault(l CheckLine, about []Finding) *junitFault {
	if j.r.Exit == ExitPass {
		return nil
	}
	against := slices.DeleteFunc(slices.Clone(about), func(f Finding) bool { return !slices.Contains(j.blamed(f), l.Check) })
	required := ""
	if j.r.Exit == ExitFail && slices.Contains(j.r.unmet(), l.Check) {
		required = j.r.unmetText(l.Check)
	}
	if len(against) == 0 && l.State != Failed && required == "" {
		return nil
	}
	if len(against) == 0 {
		against = about // what is known of it, though it does not count by itself
	}
	fault := &junitFault{Type: string(Failed), Message: l.words()}
	lines := []string{l.words()}
	if required != "" {
		fault.Type, fault.Message = "required", required
		lines = append(lines, required)
	}
	if len(against) > 0 {
		fault.Type, fault.Message = against[0].Code, ASCII(against[0].Title)
	}
	fault.Text = textOf(append(lines, j.texts(against)...)).Text
	return fault
}

// blamed are the checks that a finding turns into failures: of those that it
// speaks of the failed ones, else those with a warning.
func (j junit) blamed(f Finding) []probe.Check {
	if !j.r.counts(f) {
		return nil
	}
	for _, s := range []State{Failed, Warn} {
		if list := slices.DeleteFunc(slices.Clone(f.Checks), func(c probe.Check) bool { return j.r.state(c) != s }); len(list) > 0 {
			return list
		}
	}
	return nil
}

// further are the cases of what counts and belongs to no check. found says
// whether a check has a fault.
func (j junit) further(found bool) []junitCase {
	if j.r.Exit == ExitPass {
		return nil
	}
	var list []junitCase
	for _, f := range j.r.Findings {
		if j.r.counts(f) && len(j.blamed(f)) == 0 {
			fault := &junitFault{f.Code, ASCII(f.Title), textOf(j.texts([]Finding{f})).Text}
			list = append(list, j.blame(junitCase{Name: f.Code}, fault))
		}
	}
	switch {
	case j.r.Interrupted:
		list = append(list, j.blame(junitCase{Name: "run"}, &junitFault{Type: "interrupted", Message: "interrupted: what is missing was not tested"}))
	case !found && len(list) == 0:
		fault := &junitFault{Type: string(j.r.Result), Message: "the server could not be judged"}
		if len(j.r.Findings) > 0 {
			fault.Text = textOf(j.texts(j.r.Findings)).Text
		}
		list = append(list, j.blame(junitCase{Name: "run"}, fault))
	}
	return list
}

// blame gives the case a failure, or an error where the run was no judgment.
func (j junit) blame(k junitCase, fault *junitFault) junitCase {
	if j.r.Exit == ExitFail {
		k.Failure = fault
	} else {
		k.Error = fault
	}
	return k
}

// texts are findings in the words of the text report.
func (j junit) texts(findings []Finding) []string {
	p, lines := newPage(lineWidth, nil)
	p.verbose = j.verbose
	for _, f := range findings {
		p.line("")
		p.writeFinding(f)
	}
	return *lines
}
