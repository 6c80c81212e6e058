package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"ftpcheck/report"
	"ftpcheck/tui"
)

// show shows the screen and prints what is left when it is closed.
func show(ctx context.Context, s *streams, work tui.Work, o tui.Options, simulated bool) error {
	ctx, gone := context.WithCancel(ctx)
	defer gone()
	o.Input = terminalInput{os.Stdin, gone}
	out, err := tui.Run(ctx, work, o)
	options := report.TextOptions{Color: (&viewFlags{color: "auto"}).colored(s, false)}
	for _, r := range out.Reports {
		if werr := report.WriteText(s.out, r, options); werr != nil && err == nil {
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
	if len(out.Reports) == 0 {
		return nil
	}
	code := judged(s, out)
	if code == report.ExitPass || simulated && code <= report.ExitLogin {
		return nil // a simulation that worked is what was asked for
	}
	return exitStatus(code)
}

// judged says why the runs fail, where no problem does, and returns the exit
// code: that of the last one. But a run on some of the checks has nothing to
// say of the others, and cannot have passed for them.
func judged(s *streams, out tui.Outcome) int {
	last := out.Reports[len(out.Reports)-1]
	if out.Partial && last.Exit == report.ExitPass {
		if len(out.Reports) == 1 {
			fmt.Fprintf(s.err, "ftpcheck: only %d checks were run to the end: the others were not tested\n", len(last.Checks))
			return report.ExitNoJudgment
		}
		fmt.Fprintf(s.err, "ftpcheck: the last run was on %d checks alone: the result is that of the run on all\n", len(last.Checks))
		last = out.Reports[0]
	}
	explainExit(s, last)
	return last.Exit
}
