package tui

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/report"
)

// TestWatch: a firewall is opened while the watch is on.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blocked, open := recorded(t, "data-filtered"), recorded(t, "all-well")
		d := drive(t, Work{}, Options{Job: jobOf(blocked, blocked, open)})
		d.pass(time.Second)
		d.shows("PROBLEM")
		d.press("w")
		d.pass(time.Second)
		d.shows("watch, next in 4 s", "esc end watch")
		d.shows(" > PROBLEM  Connections to the passive ports vanish")
		d.press("c")
		d.shows("nothing has changed from run to run")
		d.press("c")
		d.pass(5 * time.Second)
		d.shows("data-filtered: gone, Connections to the passive ports vanish")
		d.hides("PROBLEM")
		d.press("c")
		d.shows("epsv: FAIL -> ok, 203.0.113.10:50012 open in 31 ms", "pasv: FAIL -> ok")
		d.press("c", "w")
		runs := d.m.runs
		d.pass(time.Minute)
		if d.m.runs != runs {
			t.Error("the watch goes on")
		}
		d.hides("watch, next")
	})
}

// TestWatchThroughAnOutage: while the server cannot be reached, nothing is known
// of the rest. It has not changed, and nothing of it is gone.
func TestWatchThroughAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blocked, down := recorded(t, "data-filtered"), recorded(t, "control-filtered")
		d := drive(t, Work{}, Options{Job: jobOf(blocked, down, blocked)})
		d.pass(time.Second)
		d.press("r")
		d.pass(time.Second)
		d.size(80, 60)
		d.shows("PROBLEM  Connections to the control port vanish", "was PROBLEM: Connections to the passive ports vanish")
		d.press("c")
		d.shows("control-filtered: new PROBLEM", "control: ok -> FAIL")
		d.hides("gone", "skip")
		d.press("c", "r")
		d.pass(time.Second)
		d.press("c")
		d.shows("control-filtered: gone", "control: FAIL -> ok")
		d.hides("data-filtered", "skip")
		d.press("c")
		d.shows(" > PROBLEM  Connections to the passive ports vanish")
	})
}

// TestWatchSendsNoRefusedPassword: a watch ends where the login is refused.
func TestWatchSendsNoRefusedPassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		job := jobOf(recorded(t, "login-rejected"))
		for user, runs := range map[string]int{"alice": 2, "anonymous": 6} {
			job.User = user
			d := drive(t, Work{}, Options{Job: job})
			d.pass(time.Second)
			d.press("w")
			d.pass(22 * time.Second)
			if d.m.runs != runs {
				t.Errorf("%s: %d runs", user, d.m.runs)
			}
			if user == "alice" {
				d.shows("the watch has ended: a refused password is not sent again and again")
			}
		}
	})
}

// TestWatchTicksOnce: however many runs a watch has made, the seconds are
// counted once each.
func TestWatchTicksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, Work{}, Options{Job: jobOf(recorded(t, "all-well"))})
		d.pass(time.Second)
		d.press("w")
		d.pass(10 * time.Minute)
		d.seconds = 0
		d.pass(time.Minute)
		if d.m.runs < 20 || d.seconds > 61 {
			t.Errorf("%d runs, %d seconds in a minute", d.m.runs, d.seconds)
		}
	})
}

// TestWatchNeedsNoSecondKey: a run that is under way becomes the watch's
// first, and esc ends run and watch.
func TestWatchNeedsNoSecondKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, Work{}, Options{Job: simulated(t, "private-address")})
		d.press("w")
		d.pass(30 * time.Second)
		if d.m.runs < 3 {
			t.Errorf("%d runs in 30 s", d.m.runs)
		}
		for !d.m.running() {
			d.pass(100 * time.Millisecond)
		}
		d.press("esc")
		runs := d.m.runs
		d.pass(time.Minute)
		if d.m.running() || d.m.watch.on || d.m.runs != runs {
			t.Error("the watch goes on")
		}
	})
}

// TestWatchLeavesTheFormAlone: a run that begins while the form is on the screen
// does not take it away. The header tells of the run.
func TestWatchLeavesTheFormAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, Work{}, Options{Job: simulated(t, "private-address")})
		d.press("w")
		for d.m.runs < 1 {
			d.pass(100 * time.Millisecond)
		}
		d.press("e", "ftp.example.com")
		d.shows("watch, next in")
		for runs := d.m.runs; d.m.runs == runs; {
			d.pass(100 * time.Millisecond)
		}
		d.press(".uk")
		d.shows(" > host      ftp.example.com.uk")
		d.press("esc", "r", "r", "e") // the second run waits for the first one
		d.pass(time.Second)
		d.shows(" > host      ftp.example.com.uk", "watch, running")
	})
}

// TestUnchanged: other ports and times are no change; another outcome is.
func TestUnchanged(t *testing.T) {
	line := func(port uint16, o probe.Outcome, took time.Duration) report.CheckLine {
		l := report.CheckLine{Check: "pasv", State: report.Failed, Summary: fmt.Sprint(port, o, took)}
		l.Dials = []probe.Dial{{As: probe.AsAnnounced, Outcome: o, Took: took}}
		return l
	}
	var k memory
	k.learn(&report.Report{Checks: []report.CheckLine{line(50000, probe.OutcomeTimeout, 5)}}, &probe.Evidence{}, time.Time{})
	if got := k.learn(&report.Report{Checks: []report.CheckLine{line(50001, probe.OutcomeTimeout, 6)}}, &probe.Evidence{}, time.Time{}); len(got) != 0 {
		t.Errorf("a change: %v", got)
	}
	got := k.learn(&report.Report{Checks: []report.CheckLine{line(50001, probe.OutcomeRefused, 6)}}, &probe.Evidence{}, time.Time{})
	if len(got) != 1 || got[0].words() != "00:00:00  pasv: still FAIL, 50001refused6ns" {
		t.Errorf("changes: %v", got)
	}
}

// TestWorstChangeFirst: the line above the footer has room for one change.
func TestWorstChangeFirst(t *testing.T) {
	run := func(state report.State, findings ...report.Finding) *report.Report {
		return &report.Report{Checks: []report.CheckLine{{Check: "epsv", State: state}}, Findings: findings}
	}
	note, warning, problem := report.Finding{Code: "n", Severity: report.Note}, report.Finding{Code: "w", Severity: report.Warning}, report.Finding{Code: "p", Severity: report.Problem}
	var k memory
	k.learn(run(report.OK, note), &probe.Evidence{}, time.Time{})
	var names []string
	for _, c := range k.learn(run(report.Failed, warning, problem), &probe.Evidence{}, time.Time{}) {
		names = append(names, c.name)
	}
	if got := strings.Join(names, " "); got != "p w epsv n" {
		t.Errorf("the changes are %s", got)
	}
}
