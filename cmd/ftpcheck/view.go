package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/report"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// viewFlags say how a run is judged and shown: a live one, a recorded one, a
// simulated one.
type viewFlags struct {
	require        []string
	strict         bool
	format, output string
	color          string
	quiet, verbose bool
}

func (f *viewFlags) add(fs *pflag.FlagSet) {
	f.addJudge(fs)
	fs.StringVar(&f.format, "format", "text", "`FORMAT` of the report: text, json or markdown")
	fs.StringVarP(&f.output, "output", "o", "", "write the report to `FILE`, once it is complete")
	fs.StringVar(&f.color, "color", "auto", "`WHEN` to use colour: auto, always, never")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "print one line for each finding, and the result")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "print all examples of a fix, which programs work, and the transcript, too")
}

// addJudge adds the flags that say what counts as a failure.
func (f *viewFlags) addJudge(fs *pflag.FlagSet) {
	fs.StringSliceVar(&f.require, "require", nil, "exit 1 unless the checks in `LIST` are ok")
	fs.BoolVar(&f.strict, "strict", false, "exit 1 also for warnings")
}

// judge reads these flags. ran are the checks of the run; nil when they are
// not known.
func (f *viewFlags) judge(ran []probe.Check) (report.Judge, error) {
	require, err := parseChecks("--require", f.require)
	if err != nil {
		return report.Judge{}, err
	}
	for _, c := range require {
		if ran != nil && !slices.Contains(ran, c) {
			return report.Judge{}, usageError{fmt.Sprintf("--require %s: this check is not run", c), howToRun(c)}
		}
	}
	return report.Judge{Require: require, Strict: f.strict}, nil
}

// complete offers the values of the flags to the shell.
func (f *viewFlags) complete(cmd *cobra.Command) {
	fixed := func(flag string, values ...string) {
		cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	fixed("format", formats...)
	fixed("color", colors...)
	cmd.RegisterFlagCompletionFunc("require", completeList(checkNames()))
}

var (
	formats = []string{"text", "json", "markdown"}
	colors  = []string{"auto", "always", "never"}
)

// howToRun is the flag that makes a check part of the run.
func howToRun(c probe.Check) string {
	switch c {
	case probe.CheckIdle:
		return "ask for it, for example with --idle 5m"
	case probe.CheckTransfer:
		return "ask for it with --download PATH or --upload DIR"
	}
	return "add it to --checks"
}

// view is a way to show a run, ready to use.
type view struct {
	s      *streams
	judge  report.Judge
	text   report.TextOptions
	format string
	file   *reportFile // nil: standard output
}

// open checks the flags and opens the output file, before a run costs time.
// ran are the checks of the run; nil when they are not known.
func (f *viewFlags) open(s *streams, ran []probe.Check) (*view, error) {
	if !slices.Contains(formats, f.format) {
		return nil, unknownValue("--format", f.format, formats)
	}
	if !slices.Contains(colors, f.color) {
		return nil, unknownValue("--color", f.color, colors)
	}
	if f.quiet && f.verbose {
		return nil, usageError{"-q and -v exclude each other", ""}
	}
	judge, err := f.judge(ran)
	if err != nil {
		return nil, err
	}
	v := &view{
		s:      s,
		judge:  judge,
		format: f.format,
	}
	toFile := f.output != "" && f.output != "-"
	v.text = report.TextOptions{
		Color:   f.colored(s, toFile),
		Quiet:   f.quiet,
		Verbose: f.verbose,
	}
	if toFile {
		v.file, err = createReport(f.output)
	}
	return v, err
}

// colored decides about colour: the flag, then NO_COLOR (no-color.org), then
// CLICOLOR_FORCE, then whether a terminal shows the report.
func (f *viewFlags) colored(s *streams, toFile bool) bool {
	term, force := s.getenv("TERM"), s.getenv("CLICOLOR_FORCE")
	switch {
	case f.color != "auto":
		return f.color == "always"
	case s.getenv("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	}
	return s.outTerminal && !toFile && term != "" && term != "dumb"
}

// show consumes a run and prints it. The text report appears line by line as
// the checks end. The error of a printed report is its exitStatus.
func (v *view) show(ctx context.Context, events iter.Seq2[probe.Event, error]) error {
	defer v.file.discard()
	out := v.s.out
	if v.file != nil {
		out = v.file
	}
	var ev probe.Evidence
	status := newStatus(v.s)
	defer status.stop()
	text := report.NewText(status.aside(out), v.text)
	for e, err := range events {
		if err != nil {
			return err
		}
		ev.Add(e)
		if v.format == "text" {
			if err := text.Update(&ev); err != nil {
				return fmt.Errorf("cannot write the report: %w", err)
			}
		}
		status.show(&ev)
	}
	status.clear()
	r := report.New(&ev, v.judge)
	var interrupted interruption
	if r.Interrupted && errors.As(context.Cause(ctx), &interrupted) {
		r.Exit = interrupted.exitCode()
	}
	err := v.finish(text, out, r)
	if err == nil {
		err = v.file.commit()
	}
	if err != nil {
		return fmt.Errorf("cannot write the report: %w", err)
	}
	v.explainExit(r)
	if r.Exit != report.ExitPass {
		return exitStatus(r.Exit)
	}
	return nil
}

func (v *view) finish(text *report.Text, out io.Writer, r *report.Report) error {
	switch v.format {
	case "json":
		return report.WriteJSON(out, r)
	case "markdown":
		return report.WriteMarkdown(out, r, v.text.Verbose)
	}
	return text.Finish(r)
}

// explainExit says why a run without a problem fails.
func (v *view) explainExit(r *report.Report) {
	if r.Exit != report.ExitFail {
		return
	}
	for _, c := range v.judge.Require {
		at := slices.IndexFunc(r.Checks, func(l report.CheckLine) bool { return l.Check == c })
		switch {
		case at < 0:
			fmt.Fprintf(v.s.err, "ftpcheck: %s is required, but was not tested\n", c)
		case r.Checks[at].State != report.OK:
			fmt.Fprintf(v.s.err, "ftpcheck: %s is required to be ok, but is %s\n", c, report.Word(r.Checks[at].State))
		}
	}
	problem := func(f report.Finding) bool { return f.Severity == report.Problem }
	if v.judge.Strict && !slices.ContainsFunc(r.Findings, problem) {
		fmt.Fprintln(v.s.err, "ftpcheck: warnings count as failures (--strict)")
	}
}
