package report

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// blockade is the case that not one announced port opened.
type blockade struct {
	dials   []*probe.Dial // on the control host
	checks  []probe.Check
	offered string        // why the server should listen on them
	outcome probe.Outcome // of most of them
	mixed   int           // how many ended otherwise
	unsaid  int           // how many got no answer beside others that an ICMP message rejects
	met     bool          // a hop search for one of those met the rejection
	trace   trace         // the hop search to one of those that ended so
	other   trace         // to one that ended so in another place
}

// blockade is nil where a helper that cannot read TLS is the reason.
func (v *view) blockade() *blockade {
	if v.blindPassive() {
		return nil
	}
	return v.shut()
}

func (v *view) shut() *blockade {
	b := &blockade{offered: v.offered()}
	tally := map[probe.Outcome]int{}
	for _, a := range v.ports {
		if opened(a.Dial) {
			return nil
		}
		if a.fresh {
			b.dials = append(b.dials, a.Dial)
			b.checks = append(b.checks, a.Check)
			tally[a.Outcome]++
		}
	}
	for _, o := range []probe.Outcome{hops.Timeout, hops.Refused, hops.Rejected, hops.Unreachable} {
		if tally[o] > tally[b.outcome] {
			b.outcome = o
		}
	}
	if b.outcome == "" {
		return nil
	}
	// Routers send few ICMP messages a second (RFC 1812 4.3.2.8), so that most
	// of several attempts at once get none.
	met, past := v.meetRejection(b.dials)
	if icmp := tally[hops.Rejected] + tally[hops.Unreachable]; icmp > 0 && tally[hops.Refused] == 0 && !past {
		b.unsaid, b.met = tally[hops.Timeout], met
		b.outcome = hops.Rejected
		if tally[hops.Unreachable] > tally[hops.Rejected] {
			b.outcome = hops.Unreachable
		}
		tally[b.outcome] = len(b.dials)
	}
	b.mixed = len(b.dials) - tally[b.outcome]
	var same []*probe.Dial
	for _, d := range b.dials {
		if d.Outcome == b.outcome {
			same = append(same, d)
		}
	}
	b.trace, b.other = v.traceTo(same)
	return b
}

// meetRejection reads the hop searches for attempts without an answer, beside
// others that are rejected: whether one met the rejection as well, and whether
// the packets of one got as far as where it comes from, so that it is not the
// message that is missing.
func (v *view) meetRejection(dials []*probe.Dial) (met, past bool) {
	farthest, nearest := 0, 0
	for _, d := range dials {
		t := readTrace(v.ev.PathTo(d.To))
		rejected := t.answer == hops.Rejected || t.answer == hops.Unreachable
		switch {
		case d.Outcome == hops.Timeout:
			met = met || rejected
			if t.answer == hops.Timeout {
				farthest = max(farthest, t.expired)
			}
		case rejected && (nearest == 0 || t.distance < nearest):
			nearest = t.distance
		}
	}
	return met, nearest > 0 && farthest >= nearest
}

// certainty lowers what the rule would claim when the outcomes or places differ.
func (b *blockade) certainty(c Certainty) Certainty {
	switch {
	case b.mixed > 0:
		return Possible
	case c == Certain && (b.other.known() || b.unsaid > 0 && !b.met):
		return Likely
	}
	return c
}

// endings says how the attempts ended: all of them as told, or how many so and
// how many otherwise.
func (b *blockade) endings(all string) string {
	if b.mixed == 0 {
		return all
	}
	tally := map[probe.Outcome]int{}
	for _, d := range b.dials {
		tally[d.Outcome]++
	}
	var words []string
	for _, o := range []probe.Outcome{hops.Timeout, hops.Refused, hops.Rejected, hops.Unreachable} {
		name := string(o)
		if o == hops.Timeout {
			name = "no answer"
		}
		if tally[o] > 0 {
			words = append(words, fmt.Sprintf("%s: %d", name, tally[o]))
		}
	}
	return "They ended in different ways (" + strings.Join(words, ", ") + ")."
}

// list names the ports that were tried.
func (b *blockade) list() string {
	const most = 4
	var words []string
	for i, d := range b.dials {
		if i == most {
			words = append(words, fmt.Sprintf("and %d more", len(b.dials)-most))
			break
		}
		words = append(words, d.To.String())
	}
	return strings.Join(words, ", ")
}

func (b *blockade) noneOpened() string {
	if len(b.dials) == 1 {
		return "the one port that the server announced did not open"
	}
	return fmt.Sprintf("not one of the %d ports %s opened", len(b.dials), b.offered)
}

// blocked is what the rules about blocked data ports share.
func (v *view) blocked(b *blockade, what string) *Finding {
	modes := ""
	if slices.Contains(b.checks, probe.CheckEPSV) && slices.Contains(b.checks, probe.CheckPASV) {
		modes = ", EPSV and PASV alike"
	}
	return &Finding{
		Checks: b.checks,
		Story:  []string{join(fmt.Sprintf("The control connection to %s works, but %s: %s.", v.peer, b.noneOpened(), b.list()), " ", b.endings(what))},
		Effect: "Passive mode fails" + modes + ": logging in works, listings and transfers hang or fail.",
	}
}
