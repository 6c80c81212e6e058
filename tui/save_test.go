package tui

import (
	"context"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/report"
)

// TestSave: the extension says the format, and nothing is overwritten unasked.
func TestSave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := memoryFiles{}
		d := drive(t, Work{Save: files.save}, Options{Job: jobOf(recorded(t, "private-address"))})
		d.pass(time.Second)
		save := func(name string) {
			d.press("s", "ctrl+u", name, "enter")
		}
		for name, begins := range map[string]string{"a.txt": "ftpcheck 0.1.0", "b.json": "{", "c.md": "# FTP check", "D.TXT": "ftpcheck 0.1.0", "e.xml": "<?xml ", "f.html": "<!DOCTYPE html>"} {
			save(name)
			d.shows("saved as /home/me/" + name)
			if !strings.HasPrefix(files[name], begins) {
				t.Errorf("%s begins with %.20q", name, files[name])
			}
		}
		save("run.pdf")
		d.shows("the name must end in .txt, .json, .xml, .md or .html")
		d.press("esc")
		d.shows("not saved")

		files["a.txt"] = "mine"
		save("a.txt")
		d.shows(" a.txt exists: overwrite it? y or n")
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
		files["theirs/a.txt"] = "theirs"
		save("a.txt")
		d.press("n", "home", "enter")
		d.update(pasted("theirs/"))
		d.press("y")
		if files["theirs/a.txt"] != "theirs" {
			t.Error("a file was overwritten that the question did not name")
		}
		d.press("esc")
		save("/full/a.txt")
		d.shows("cannot write the report: no space left on device")
	})
}

// TestNothingHalfIsTakenAway: a run under way is no report. The one before is.
func TestNothingHalfIsTakenAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := memoryFiles{}
		d := drive(t, Work{Save: files.save}, Options{Job: simulated(t, "private-address")})
		d.pass(time.Second)
		d.press("s")
		d.shows("there is nothing to save yet")
		d.press("y")
		d.shows("there is nothing to copy yet")
		d.pass(10 * time.Second)
		d.press("r")
		d.pass(time.Second)
		take := func() {
			t.Helper()
			files, d.copied = memoryFiles{}, ""
			d.m.work.Save = files.save
			d.press("s", "enter")
			d.shows("ftpcheck.txt, of an earlier run")
			d.press("y")
			d.shows("OSC 52), of an earlier run")
			for _, text := range []string{files["ftpcheck.txt"], d.copied} {
				if !strings.Contains(text, "The server announces a private address") {
					t.Errorf("taken away: %.200q", text)
				}
			}
		}
		take()
		d.press("esc")
		d.pass(time.Second)
		d.shows("cancelled")
		take()
	})
}

// TestBrokenOff: a run that ends without its end has not passed.
func TestBrokenOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		job := jobOf()
		job.Run = func(context.Context, []probe.Check) iter.Seq[probe.Event] { return func(func(probe.Event) bool) {} }
		d := drive(t, Work{}, Options{Job: job})
		d.pass(time.Second)
		d.shows("cancelled")
		d.hides("PASS")
		if out := d.m.Close(); len(out.Reports) != 1 || out.Reports[0].Exit != report.ExitInterrupt {
			t.Errorf("at the end: %+v", out)
		}
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
