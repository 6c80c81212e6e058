package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/netlab"
	"ftpcheck/report"
	"ftpcheck/tui"
)

// desk turns what stands in the form into runs.
type desk struct {
	s       *streams
	flags   checkFlags
	require []string // checks that must be ok
}

// openDesk reads the flags. work is what the screen has of this program.
func openDesk(s *streams, check *checkFlags, view *viewFlags) (d desk, o probe.Options, work tui.Work, err error) {
	d = desk{s: s, flags: *check, require: view.require}
	if o, err = check.optionsFor(view.require); err != nil {
		return d, o, work, err
	}
	judge, err := view.judge(o.Checks)
	work = tui.Work{
		Check: func(f tui.Form) error {
			_, _, err := d.read(f)
			return err
		},
		Open:  d.open,
		Save:  d.save,
		Judge: judge,
	}
	return d, o, work, err
}

// save writes a report. As in a shell, ~/ is the home directory.
func (d desk) save(name string, overwrite bool, write func(io.Writer) error) (string, error) {
	if rest, ok := strings.CutPrefix(name, "~/"); ok && d.s.home != "" {
		name = filepath.Join(d.s.home, rest)
	}
	return saveReport(name, overwrite, write)
}

// form is the form that the command line fills in.
func (d desk) form(target string) tui.Form {
	f := tui.Form{Host: target, User: d.flags.user, TLS: probe.TLSMode(d.flags.tls), Without: map[probe.Check]bool{}}
	if len(d.flags.checks) > 0 {
		for _, c := range slices.Concat(probe.Passive, probe.Active) {
			f.Without[c] = !slices.Contains(d.flags.checks, string(c))
		}
	}
	t, err := parseTarget(target)
	if err != nil || target == "" {
		return f
	}
	f.Host = t.Host
	if t.HasPort {
		f.Port = fmt.Sprint(t.Port)
	}
	if t.User != "" {
		f.User = t.User
	}
	if t.HasPassword {
		f.Password = t.Password
	}
	if t.Path != "" { // the form has no field for it
		f.Host = (&url.URL{Scheme: "ftp", Host: bracketed(t.Host), Path: "/" + t.Path}).String()
	}
	if t.TLS != "" {
		f.TLS = t.TLS
	}
	return f
}

// read parses the form by the rules, and in the words, of the command line.
func (d desk) read(f tui.Form) (parsedTarget, probe.Options, error) {
	t, err := parseTarget(f.Host)
	if err != nil {
		return t, probe.Options{}, err
	}
	if f.Port != "" {
		given := t
		if err := t.setHost(bracketed(t.Host) + ":" + f.Port); err != nil {
			return t, probe.Options{}, err
		}
		if given.HasPort && given.Port != t.Port {
			return t, probe.Options{}, usageError{"two ports: one with the host and another in the field", ""}
		}
	}
	flags := d.flags
	flags.user = f.User
	flags.tls = string(f.TLS)
	o, err := flags.optionsFor(d.require)
	if err != nil {
		return t, o, err
	}
	o.Checks = withModes(o.Checks, f.Without)
	if t.User != "" && f.User != "" && t.User != f.User {
		return t, o, usageError{"two users: one with the host and another in the field", ""}
	}
	return t, o, t.settle(&o)
}

// withModes are the checks with and without the modes that the form decides
// about.
func withModes(checks []probe.Check, without map[probe.Check]bool) []probe.Check {
	var list []probe.Check
	for _, c := range probe.Checks {
		out, decided := without[c]
		if decided && !out || !decided && slices.Contains(checks, c) {
			list = append(list, c)
		}
	}
	return list
}

func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// open makes a job of the form. The password is found as for the plain
// command, and asked for in the form.
func (d desk) open(f tui.Form) (*tui.Job, []string, error) {
	t, options, err := d.read(f)
	if err != nil {
		return nil, nil, err
	}
	target, warnings, err := d.account(t, f)
	if err != nil {
		return nil, nil, err
	}
	job := &tui.Job{Host: target.Host, Port: target.Port, User: target.User, Checks: options.Checks}
	job.Run = func(ctx context.Context, checks []probe.Check) iter.Seq[probe.Event] {
		some := options
		some.Checks = checks
		prober := probe.Prober{Network: d.s.network, Target: target, Options: some, Tool: version}
		return prober.Run(ctx)
	}
	return job, warnings, nil
}

// account fills in user and password: those of the form, else from where the
// plain command takes them.
func (d desk) account(t parsedTarget, f tui.Form) (probe.Target, []string, error) {
	var said bytes.Buffer
	quiet := *d.s
	quiet.err = &said
	passwordFile := d.flags.passwordFile
	quiet.readPassword = func(context.Context, string) (string, error) { return "", tui.ErrNoPassword }
	if f.Password != "" {
		if t.User == "" && f.User == "" {
			return t.Target, nil, usageError{"a password without a user", "fill in the user, or empty the password"}
		}
		passwordFile = ""
		quiet.getenv = func(string) string { return "" }
		quiet.home = ""
		quiet.readPassword = func(context.Context, string) (string, error) { return f.Password, nil }
	}
	target, err := credentials(context.Background(), &quiet, t, f.User, passwordFile)
	if f.Password != "" {
		target.Password = f.Password // also that of an anonymous user
	}
	if errors.Is(err, tui.ErrNoPassword) {
		err = fmt.Errorf("%w for user %s: type it", tui.ErrNoPassword, report.Escape(target.User))
	}
	return target, warningsIn(said.String()), err
}

// warningsIn are the warnings among what was printed.
func warningsIn(text string) []string {
	var list []string
	for line := range strings.Lines(text) {
		if w, ok := strings.CutPrefix(strings.TrimSpace(line), "ftpcheck: warning: "); ok {
			list = append(list, w)
		}
	}
	return list
}

// simulatedJob runs in the scenario's network, which is built anew each time.
func simulatedJob(scenario *netlab.Scenario, options probe.Options) (*tui.Job, error) {
	lab, err := netlab.Build(scenario)
	if err != nil {
		return nil, err
	}
	target := lab.Target()
	lab.Close()
	job := &tui.Job{Host: target.Host, Port: target.Port, User: target.User, Checks: options.Checks}
	job.Run = func(ctx context.Context, checks []probe.Check) iter.Seq[probe.Event] {
		return func(yield func(probe.Event) bool) {
			lab, err := netlab.Build(scenario)
			if err != nil {
				return // it was built before
			}
			defer lab.Close()
			some := options
			some.Checks = checks
			prober := probe.Prober{Network: lab.Client(), Target: lab.Target(), Options: some, Tool: version + "-demo", Roots: lab.Roots()}
			for e := range prober.Run(ctx) {
				if !yield(e) {
					return
				}
			}
		}
	}
	return job, nil
}
