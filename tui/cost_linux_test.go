package tui

import (
	"context"
	"iter"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ftpcheck/probe"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// counter counts what is written to the terminal.
type counter struct{ bytes atomic.Int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.bytes.Add(int64(len(p)))
	return len(p), nil
}

// Promises about a run of a hundred events a second on a screen of 120x40.
const (
	maxShare = 0.10    // of a core
	maxRate  = 100_000 // bytes a second
)

// TestCost measures what a busy run costs, in real time. What else the machine
// does can only make it dearer: the cheapest of a few runs counts.
func TestCost(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("it measures time")
	}
	least := 1.0
	for range 4 {
		share, rate := cost(t)
		t.Logf("%.1f %% of a core, %.0f bytes/s", 100*share, rate)
		if rate > maxRate || rate < 100 {
			t.Fatalf("%.0f bytes/s, at most %d are allowed", rate, maxRate)
		}
		if least = min(least, share); least < maxShare {
			return
		}
	}
	t.Errorf("%.1f %% of a core, at most %.0f %% are allowed", 100*least, 100*maxShare)
}

// cost runs a busy screen, and returns its share of a core and the bytes that
// it writes in a second.
func cost(t *testing.T) (share, rate float64) {
	const length = 3 * time.Second
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out counter
	m := New(ctx, Work{}, Options{Job: busyJob(t, length, cancel)})
	began, used := time.Now(), processorTime(t)
	if _, err := run(ctx, m, tea.WithInput(nil), tea.WithOutput(&out), tea.WithWindowSize(120, 40), tea.WithColorProfile(colorprofile.TrueColor)); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began).Seconds()
	return (processorTime(t) - used).Seconds() / took, float64(out.bytes.Load()) / took
}

// busyJob yields a hundred events a second: a recorded run, again and again.
func busyJob(t *testing.T, length time.Duration, ended func()) *Job {
	events := recorded(t, "private-address")
	events = events[:len(events)-1]
	job := jobOf(events)
	job.Run = func(ctx context.Context, _ []probe.Check) iter.Seq[probe.Event] {
		return func(yield func(probe.Event) bool) {
			defer ended()
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for i := range int(length / (10 * time.Millisecond)) {
				<-tick.C
				e := events[i%len(events)]
				e.At = time.Duration(i) * 10 * time.Millisecond
				if !yield(e) {
					return
				}
			}
		}
	}
	return job
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkDraw draws a finished run on a screen of 120x40.
func BenchmarkDraw(b *testing.B) {
	m := New(b.Context(), Work{}, Options{Job: jobOf(recorded(b, "private-address"))})
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	m.Init()
	for m.running() {
		m.Update(m.feed.next(0)())
	}
	b.ResetTimer()
	for b.Loop() {
		m.forget()
		m.View()
	}
}
