package probe_test

import (
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe"
)

// A run with everything in it can be cancelled at any moment, too: it ends
// soon, and what was uploaded is removed all the same.
func TestCancelEverything(t *testing.T) {
	everything := probe.Options{
		Checks:   append(slices.Clone(probe.DefaultChecks), probe.CheckTransfer, probe.CheckIdle),
		Download: "f", Upload: "dir", Idle: time.Minute, Sweep: probe.PortRange{Low: 40000, High: 40020},
	}
	for _, test := range []struct {
		name string
		peer func() *tlsPeer
		opt  probe.Options
	}{
		{"healthy", func() *tlsPeer { return &tlsPeer{} }, everything},
		{"no handshake", func() *tlsPeer { return &tlsPeer{shake: stall} }, everything},
		{"stalled data", func() *tlsPeer { return &tlsPeer{data: stall} }, everything},
		{"a silent port", func() *tlsPeer { return &tlsPeer{late: time.Hour} }, everything},
		{"stalled and confirmed data", func() *tlsPeer {
			return &tlsPeer{data: func(i int, c net.Conn) bool { go stall(i, c); return true }}
		}, probe.Options{TLS: probe.TLSOff, Checks: deep, Upload: "dir"}},
	} {
		_, _, all := test.peer().check(t, probe.Target{}, test.opt, nil)
		for n := 1; n < len(all); n += 7 {
			seen := 0
			var cancelled, ended time.Time
			var last probe.Event
			during := func(e probe.Event, cancel func()) {
				if seen++; seen == n {
					cancelled = time.Now()
					cancel()
				}
				last, ended = e, time.Now()
			}
			_, heard, _ := test.peer().check(t, probe.Target{}, test.opt, during)
			if seen <= n+1 {
				continue
			}
			if last.Kind != probe.KindFinish || last.Outcome != probe.OutcomeCancelled {
				t.Errorf("%s: cancelled after event %d, the last event is %+v", test.name, n, last)
			}
			if late := ended.Sub(cancelled); late > time.Second {
				t.Errorf("%s: cancelled after event %d (%s %s %s), ended %v later", test.name, n, all[n-1].Kind, all[n-1].Check, all[n-1].Text, late)
			}
			if left := notRemoved(heard); left != "" {
				t.Errorf("%s: cancelled after event %d (%s %s %s): %s is left", test.name, n, all[n-1].Kind, all[n-1].Check, all[n-1].Text, left)
			}
		}
	}
}

// notRemoved is an upload that no DELE came after.
func notRemoved(heard []heardLine) (left string) {
	for _, h := range heard {
		switch verb, path, _ := strings.Cut(h.text, " "); {
		case verb == "STOR":
			left = path
		case verb == "DELE" && path == left:
			left = ""
		}
	}
	return left
}
