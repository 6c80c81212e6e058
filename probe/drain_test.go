package probe

import (
	"net"
	"testing"
	"time"
)

// A data connection that opens as the listing ends does not hold the run up
// until its own deadline.
func TestDrainEndsAtOnceWhenTheListingIsOver(t *testing.T) {
	r := newRun(&Prober{})
	go func() {
		for range r.events {
		}
	}()
	defer close(r.events)
	done := make(chan struct{})
	close(done)
	for range 50000 {
		a, b := net.Pipe()
		began := time.Now()
		(&session{run: r}).drain(t.Context(), CheckEPSV, job{most: maxListing}, source{conn: a}, began.Add(5*time.Second), &drains{stop: done})
		b.Close()
		if time.Since(began) > 4*time.Second {
			t.Fatal("read on until the deadline")
		}
	}
}
