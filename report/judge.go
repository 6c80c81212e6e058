package report

import (
	"fmt"
	"slices"

	"ftpcheck/probe"
)

// Judge says what counts as a failure beyond a problem.
type Judge struct {
	Require []probe.Check // checks that must be ok
	Strict  bool          // warnings count
}

// On is the judge of a run on these checks alone: of the others it asks nothing.
func (j Judge) On(checks []probe.Check) Judge {
	j.Require = slices.DeleteFunc(slices.Clone(j.Require), func(c probe.Check) bool { return !slices.Contains(checks, c) })
	return j
}

// judge sets Result and Exit.
func (r *Report) judge(ev *probe.Evidence) {
	code := ExitPass
	switch {
	case !reached(ev):
		code = ExitNoJudgment
	case loginRefused(ev):
		code = ExitLogin
	case slices.ContainsFunc(r.Findings, r.counts), len(r.unmet()) > 0:
		code = ExitFail
	}
	r.Exit = code
	switch code {
	case ExitPass:
		r.Result = Pass
	case ExitFail:
		r.Result = Fail
	default:
		r.Result = Error
	}
	if r.Interrupted {
		r.Exit = ExitInterrupt
		if r.Result == Pass {
			r.Result = Error // what was not tested cannot have passed
		}
	}
}

// count returns the number of findings of this severity.
func (r *Report) count(s Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// counts reports whether the finding makes the run a failure.
func (r *Report) counts(f Finding) bool {
	return f.Severity == Problem || r.Judge.Strict && f.Severity == Warning
}

// unmet are the required checks that are not ok.
func (r *Report) unmet() []probe.Check {
	var checks []probe.Check
	for _, c := range r.Judge.Require {
		if r.state(c) != OK {
			checks = append(checks, c)
		}
	}
	return checks
}

// unmetText says why a required check is not good enough.
func (r *Report) unmetText(c probe.Check) string {
	if s := r.state(c); s != "" {
		return fmt.Sprintf("%s is required to be ok, but is %s", c, Word(s))
	}
	return fmt.Sprintf("%s is required, but was not tested", c)
}

// WhyFailed says why a run with exit code 1 has failed, apart from problems.
func (r *Report) WhyFailed() []string {
	var why []string
	if r.Exit != ExitFail {
		return nil
	}
	for _, c := range r.unmet() {
		why = append(why, r.unmetText(c))
	}
	if r.Judge.Strict && r.count(Problem) == 0 {
		why = append(why, "warnings count as failures (--strict)")
	}
	return why
}

// reached reports whether nothing that ran stood in the way of a login:
// name, control connection, greeting and TLS.
func reached(ev *probe.Evidence) bool {
	if l := ev.Lookup; l != nil && l.Outcome != probe.OutcomeOK {
		return false
	}
	if !wasRun(ev, probe.CheckControl) && len(ev.Control) == 0 {
		return true // only the name was asked for
	}
	s := ev.Login()
	if s == nil || s.Greeting == nil || s.Greeting.Code/100 != 2 {
		return false
	}
	return s.LoggedIn || loginRefused(ev) || !wasRun(ev, probe.CheckLogin) && !barred(ev)
}

// loginRefused reports whether the server answered the login with a refusal.
func loginRefused(ev *probe.Evidence) bool {
	s := ev.Login()
	if s == nil || s.LoggedIn {
		return false
	}
	r := loginAnswer(s)
	return r != nil && r.Code >= 400
}
