package report

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// The dialogue on the control connection.
var dialogueRules = []rule{
	{Code: Code{"control-reply-broken", Problem, ServerAdmin, "The server's replies are not FTP replies",
		"The server sends a line or a reply without end, or something that is no reply."}, when: replyBroken},
	{Code: Code{"control-stalled", Problem, ServerNetwork, "A command gets no reply",
		"The server leaves a command unanswered, or hangs up at it."}, when: controlStalled},
	{Code: Code{"command-masked", Warning, ClientNetwork, "A command arrives crossed out",
		"The server says that it does not know a command which it lists itself, or which did not arrive as it was sent."}, when: commandMasked},
}

// losses are the control connections that gave out so.
func (v *view) losses(outcomes ...probe.Outcome) []*probe.Loss {
	var list []*probe.Loss
	for _, s := range v.sessions() {
		if s.Lost != nil && slices.Contains(outcomes, s.Lost.Outcome) && v.ran(s.Lost.Check) {
			list = append(list, s.Lost)
		}
	}
	return list
}

func replyBroken(v *view) *Finding {
	list := v.losses(probe.OutcomeMalformed, probe.OutcomeLimit)
	for _, l := range v.losses(probe.OutcomeForeign) {
		if l.Command != "" {
			list = append(list, l)
		}
	}
	if len(list) == 0 {
		return nil
	}
	l := list[0]
	f := &Finding{Certainty: Certain, Story: []string{}, Where: &Where{Side: SideServer, Of: v.distance()},
		Effect: "Clients break the connection, hang, or take one reply for another.",
		Fixes:  []Fix{{Who: ServerAdmin, Do: "Update or repair the server. If a proxy or firewall inspects FTP, look there as well."}}}
	for _, each := range list {
		f.Checks = append(f.Checks, each.Check)
	}
	to := "In place of a greeting"
	if l.Command != "" {
		to = "In reply to " + verb(l.Command)
	}
	what := "something came that is no reply"
	if l.Outcome == probe.OutcomeLimit {
		what = "more came than a reply can hold"
	}
	f.Story = []string{fmt.Sprintf("%s %s. %s", to, what, sentence(l.Text))}
	if n := len(l.Partial); n > 0 {
		f.Story = append(f.Story, "What had come until then ends in: "+sentence(l.Partial[n-1]))
	}
	f.Quote = v.lastReceived(l.Check)
	return f
}

// lastReceived quotes the last line that came in a check.
func (v *view) lastReceived(c probe.Check) []Quote {
	run := v.ev.Checks[c]
	if run == nil {
		return nil
	}
	for i := len(run.Lines) - 1; i >= 0; i-- {
		if run.Lines[i].Dir == probe.KindRecv {
			return v.quote(c, i)
		}
	}
	return nil
}

func verb(command string) string {
	v, _, _ := strings.Cut(command, " ")
	return v
}

// transfers wait for their data connection with their last reply.
var transferVerbs = []string{"LIST", "RETR", "STOR"}

// controlStalled leaves transfers alone, and the checks idle and peer: other rules speak
// of those.
func controlStalled(v *view) *Finding {
	var stalled []*probe.Loss
	list := v.listSwallowed()
	for _, l := range v.losses(hops.Timeout, probe.OutcomeClosed, hops.Reset) {
		waits := slices.Contains(transferVerbs, verb(l.Command)) && l.Outcome == hops.Timeout
		if l.Command == "" || verb(l.Command) == "QUIT" || waits && !list || l.Check == probe.CheckIdle || l.Check == probe.CheckPeer || v.turnedDown(l) || l.Check == probe.CheckTransfer && laterTransfersFail(v) != nil {
			continue
		}
		stalled = append(stalled, l)
	}
	for _, a := range v.active {
		switch {
		case list && a.Lost == nil:
			stalled = append(stalled, &probe.Loss{Check: a.Check, Command: "LIST", Outcome: hops.Timeout, Took: a.Waited})
		case v.swallowed(a):
			stalled = append(stalled, &probe.Loss{Check: a.Check, Command: a.Command, Outcome: hops.Timeout, Took: a.Waited})
		}
	}
	if len(stalled) == 0 {
		return nil
	}
	l := stalled[0]
	f := &Finding{Certainty: Likely, Where: &Where{Side: SideUnknown, Of: v.distance()},
		Story: []string{fmt.Sprintf("%s got no reply within %s.", verb(l.Command), ms(l.Took))}}
	if l.Outcome != hops.Timeout {
		f.Title = "The server hangs up at a command"
		f.Story[0] = fmt.Sprintf("Instead of an answer to %s the control connection was %s after %s.", verb(l.Command), hangUp(l), ms(l.Took))
	}
	var verbs []string
	for _, each := range stalled {
		f.Checks = append(f.Checks, each.Check)
		if w := verb(each.Command); !slices.Contains(verbs, w) {
			verbs = append(verbs, w)
		}
	}
	if len(verbs) > 1 {
		f.Story = append(f.Story, "Unanswered in this run: "+strings.Join(verbs, ", ")+".")
	}
	f.Quote = v.lastSent(l)
	if slices.Contains([]string{"USER", "PASS"}, verbs[0]) {
		f.Owner = ServerAdmin
		f.Effect = "Clients break off in the login."
		if l.Outcome == hops.Timeout {
			f.Effect = "Clients hang in the login."
			f.Story = append(f.Story, "Servers wait like this for a user database or name server that does not answer.")
		}
		f.Fixes = []Fix{{Who: ServerAdmin, Do: "Check what the server asks for users (PAM, LDAP, database) and its name resolution."}}
		return f
	}
	if verbs[0] == "AUTH" {
		return v.stalledAtAuth(f)
	}
	v.stalledMidway(f, l, verbs)
	return f
}

// stalledMidway completes the finding for a command after the login.
func (v *view) stalledMidway(f *Finding, l *probe.Loss, verbs []string) {
	f.RuledOut = []string{"A server that is down: it greeted and answered before.",
		"Not decided: a server that hangs, or a device that reads FTP and drops this command or its reply. The same command over TLS, which such a device cannot read, would tell."}
	f.Effect = "Clients hang at this command."
	if l.Outcome != hops.Timeout {
		f.Effect = "Clients break off at this command."
		f.RuledOut[1] = "Not decided: a server that fails at this command, or a device that reads FTP and cuts the connection. The same command over TLS, which such a device cannot read, would tell."
	}
	passives := slices.ContainsFunc(f.Checks, func(c probe.Check) bool { return !slices.Contains(probe.Active, c) })
	switch {
	case !passives && v.works(probe.Passive):
		f.Severity = Warning
		f.Effect = "Clients in active mode hang at this command." + v.passiveHint()
	case len(v.failures()) == 0:
		f.Severity = Warning
		f.Effect = strings.Replace(f.Effect, "Clients", "Clients that send it", 1) + " Every check of this run did without it."
	}
	if n := v.answeredElsewhere(verbs); n > 0 {
		f.Story = append(f.Story, fmt.Sprintf("Other commands were answered, in this run's other sessions too (%d).", n))
	}
	v.placeStall(f, l, verbs)
	f.Fixes = []Fix{{Who: ServerNetwork, Do: "Look for an FTP helper, proxy or intrusion prevention on port 21, on both sides, and switch it off for a test."},
		{Who: ServerAdmin, Do: "Look into the server's log at this command.", Examples: v.serverLog()}}
}

// listSwallowed reports whether LIST got no reply in any mode, not even a 1xx,
// though data connections opened, and not because a device opens every port.
// A server that waits for its data connection says nothing as well, so that one
// mode alone proves nothing.
func (v *view) listSwallowed() bool {
	opened, asked := false, 0
	for _, m := range v.mainModes() {
		switch {
		case m.List == nil || verb(m.List.Command) != "LIST":
		case len(m.List.Replies) > 0 || m.Lost == nil && m.Waited == 0:
			return false
		default:
			asked++
			opened = opened || slices.ContainsFunc(m.Dials, func(d probe.Dial) bool { return d.Outcome == hops.Open })
		}
	}
	return asked > 1 && opened && v.randomsShut()
}

// placeStall compares with sessions in which the same command was answered:
// under TLS a device on the way cannot read it.
func (v *view) placeStall(f *Finding, l *probe.Loss, verbs []string) {
	plain, encrypted := v.answered(verbs[0])
	switch {
	case v.sameMachine():
		f.Owner, f.Where.Side = ServerAdmin, SideServer
		f.RuledOut[1] = "A device on the way: the server runs on this machine."
	case len(verbs) == 1 && v.droppedOnWay(f, verbs[0]):
	case len(verbs) > 1:
	case encrypted && !plain && !v.encrypted(l):
		f.Certainty = Certain
		f.Story = append(f.Story, fmt.Sprintf("With TLS, %s is answered. A device on the way reads FTP, and drops this command or its reply where it can read it.", verbs[0]))
		f.RuledOut[1] = "A server that hangs: it answers the same command when nobody else can read it."
	case plain || encrypted && v.encrypted(l):
		f.Certainty = Possible
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("Not ruled out: chance or load. In another session %s was answered.", verbs[0]))
	}
}

// answered reports whether a command got a reply in a plain session, and in an
// encrypted one, those of further tries included.
func (v *view) answered(command string) (plain, encrypted bool) {
	for _, s := range v.ev.Sessions {
		if s == nil || !v.ran(s.Check) || s.Reply(command) == nil {
			continue
		}
		if s.TLS.OK() {
			encrypted = true
		} else {
			plain = true
		}
	}
	return plain, encrypted
}

// encrypted reports whether the session that gave out spoke TLS.
func (v *view) encrypted(l *probe.Loss) bool {
	return encrypted(v.ev, v.mode(l.Check)) || slices.ContainsFunc(v.sessions(), func(s *probe.Session) bool { return s.Lost == l && s.TLS.OK() })
}

// stalledAtAuth completes the finding for AUTH TLS. A login without it may be
// refused for want of TLS, which follows from this.
func (v *view) stalledAtAuth(f *Finding) *Finding {
	f.Effect = "Clients set to TLS cannot log in." + v.clearHint()
	f.RuledOut = []string{"A server that is down: it greeted before.",
		"Not decided: a server that hangs, or a device that keeps FTP readable by dropping AUTH. The opposite end (ftpcheck serve), or the server's log, tells whether AUTH arrived."}
	f.Fixes = []Fix{{Who: ServerNetwork, Do: "Look for an FTP helper, proxy or intrusion prevention on the control port, on both sides, and switch it off for a test."},
		{Who: ServerAdmin, Do: "Look into the server's log at this command.", Examples: v.serverLog()}}
	if r := v.turnedAway(); r != nil && tlsText.MatchString(r.all()) {
		f.Checks = append(f.Checks, r.check)
	}
	f.Story = append(f.Story, v.withheld()...)
	return f
}

func hangUp(l *probe.Loss) string {
	if l.Outcome == hops.Reset {
		return "reset"
	}
	return "closed"
}

// turnedDown reports whether the session was one too many: connection-limit
// speaks of those. A session that ends after a 421 or a refused login ends in
// good order as well.
func (v *view) turnedDown(l *probe.Loss) bool {
	for _, s := range v.sessions() {
		if s.Lost != l {
			continue
		}
		if !s.LoggedIn && s != v.login && verb(l.Command) != "AUTH" {
			return true
		}
		n := len(s.Exchanges)
		return n > 0 && s.Exchanges[n-1].Final() != nil && s.Exchanges[n-1].Final().Code >= 400
	}
	return false
}

// answeredElsewhere counts sessions that did not stall.
func (v *view) answeredElsewhere(verbs []string) (n int) {
	for _, s := range v.sessions() {
		if s.LoggedIn && (s.Lost == nil || s.Lost.Outcome != hops.Timeout || !slices.Contains(verbs, verb(s.Lost.Command))) {
			n++
		}
	}
	return n
}

// lastSent quotes the unanswered command.
func (v *view) lastSent(l *probe.Loss) []Quote {
	run := v.ev.Checks[l.Check]
	if run == nil {
		return nil
	}
	for i := len(run.Lines) - 1; i >= 0; i-- {
		if run.Lines[i].Dir == probe.KindSend && run.Lines[i].Text == l.Command {
			return v.quote(l.Check, i)
		}
	}
	return nil
}
