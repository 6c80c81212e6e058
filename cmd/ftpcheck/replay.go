package main

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"ftpcheck/probe"

	"github.com/spf13/cobra"
)

// newReplayCommand reports on a recorded run.
func newReplayCommand(s *streams) *cobra.Command {
	var show viewFlags
	cmd := &cobra.Command{
		Use:   "replay [flags] FILE",
		Short: "Report on a run that --record has recorded",
		Long: `Report on a run that --record has recorded, in any format, without a network.
The FILE - is standard input. A recording that was cut off is reported as a run
that was interrupted.`,
		Example: `  ftpcheck replay run.jsonl
  ftpcheck replay -o report.html run.jsonl
  ftpcheck replay --format github run.jsonl
  ftpcheck replay --format markdown run.jsonl >> "$GITHUB_STEP_SUMMARY"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{fmt.Sprintf("one recording is needed, not %d", len(args)), "ftpcheck replay FILE, or - for standard input"}
			}
			in, err := openRecording(s, args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			v, err := show.open(s, nil)
			if err != nil {
				return err
			}
			if err := v.keeps(args[0]); err != nil {
				v.file.discard()
				return err
			}
			return v.show(cmd.Context(), readable(args[0], whole(s, probe.ReadEvents(in))))
		},
	}
	cmd.Flags().SortFlags = false
	show.add(cmd.Flags())
	completeView(cmd)
	return cmd
}

func openRecording(s *streams, name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(s.in), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, usageError{"cannot read the recording: " + err.Error(), ""}
	}
	return f, nil
}

// readable puts errors of the recording into our words.
func readable(name string, events iter.Seq2[probe.Event, error]) iter.Seq2[probe.Event, error] {
	return func(yield func(probe.Event, error) bool) {
		for e, err := range events {
			var interrupted interruption
			if err != nil && !errors.As(err, &interrupted) {
				err = usageError{fmt.Sprintf("cannot replay %s: %v", name, err), "ftpcheck --record FILE TARGET makes a recording"}
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// whole ends a recording that stops before its run does as that of a cancelled
// run: what is missing was not tested, and cannot have passed.
func whole(s *streams, events iter.Seq2[probe.Event, error]) iter.Seq2[probe.Event, error] {
	return func(yield func(probe.Event, error) bool) {
		var last probe.Event
		for e, err := range events {
			if !yield(e, err) || err != nil {
				return
			}
			last = e
		}
		if last.Kind != probe.KindFinish {
			warn(s, "the recording stops before the run does: what is missing counts as not tested", "")
			yield(probe.Event{Kind: probe.KindFinish, At: last.At, Took: last.At, Outcome: probe.OutcomeCancelled}, nil)
		}
	}
}
