package report

import (
	"fmt"

	"ftpcheck/probe"
)

// idleLine tells the longest silence survived, and the shortest not survived.
func idleLine(ev *probe.Evidence, l *CheckLine) {
	for _, x := range ev.Idle {
		if died(x) || x.Outcome == probe.OutcomeOK {
			l.Silences = append(l.Silences, x)
		}
	}
	s := readSilences(ev.Idle)
	switch {
	case s.dead == nil && s.alive == 0:
		l.State, l.Summary = Skip, notTried(ev, l.Check)
	case s.dead == nil:
		l.State, l.Summary = OK, fmt.Sprintf("alive after %s of silence", quiet(s.alive))
	default:
		l.State, l.Summary = Failed, fmt.Sprintf("dead after %s of silence", quiet(s.dead.Took))
		if byServer(s.dead) {
			how := "421"
			if s.dead.Outcome == probe.OutcomeAlert {
				how = "TLS alert"
			}
			l.Summary = fmt.Sprintf("ended by the server after %s of silence (%s)", quiet(s.dead.Took), how)
		}
		if s.alive > 0 {
			l.Summary += ", alive after " + quiet(s.alive)
		}
	}
}
