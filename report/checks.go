package report

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// State is the state of one check. The zero value means that it was not tested.
type State string

const (
	OK      State = "ok"
	Warn    State = "warn"
	Failed  State = "fail"
	Skip    State = "skip"    // not run; the summary says why
	Running State = "running" // under way
)

// CheckLine is one check's line in the report.
type CheckLine struct {
	Check     probe.Check
	State     State
	Summary   string // unescaped: it may hold the server's words
	Took      time.Duration
	Announced netip.AddrPort    // by the server in passive mode, by us in active mode
	Dials     []probe.Dial      // the connection attempts it rests on
	TLS       *probe.Handshake  // of the control connection, or of the one that arrived in active mode; nil: none
	Trials    []probe.Handshake // further handshakes with the control port

	Announcements *AnnouncedRange // ports: what was announced; nil when nothing was
	Sweep         *Sweep          // ports: the map of a range; nil without a sweep
	Transfers     []Transfer      // transfer
	Silences      []probe.Silence // idle
	Peer          *PeerView       // peer; nil: the other end told nothing
}

// words are the summary, escaped and bounded, where it may be one long line.
func (l CheckLine) words() string { return clip(ASCII(l.Summary), 200) }

// slowGreeting is the wait for a greeting from which on it is a warning.
const slowGreeting = 3 * time.Second

// Lines returns the lines of all checks that ran or were skipped, in the order
// of probe.Checks.
func Lines(ev *probe.Evidence) []CheckLine {
	var lines []CheckLine
	for _, c := range probe.Checks {
		if l := Line(ev, c); l.State != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// Line returns the line of one check, from what has been observed so far. It
// is final once the check has ended, but for the server's distance, which the
// hop search adds to the control line.
func Line(ev *probe.Evidence, c probe.Check) CheckLine {
	l := CheckLine{Check: c}
	run := ev.Checks[c]
	if run == nil {
		return l
	}
	l.Took = run.Took
	switch {
	case run.Skipped != "":
		l.State, l.Summary = Skip, run.Skipped
	case run.Running && ev.Finished == "":
		l.State, l.Summary = Running, waiting(ev, c)
	case !run.Ended:
		l.State, l.Summary = Skip, "not finished: interrupted"
	default:
		judgeCheck(ev, &l)
	}
	return l
}

func judgeCheck(ev *probe.Evidence, l *CheckLine) {
	switch l.Check {
	case probe.CheckName:
		l.State, l.Summary = nameLine(ev)
	case probe.CheckControl:
		l.Dials = ev.Control
		l.State, l.Summary = controlLine(ev)
	case probe.CheckSecure:
		secureLine(ev, l)
	case probe.CheckLogin:
		l.State, l.Summary = loginLine(ev)
	case probe.CheckEPSV, probe.CheckPASV:
		passiveLine(ev, l)
	case probe.CheckEPRT, probe.CheckPORT:
		activeLine(ev, l)
	case probe.CheckPorts:
		portsLine(ev, l)
	case probe.CheckClient:
		clientLine(ev, l)
	case probe.CheckTransfer:
		transferLine(ev, l)
	case probe.CheckIdle:
		idleLine(ev, l)
	case probe.CheckPeer:
		peerLine(ev, l)
	case probe.CheckPath:
		l.State, l.Summary = pathLine(ev)
	default:
		l.State, l.Summary = OK, "done"
	}
}

// waiting says what a running check waits for.
func waiting(ev *probe.Evidence, c probe.Check) string {
	var pending []probe.Dial
	switch m := ev.Modes[c]; {
	case m != nil:
		pending = m.Dials
	case c == probe.CheckControl:
		pending = ev.Control
	case c == probe.CheckClient && ev.Client != nil:
		pending = ev.Client.Dials
	}
	for _, d := range pending {
		if d.Outcome == "" {
			return fmt.Sprintf("%s no answer yet", d.To)
		}
	}
	return "running"
}

func nameLine(ev *probe.Evidence) (State, string) {
	host := "the name"
	if ev.Start != nil {
		host = ev.Start.Host
	}
	look := ev.Lookup
	switch {
	case look == nil:
		return Skip, "not tested"
	case look.Outcome == probe.OutcomeNotFound:
		return Failed, host + " has no address"
	case look.Outcome != probe.OutcomeOK:
		return Failed, join("the resolver did not answer", ": ", look.Text)
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return OK, host + " is an address"
	}
	return OK, host + " is " + listAddrs(look.Addresses, 3)
}

func controlLine(ev *probe.Evidence) (State, string) {
	s := ev.Login()
	if s == nil {
		return controlUnreached(ev)
	}
	at := s.Peer
	if s.Greeting == nil && s.Lost == nil && s.TLS != nil && !s.TLS.OK() {
		return Failed, fmt.Sprintf("%s accepted the connection, no greeting: TLS failed", at)
	}
	if s.Greeting == nil {
		return Failed, fmt.Sprintf("%s accepted the connection, %s", at, noGreeting(s.Lost))
	}
	if s.Greeting.Code/100 != 2 {
		return Failed, fmt.Sprintf("%s greets with %s", at, replyText(s.Greeting))
	}
	text := at.String() + " answered"
	if d := dialTo(ev.Control, at); d != nil {
		text += " in " + ms(d.Took)
	}
	if s.Greeting.Took >= slowGreeting {
		return Warn, text + ", its greeting only after " + ms(s.Greeting.Took)
	}
	for _, d := range ev.Control {
		if d.Outcome != hops.Open && d.Outcome != "" && d.Outcome != probe.OutcomeCancelled {
			return Warn, text + ", but " + d.To.String() + " " + dialWords(&d)
		}
	}
	if p := fingerprint(ev); p.From == "GREETING" { // what the login reveals comes after this line
		name, version := productNames(p)
		text += join(", "+name, " ", version)
	}
	if n := hopsTo(ev, at); n > 0 {
		text += fmt.Sprintf(", %d %s away", n, plural(n, "hop"))
	}
	return OK, text
}

// controlUnreached describes a control port that no attempt opened.
func controlUnreached(ev *probe.Evidence) (State, string) {
	var parts []string
	for i := range ev.Control {
		d := &ev.Control[i]
		if d.Outcome != "" {
			parts = append(parts, d.To.String()+" "+dialWords(d))
		}
	}
	if len(parts) == 0 {
		return Skip, "not tested"
	}
	return Failed, strings.Join(parts, ", ")
}

// noGreeting describes the end of a control connection that never greeted.
func noGreeting(l *probe.Loss) string {
	if l == nil {
		return "no greeting"
	}
	switch l.Outcome {
	case probe.OutcomeForeign:
		protocol, _, _ := strings.Cut(l.Text, ":")
		if protocol == "unknown" || protocol == "" {
			return "but does not speak FTP"
		}
		return "but speaks " + strings.ToUpper(protocol) + ", not FTP"
	case hops.Timeout:
		return "but sent no greeting in " + ms(l.Took)
	case hops.Reset:
		return "then reset it without a greeting"
	case probe.OutcomeMalformed, probe.OutcomeLimit:
		return join("but its greeting breaks the standard", ": ", l.Text)
	case probe.OutcomeCancelled:
		return "but the run was interrupted before its greeting"
	}
	return "then closed it without a greeting"
}

func loginLine(ev *probe.Evidence) (State, string) {
	s := ev.Login()
	if s == nil {
		return Skip, "not tested: no control connection"
	}
	r := loginAnswer(s)
	switch {
	case s.LoggedIn && r != nil:
		return OK, replyText(r)
	case s.LoggedIn:
		return OK, "logged in"
	case r != nil && r.Code >= 400:
		return Failed, replyText(r)
	case s.Lost != nil:
		return Failed, lossText(s.Lost)
	}
	return Skip, "not tested"
}
