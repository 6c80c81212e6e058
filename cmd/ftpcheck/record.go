package main

import (
	"fmt"
	"iter"
	"os"

	"ftpcheck/probe"
)

// record copies a run into a file as it happens, one event a line, so that an
// interrupted one is kept as well. Without a name it only passes the run on.
func record(name string, events iter.Seq[probe.Event]) (iter.Seq2[probe.Event, error], error) {
	if name == "" {
		return func(yield func(probe.Event, error) bool) {
			for e := range events {
				if !yield(e, nil) {
					return
				}
			}
		}, nil
	}
	if name == "-" {
		return nil, usageError{"a recording cannot go to standard output, where the report goes", "--record FILE"}
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, usageError{"cannot write the recording: " + err.Error(), ""}
	}
	return func(yield func(probe.Event, error) bool) {
		defer f.Close()
		var failed error
		for e := range events {
			if failed == nil {
				failed = probe.WriteEvent(f, e)
			}
			if !yield(e, nil) {
				return
			}
		}
		if failed == nil {
			failed = f.Sync()
		}
		if failed != nil {
			yield(probe.Event{}, fmt.Errorf("cannot write the recording: %w", failed))
		}
	}, nil
}
