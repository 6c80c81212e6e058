package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"

	"ftpcheck/probe"
	"ftpcheck/tui"
)

// badScreen is a program whose screen shows a run that panics.
func badScreen() {
	job := &tui.Job{Host: "h", Run: func(context.Context, []probe.Check) iter.Seq[probe.Event] {
		return func(func(probe.Event) bool) { panic("in the run") }
	}}
	_, err := tui.Run(context.Background(), tui.Work{}, tui.Options{Job: job})
	fmt.Fprintln(os.Stderr, "ended with:", err)
	os.Exit(3)
}

// busyTime is how long busyScreen runs.
const busyTime = 4 * time.Second

// busyScreen is a program whose run yields a hundred events a second: a
// recorded run, again and again.
func busyScreen() {
	events, err := recordedRun(filepath.Join("..", "..", "testdata", "goldens", "private-address.jsonl"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ctx, cancel := context.WithTimeout(context.Background(), busyTime)
	defer cancel()
	job := &tui.Job{Host: "ftp.example.com", Port: 21, User: "anonymous", Checks: probe.DefaultChecks}
	job.Run = func(ctx context.Context, _ []probe.Check) iter.Seq[probe.Event] {
		return func(yield func(probe.Event) bool) {
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			began := time.Now()
			for i := 0; ctx.Err() == nil; i++ {
				<-tick.C
				e := events[i%len(events)]
				e.At = time.Since(began)
				if !yield(e) {
					return
				}
			}
		}
	}
	if _, err := tui.Run(ctx, tui.Work{}, tui.Options{Job: job}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// recordedRun is a recording without the event that ends it.
func recordedRun(name string) ([]probe.Event, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var events []probe.Event
	for e, err := range probe.ReadEvents(f) {
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if e.Kind != probe.KindFinish {
			events = append(events, e)
		}
	}
	return events, nil
}
