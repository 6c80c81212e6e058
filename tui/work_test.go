package tui

import (
	"context"
	"errors"
	"fmt"
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

// simulated is a job over a simulated network, built anew for each run.
func simulated(t *testing.T, name string) *Job {
	t.Helper()
	all, err := netlab.Load(scenarios.Files)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(all, func(s *netlab.Scenario) bool { return s.Name == name })
	job := &Job{Host: "198.51.100.2", Port: 21, User: "anonymous", Checks: probe.DefaultChecks}
	job.Run = func(ctx context.Context, checks []probe.Check) iter.Seq[probe.Event] {
		return func(yield func(probe.Event) bool) {
			lab, err := netlab.Build(all[at])
			if err != nil {
				t.Error(err)
				return
			}
			defer lab.Close()
			prober := probe.Prober{Network: lab.Client(), Target: lab.Target(), Tool: "test", Options: probe.Options{Checks: checks, Timeout: 2 * time.Second, Ports: 12}}
			for e := range prober.Run(ctx) {
				if !yield(e) {
					return
				}
			}
		}
	}
	return job
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
		d.shows("running 0 s")
		d.pass(10 * time.Second)
		d.shows("1 problem")
		if d.m.runs != 1 {
			t.Errorf("%d runs were counted", d.m.runs)
		}
	})
}

// TestRerunThis: R runs the check under the cursor and what it needs. The
// others show what was known before, and say so.
func TestRerunThis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, Work{}, Options{Job: simulated(t, "private-address")})
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
		d.shows("ok    epsv", "-     pasv     not run again; before: FAIL, 10.0.0.10:")
		out := d.m.Close()
		if len(out.Reports) != 2 || len(out.Reports[0].Findings) != 2 || len(out.Reports[1].Findings) != 0 || out.Cut {
			t.Errorf("printed at the end: %d reports, cut %v", len(out.Reports), out.Cut)
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

// TestUnchanged: other ports and times are no change; another outcome is.
func TestUnchanged(t *testing.T) {
	line := func(port uint16, o probe.Outcome, took time.Duration) report.CheckLine {
		l := report.CheckLine{Check: "pasv", State: report.Failed, Summary: fmt.Sprint(port, o, took)}
		l.Dials = []probe.Dial{{As: probe.AsAnnounced, Outcome: o, Took: took}}
		return l
	}
	var k memory
	k.learn(&report.Report{Checks: []report.CheckLine{line(50000, probe.OutcomeTimeout, 5)}}, time.Time{})
	if got := k.learn(&report.Report{Checks: []report.CheckLine{line(50001, probe.OutcomeTimeout, 6)}}, time.Time{}); len(got) != 0 {
		t.Errorf("a change: %v", got)
	}
	got := k.learn(&report.Report{Checks: []report.CheckLine{line(50001, probe.OutcomeRefused, 6)}}, time.Time{})
	if len(got) != 1 || got[0].words() != "00:00:00  pasv: still FAIL, 50001refused6ns" {
		t.Errorf("changes: %v", got)
	}
}

// TestForm: what is typed is checked on every key, a missing password is asked
// for, and the run begins.
func TestForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var opened []Form
		w := Work{
			Check: func(f Form) error {
				if strings.Contains(f.Host, "_") {
					return errors.New("the host has a character that no name has")
				}
				return nil
			},
			Open: func(f Form) (*Job, []string, error) {
				opened = append(opened, f)
				if f.Password == "" {
					return nil, nil, fmt.Errorf("%w for user alice: type it", ErrNoPassword)
				}
				return jobOf(recorded(t, "all-well")), []string{"the netrc file is not used"}, nil
			},
		}
		d := drive(t, w, Options{})
		d.press("ftp_")
		d.shows("the host has a character that no name has")
		d.press("enter")
		if len(opened) != 0 {
			t.Fatal("a form that is wrong was opened")
		}
		d.press("backspace", ".example.com")
		d.hides("character that no name has")
		d.press("down", "2121", "down", "alice", "down", "down", "left", "down", "right", "space", "enter")
		d.shows("no password for user alice: type it", " > password")
		d.press("hunter2")
		d.hides("hunter2")
		d.shows("*******")
		d.press("enter")
		want := Form{Host: "ftp.example.com", Port: "2121", User: "alice", Password: "hunter2", TLS: probe.TLSImplicit, Without: map[probe.Check]bool{"pasv": true}}
		if got := fmt.Sprint(opened[len(opened)-1]); got != fmt.Sprint(want) {
			t.Errorf("opened %s", got)
		}
		d.shows("the netrc file is not used")
		d.pass(time.Second)
		d.shows("PASS")
		d.press("e")
		d.shows("ftp.example.com", "2121", "*******", "< implicit >", "-pasv")
		d.press("esc")
		d.shows("PASS")
	})
}

// TestPaste: a pasted line end starts nothing, and what is pasted into a
// password is not shown.
func TestPaste(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, Work{}, Options{})
		d.update(pasted("ftp.example.com\r\n"))
		d.shows("ftp.example.com", "enter start")
		d.press("down", "down", "down")
		d.update(pasted("hunter2\n"))
		d.hides("hunter2")
		if got := d.m.form.values(); got.Host != "ftp.example.com" || got.Password != "hunter2" {
			t.Errorf("the form holds %+v", got)
		}
	})
}

// TestField edits one line of text.
func TestField(t *testing.T) {
	for keys, want := range map[string]string{
		"abc":                            "abc",
		"abc backspace":                  "ab",
		"abc left left X":                "aXbc",
		"abc home delete end Z":          "bcZ",
		"abc ctrl+u d":                   "d",
		"abc left ctrl+k":                "ab",
		"one space two ctrl+w":           "one ",
		"one space two space ctrl+w":     "one ",
		"home backspace left delete ":    "",
		"q right right right end home k": "kq",
	} {
		var f field
		for k := range strings.FieldsSeq(keys) {
			if msg, ok := named(k); ok {
				f.key(msg)
				continue
			}
			f.insert(k)
		}
		if f.String() != want {
			t.Errorf("%s: %q, want %q", keys, f.String(), want)
		}
	}
}

// TestSave: the extension says the format, and nothing is overwritten unasked.
func TestSave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := memoryFiles{}
		d := drive(t, Work{Save: files.save}, Options{Job: jobOf(recorded(t, "private-address"))})
		d.pass(time.Second)
		save := func(name string) {
			d.press("s", "ctrl+u", name, "enter")
		}
		for name, begins := range map[string]string{"a.txt": "ftpcheck 0.1.0", "b.json": "{", "c.md": "# FTP check", "D.TXT": "ftpcheck 0.1.0"} {
			save(name)
			d.shows("saved as /home/me/" + name)
			if !strings.HasPrefix(files[name], begins) {
				t.Errorf("%s begins with %.20q", name, files[name])
			}
		}
		save("run.html")
		d.shows("the name must end in .txt, .json or .md")
		d.press("esc")
		d.shows("not saved")

		files["a.txt"] = "mine"
		save("a.txt")
		d.shows("the file exists: overwrite it? y or n")
		d.press("n")
		d.shows("save as")
		if files["a.txt"] != "mine" {
			t.Error("overwritten unasked")
		}
		d.press("enter", "y")
		d.shows("saved as /home/me/a.txt")
		if files["a.txt"] == "mine" {
			t.Error("not overwritten")
		}
		save("/full/a.txt")
		d.shows("cannot write the report: no space left on device")
	})
}

// TestCopy: the ticket goes to the terminal's clipboard.
func TestCopy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := finished(t, "private-address")
		d.press("y")
		d.shows("ticket sent to the clipboard")
		if !strings.HasPrefix(d.copied, "# FTP check of ftp\\.example\\.com") && !strings.HasPrefix(d.copied, "# FTP check of ftp.example.com") {
			t.Errorf("copied %.60q", d.copied)
		}
	})
}

// TestClose: what is printed at the end.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, Work{}, Options{})
		if d.press("esc"); !d.quit {
			t.Error("esc does not leave the form")
		}
		if out := d.m.Close(); len(out.Reports) != 0 {
			t.Error("a report on no run")
		}

		d = drive(t, Work{}, Options{Job: simulated(t, "private-address")})
		d.pass(time.Second)
		d.press("q")
		out := d.m.Close()
		if !d.quit || len(out.Reports) != 1 || out.Cut || out.Reports[0].Exit != report.ExitInterrupt {
			t.Errorf("cut short: %+v", out)
		}

		d = drive(t, Work{}, Options{Job: simulated(t, "private-address")})
		d.pass(10 * time.Second)
		d.press("r")
		d.pass(time.Second)
		out = d.m.Close()
		if len(out.Reports) != 1 || !out.Cut || out.Reports[0].Exit != report.ExitFail {
			t.Errorf("a further run cut short: %+v", out)
		}
	})
}

// TestKeyTable: every key does one thing, and every action has a key.
func TestKeyTable(t *testing.T) {
	keys, actions := map[string]bool{}, map[action]bool{}
	for _, b := range keyTable {
		if actions[b.action] {
			t.Errorf("two rows for %s", b.name)
		}
		actions[b.action] = true
		for _, k := range b.keys {
			if keys[k] {
				t.Errorf("the key %s does two things", k)
			}
			keys[k] = true
			if actionOf(k) != b.action {
				t.Errorf("the key %s does something else", k)
			}
		}
		for name := range strings.FieldsSeq(b.name) {
			if name = strings.Replace(name, "pgdn", "pgdown", 1); !slices.Contains(b.keys, name) {
				t.Errorf("the key %s is shown, but does nothing", name)
			}
		}
	}
	for a := doNone + 1; a <= doQuit; a++ {
		if !actions[a] {
			t.Errorf("action %d has no key", a)
		}
	}
}

// TestHelp: the help lists every row of the key table.
func TestHelp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := finished(t, "all-well")
		d.size(80, 40)
		d.press("?")
		for _, k := range Keys() {
			d.shows(k.Keys, k.Does)
		}
	})
}
