package report

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe"
)

// failure is a check that did not reach its aim, and how that showed.
type failure struct {
	check probe.Check
	how   string
}

// failures lists the checks that ended badly. One that is still running, was
// skipped or was cut short by the end of the run has not failed.
func (v *view) failures() []failure {
	var list []failure
	add := func(c probe.Check, failed bool, format string, args ...any) {
		if run := v.ev.Checks[c]; failed && v.ran(c) && run.Ended {
			list = append(list, failure{c, fmt.Sprintf(format, args...)})
		}
	}
	if l := v.ev.Lookup; l != nil {
		add(probe.CheckName, l.Outcome != probe.OutcomeOK && l.Outcome != probe.OutcomeCancelled && l.Outcome != "", "the look-up ended: %s", l.Outcome)
	}
	add(probe.CheckControl, len(v.unreached()) > 0, "no address answered")
	if d := v.unbegun(); d != nil {
		add(probe.CheckControl, true, "%s %s", d.To, dialWords(d))
	}
	if l := Line(v.ev, probe.CheckSecure); l.State == Failed {
		add(probe.CheckSecure, true, "%s", unended(l.Summary))
	}
	if s := v.login; s != nil && s.Lost != nil && s.Lost.Outcome != probe.OutcomeCancelled && !s.LoggedIn {
		add(s.Lost.Check, true, "the control connection gave out: %s", lossWords(s.Lost))
	}
	if r := v.turnedAway(); r != nil {
		add(r.check, true, "the server said: %s", sentence(text(r.reply)))
	}
	for _, c := range slices.Concat(probe.Passive, probe.Active) {
		if m := v.mode(c); m != nil {
			add(c, m.Ended && !m.Listed() && !cancelled(m), "%s", modeWords(m))
		}
	}
	shut := 0
	for _, s := range v.sampled() { // without those that a second attempt cleared
		if s.dial.Check == probe.CheckPorts && !s.open {
			shut++
		}
	}
	add(probe.CheckPorts, shut > 0, "%s did not open", count(shut, "announced port"))
	if s := v.onlyRefused(); s != nil {
		add(probe.CheckPorts, true, "no port was announced: %s", unended(s.Text))
	}
	for _, t := range v.steps() {
		if how := stepFailed(t); how != "" {
			add(probe.CheckTransfer, true, "%s: %s", t.name(), unended(how))
		}
	}
	if s := readSilences(v.ev.Idle); s.dead != nil {
		add(probe.CheckIdle, true, "the connection was dead after %s of silence", quiet(s.dead.Took))
	}
	for _, d := range v.disagreements() {
		add(probe.CheckPeer, d.state == Failed, "%s", d.words)
	}
	if c := v.ev.Client; c != nil {
		add(probe.CheckClient, c.Outcome == probe.OutcomeFailed, "the ordinary client failed: %s", unended(c.Text))
	}
	return list
}

// onlyRefused is a refused announcement of the ports check when it got no port
// at all, and the passive modes do not show the same.
func (v *view) onlyRefused() *probe.Sample {
	var refused *probe.Sample
	for _, s := range v.ev.Samples {
		switch {
		case s == nil:
		case s.Announced.IsValid():
			return nil
		case s.Code >= 400:
			refused = s
		}
	}
	for _, p := range v.passive {
		if p.Announced.IsValid() || refusal(p.Mode) != nil {
			return nil
		}
	}
	return refused
}

// unended is server text for use before more words or a full stop.
func unended(s string) string {
	s = strings.TrimSuffix(sentence(s), ".")
	if rest, quoted := strings.CutSuffix(s, ".\""); quoted {
		s = rest + "\""
	}
	return s
}

func cancelled(m *probe.Mode) bool {
	if m.Lost != nil && m.Lost.Outcome == probe.OutcomeCancelled {
		return true
	}
	return slices.ContainsFunc(m.Dials, func(d probe.Dial) bool { return d.Outcome == probe.OutcomeCancelled || d.Outcome == "" })
}

func lossWords(l *probe.Loss) string {
	at := "before the greeting"
	if l.Command != "" {
		at = "after " + verb(l.Command)
	}
	return fmt.Sprintf("%s %s", l.Outcome, at)
}

// modeWords tells how a mode ended.
func modeWords(m *probe.Mode) string {
	var parts []string
	for i := range m.Dials {
		parts = append(parts, fmt.Sprintf("%s %s", m.Dials[i].To, outcomeWords(&m.Dials[i])))
	}
	for _, a := range m.Arrivals {
		parts = append(parts, fmt.Sprintf("a connection arrived from %s", a.From))
	}
	switch r := m.List.Final(); {
	case refusal(m) != nil:
		parts = append(parts, "the server said: "+sentence(text(m.Reply)))
	case r != nil && r.Code >= 200:
		parts = append(parts, "the server said: "+sentence(text(r)))
	case m.Lost != nil:
		parts = append(parts, "the control connection gave out: "+lossWords(m.Lost))
	case m.Reply == nil:
		parts = append(parts, "no reply came")
	case m.List == nil:
		parts = append(parts, "no listing was asked for")
	}
	if len(parts) == 0 {
		return "no listing came"
	}
	return strings.Join(parts, "; ")
}

// harmless are the causes that never make a check fail.
var harmless = []string{"greeting-slow", "address-family-broken", "active-source-port", "active-source-address", "helper-in-path", "passive-range-wide", "control-intercepted",
	"password-in-clear", "tls-close-notify-missing", "passive-reply-rewritten"}

// unexplained speaks of checks that failed and stand in no finding. The
// ordinary client and the port sample use the same paths as the passive modes,
// so that a finding about those explains them.
func unexplained(v *view, found []Finding) *Finding {
	covered := map[probe.Check]bool{}
	for _, f := range found {
		for _, c := range f.Checks {
			covered[c] = covered[c] || !slices.Contains(harmless, f.Code)
		}
	}
	for _, c := range probe.Passive {
		covered[c] = covered[c] || v.distorted(c)
	}
	if covered[probe.CheckEPSV] || covered[probe.CheckPASV] || covered[probe.CheckLogin] {
		covered[probe.CheckClient], covered[probe.CheckTransfer], covered[probe.CheckPeer] = true, true, true
	}
	covered[probe.CheckPeer] = covered[probe.CheckPeer] || covered[probe.CheckPorts] // the same ports
	f := &Finding{Severity: Warning, Certainty: Possible, Where: &Where{Side: SideUnknown, Of: v.distance()},
		Effect: "Part of what clients do may fail in the same way."}
	for _, fail := range v.failures() {
		if covered[fail.check] {
			continue
		}
		if !slices.Contains(f.Checks, fail.check) {
			f.Checks = append(f.Checks, fail.check)
		}
		if !slices.Contains(probe.Active, fail.check) {
			f.Severity = Problem // active mode may fail because of where this client stands
		}
		f.Story = append(f.Story, fmt.Sprintf("%s: %s.", fail.check, strings.TrimSuffix(fail.how, ".")))
		if len(f.Quote) == 0 {
			f.Quote = v.lastReceived(fail.check)
		}
	}
	if len(f.Checks) == 0 {
		return nil
	}
	f.RuledOut = append(v.soundParts(), "Not ruled out: load or chance. A second run would tell.")
	if v.other == nil {
		f.RuledOut = append(f.RuledOut, "Not tested: what the other end saw. The opposite end (ftpcheck serve) in the server's place would tell.")
	}
	f.Fixes = []Fix{{Who: Nobody, Do: "Run again with --record run.jsonl, and compare: a failure that stays the same is a fault, one that moves is load or chance."},
		{Who: ServerAdmin, Do: "Look into the server's log at the time of this run.", Examples: v.serverLog()}}
	if v.unbegun() != nil {
		f.Effect = "Nothing could be tested from here."
		f.RuledOut = []string{"Not ruled out: a passing shortage on this machine. A second run would tell."}
		f.Fixes = []Fix{{Who: ClientUser, Do: "Check the address that was given, and this machine: the words are those of its own system, not of the server."}}
	}
	return f
}

// unbegun returns the first control attempt where all of them ended in errors
// of this machine's system that say nothing of the network: an address without
// its zone, no socket left.
func (v *view) unbegun() *probe.Dial {
	other := func(d probe.Dial) bool { return d.Outcome != probe.OutcomeFailed }
	if len(v.ev.Control) == 0 || slices.ContainsFunc(v.ev.Control, other) {
		return nil
	}
	return &v.ev.Control[0]
}

// soundParts lists what was seen to work.
func (v *view) soundParts() []string {
	var list []string
	if v.login != nil && v.login.Greeting != nil {
		list = append(list, fmt.Sprintf("A blocked control port: %s greeted.", v.peer))
	}
	if v.login != nil && v.login.LoggedIn {
		list = append(list, "The account: the login was granted.")
	}
	for _, c := range slices.Concat(probe.Passive, probe.Active) {
		if v.mode(c).Listed() {
			list = append(list, fmt.Sprintf("A general fault of data connections: %s gave a listing.", c))
		}
	}
	return list
}
