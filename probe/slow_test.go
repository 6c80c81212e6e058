package probe_test

import (
	"net"
	"testing"
	"time"

	"ftpcheck/probe"
)

// Every reply comes just within its limit: the questions and samples that are
// not needed to judge a mode get the time of one reply together.
func TestSlowRepliesAddUpToLittle(t *testing.T) {
	late := func(_ int, _ net.Conn, _ string) (string, bool) {
		time.Sleep(probe.DefaultReplyTimeout - time.Second) // virtual time
		return "", false
	}
	ev, _, _ := scripted(t, hello, late, probe.Target{}, probe.Options{})
	if limit := 10 * probe.DefaultReplyTimeout; ev.Took > limit {
		t.Errorf("took %v, want at most %v", ev.Took, limit)
	} else {
		t.Logf("took %v", ev.Took)
	}
}
