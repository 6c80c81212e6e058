package main

import (
	"iter"
	"os"
	"path/filepath"

	"ftpcheck/probe"
)

// recordingError is why a recording is not complete. The run itself is: it is
// the last that comes of it.
type recordingError struct{ why error }

func (e recordingError) Error() string { return "cannot write the recording: " + e.why.Error() }
func (e recordingError) Unwrap() error { return e.why }

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
			failed = f.Close()
		}
		if failed != nil {
			yield(probe.Event{}, recordingError{failed})
		}
	}, nil
}

// sameFile reports whether two names are those of one file, which may not be
// there yet. A device or a pipe may be named twice.
func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return infoA.Mode().IsRegular() && os.SameFile(infoA, infoB)
	}
	pathA, errA := filepath.Abs(a)
	pathB, errB := filepath.Abs(b)
	return errA == nil && errB == nil && pathA == pathB
}
