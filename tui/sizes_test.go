package tui

import (
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"ftpcheck/probe"

	tea "charm.land/bubbletea/v2"
)

// TestEverySize draws every screen at all sizes, in steps.
func TestEverySize(t *testing.T) {
	for _, s := range screens {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := s.open(t)
				for width := minWidth; width <= 300; width += 13 {
					for height := minHeight; height <= 100; height += 9 {
						d.size(width, height)
						wellDrawn(t, d, width, height)
					}
				}
			})
		})
	}
}

// TestEveryRow moves through the list and all overlays at narrow, middle and
// wide sizes. A row that the cursor is on is on the screen.
func TestEveryRow(t *testing.T) {
	for _, size := range [][2]int{{40, 10}, {60, 16}, {100, 16}, {120, 40}} {
		synctest.Test(t, func(t *testing.T) {
			d := finished(t, "private-address")
			d.size(size[0], size[1])
			d.press("g")
			for range d.m.rows() {
				for _, keys := range [][]string{{"enter", "G", "esc"}, {"t", "G", "t"}, {"p", "G", "esc"}, {"?", "pgdown", "?"}, {"tab", "G", "down", "tab", "tab"}, {"down"}} {
					for _, k := range keys {
						d.press(k)
						wellDrawn(t, d, size[0], size[1])
					}
				}
			}
		})
	}
}

// TestEveryScenario follows a run over every simulated network: whatever comes,
// at every moment, it is well drawn; and the screen judges as the report does.
func TestEveryScenario(t *testing.T) {
	for _, s := range allScenarios(t) {
		if s.Only == "kernel" {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := drive(t, Work{}, Options{Job: simulation(t, s)})
				for step := 0; step < 40 && (step < 3 || d.m.running()); step++ {
					for _, size := range sizes {
						d.size(size[0], size[1])
						wellDrawn(t, d, size[0], size[1])
					}
					d.pass(time.Duration(1+step) * 300 * time.Millisecond)
				}
				out := d.m.Close()
				d.size(120, 40)
				result := strings.ToUpper(string(out.Reports[0].Result))
				d.shows(result)
				if len(out.Reports) != 1 || out.Reports[0].Interrupted {
					t.Errorf("the run did not end: %s", result)
				}
			})
		})
	}
}

// TestTooSmall: a screen without room says so, in what room there is.
func TestTooSmall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := finished(t, "private-address")
		for width := range minWidth + 2 {
			for height := range minHeight + 2 {
				d.size(width, height)
				lines, _ := d.m.draw()
				if width >= minWidth && height >= minHeight {
					wellDrawn(t, d, width, height)
				} else if len(lines) > min(height, 1) || height > 0 && len(lines[0]) > width {
					t.Fatalf("%dx%d: %q", width, height, lines)
				}
			}
		}
		d.size(39, 10)
		d.shows("too small: need 40x10, q quits")
		if d.press("q"); !d.quit {
			t.Error("q does not quit")
		}
		d = drive(t, Work{}, Options{})
		d.size(39, 10)
		d.shows("too small: need 40x10, q quits")
		if d.press("q"); !d.quit {
			t.Error("q does not quit where the form has no room")
		}
	})
}

// wellDrawn holds a screen without decoration to its promises.
func wellDrawn(t *testing.T, d *driver, width, height int) {
	t.Helper()
	lines, cursor := d.m.draw()
	fitsScreen(t, lines, cursor, width, height)
	if !d.m.asking && !d.m.alone && d.m.over == doNone {
		showsCursor(t, lines, width, height)
	}
}

// fitsScreen fails the test unless the lines fill a screen of this size, and
// hold printable ASCII and rules alone.
func fitsScreen(t *testing.T, lines []string, cursor *tea.Cursor, width, height int) {
	t.Helper()
	if len(lines) != height {
		t.Fatalf("%dx%d: %d lines", width, height, len(lines))
	}
	for i, l := range lines {
		if n := utf8.RuneCountInString(l); n > width {
			t.Fatalf("%dx%d: line %d has %d columns: %q", width, height, i, n, l)
		}
		for _, r := range l {
			if (r < ' ' || r > '~') && !strings.ContainsRune("─│┬┤", r) {
				t.Fatalf("%dx%d: line %d has %q: %q", width, height, i, r, l)
			}
		}
	}
	if cursor != nil && (cursor.X < 0 || cursor.X >= width || cursor.Y < 0 || cursor.Y >= height) {
		t.Fatalf("%dx%d: the cursor is at %v", width, height, cursor.Position)
	}
}

// showsCursor fails the test unless a row under the cursor is on the screen.
func showsCursor(t *testing.T, lines []string, width, height int) {
	t.Helper()
	if whole := strings.Join(lines, "\n"); !strings.Contains(whole, "\n > ") {
		t.Fatalf("%dx%d: the row under the cursor is not on the screen:\n%s", width, height, whole)
	}
}

// evil is what a server may send to take over a terminal.
const evil = "\x1b]0;owned\a\x1b[2J\u009b31m\u202e\u200b\r\n\t\x00\xff日本"

var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

// TestHostileText: whatever text the events hold, nothing but printable ASCII
// and our own decoration is drawn.
func TestHostileText(t *testing.T) {
	for _, run := range []string{"private-address", "tls-well", "hostile-words", "interrupted", "not-ftp", "login-rejected"} {
		for _, plain := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				job := jobOf(poisoned(recorded(t, run)))
				job.Host, job.User = "h"+evil, "u"+evil
				d := drive(t, Work{}, Options{Job: job, Say: []string{evil}})
				if !plain {
					d.m.style = newStyles(Options{}, true)
				}
				d.pass(time.Second)
				for _, size := range sizes {
					d.size(size[0], size[1])
					d.press("g")
					for range len(d.m.rows()) {
						for _, k := range []string{"enter", "esc", "t", "esc", "p", "esc", "m", "esc", "down"} {
							d.press(k)
							harmless(t, d)
						}
					}
				}
				d.press("r")
				d.pass(time.Second)
				d.press("c")
				harmless(t, d)
				d.press("e")
				d.update(pasted(evil))
				harmless(t, d)
			})
		}
	}
}

func harmless(t *testing.T, d *driver) {
	t.Helper()
	text := d.screen() + d.m.View().WindowTitle
	for _, r := range colour.ReplaceAllString(text, "") {
		if (r < ' ' || r > '~') && !strings.ContainsRune("\n─│┬┤", r) {
			t.Fatalf("%q is drawn:\n%q", r, text)
		}
	}
}

// poisoned puts evil into every text of a run.
func poisoned(events []probe.Event) []probe.Event {
	all := make([]probe.Event, len(events))
	for i, e := range events {
		if e.Text != "" {
			e.Text = e.Text[:len(e.Text)/2] + evil + e.Text[len(e.Text)/2:]
		}
		if e.Start != nil {
			start := *e.Start
			start.Host, start.User, start.Tool = start.Host+evil, start.User+evil, evil
			e.Start = &start
		}
		if e.TLS != nil {
			h := *e.TLS
			h.Version, h.Cipher, h.Alert = evil, evil, evil
			h.Certificates = append([]probe.Certificate{{Subject: evil, Issuer: evil, Names: []string{evil}, Key: evil, SHA256: evil}}, h.Certificates...)
			e.TLS = &h
		}
		all[i] = e
	}
	return all
}

// TestASCIIRules: a locale without UTF-8 gets rules of ASCII characters.
func TestASCIIRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, Work{}, Options{Job: jobOf(recorded(t, "private-address")), ASCII: true})
		d.pass(time.Second)
		for _, size := range sizes {
			d.size(size[0], size[1])
			for _, r := range d.screen() {
				if r >= utf8.RuneSelf {
					t.Fatalf("%q on the screen:\n%s", r, d.screen())
				}
			}
		}
	})
}

// TestDecoration: colours and attributes add nothing and take nothing away,
// on dark and on light backgrounds.
func TestDecoration(t *testing.T) {
	for _, s := range screens {
		synctest.Test(t, func(t *testing.T) {
			d := s.open(t)
			for _, size := range sizes {
				d.size(size[0], size[1])
				d.m.style = newStyles(Options{Plain: true}, true)
				d.m.forget()
				plain := d.screen()
				for _, dark := range []bool{true, false} {
					d.m.style = newStyles(Options{}, dark)
					d.m.forget()
					if got := trimmed(colour.ReplaceAllString(d.screen(), "")); got != plain {
						t.Errorf("%s, dark %v: decorated\n%s\nplain\n%s", s.name, dark, got, plain)
					}
				}
			}
		})
	}
}

func trimmed(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}
