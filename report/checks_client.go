package report

import (
	"regexp"
	"slices"
	"strings"

	"ftpcheck/probe"
)

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
	if run.Outcome == probe.OutcomeMoving {
		l.State, l.Summary = OK, join("jlaffaye/ftp was still listing over ", clientMode(ev), " when our time ended")
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
