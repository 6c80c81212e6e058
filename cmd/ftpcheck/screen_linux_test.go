package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestScreenPanic: a panic in the middle of a run gives the terminal back as
// it was, and is not passed over in silence.
func TestScreenPanic(t *testing.T) {
	t.Parallel()
	p := openPane(t, 120, 40)
	p.types("stty -g >before; badscreen; echo exit=$?; stty -g >after\n")
	text, code := p.ended()
	if code != 3 || !strings.Contains(text, "in the run") || !strings.Contains(text, "ended with: the screen failed") {
		t.Errorf("exit code %d, shown:\n%s", code, text)
	}
}

// TestScreenInShell: ctrl+z gives the shell its terminal, and fg brings the
// screen back as it was left.
func TestScreenInShell(t *testing.T) {
	t.Parallel()
	p := openPane(t, 80, 24)
	p.runs("ftpcheck tui --demo data-port-closed")
	p.shows(`FAIL +\d+ s$`)
	p.keys("p")
	p.shows(`^. PATH`)
	p.keys("C-z")
	p.await("the screen is left", func() bool { return !p.alternate() })
	p.types("stty -g >stopped; cmp before stopped && echo as'' before\n")
	p.shows(`^(\$ )?as before`) // the shell may have asked for more only then
	p.types("fg\n")
	p.await("the screen comes again", p.alternate)
	p.shows(`^. PATH`)
	p.keys("p", "q")
	// The shell went on with the rest of the line when the job was stopped.
	p.await("the report is printed", func() bool { return strings.Contains(p.scrollback(), "\nRESULT FAIL ") && !p.alternate() })
}

// TestScreenHostileServer: a server's escape sequences never reach the
// terminal, neither on the screen nor in the report that is printed at the end.
func TestScreenHostileServer(t *testing.T) {
	t.Parallel()
	server := startServe(t, "--anonymous", "--fault", "escapes")
	addr := server.out.await(t, `\n  ftpcheck ftp://(127\.0\.0\.1:\d+)\n`)
	p := openPane(t, 120, 40)
	p.ask("pipe-pane", "cat >"+p.folder+"/raw")
	p.runs("ftpcheck tui --timeout 2s " + addr)
	p.shows(`(PASS|FAIL|ERROR) +\d+ s$`)
	p.keys("t", "G")
	p.hides("CHECKS")
	p.shows(`\\x1b\[2J`) // shown, but as text
	p.keys("t")
	p.shows("CHECKS")
	p.shows("^ enter open")
	p.keys("Enter")
	p.shows("^ esc back")
	p.keys("Escape", "q") // they come together
	p.ended()
	raw, err := os.ReadFile(p.folder + "/raw")
	if err != nil || len(raw) == 0 {
		t.Fatalf("the pane's output was not taken: %v", err)
	}
	for _, evil := range []string{"\x1b]0;owned", "\x1b[31m", "\x9b1m"} {
		if strings.Contains(string(raw), evil) {
			t.Errorf("the terminal received %q", evil)
		}
	}
	if title := p.ask("display-message", "-p", "#{pane_title}"); strings.Contains(title, "owned") {
		t.Errorf("the terminal's title is %q", title)
	}
}

// TestScreenCost: a hundred events a second on a screen of 120x40 cost less
// than a tenth of a core, and less than 100 kB a second to the terminal. What
// else the machine does can only make it dearer: the cheapest of a few runs
// counts.
func TestScreenCost(t *testing.T) {
	if testing.Short() || slowed() {
		t.Skip("it measures time")
	}
	least := 1.0
	for range 4 {
		share, shown := costOfBusyScreen(t)
		rate := float64(len(shown)) / busyTime.Seconds()
		t.Logf("%.1f %% of a core, %.0f bytes/s", 100*share, rate)
		if rate > 100_000 || rate < 1000 {
			t.Errorf("%.0f bytes a second", rate)
		}
		if plain := regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]").ReplaceAllString(shown, ""); !strings.Contains(plain, "running") {
			t.Errorf("the screen never showed the run: %.500q", plain)
		}
		if least = min(least, share); least < 0.10 || t.Failed() {
			return
		}
	}
	t.Errorf("%.1f %% of a core", 100*least)
}

// costOfBusyScreen runs the screen once, and tells its share of a core and what it
// wrote.
func costOfBusyScreen(t *testing.T) (share float64, shown string) {
	t.Helper()
	cmd := program(t)
	cmd.Path = strings.TrimSuffix(cmd.Path, "ftpcheck") + "busyscreen"
	cmd.Args = []string{"busyscreen"}
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor")
	shown = onTerminalOf(t, cmd, unix.Winsize{Row: 40, Col: 120})
	used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return used.Seconds() / busyTime.Seconds(), shown
}
