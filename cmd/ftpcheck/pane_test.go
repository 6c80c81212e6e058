//go:build linux

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pane is a real terminal with a shell in it, kept by a tmux server of its
// own: what users type and see.
type pane struct {
	t      *testing.T
	server string // folder of the tmux server's socket
	folder string // the shell's current directory
	last   string // the screen as it was last captured
}

const tmuxConfig = `set -g status off
set -g default-terminal tmux-256color
set -g escape-time 20
set -g set-clipboard on
set -g history-limit 10000
`

// openPane opens a terminal with a shell in whose PATH ftpcheck is.
func openPane(t *testing.T, width, height int) *pane {
	t.Helper()
	return openPaneIn(t, t.TempDir(), width, height)
}

// openPaneIn opens a terminal with a shell in a folder. The shell is started
// by way of a command. It ends after some minutes, and the terminal with it,
// even where this process was killed. With FTPCHECK_LAB=require nothing skips.
func openPaneIn(t *testing.T, folder string, width, height int, by ...string) *pane {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		if os.Getenv("FTPCHECK_LAB") == "require" {
			t.Fatal("the sessions on a terminal need tmux")
		}
		t.Skip("no tmux: ", err)
	}
	p := &pane{t: t, server: t.TempDir(), folder: folder}
	config := filepath.Join(p.folder, ".tmux.conf")
	if err := os.WriteFile(config, []byte(tmuxConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"-f", config, "-u", "new-session", "-d", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height), "-c", p.folder}
	cmd := p.tmux(append(append(args, by...), "timeout", "--foreground", "300", "/bin/sh", "-i")...)
	cmd.Env = append(cmd.Env, "PS1=$ ", "ENV=", "LANG=C.UTF-8", "HOME="+p.folder, "NETRC=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("tmux: %v\n%s", err, out)
	}
	t.Cleanup(func() { _ = p.tmux("kill-server").Run() })
	p.shows(`^\$`)
	return p
}

// tmux is a command of the pane's tmux server.
func (p *pane) tmux(args ...string) *exec.Cmd {
	cmd := exec.Command("tmux", args...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains([]string{"TMUX", "NO_COLOR", "CLICOLOR_FORCE", "COLORTERM", "FTPCHECK_PASSWORD", "LC_ALL", "LC_CTYPE"}, name)
	})
	cmd.Env = append(cmd.Env, "TMUX_TMPDIR="+p.server)
	return cmd
}

// ask is the output of a command of the tmux server.
func (p *pane) ask(args ...string) string {
	p.t.Helper()
	out, err := p.tmux(args...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// copied waits for what the program sends to the clipboard, and returns it.
func (p *pane) copied() (text string) {
	p.t.Helper()
	p.await("something is copied", func() bool {
		out, err := p.tmux("show-buffer").Output()
		text = string(out)
		return err == nil
	})
	return text
}

// keys presses keys by the names that tmux gives them.
func (p *pane) keys(names ...string) {
	p.t.Helper()
	p.ask(append([]string{"send-keys"}, names...)...)
}

// types types text.
func (p *pane) types(text string) {
	p.t.Helper()
	p.ask("send-keys", "-l", text)
}

// screen is what is on the screen, without the blanks at the lines' ends.
func (p *pane) screen() string {
	p.t.Helper()
	p.last = p.ask("capture-pane", "-p")
	return p.last
}

// scrollback is the screen and what has left it at the top, with lines joined
// that the terminal has wrapped.
func (p *pane) scrollback() string {
	p.t.Helper()
	return p.ask("capture-pane", "-p", "-J", "-S", "-")
}

// becomes waits until something is so, and reports whether it ever was.
func becomes(so func() bool) bool {
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(30 * time.Second)
	for !so() {
		select {
		case <-tick.C:
		case <-limit:
			return false
		}
	}
	return true
}

// await waits until something is so.
func (p *pane) await(what string, so func() bool) {
	p.t.Helper()
	if !becomes(so) {
		p.t.Fatalf("never so: %s; the screen:\n%s", what, p.screen())
	}
}

// rests waits until the screen changes no more.
func (p *pane) rests() {
	p.t.Helper()
	p.await("the screen rests", func() bool {
		before := p.last
		return p.screen() == before
	})
}

// shows waits until a line of the screen fits the pattern, and returns its
// first group, or all that fits.
func (p *pane) shows(pattern string) string {
	p.t.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	var found []string
	p.await(pattern, func() bool {
		found = re.FindStringSubmatch(p.screen())
		return found != nil
	})
	return found[len(found)-1]
}

// hides waits until no line of the screen fits the pattern.
func (p *pane) hides(pattern string) {
	p.t.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	p.await("no "+pattern, func() bool { return !re.MatchString(p.screen()) })
}

// runs types a command line, and waits until the program has the screen.
func (p *pane) runs(line string) {
	p.t.Helper()
	p.types("stty -g >before; " + line + "; echo exit=$?; stty -g >after\n")
	p.await("the screen opens", p.alternate)
}

func (p *pane) alternate() bool {
	return strings.TrimSpace(p.ask("display-message", "-p", "#{alternate_on}")) == "1"
}

// ended waits for the program's end. The terminal must be as it was before.
// It returns all that the terminal shows, and the exit code.
func (p *pane) ended() (text string, code int) {
	p.t.Helper()
	p.await("the program ends", func() bool {
		text = p.scrollback()
		return regexp.MustCompile(`(?m)^exit=\d+\n\$`).MatchString(text)
	})
	if got := strings.TrimSpace(p.ask("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_cursor_flag}")); got != "0 1 0 0" {
		p.t.Errorf("alternate screen, cursor, mouse, application keys: %s, want 0 1 0 0", got)
	}
	before, err := os.ReadFile(filepath.Join(p.folder, "before"))
	if err != nil {
		p.t.Fatal(err)
	}
	after, err := os.ReadFile(filepath.Join(p.folder, "after"))
	if err != nil || !bytes.Equal(before, after) {
		p.t.Errorf("the terminal's mode was %s and is %s (%v)", before, after, err)
	}
	match := regexp.MustCompile(`(?s)^.*\nexit=(\d+)\n`).FindStringSubmatch(text)
	code, _ = strconv.Atoi(match[1])
	return text, code
}

// dotted is a number, or several with dots between them.
var dotted = regexp.MustCompile(`[0-9]+(\.[0-9]+)*`)

// program is the process that the shell waits for.
func (p *pane) program() int {
	p.t.Helper()
	parent := strings.TrimSpace(p.ask("display-message", "-p", "#{pane_pid}"))
	for range 2 { // the shell, and its child
		children, err := os.ReadFile("/proc/" + parent + "/task/" + parent + "/children")
		if err != nil {
			p.t.Fatal(err)
		}
		parent = strings.TrimSpace(string(children))
	}
	pid, err := strconv.Atoi(parent)
	if err != nil {
		p.t.Fatal(err)
	}
	return pid
}

// masked replaces what differs from run to run, times and ports, by zeros.
// Addresses stay.
func masked(screen string) string {
	return dotted.ReplaceAllStringFunc(screen, func(n string) string {
		if strings.Count(n, ".") == 3 {
			return n
		}
		return "0"
	})
}

// loose is a screen without what a number of another length may move: line
// breaks, blanks, and the end of a text that is cut off. What stands left and
// right of a bar is told apart.
func loose(screen string) string {
	var columns [2][]string
	for line := range strings.Lines(masked(screen)) {
		left, right, _ := strings.Cut(line, "│")
		for i, text := range []string{left, right} {
			words := strings.Fields(text)
			if strings.HasSuffix(strings.TrimSpace(text), "...") {
				words = append(words[:min(len(words)-1, 4)], "...")
			}
			columns[i] = append(columns[i], words...)
		}
	}
	return strings.Join(columns[0], " ") + "\n" + strings.Join(columns[1], " ")
}

// looks waits until the screen is, but for times and ports, the one that is
// stored in testdata/screens. With -update it stores the screen as soon as it
// fits the pattern and rests.
func (p *pane) looks(name, pattern string) {
	p.t.Helper()
	file := filepath.Join("..", "..", "testdata", "screens", name+".txt")
	p.shows(pattern)
	if *update {
		p.rests()
		if stored, _ := os.ReadFile(file); loose(string(stored)) == loose(p.last) {
			return
		}
		if err := os.WriteFile(file, []byte(p.last), 0o644); err != nil {
			p.t.Fatal(err)
		}
		return
	}
	stored, err := os.ReadFile(file)
	if err != nil {
		p.t.Fatal(err)
	}
	want := loose(string(stored))
	if !becomes(func() bool { return loose(p.screen()) == want }) {
		p.t.Fatalf("%s differs (go test ./cmd/ftpcheck -run Session -update writes it):\n%s\nthe screen:\n%s", name, cmp.Diff(want, loose(p.last)), p.last)
	}
}
