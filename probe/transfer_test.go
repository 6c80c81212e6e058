package probe_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/ftpd"
	"ftpcheck/probe/netlab"
)

var deep = []probe.Check{probe.CheckLogin, probe.CheckEPSV, probe.CheckTransfer}

// Six transfers in one session: listings, downloads and uploads mixed. What
// was stored is removed again.
func TestTransfersAreMixed(t *testing.T) {
	for _, security := range []*ftpd.TLS{nil, {Mode: ftpd.TLSExplicit, Reuse: true}} {
		opt := probe.Options{Checks: deep, Download: "1MiB.bin", Upload: "."}
		ev := encrypted(t, ftpd.Options{TLS: security}, probe.Target{}, opt, nil)
		var verbs, removals []string
		for _, m := range ev.Transfers() {
			verb, path, _ := strings.Cut(m.List.Command, " ")
			verbs = append(verbs, verb)
			if !m.Listed() || m.Dials[0].Data == nil || m.Dials[0].Data.Outcome != probe.OutcomeEOF {
				t.Errorf("step %d, %s: %+v", m.Step, m.List.Command, m.Dials)
			} else if got := m.Dials[0].Data.Bytes; verb != "LIST" && got != m.Size {
				t.Errorf("step %d, %s: %d bytes of %d", m.Step, m.List.Command, got, m.Size)
			}
			if verb == "STOR" {
				removals = append(removals, "DELE "+path)
			}
		}
		if want := []string{"LIST", "RETR", "STOR", "LIST", "STOR", "RETR"}; !slices.Equal(verbs, want) {
			t.Errorf("did %v, want %v", verbs, want)
		}
		if got := only(sent(ev), "DELE"); !slices.Equal(got, removals) || !strings.HasPrefix(got[0], "DELE ftpcheck-") || got[0] == got[1] {
			t.Errorf("%q, want %q", got, removals)
		}
		if len(ev.Left) != 0 {
			t.Errorf("left behind: %q", ev.Left)
		}
	}
}

// only picks the commands with this verb.
func only(lines []string, verb string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return !strings.HasPrefix(l, verb+" ") })
}

// A server that lets nobody remove what was stored (vsftpd's anonymous users:
// anon_other_write_enable=NO) still has every upload, and we say so. One that
// refuses the upload has none.
func TestUploadThatCannotBeRemoved(t *testing.T) {
	for _, test := range []struct {
		stor, size string // replies; stor empty: it is obeyed
		left       int
	}{
		{"", "213 16\r\n", 3},
		{"", "550 Permission denied.\r\n", 3},
		{"553 Could not create file.\r\n", "550 Could not get file size.\r\n", 0},
		{"425 Failed to establish connection.\r\n", "213 0\r\n", 3}, // vsftpd makes the file first
	} {
		refusing := func(_ int, _ net.Conn, line string) (string, bool) {
			switch verb, _, _ := strings.Cut(line, " "); verb {
			case "STOR":
				return test.stor, test.stor != ""
			case "SIZE":
				return test.size, true
			case "DELE":
				return "550 Permission denied.\r\n", true
			}
			return "", false
		}
		ev, _, _ := scripted(t, hello, refusing, probe.Target{}, probe.Options{Checks: deep, Upload: "up"})
		if len(ev.Left) != test.left {
			t.Errorf("%+v: left behind: %q", test, ev.Left)
		}
	}
}

// A run that is cancelled after any of its events leaves no file behind.
func TestCancelledUploadIsRemoved(t *testing.T) {
	opt := probe.Options{Checks: deep, Upload: "."}
	scenario := &netlab.Scenario{About: "healthy"}
	_, all := simulate(t, scenario, opt)
	for n := range all {
		synctest.Test(t, func(t *testing.T) {
			lab, err := netlab.Build(scenario)
			if err != nil {
				t.Fatal(err)
			}
			defer lab.Close()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ev := &probe.Evidence{}
			seen := 0
			p := probe.Prober{Network: lab.Client(), Target: lab.Target(), Options: opt}
			for e := range p.Run(ctx) {
				ev.Add(e)
				if seen++; seen == n+1 {
					cancel()
				}
			}
			lines := sent(ev)
			removed := only(lines, "DELE")
			for _, l := range only(lines, "STOR") {
				if !slices.Contains(removed, strings.Replace(l, "STOR", "DELE", 1)) {
					t.Errorf("cancelled after event %d: %s, and no DELE", n+1, l)
				}
			}
			if ev.Took > 30*time.Second {
				t.Errorf("cancelled after event %d: took %v", n+1, ev.Took)
			}
		})
	}
}

// A server without EPSV transfers by PASV.
func TestTransfersByPASVWhereEPSVIsRefused(t *testing.T) {
	opt := probe.Options{Checks: []probe.Check{probe.CheckLogin, probe.CheckTransfer}, Download: "1KiB.bin"}
	ev := encrypted(t, ftpd.Options{Faults: []string{"refuse-epsv"}}, probe.Target{}, opt, nil)
	for _, m := range ev.Transfers() {
		if m.Command != "PASV" || !m.Listed() {
			t.Errorf("step %d by %s: listed %v", m.Step, m.Command, m.Listed())
		}
	}
	if n := len(ev.Transfers()); n != 6 {
		t.Errorf("%d transfers", n)
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

// Silences over TLS, in which a read that timed out does not spoil the
// connection, and where the server wants one session at a time: all of them
// follow each other in the one that it lets in.
func TestSilencesOverTLSAndInOneSession(t *testing.T) {
	opt := probe.Options{Checks: []probe.Check{probe.CheckLogin, probe.CheckIdle}, Idle: time.Minute}
	for _, test := range []struct {
		server   ftpd.Options
		sessions int
	}{
		{ftpd.Options{TLS: &ftpd.TLS{Mode: ftpd.TLSExplicit}}, 3},
		{ftpd.Options{Faults: []string{"one-session"}}, 1},
	} {
		ev := encrypted(t, test.server, probe.Target{}, opt, nil)
		sessions := map[int]bool{}
		var got []string
		for _, s := range ev.Idle {
			sessions[s.Session] = true
			got = append(got, fmt.Sprintf("%.2f %s %d", s.Took.Seconds(), s.Outcome, s.Code))
		}
		slices.Sort(got)
		if want := []string{"15.00 ok 200", "30.00 ok 200", "60.00 ok 200"}; !slices.Equal(got, want) || len(sessions) != test.sessions {
			t.Errorf("%+v: %q in %d sessions", test.server, got, len(sessions))
		}
	}
}
