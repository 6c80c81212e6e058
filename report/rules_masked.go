package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ftpcheck/probe"
)

// crossedOut is a verb as a device leaves it that lets no such command pass.
var crossedOut = regexp.MustCompile(`(^|[^A-Za-z])(X{3,4}|\*{3,4}|\?{3,4})($|[^A-Za-z*?])`)

// crossed is one command that the server does not understand, although it
// should.
type crossed struct {
	*probe.Mode
	listed  bool   // FEAT names it
	arrived string // what the server says arrived in its place; empty: it does not say
	told    bool   // it is the opposite end that says so
}

// commandMasked: what the server calls unknown is not what we sent, or is what
// it lists itself.
func commandMasked(v *view) *Finding {
	var list []crossed
	for _, c := range slices.Concat(probe.Passive, probe.Active) {
		if m, ok := v.crossed(c); ok {
			list = append(list, m)
		}
	}
	if len(list) == 0 {
		return nil
	}
	first := list[0]
	for _, m := range list {
		if first.arrived == "" && m.arrived != "" {
			first = m
		}
	}
	word := verb(first.Command)
	f := &Finding{Certainty: sure(first.arrived != ""), Where: &Where{Side: SideUnknown, Of: v.distance()}, Quote: v.quoteReply(first.Check, first.Reply)}
	f.Story = []string{fmt.Sprintf("We sent %s, and the server says that it does not know the command.", word)}
	switch {
	case first.told:
		f.Story = append(f.Story, fmt.Sprintf("What arrived there is %s: the other end tells. A device on the way that reads FTP crosses out a command that it does not let pass.", first.arrived))
	case first.arrived != "":
		f.Story = append(f.Story, fmt.Sprintf("Its answer speaks of %s, which we did not send. A device on the way that reads FTP crosses out a command that it does not let pass.", first.arrived))
	default:
		f.Story = append(f.Story, fmt.Sprintf("Its FEAT reply lists %s. Most likely a device on the way that reads FTP crosses the command out, and the server gets another word.", word))
		f.RuledOut = append(f.RuledOut, "Not decided: a server that lists what it does not do. Its log shows the command as it arrived."+v.wouldTell())
	}
	if first.listed && first.arrived != "" {
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("A server without %s: its FEAT reply lists it.", word))
	}
	var words []string
	for _, m := range list {
		f.Checks = append(f.Checks, m.Check)
		words = append(words, verb(m.Command))
	}
	f.Effect = fmt.Sprintf("Clients that need %s fail.", commas(words))
	if !v.works(probe.Passive) && slices.ContainsFunc(list, func(m crossed) bool { return slices.Contains(probe.Passive, m.Check) }) {
		f.Severity = Problem
		f.Effect += " No passive mode works."
	} else {
		f.Effect += v.passiveHint()
	}
	f.Fixes = []Fix{{Who: ClientNetwork, Do: fmt.Sprintf("Let %s pass in the firewall's list of FTP commands, or switch its FTP inspection off: on the device nearest to this client first.", commas(words)),
		Examples: []Example{{"router", "switch off \"FTP ALG\""}}},
		{Who: ServerNetwork, Do: "The same, should the device stand there."},
		{Who: ServerAdmin, Do: "Look into the server's log for the command as it arrived.", Examples: v.serverLog()}}
	return f
}

// crossed is the try of a mode whose command the server does not understand.
func (v *view) crossed(c probe.Check) (crossed, bool) {
	m := v.mode(c)
	if m == nil || m.Reply == nil || !notUnderstood(m.Reply) || encrypted(v.ev, m) {
		return crossed{}, false
	}
	word := verb(m.Command)
	got := crossed{Mode: m, listed: v.hasFeature(word)}
	if said := text(m.Reply); !strings.Contains(strings.ToUpper(said), word) {
		if found := crossedOut.FindStringSubmatch(said); found != nil {
			got.arrived = found[2]
		}
	}
	if t := v.twin(c); t != nil && t.Reply != nil && notUnderstood(t.Reply) {
		for _, l := range t.theirs.Lines {
			if found := crossedOut.FindStringSubmatch(string(l.Raw)); found != nil && !l.Sent {
				got.arrived, got.told = found[2], true
			}
		}
	}
	return got, got.listed || got.arrived != ""
}

// masked reports whether a mode's command did not get to the server, most likely.
func (v *view) masked(c probe.Check) bool {
	_, ok := v.crossed(c)
	return ok
}
