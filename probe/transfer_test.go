package probe_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/ftpd"
)

var deep = []probe.Check{probe.CheckLogin, probe.CheckEPSV, probe.CheckTransfer}

// Six transfers in one session: listings, downloads and uploads mixed. What
// was stored is removed again.
func TestTransfersAreMixed(t *testing.T) {
	for _, security := range []*ftpd.TLS{nil, {Mode: ftpd.TLSExplicit, Reuse: true}} {
		opt := probe.Options{Checks: deep, Download: "1MiB.bin", Upload: "."}
		ev := encrypted(t, ftpd.Options{TLS: security}, probe.Target{}, opt, nil)
		var verbs []string
		stored := ""
		for _, m := range ev.Transfers() {
			verb, path, _ := strings.Cut(m.List.Command, " ")
			verbs = append(verbs, verb)
			if !m.Listed() || m.Dials[0].Data == nil || m.Dials[0].Data.Outcome != probe.OutcomeEOF {
				t.Errorf("step %d, %s: %+v", m.Step, m.List.Command, m.Dials)
			} else if got := m.Dials[0].Data.Bytes; verb != "LIST" && got != m.Size {
				t.Errorf("step %d, %s: %d bytes of %d", m.Step, m.List.Command, got, m.Size)
			}
			if verb == "STOR" {
				stored = path
			}
		}
		if want := []string{"LIST", "RETR", "STOR", "LIST", "STOR", "RETR"}; !slices.Equal(verbs, want) {
			t.Errorf("did %v, want %v", verbs, want)
		}
		lines := sent(ev)
		if n := len(slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return l != "DELE "+stored })); n != 2 || !strings.HasPrefix(stored, "ftpcheck-") {
			t.Errorf("%q removed %d times, want 2", stored, n)
		}
	}
}

// A transfer that stalls is tried again with small segments, and nothing more
// is tried in the session that it has made useless.
func TestStalledTransferIsTriedWithSmallSegments(t *testing.T) {
	opt := probe.Options{Checks: deep, Download: "1MiB.bin"}
	ev := encrypted(t, ftpd.Options{Faults: []string{"stall-after=5000"}}, probe.Target{}, opt, nil)
	var steps []string
	for _, m := range ev.Transfers() {
		steps = append(steps, m.List.Command+" "+string(m.Try))
	}
	if want := []string{"LIST ", "RETR 1MiB.bin ", "RETR 1MiB.bin clamped"}; !slices.Equal(steps, want) {
		t.Errorf("did %q, want %q", steps, want)
	}
	if data := ev.Transfers()[1].Dials[0].Data; data.Outcome != probe.OutcomeTimeout || data.Bytes != 5000 {
		t.Errorf("stalled: %+v", data)
	}
	if ev.Took > 2*probe.DefaultReplyTimeout {
		t.Errorf("took %v", ev.Took)
	}
}

// The silences are shared out so that all of them take as long as the longest.
func TestSilenceThatTheServerEnds(t *testing.T) {
	for _, test := range []struct {
		fault  string
		idle   time.Duration
		want   []string // "seconds outcome code" of each, in no order
		within time.Duration
	}{
		{"", 2 * time.Minute, []string{"15 ok 200", "30 ok 200", "60 ok 200", "120 ok 200"}, 125 * time.Second},
		{"idle-421=50s", 2 * time.Minute, []string{"15 ok 200", "30 ok 200", "50 closed 421"}, 100 * time.Second},
		{"idle-drop=20s", time.Minute, []string{"15 ok 200", "30 timeout 0"}, 65 * time.Second},
	} {
		server := ftpd.Options{}
		if test.fault != "" {
			server.Faults = []string{test.fault}
		}
		opt := probe.Options{Checks: []probe.Check{probe.CheckLogin, probe.CheckIdle}, Idle: test.idle}
		ev := encrypted(t, server, probe.Target{}, opt, nil)
		var got []string
		for _, s := range ev.Idle {
			got = append(got, fmt.Sprintf("%.0f %s %d", s.Took.Seconds(), s.Outcome, s.Code))
		}
		slices.Sort(got)
		want := slices.Clone(test.want)
		slices.Sort(want)
		if !slices.Equal(slices.Compact(got), want) {
			t.Errorf("%s: %q, want %q", test.fault, got, want)
		}
		if ev.Took > test.within {
			t.Errorf("%s: took %v, want at most %v", test.fault, ev.Took, test.within)
		}
	}
}
