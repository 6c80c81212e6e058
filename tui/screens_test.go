package tui

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite testdata/screens from what is drawn now")

// sizes are those of the stored screens: the smallest with a detail in mind,
// the design size, the comfortable one.
var sizes = [][2]int{{40, 12}, {80, 24}, {120, 40}}

// screens are the screens that there are, by the way to them.
var screens = []struct {
	name string
	open func(t *testing.T) *driver
}{
	{"form", func(t *testing.T) *driver { return drive(t, Work{}, Options{}) }},
	{"form-wrong", func(t *testing.T) *driver {
		d := drive(t, Work{Check: func(Form) error { return errors.New("the host has a character that no name has") }}, Options{})
		d.press("ftp example", "down", "2121", "down", "alice", "down", "secret", "down", "right", "down", "right", "space")
		return d
	}},
	{"running", func(t *testing.T) *driver {
		d := drive(t, Work{}, Options{Job: jobOf(upTo(recorded(t, "private-address"), func(e probe.Event) bool {
			return e.Kind == probe.KindDialing && e.Check == probe.CheckPASV
		}))})
		d.pass(4800 * time.Millisecond)
		return d
	}},
	{"finding", func(t *testing.T) *driver { return finished(t, "private-address") }},
	{"check", func(t *testing.T) *driver {
		d := finished(t, "private-address")
		d.press("g", "j", "j", "j", "j", "j")
		return d
	}},
	{"alone", func(t *testing.T) *driver {
		d := finished(t, "data-filtered")
		d.press("enter")
		return d
	}},
	{"all-well", func(t *testing.T) *driver { return finished(t, "all-well") }},
	{"tls", func(t *testing.T) *driver {
		d := finished(t, "tls-well")
		d.press("g", "j", "j", "enter")
		return d
	}},
	{"transcript", func(t *testing.T) *driver {
		d := finished(t, "private-address")
		d.press("t")
		return d
	}},
	{"path", func(t *testing.T) *driver {
		d := finished(t, "data-filtered")
		d.press("p")
		return d
	}},
	{"ports", func(t *testing.T) *driver {
		d := finished(t, "sweep")
		d.press("m")
		return d
	}},
	{"help", func(t *testing.T) *driver {
		d := finished(t, "all-well")
		d.press("?")
		return d
	}},
	{"watch", func(t *testing.T) *driver {
		d := drive(t, Work{}, Options{Job: jobOf(recorded(t, "data-filtered"), recorded(t, "all-well"))})
		d.pass(time.Second)
		d.press("w")
		d.pass(3 * time.Second)
		d.press("up") // the status goes
		return d
	}},
	{"changes", func(t *testing.T) *driver {
		d := drive(t, Work{}, Options{Job: jobOf(recorded(t, "data-filtered"), recorded(t, "all-well"))})
		d.pass(time.Second)
		d.press("r")
		d.pass(time.Second)
		d.press("c")
		return d
	}},
	{"save", func(t *testing.T) *driver {
		d := finished(t, "private-address")
		d.press("s")
		return d
	}},
	{"copied", func(t *testing.T) *driver {
		d := finished(t, "private-address")
		d.press("y")
		return d
	}},
	{"warned", func(t *testing.T) *driver {
		warning := "a password in TARGET is seen by everybody who can list processes: use --password-file, FTPCHECK_PASSWORD or the form instead of it"
		return drive(t, Work{}, Options{Form: Form{Host: "ftp.example.com", User: "alice"}, Say: []string{warning}})
	}},
	{"overwrite", func(t *testing.T) *driver {
		d := drive(t, Work{Save: memoryFiles{"ftpcheck.txt": ""}.save}, Options{Job: jobOf(recorded(t, "private-address"))})
		d.pass(time.Second)
		d.press("s", "enter")
		return d
	}},
	{"cancelled", func(t *testing.T) *driver { return finished(t, "interrupted") }},
	{"hostile", func(t *testing.T) *driver {
		d := finished(t, "hostile-words")
		d.press("t")
		return d
	}},
}

// finished is the screen after a recorded run.
func finished(t *testing.T, run string) *driver {
	d := drive(t, Work{}, Options{Job: jobOf(recorded(t, run))})
	d.pass(time.Second)
	return d
}

// TestScreens compares every screen with the stored one.
func TestScreens(t *testing.T) {
	for _, s := range screens {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := s.open(t)
				for _, size := range sizes {
					d.size(size[0], size[1])
					golden(t, fmt.Sprintf("%s-%dx%d.txt", s.name, size[0], size[1]), d.screen())
				}
			})
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("..", "testdata", "screens", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (go test ./tui -run TestScreens -update rewrites it):\n%s", name, diff)
	}
}
