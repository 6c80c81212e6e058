//go:build linux

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestSessionDemo is a whole session at a terminal: a run, a look at
// everything that there is to see, and what is taken away.
func TestSessionDemo(t *testing.T) {
	t.Parallel()
	p := openPane(t, 80, 24)
	p.runs("ftpcheck tui --demo private-address")
	p.looks("session-end", `FAIL  \d+ s$`)
	p.keys("?")
	p.looks("session-help", `^. KEYS`)
	p.keys("?")

	p.shows(`^ > PROBLEM`) // the cursor went to the worst
	p.keys("Enter")
	p.looks("session-finding", `^ esc back`)
	p.keys("G")
	p.shows("ftpcheck explain passive-address-private")
	p.keys("Escape")
	p.shows(`^ > PROBLEM`)
	p.keys("g")
	for range 5 {
		p.keys("Down")
	}
	p.looks("session-check", `^ > FAIL  pasv`)

	p.keys("p")
	p.looks("session-path", `^. PATH`)
	p.keys("p", "m")
	p.shows(`^. PORT MAP`)
	p.keys("m", "t")
	p.shows(`^ *\d+ +\d+\.\d+ pasv +< 227 Entering Passive Mode`)
	p.keys("t", "r")
	p.shows(`running +\d+ s`)
	p.shows(`FAIL  \d+ s$`)

	saveEverything(t, p)

	p.keys("y")
	p.shows("sent to the clipboard")
	ticket := p.copied()
	if !strings.Contains(ticket, "passive-address-private") || strings.Contains(ticket, "\x1b") {
		t.Errorf("copied %q", ticket)
	}

	p.keys("q")
	text, code := p.ended()
	if code != 0 || !strings.Contains(text, "\n-- PROBLEM  The server announces a private address") || !strings.Contains(text, "\nRESULT FAIL 198.51.100.2:21 ") {
		t.Errorf("exit code %d, shown:\n%s", code, text)
	}
}

// saveEverything saves the report in every format, once over a file that is
// there already.
func saveEverything(t *testing.T, p *pane) {
	save := func(name string) {
		p.keys("s")
		p.shows("save as")
		p.keys("C-u")
		p.types(name)
		p.keys("Enter")
	}
	file := func(name string) string {
		text, err := os.ReadFile(filepath.Join(p.folder, name))
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	save("report.pdf")
	p.shows(`must end in \.txt, \.json, \.xml, \.md or \.html`)
	p.keys("x") // the message goes, the question stays
	p.shows("save as")
	p.keys("Escape")
	p.shows("not saved")

	if err := os.WriteFile(filepath.Join(p.folder, "report.txt"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	save("report.txt")
	p.shows(`overwrite it\?`)
	p.keys("n")
	p.shows("save as")
	if file("report.txt") != "mine" {
		t.Error("overwritten, although the answer was no")
	}
	p.keys("Enter")
	p.shows(`overwrite it\?`)
	p.keys("y")
	p.shows(`saved as /`)
	if text := file("report.txt"); !strings.Contains(text, "\nRESULT FAIL ") {
		t.Errorf("saved as text: %.200q", text)
	}

	save("report.json")
	p.shows(`saved as .*report\.json`)
	if text := file("report.json"); !json.Valid([]byte(text)) || !strings.Contains(text, `"passive-address-private"`) {
		t.Errorf("saved as JSON: %.200q", text)
	}
	save("report.md")
	p.shows(`saved as .*report\.md`)
	if text := file("report.md"); !strings.Contains(text, "passive-address-private") || !strings.Contains(text, "\n#") {
		t.Errorf("saved as Markdown: %.200q", text)
	}
}

// TestSessionWide: on a large screen everything stands side by side.
func TestSessionWide(t *testing.T) {
	t.Parallel()
	p := openPane(t, 120, 40)
	p.runs("ftpcheck tui --demo private-address")
	p.looks("session-wide", `FAIL  \d+ s$`)
	p.keys("q")
	p.ended()
}

// TestSessionNarrow: a terminal that is made smaller and larger while a run is
// shown has a whole screen at any time.
func TestSessionNarrow(t *testing.T) {
	t.Parallel()
	p := openPane(t, 120, 40)
	p.runs("ftpcheck tui --demo private-address")
	p.shows(`FAIL  \d+ s$`)
	p.ask("resize-window", "-x", "40", "-y", "12")
	p.looks("session-narrow", `^ > PROBLEM`)
	p.ask("resize-window", "-x", "30", "-y", "8")
	p.shows("too small")
	p.ask("resize-window", "-x", "120", "-y", "40")
	p.looks("session-wide", `FAIL  \d+ s$`)
	p.keys("q")
	p.ended()
}

// TestSessionServe is the opposite end on a screen: who comes, what arrives,
// and a fault that is switched on meanwhile.
func TestSessionServe(t *testing.T) {
	t.Parallel()
	p := openPane(t, 120, 40)
	p.runs("ftpcheck serve --tui --anonymous --listen 127.0.0.1:0")
	addr := p.shows(`^ ftpcheck serve +(127\.0\.0\.1:\d+) `)
	p.shows(`│ +ftpcheck ftp://127\.0\.0\.1:\d+$`)
	p.keys("y")
	p.shows("sent to the clipboard")
	if got := p.copied(); got != "ftpcheck ftp://"+addr {
		t.Errorf("copied %q", got)
	}

	check := func(args ...string) {
		s, _, stderr := testStreams()
		if code := run(t.Context(), append(args, "--timeout", "1s", addr), s); code > 1 {
			t.Errorf("exit code %d: %s", code, stderr)
		}
	}
	check("--checks", "epsv")
	p.shows(`left +127\.0\.0\.1 +1 ok, anonymous`)
	p.shows(`EPSV we announced port \d+ +arrived from 127\.0\.0\.1:\d+`)

	p.keys("f")
	p.shows(`^ > \[ \] announce-private`)
	p.keys("Space")
	p.shows(`announce-private is on`)
	p.shows(`^ > \[x\] announce-private`)
	p.keys("f")
	check("--checks", "pasv")
	p.shows(`PASV 10\.20\.30\.40:\d+ +arrived from 127\.0\.0\.1:\d+`) // the check dials the control host, too

	p.keys("p")
	p.shows(`PAUSED, \d+ waiting$`)
	p.keys("p", "x")
	p.shows("no session yet")
	p.keys("q")
	text, code := p.ended()
	if code != 0 || !strings.Contains(text, "\nat the other side:\n") || !strings.Contains(text, " stop     stopped\n") {
		t.Errorf("exit code %d, shown:\n%s", code, text)
	}
}

// TestSessionServeEnds: the screen ends with the server, and with a signal.
func TestSessionServeEnds(t *testing.T) {
	t.Parallel()
	p := openPane(t, 80, 24)
	p.runs("ftpcheck serve --tui --anonymous --listen 127.0.0.1:0 --for 500ms")
	if text, code := p.ended(); code != 0 || !strings.Contains(text, " stop     stopped\n") {
		t.Errorf("exit code %d, shown:\n%s", code, text)
	}
	p.types("clear; rm before after\n")
	p.runs("ftpcheck serve --tui --anonymous --listen 127.0.0.1:0")
	if err := syscall.Kill(p.program(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if _, code := p.ended(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
