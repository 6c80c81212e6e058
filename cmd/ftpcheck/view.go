package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/report"

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
	fs.StringVar(&f.format, "format", "", "`FORMAT` of the report: "+strings.Join(formatNames(), ", ")+" (default as FILE's extension says, or text)")
	fs.StringVarP(&f.output, "output", "o", "", "write the report to `FILE`, once it is complete; it replaces a file that is there")
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

var colors = []string{"auto", "always", "never"}

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
	format report.Format
	file   *reportFile // nil: standard output
}

// open checks the flags and opens the output file, before a run costs time.
// ran are the checks of the run; nil when they are not known.
func (f *viewFlags) open(s *streams, ran []probe.Check) (*view, error) {
	format, err := f.chosen()
	if err != nil {
		return nil, err
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
		format: format,
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
	var unrecorded recordingError
	for e, err := range events {
		if errors.As(err, &unrecorded) {
			break
		}
		if err != nil {
			return err
		}
		ev.Add(e)
		if v.live() {
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
	explainExit(v.s, r)
	if unrecorded.why != nil {
		return unrecorded
	}
	if r.Exit != report.ExitPass {
		return exitStatus(r.Exit)
	}
	return nil
}

// keeps returns an error if the report would take the place of the recording.
func (v *view) keeps(recording string) error {
	if v.file == nil || v.file.name == "" || !sameFile(v.file.name, recording) {
		return nil
	}
	return usageError{fmt.Sprintf("the report would replace the recording %s", recording), "another name for --output"}
}

// live reports whether the report appears while the run goes on.
func (v *view) live() bool { return v.format.Name == report.Formats[0].Name }

func (v *view) finish(text *report.Text, out io.Writer, r *report.Report) error {
	if v.live() {
		return text.Finish(r)
	}
	return v.format.Write(out, r, v.text)
}

// explainExit says why a run without a problem fails.
func explainExit(s *streams, r *report.Report) {
	for _, why := range r.WhyFailed() {
		fmt.Fprintf(s.err, "ftpcheck: %s\n", why)
	}
}
