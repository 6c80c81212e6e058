// Command ftpcheck tells why an FTP transfer hangs, where the packets die, and
// who has to change what.
//
// It only wires: package probe observes, package report judges and prints.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"ftpcheck/report"

	"github.com/spf13/cobra"
)

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	go cancelOnSignal(cancel)
	os.Exit(run(ctx, os.Args[1:], systemStreams(ctx)))
}

// interruption is the cause of a context that a signal cancelled. A command
// that it kept from its end returns it.
type interruption struct{ signal os.Signal }

func (i interruption) Error() string { return "interrupted by " + i.signal.String() }

func (i interruption) exitCode() int {
	if i.signal == os.Interrupt {
		return report.ExitInterrupt
	}
	return report.ExitTerminated
}

// cancelOnSignal ends the run in good order at the first signal, so that what
// is known so far is still printed. The second one ends the program at once.
func cancelOnSignal(cancel context.CancelCauseFunc) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(signals, syscall.SIGHUP)
	}
	got := <-signals
	signal.Stop(signals)
	cancel(interruption{got})
}

// usageError is a wrong call: exit 2, with a hint at the right one.
type usageError struct{ msg, hint string }

func (e usageError) Error() string { return e.msg }

// exitStatus ends a command with this exit code and no further words.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// run is the whole program: it carries out args and returns the exit code.
func run(ctx context.Context, args []string, s streams) int {
	out := &checked{to: s.out}
	s.out = out
	root := newRootCommand(&s)
	root.SetArgs(args)
	code := exitCode(s, root.ExecuteContext(ctx))
	if err := out.err(); err != nil && code == report.ExitPass {
		code = exitCode(s, fmt.Errorf("cannot write: %w", err))
	}
	return code
}

// exitCode says what went wrong, unless the command already has, and returns
// the exit code.
func exitCode(s streams, err error) int {
	if err == nil {
		return 0
	}
	var status exitStatus
	var interrupted interruption
	switch {
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &interrupted):
		return interrupted.exitCode()
	}
	fmt.Fprintf(s.err, "ftpcheck: error: %s\n", report.Escape(err.Error()))
	var usage usageError
	if errors.As(err, &usage) && usage.hint != "" {
		fmt.Fprintf(s.err, "ftpcheck: hint: %s\n", report.Escape(usage.hint))
	}
	return report.ExitUsage
}

// newRootCommand builds the command tree. Nothing in it is shared between two
// calls, so that tests can run the program many times.
func newRootCommand(s *streams) *cobra.Command {
	root := newCheckCommand(s)
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.AddCommand(
		newDemoCommand(s),
		newExplainCommand(s),
		newPlanCommand(s),
		newReplayCommand(s),
		newServeCommand(s),
		newTUICommand(s),
	)
	root.SetHelpCommand(newHelpCommand())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			refuseOtherShells(cmd)
		}
	}
	offerFilesOnly(root)
	root.SetFlagErrorFunc(flagError)
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 80"))
	return root
}
