package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/netlab"
	"ftpcheck/report"
	"ftpcheck/tui"

	"github.com/spf13/cobra"
)

// newTUICommand is the interactive screen.
func newTUICommand(s *streams) *cobra.Command {
	var check checkFlags
	var judge viewFlags
	var demo string
	cmd := &cobra.Command{
		Use:   "tui [flags] [TARGET]",
		Short: "Check a server on an interactive screen",
		Long: `Check a server on an interactive screen, and again while someone changes the
firewall. Without TARGET a form asks for it. The key ? lists the keys. When it
ends, the text report is printed, and the exit code is that of ftpcheck TARGET.`,
		Example: "  ftpcheck tui\n  ftpcheck tui -u alice ftp.example.com\n  ftpcheck tui --demo\n  ftpcheck tui --demo data-filtered",
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("demo") {
				return runDemoScreen(cmd, s, args, demo, &judge)
			}
			if len(args) > 1 {
				return usageError{fmt.Sprintf("one TARGET is needed, not %d", len(args)), ""}
			}
			return runScreen(cmd.Context(), s, args, &check, &judge)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().SortFlags = false
	check.add(cmd.Flags())
	judge.addJudge(cmd.Flags())
	cmd.Flags().StringVar(&demo, "demo", "", "run against the simulated network `SCENARIO`, offline")
	cmd.Flags().Lookup("demo").NoOptDefVal = defaultScenario
	completeCheck(cmd)
	cmd.RegisterFlagCompletionFunc("require", completeList(checkNames()))
	return cmd
}

// onScreen reports whether the terminal can show the screen: error nil.
func onScreen(s *streams) error {
	kind := s.getenv("TERM")
	switch {
	case !s.inTerminal || !s.outTerminal:
		return usageError{"the screen needs a terminal as standard input and output", "without one: ftpcheck TARGET"}
	case kind == "" || kind == "dumb":
		return usageError{"the screen needs a terminal that can move the cursor, and TERM says that this one cannot", "without one: ftpcheck TARGET"}
	}
	return nil
}

// runScreen shows the screen for a real server.
func runScreen(ctx context.Context, s *streams, args []string, check *checkFlags, judge *viewFlags) error {
	if err := onScreen(s); err != nil {
		return err
	}
	if check.passwordFile == "-" {
		return usageError{"the screen and --password-file - both need standard input", "use a file, FTPCHECK_PASSWORD or the form"}
	}
	options, err := check.options()
	if err != nil {
		return err
	}
	d := desk{s: s, flags: *check}
	work, err := d.work(judge, options.Checks)
	if err != nil {
		return err
	}
	o := tui.Options{ASCII: !utf8Locale(s)}
	if len(args) == 0 {
		o.Form = d.form("")
	} else {
		t, err := parseTarget(args[0])
		if err != nil {
			return err
		}
		o.Form = d.form(args[0])
		o.Job, o.Say, err = work.Open(o.Form)
		if t.HasPassword {
			o.Say = append(o.Say, passwordInURL)
		}
		switch {
		case errors.Is(err, tui.ErrNoPassword):
			o.Say = append(o.Say, err.Error())
		case err != nil:
			return err
		}
	}
	return show(ctx, s, work, o, false)
}

// runDemoScreen shows the screen for a simulated network.
func runDemoScreen(cmd *cobra.Command, s *streams, args []string, name string, judge *viewFlags) error {
	if err := onScreen(s); err != nil {
		return err
	}
	if len(args) > 1 {
		return usageError{fmt.Sprintf("one scenario at a time, not %d", len(args)), "ftpcheck demo --list names them"}
	}
	if len(args) == 1 {
		name = args[0]
	}
	scenario, err := findScenario(name)
	if err != nil {
		return err
	}
	check, err := scenarioFlags(scenario, judge)
	if err != nil {
		return fmt.Errorf("scenario %s: %w", scenario.Name, err)
	}
	options, err := check.options()
	if err != nil {
		return err
	}
	d := desk{s: s, flags: *check}
	work, err := d.work(judge, options.Checks)
	if err != nil {
		return err
	}
	job, err := simulatedJob(scenario, options)
	if err != nil {
		return err
	}
	o := tui.Options{Job: job, Fixed: true, ASCII: !utf8Locale(s), Say: []string{"simulated network " + scenario.Name + ": " + scenario.About}}
	return show(cmd.Context(), s, work, o, true)
}

// show shows the screen and prints what is left when it is closed.
func show(ctx context.Context, s *streams, work tui.Work, o tui.Options, simulated bool) error {
	out, err := tui.Run(ctx, work, o)
	for _, r := range out.Reports {
		if werr := report.WriteText(s.out, r, report.TextOptions{}); werr != nil && err == nil {
			err = fmt.Errorf("cannot write the report: %w", werr)
		}
	}
	if err != nil {
		return err
	}
	if out.Cut {
		fmt.Fprintln(s.err, "ftpcheck: a further run was cut short: this is the report of the run before")
	}
	var interrupted interruption
	if errors.As(context.Cause(ctx), &interrupted) {
		return exitStatus(interrupted.exitCode())
	}
	if n := len(out.Reports); n > 0 {
		if code := out.Reports[n-1].Exit; code != report.ExitPass && !(simulated && code <= report.ExitLogin) {
			return exitStatus(code)
		}
	}
	return nil
}

// desk turns what stands in the form into runs.
type desk struct {
	s     *streams
	flags checkFlags
}

// work is what the screen has of this program.
func (d desk) work(judge *viewFlags, ran []probe.Check) (tui.Work, error) {
	j, err := judge.judge(ran)
	return tui.Work{
		Check: func(f tui.Form) error {
			_, _, err := d.read(f)
			return err
		},
		Open:  d.open,
		Save:  saveReport,
		Judge: j,
	}, err
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
		f.Host = target
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
	o, err := flags.options()
	if err != nil {
		return t, o, err
	}
	o.Checks = slices.DeleteFunc(slices.Clone(o.Checks), func(c probe.Check) bool { return f.Without[c] })
	if t.User != "" && f.User != "" && t.User != f.User {
		return t, o, usageError{"two users: one in TARGET and another in --user", ""}
	}
	return t, o, t.settle(&o)
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

// saveReport writes a file that the screen saves.
func saveReport(name string, overwrite bool, write func(io.Writer) error) (string, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err == nil && !overwrite {
		return "", tui.ErrExists
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("cannot write the report: %w", err)
	}
	f, err := createReport(path)
	if err != nil {
		return "", err
	}
	defer f.discard()
	if err := write(f); err != nil {
		return "", fmt.Errorf("cannot write the report: %w", err)
	}
	return path, f.commit()
}

// utf8Locale reports whether the terminal takes characters outside ASCII
// (locale(7): the first of these that is set decides).
func utf8Locale(s *streams) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := s.getenv(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}
