package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/ftpd"
	"ftpcheck/probe/wire"
	"ftpcheck/report"
)

// likeChecks are what is needed of a server to imitate it: one session at a
// time, and one login.
var likeChecks = []probe.Check{probe.CheckName, probe.CheckControl, probe.CheckSecure, probe.CheckLogin, probe.CheckPASV, probe.CheckPorts}

const (
	likeLimit   = time.Minute // for the whole look at the server
	maxLikeText = 2000        // bytes of a greeting that is taken over
)

// likeness is what was taken over of a server, and what was not, in words.
type likeness struct {
	of          string
	taken, left []string
}

func (l *likeness) take(format string, args ...any) {
	l.taken = append(l.taken, fmt.Sprintf(format, args...))
}

func (l *likeness) leave(format string, args ...any) {
	l.left = append(l.left, fmt.Sprintf(format, args...))
}

// imitate looks at a running server and fills in what the options leave open.
func (f *serveFlags) imitate(ctx context.Context, s *streams, opt *ftpd.Options) (*likeness, error) {
	parsed, err := parseTarget(f.like)
	if err != nil {
		return nil, err
	}
	options := probe.Options{Checks: likeChecks, Ports: probe.DefaultPorts, Parallel: 1, TLS: probe.TLSAuto}
	if err := parsed.settle(&options); err != nil {
		return nil, err
	}
	target, err := credentials(ctx, s, parsed, "", "")
	if err != nil {
		return nil, err
	}
	of := parsed.hostPort()
	fmt.Fprintf(s.err, "ftpcheck: looking at %s\n", of)
	limited, cancel := context.WithTimeout(ctx, likeLimit)
	defer cancel()
	var ev probe.Evidence
	prober := probe.Prober{Network: s.network, Target: target, Options: options, Tool: version}
	for e := range prober.Run(limited) {
		ev.Add(e)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	session := ev.Login()
	if session == nil || session.Greeting == nil || session.Greeting.Code != 220 {
		return nil, usageError{fmt.Sprintf("cannot imitate %s: it did not greet", of), "ftpcheck " + parsed.again(f.like) + " tells why"}
	}
	l := &likeness{of: of}
	l.greeting(session.Greeting, opt)
	l.features(&ev, session, opt)
	l.ports(f, &ev, opt)
	l.address(f, &ev, opt)
	if session.TLS.OK() && opt.TLS == nil {
		l.leave("TLS: add --tls %s", likeMode(options.TLS))
	}
	return l, nil
}

// greeting takes over the words after the code.
func (l *likeness) greeting(r *probe.Reply, opt *ftpd.Options) {
	var lines []string
	for _, line := range r.Lines {
		if code := len("220 "); len(line) >= code && strings.HasPrefix(line, "220") {
			line = line[code:]
		} else if strings.HasPrefix(line, "220") {
			line = ""
		}
		lines = append(lines, line)
	}
	text := strings.Join(lines, "\n")
	plain := utf8.ValidString(text) && !strings.ContainsFunc(strings.ReplaceAll(text, "\n", ""), unicode.IsControl)
	if !plain || len(text) > maxLikeText {
		l.leave("the greeting: it is too long or no plain text")
		return
	}
	opt.Product = text
	l.take("the greeting")
}

// features takes over what FEAT lists, as far as ours can do it.
func (l *likeness) features(ev *probe.Evidence, session *probe.Session, opt *ftpd.Options) {
	reply := session.Reply("FEAT")
	switch {
	case !session.LoggedIn:
		l.leave("FEAT and the passive ports: %s", notLoggedIn(session))
		return
	case reply == nil || reply.Code != 211:
		opt.Features = []string{}
		l.take("FEAT, which it refuses")
		return
	}
	theirs := wire.ParseFEAT(reply.Lines)
	opt.Features = []string{}
	var lacking []string
	for _, name := range slices.Sorted(maps.Keys(theirs)) {
		switch {
		case name == exchange.Feature:
		case slices.Contains(ftpd.Keywords(), name):
			opt.Features = append(opt.Features, name)
		default:
			lacking = append(lacking, name)
		}
	}
	l.take("%s of FEAT", count(len(opt.Features), "line"))
	if len(lacking) > 0 {
		l.leave("%s of FEAT", strings.Join(lacking, ", "))
	}
}

func notLoggedIn(s *probe.Session) string {
	for _, verb := range []string{"PASS", "USER"} {
		if r := s.Reply(verb); r != nil {
			return fmt.Sprintf("the login got %d", r.Code)
		}
	}
	return "there was no login"
}

// ports takes over the range in which ports were announced.
func (l *likeness) ports(f *serveFlags, ev *probe.Evidence, opt *ftpd.Options) {
	r := report.AnnouncedRangeOf(ev)
	switch {
	case f.passiveGiven || r == nil && !ev.Login().LoggedIn:
	case r == nil:
		l.leave("the passive ports: it announced none")
	default:
		opt.Passive = probe.PortRange{Low: r.Low, High: r.High}
		l.take("the passive ports %d-%d, as far as %d announcements show", r.Low, r.High, r.Seen)
		if span := int(r.High) - int(r.Low) + 1; r.About > span {
			l.leave("the rest of about %d passive ports: --passive LOW-HIGH says which", r.About)
		}
	}
}

// address takes over an announced address that is not the server's own.
func (l *likeness) address(f *serveFlags, ev *probe.Evidence, opt *ftpd.Options) {
	m := ev.Modes[probe.CheckPASV]
	if f.announce != "" || m == nil || !m.Announced.IsValid() {
		return
	}
	a := m.Announced.Addr()
	if a == ev.Login().Peer.Addr() {
		l.leave("the announced address: it is that of the server's own end, as ours will be")
		return
	}
	opt.Announce = a
	l.take("the announced address %v", a)
}

// likeMode is the --tls of ours that a client finds at the server's place.
func likeMode(m probe.TLSMode) ftpd.TLSMode {
	if m == probe.TLSImplicit {
		return ftpd.TLSImplicit
	}
	return ftpd.TLSExplicit
}

// describe says in the welcome what was taken over and what was not.
func (l *likeness) describe(line func(name, text string)) {
	if l == nil {
		return
	}
	line("like", l.of)
	for _, text := range l.taken {
		line("", "took over "+report.Escape(text))
	}
	for _, text := range l.left {
		line("", "did not take over "+report.Escape(text))
	}
}
