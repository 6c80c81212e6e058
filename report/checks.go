package report

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
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
}

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

func clientLine(ev *probe.Evidence, l *CheckLine) {
	run := ev.Client
	if run == nil {
		l.State, l.Summary = Skip, "not tested"
		return
	}
	l.Dials = run.Dials
	if run.Outcome == probe.OutcomeCancelled {
		l.State, l.Summary = Skip, "not finished: interrupted"
		return
	}
	if denial.MatchString(run.Text) && (lastSent(ev, "LIST", "MLSD") || listDenied(ev)) {
		l.State, l.Summary = Warn, "jlaffaye/ftp was denied the listing: "+run.Text
		return
	}
	if run.Outcome != probe.OutcomeOK {
		l.State, l.Summary = Failed, join("jlaffaye/ftp failed", ": ", run.Text)
		if missesResumption(ev) {
			l.State = Warn
			l.Summary = join("jlaffaye/ftp resumes no TLS session and failed", ": ", run.Text)
		}
		return
	}
	path := "/"
	if ev.Start != nil && ev.Start.Path != "" {
		path = ev.Start.Path
	}
	l.State, l.Summary = OK, join("jlaffaye/ftp listed "+path, " over ", clientMode(ev))
}

// missesResumption reports whether the ordinary client got as far as a data
// connection without a resumed TLS session, where a mode that resumed listed.
func missesResumption(ev *probe.Evidence) bool {
	alone := slices.ContainsFunc(ev.Client.Dials, func(d probe.Dial) bool { return d.TLS.OK() && !d.TLS.TLS.Resumed })
	for _, m := range ev.Modes {
		if h := dataHandshake(m); alone && m.Listed() && h.OK() && h.TLS.Resumed {
			return true
		}
	}
	return false
}

// denial is a reply about permissions or space: the connection was fine.
var denial = regexp.MustCompile(`^(450|550|552|553) `)

// listDenied reports whether a mode was denied its listing. Under TLS the
// ordinary client's own commands cannot be read.
func listDenied(ev *probe.Evidence) bool {
	for _, m := range ev.Modes {
		if r := m.List.Final(); r != nil && deniedCode(r.Code) {
			return true
		}
	}
	return false
}

// clientMode returns the passive command that the ordinary client sent last.
func clientMode(ev *probe.Evidence) string {
	for _, l := range slices.Backward(clientSent(ev)) {
		if l == "EPSV" || l == "PASV" {
			return l
		}
	}
	return ""
}

// lastSent reports whether the ordinary client's last command has one of these
// verbs.
func lastSent(ev *probe.Evidence, verbs ...string) bool {
	sent := clientSent(ev)
	if len(sent) == 0 {
		return false
	}
	verb, _, _ := strings.Cut(sent[len(sent)-1], " ")
	return slices.Contains(verbs, verb)
}

// clientSent are the ordinary client's commands, without its goodbye.
func clientSent(ev *probe.Evidence) (commands []string) {
	if c := ev.Checks[probe.CheckClient]; c != nil {
		for _, l := range c.Lines {
			if l.Dir == probe.KindSend && l.Text != "QUIT" {
				commands = append(commands, l.Text)
			}
		}
	}
	return commands
}
