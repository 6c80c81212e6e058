package tui

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/netlab"
	"ftpcheck/report"
	"ftpcheck/testdata/scenarios"

	tea "charm.land/bubbletea/v2"
)

func pasted(text string) tea.PasteMsg { return tea.PasteMsg{Content: text} }

// simulated is a job over a simulated network.
func simulated(t *testing.T, name string) *Job {
	t.Helper()
	all := allScenarios(t)
	at := slices.IndexFunc(all, func(s *netlab.Scenario) bool { return s.Name == name })
	return simulation(t, all[at])
}

func allScenarios(t *testing.T) []*netlab.Scenario {
	t.Helper()
	all, err := netlab.Load(scenarios.Files)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// simulation builds the network anew for each run.
func simulation(t *testing.T, scenario *netlab.Scenario) *Job {
	job := &Job{Host: "198.51.100.2", Port: 21, User: "anonymous", Checks: probe.DefaultChecks}
	job.Run = func(ctx context.Context, checks []probe.Check) iter.Seq[probe.Event] {
		return func(yield func(probe.Event) bool) {
			lab, err := netlab.Build(scenario)
			if err != nil {
				t.Error(err)
				return
			}
			defer lab.Close()
			options := probe.Options{Checks: checks, Timeout: 2 * time.Second, ReplyTimeout: 5 * time.Second, Ports: 12}
			prober := probe.Prober{Network: lab.Client(), Target: lab.Target(), Tool: "test", Options: options, Roots: lab.Roots()}
			for e := range prober.Run(ctx) {
				if !yield(e) {
					return
				}
			}
		}
	}
	return job
}

// TestHeaderOverIPv6: an address and a port are two things.
func TestHeaderOverIPv6(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		job := jobOf(recorded(t, "all-well"))
		job.Host = "2001:db8::10"
		drive(t, Work{}, Options{Job: job}).shows(" ftpcheck  [2001:db8::10]:21  anonymous")
	})
}

// TestLiveRun follows a run over a simulated network to its end.
func TestLiveRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, Work{}, Options{Job: simulated(t, "private-address")})
		d.pass(1500 * time.Millisecond)
		d.shows("running 1 s", "....  pasv     10.0.0.10:", " no answer yet", "esc cancel", "WARNING  NAT on this side stops active mode")
		d.hides("PROBLEM")
		d.pass(10 * time.Second)
		d.size(120, 40)
		d.shows("FAIL  pasv", " > PROBLEM  The server announces a private", "passive-address-private", "1 problem")
		d.hides("....")
	})
}

// TestCertainFindingsShowEarly: while one check waits, what is certain of the
// others is shown.
func TestCertainFindingsShowEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := recorded(t, "private-address")
		d := drive(t, Work{}, Options{Job: jobOf(upTo(events, func(e probe.Event) bool { return e.Kind == probe.KindEnd && e.Check == probe.CheckPASV }))})
		d.pass(time.Second)
		d.shows("running", " > PROBLEM  The server announces a private address")

		d = drive(t, Work{}, Options{Job: jobOf(upTo(events, func(e probe.Event) bool { return e.Kind == probe.KindDial && e.Check == probe.CheckPASV }))})
		d.pass(time.Second)
		d.shows("running")
		d.hides("PROBLEM")
	})
}

// TestBothEndsOnTheScreen: with ftpcheck at the other end, the screen shows what
// that told, and the ports of both directions. Otherwise it has no row for it.
func TestBothEndsOnTheScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, Work{}, Options{Job: simulated(t, "peer-active-address-rewritten")})
		d.size(100, 60)
		d.pass(20 * time.Second)
		d.shows("warn  peer     ftpcheck", "active-command-rewritten")
		d.press("up")
		d.shows("As the other end tells it", "Client  203.0.113.66:", "eprt    sent: EPRT |1|203.0.113.66|")
		d.press("m")
		d.shows("Ports of the server, 198.51.100.66, dialled from here:", "Ports at 203.0.113.66, dialled by the server:", "@ arrived: both ends saw it")

		d = drive(t, Work{}, Options{Job: simulated(t, "peer-answers-dropped-at-client-gateway")})
		d.pass(20 * time.Second)
		d.press("p")
		d.shows("epsv   |------------------------? :500") // not X: the packets did arrive; which port is chance

		d = drive(t, Work{}, Options{Job: simulated(t, "healthy")})
		d.size(100, 60)
		d.shows("path     waiting")
		d.hides("peer")
		d.pass(20 * time.Second)
		d.hides("peer", "waiting")
	})
}

// TestTheUsersCursorStays: the cursor goes to the worst finding, unless the
// user has moved it.
func TestTheUsersCursorStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, Work{}, Options{Job: simulated(t, "private-address")})
		d.pass(time.Second)
		d.press("g", "down")
		d.pass(10 * time.Second)
		if d.m.cursor != "control" {
			t.Errorf("the cursor is on %s", d.m.cursor)
		}
	})
}

// TestWhatIsReadStays: a detail that is being read is not exchanged for that of
// the worst finding.
func TestWhatIsReadStays(t *testing.T) {
	for _, key := range []string{"enter", "space"} {
		synctest.Test(t, func(t *testing.T) {
			d := drive(t, Work{}, Options{Job: simulated(t, "private-address")})
			d.pass(100 * time.Millisecond)
			d.press(key)
			reads := d.m.cursor
			d.pass(10 * time.Second)
			if d.m.cursor != reads {
				t.Errorf("%s: the detail was that of %s, and is that of %s", key, reads, d.m.cursor)
			}
		})
	}
}

// TestNoPaneBehind: where one pane covers all, tab has no other to go to.
func TestNoPaneBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := finished(t, "private-address")
		d.press("t", "tab", "t")
		d.shows("> CHECKS")
		d.press("enter", "tab", "esc")
		d.shows("> CHECKS")
	})
}

// TestCancel: esc ends the run soon, what was not tested says so, and nothing
// is left (a goroutine would fail the bubble).
func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, Work{}, Options{Job: simulated(t, "everything-filtered")})
		d.pass(500 * time.Millisecond)
		d.press("esc")
		d.pass(500 * time.Millisecond)
		if d.m.running() {
			t.Error("the run goes on")
		}
		d.shows("cancelled: what is missing was not tested", "cancelled\n")
		d.press("r")
		d.pass(10 * time.Second)
		d.shows("PROBLEM")
		d.hides("cancelled")
	})
}

// TestRerunWhileRunning: the run under way gives way to the new one.
func TestRerunWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, Work{}, Options{Job: simulated(t, "private-address")})
		d.pass(time.Second)
		d.press("r")
		d.pass(500 * time.Millisecond) // the sessions of the first one say QUIT
		d.shows("running 0 s")
		d.hides("cancelled")
		d.pass(10 * time.Second)
		d.shows("1 problem")
		if d.m.runs != 1 {
			t.Errorf("%d runs were counted", d.m.runs)
		}
	})
}

// lingering is a job whose runs go on until they are cancelled, and then take
// so long to clear away what they left at the server.
func lingering(t *testing.T, span time.Duration) *Job {
	job := jobOf(upTo(recorded(t, "private-address"), func(e probe.Event) bool { return e.Kind == probe.KindLogin }))
	run := job.Run
	job.Run = func(ctx context.Context, checks []probe.Check) iter.Seq[probe.Event] {
		return func(yield func(probe.Event) bool) {
			for e := range run(ctx, checks) {
				if e.Kind == probe.KindFinish {
					time.Sleep(span)
				}
				if !yield(e) {
					return
				}
			}
		}
	}
	return job
}

// TestClearingAwayTakesTime: a run that gives way to another one may take a
// while to end. The screen waits for it, and answers meanwhile.
func TestClearingAwayTakesTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, Work{}, Options{Job: lingering(t, 3*time.Second)})
		d.pass(time.Second)
		d.press("r")
		d.shows("restarting")
		d.press("t")
		d.shows("TRANSCRIPT")
		d.press("t")
		d.pass(5 * time.Second)
		d.shows("running 2 s")
		d.hides("cancelled")

		d.press("r", "esc")
		d.shows("cancelling")
		d.pass(5 * time.Second)
		d.shows("cancelled: what is missing was not tested")
		d.pass(time.Minute)
		if d.m.running() {
			t.Error("esc did not call off the next run")
		}
	})
}

// TestRerunThis: R runs the check under the cursor and what it needs. The
// others show what was known before, and say so.
func TestRerunThis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		required := report.Judge{Require: []probe.Check{probe.CheckPASV}} // which is not run again
		d := drive(t, Work{Judge: required}, Options{Job: simulated(t, "private-address")})
		d.pass(10 * time.Second)
		d.press("g", "j", "j", "j", "j") // epsv
		if d.m.cursor != "epsv" {
			t.Fatalf("the cursor is on %s", d.m.cursor)
		}
		d.press("R")
		d.pass(10 * time.Second)
		if want := []probe.Check{"name", "control", "secure", "login", "epsv", "path"}; !slices.Equal(d.m.checks, want) {
			t.Errorf("%v were run", d.m.checks)
		}
		d.size(120, 40)
		d.shows("ok    epsv", "-     pasv     was FAIL: 10.0.0.10:", "-        was PROBLEM: The server")
		d.shows("PASS of 6 checks")
		d.press("y")
		d.shows("on 6 checks alone: r runs all")
		out := d.m.Close()
		if len(out.Reports) != 2 || len(out.Reports[0].Findings) != 2 || len(out.Reports[1].Findings) != 0 || !out.Partial || out.Cut {
			t.Errorf("printed at the end: %d reports, partial %v, cut %v", len(out.Reports), out.Partial, out.Cut)
		}
	})
}

// TestRerunThisFinding: on a finding, its checks are run again.
func TestRerunThisFinding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := finished(t, "private-address")
		d.press("R")
		if !slices.Contains(d.m.checks, probe.CheckPASV) || slices.Contains(d.m.checks, probe.CheckEPSV) {
			t.Errorf("%v were run", d.m.checks)
		}
	})
}

// TestRerunKeepsThePlace: while all is run again, what was found stays on the
// screen as what it is, and the cursor on it.
func TestRerunKeepsThePlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, Work{}, Options{Job: simulated(t, "private-address")})
		d.pass(10 * time.Second)
		d.shows(" > PROBLEM  The server announces a private address")
		d.press("r")
		for range 15 {
			d.pass(100 * time.Millisecond)
			d.shows(" > -        was PROBLEM: The server announces a private address", "In an earlier run:")
		}
		d.pass(10 * time.Second)
		d.shows(" > PROBLEM  The server announces a private address")
	})
}

// TestListTakesTheRoom: where the detail would leave columns blank, no row of
// the list is cut.
func TestListTakesTheRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := finished(t, "data-filtered")
		cut := func(width int) bool {
			d.size(width, 40)
			return strings.Contains(strings.Join(d.m.list(d.m.layout().listWidth, 40), "\n"), "...")
		}
		if !cut(120) || cut(220) || cut(300) {
			t.Errorf("rows are cut: at 120 %v, at 220 %v, at 300 %v", cut(120), cut(220), cut(300))
		}
	})
}
