package report

import (
	"fmt"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
)

// death is what the other end saw of the session that was dead after a silence.
type death struct {
	theirs  *exchange.Session
	counted bool // we said something after the silence, and got no answer
	arrived bool // it got there
	within  bool // the other end's session ended while we were silent
}

// deathOf compares the session of a silence at both ends, or reports false. The
// clocks are not compared: how long after the last command that arrived the
// other end's session ended is a time of that end alone.
func (v *view) deathOf(s *probe.Silence) (death, bool) {
	theirs := v.other.SessionOf(s.Session)
	if theirs == nil || !v.complete() {
		return death{}, false
	}
	d := death{theirs: theirs}
	sent, arrived := 0, 0
	if ours := v.ev.Session(s.Session); ours != nil {
		for _, x := range ours.Exchanges {
			if verb(x.Command) == "NOOP" {
				sent++
				d.counted = len(x.Replies) == 0
			}
		}
	}
	for _, l := range theirs.Lines {
		if !l.Sent && startsWith(strings.TrimSpace(string(l.Raw)), "NOOP") {
			arrived++
		}
	}
	d.arrived = d.counted && arrived >= sent
	d.within = theirs.Ended > 0 && !d.arrived && millis(theirs.Ended-theirs.Heard) <= s.Took
	return d, true
}

// deathThere completes the finding about a dead control connection with what
// the other end saw of its death, and returns the side that this settles.
func (v *view) deathThere(f *Finding, s *probe.Silence) Side {
	d, ok := v.deathOf(s)
	if !ok {
		return f.Where.Side
	}
	f.RuledOut = withoutServer(f.RuledOut)
	switch {
	case d.within && (d.theirs.How == exchange.EndTimeout || d.theirs.How == exchange.EndOurs):
		v.silentHangUp(f, d)
		return SideServer
	case d.within:
		f.Certainty = Certain
		f.Story = append(f.Story, fmt.Sprintf("The other end saw the connection %s %s after the last command, while this end was silent: a device in between ended it.", endWords(d.theirs.How), quiet(millis(d.theirs.Ended-d.theirs.Heard))))
	case d.theirs.Ended == 0 && d.counted && !d.arrived:
		f.Certainty = Certain
		f.Story = append(f.Story, "For the other end the connection lives on, and the command after the silence never arrived there: a device in between had forgotten the connection.")
	case d.arrived:
		f.Certainty = Certain
		f.Story = append(f.Story, "The command after the silence did arrive at the other end. Its answer was lost on the way back.")
	case d.theirs.Ended == 0:
		f.Certainty = Certain
		f.Story = append(f.Story, "For the other end the connection lives on.")
	default:
		return f.Where.Side
	}
	f.RuledOut = append(f.RuledOut, "A server that gives silent sessions up: this one did not.")
	return f.Where.Side
}

// silentHangUp: the other end ended the session and said nothing.
func (v *view) silentHangUp(f *Finding, d death) {
	f.Title = "The server ends idle sessions"
	f.Owner, f.Certainty, f.Where = ServerAdmin, Certain, &Where{Side: SideServer, Of: v.distance()}
	f.Story = append(f.Story[:1], fmt.Sprintf("The server says that it ended the session itself, %s after the last command. No 421 arrived here.", quiet(millis(d.theirs.Ended-d.theirs.Heard))))
	f.RuledOut = []string{"A device on the way that forgets the connection: the server ended it."}
	f.Fixes = []Fix{{Who: ServerAdmin, Do: "If clients have to wait for longer, raise the limit for idle sessions, and let the server say so before it hangs up (421)."}}
}

// withoutServer drops the doubts that the other end settles.
func withoutServer(list []string) []string {
	var kept []string
	for _, s := range list {
		if !strings.Contains(s, "without a word") {
			kept = append(kept, s)
		}
	}
	return kept
}

func endWords(how exchange.Ending) string {
	switch how {
	case exchange.EndReset:
		return "reset"
	case exchange.EndClosed, exchange.EndQuit:
		return "closed"
	}
	return "ended"
}
