package main

import (
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ftpcheck/probe/ftpd"

	"golang.org/x/sys/unix"
)

// terminal is the program on a pseudo-terminal, and what it has written.
type terminal struct {
	t       *testing.T
	cmd     *exec.Cmd
	control *os.File
	slave   *os.File
	mu      sync.Mutex
	shown   bytes.Buffer
	closed  chan struct{} // all that was written has been read
}

// openScreen starts the program on a terminal of 80x24.
func openScreen(t *testing.T, env []string, args ...string) *terminal {
	t.Helper()
	hangUp := make(chan os.Signal, 1)
	signal.Notify(hangUp, syscall.SIGHUP) // what is ignored here, as under nohup, would be ignored there
	t.Cleanup(func() { signal.Stop(hangUp) })
	return startScreen(t, program(t, args...), env)
}

func startScreen(t *testing.T, cmd *exec.Cmd, env []string) *terminal {
	t.Helper()
	control, slave := openPTY(t)
	t.Cleanup(func() { slave.Close() })
	if err := unix.IoctlSetWinsize(int(control.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
		t.Fatal(err)
	}
	s := &terminal{t: t, cmd: cmd, control: control, slave: slave, closed: make(chan struct{})}
	s.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LANG=C.UTF-8", "LC_ALL=", "FTPCHECK_PASSWORD=", "NETRC=", "HOME="+t.TempDir())
	s.cmd.Env = append(s.cmd.Env, env...)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = slave, slave, slave
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.closed)
		buf := make([]byte, 4096)
		for {
			n, err := control.Read(buf)
			s.mu.Lock()
			s.shown.Write(buf[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return s
}

func (s *terminal) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown.String()
}

// waitUntil waits for something that the program does.
func (s *terminal) waitUntil(what string, done func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("in vain: %s; shown: %q", what, s.text())
		}
	}
}

// waitFor waits until a text has been written. Only what changes is written:
// the text must not share a place with its beginning.
func (s *terminal) waitFor(text string) {
	s.t.Helper()
	s.waitUntil(text, func() bool { return strings.Contains(s.text(), text) })
}

// waitForResult waits until the title of the terminal has the result of the run.
func (s *terminal) waitForResult(result string) {
	s.t.Helper()
	s.waitFor(": " + result + "\a")
}

func (s *terminal) press(keys string) { s.control.WriteString(keys) }

// end waits for the program's end and returns its exit code and what it wrote
// after the screen was closed. The terminal must be as it was.
func (s *terminal) end() (code int, after string) {
	s.t.Helper()
	_ = s.cmd.Wait()
	mode, err := unix.IoctlGetTermios(int(s.slave.Fd()), unix.TCGETS)
	if err != nil {
		s.t.Fatal(err)
	}
	if mode.Lflag&unix.ECHO == 0 || mode.Lflag&unix.ICANON == 0 {
		s.t.Errorf("the terminal's mode was not restored: %#x", mode.Lflag)
	}
	s.slave.Close() // the last one that has it open
	<-s.closed
	before, after, found := cutLast(s.text(), "\x1b[?1049l")
	if !found || !strings.Contains(before, "\x1b[?1049h") {
		s.t.Errorf("the screen was not closed: %q", s.text())
	}
	if strings.Contains(before, "\x1b[?25l") && !strings.Contains(s.text(), "\x1b[?25h") {
		s.t.Error("the cursor stays hidden")
	}
	return s.cmd.ProcessState.ExitCode(), attributes.ReplaceAllString(after, "")
}

var attributes = regexp.MustCompile(`\x1b\[[0-9;]*m`)

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// TestScreenQuit: the report is printed on quit, with the exit code of the
// plain command; that of a simulation is 0.
func TestScreenQuit(t *testing.T) {
	t.Parallel()
	s := openScreen(t, nil, "tui", "--demo", "data-port-closed")
	s.waitForResult("FAIL")
	s.press("q")
	code, after := s.end()
	if code != 0 || !strings.Contains(after, "-- PROBLEM") || !strings.Contains(after, "\nRESULT FAIL") {
		t.Errorf("exit code %d, printed %q", code, after)
	}

	s = openScreen(t, nil, "tui", "--timeout", "1s", "127.0.0.1:1")
	s.waitForResult("ERROR")
	s.press("q")
	if code, after := s.end(); code != 3 || !strings.Contains(after, "ftpcheck 0.1.0  127.0.0.1:1 as anonymous") || !strings.Contains(after, "\nRESULT ERROR 127.0.0.1:1 ") {
		t.Errorf("exit code %d, printed %q", code, after)
	}
}

// TestScreenInterrupted: a run that is cut short by a key or a signal is
// reported as far as it came, and the terminal is restored.
func TestScreenInterrupted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		end  func(s *terminal)
		want int
	}{
		{"q", func(s *terminal) { s.press("q") }, 130},
		{"ctrl+c", func(s *terminal) { s.press("\x03") }, 130},
		{"SIGTERM", func(s *terminal) { s.cmd.Process.Signal(syscall.SIGTERM) }, 143},
		{"SIGHUP", func(s *terminal) { s.cmd.Process.Signal(syscall.SIGHUP) }, 143},
		{"SIGINT", func(s *terminal) { s.cmd.Process.Signal(os.Interrupt) }, 130},
	} {
		s := openScreen(t, nil, "tui", "--demo", "everything-filtered")
		s.waitFor("running")
		test.end(s)
		if code, after := s.end(); code != test.want || !strings.Contains(after, "\nRESULT ") {
			t.Errorf("%s: exit code %d, printed %q", test.name, code, after)
		}
	}
}

// TestScreenSuspend: ctrl+z gives the terminal back, and the screen comes again.
func TestScreenSuspend(t *testing.T) {
	t.Parallel()
	s := openScreen(t, nil, "tui", "--demo", "healthy")
	s.waitForResult("PASS")
	s.press("\x1a")
	s.waitFor("\x1b[?1049l")
	// The leader of a session without a shell is not stopped, so that nobody can
	// see when it begins to wait for the signal.
	s.waitUntil("the screen comes again", func() bool {
		s.cmd.Process.Signal(syscall.SIGCONT)
		return strings.Count(s.text(), "\x1b[?1049h") == 2
	})
	s.press("q")
	if code, after := s.end(); code != 0 {
		t.Errorf("exit code %d, printed %q, shown %q", code, after, s.text())
	}
}

// TestNoArgumentsOnTerminal: the screen opens on the form. A run that is begun
// there finds a real server.
func TestNoArgumentsOnTerminal(t *testing.T) {
	t.Parallel()
	server := serveLoopback(t, ftpd.Options{User: "alice", Password: "Zq8-screen"})
	s := openScreen(t, nil)
	s.waitFor("Which FTP server")
	s.press("127.0.0.1\t" + server.String()[len("127.0.0.1:"):] + "\talice\t")
	s.press("Zq8-screen\r")
	s.waitForResult("PASS")
	file := filepath.Join(t.TempDir(), "run.json")
	s.press("s\x15" + file + "\r")
	s.waitUntil("the report is saved", func() bool { _, err := os.Stat(file); return err == nil })
	s.press("y")
	s.waitFor("\x1b]52;c;")
	s.press("q")
	code, after := s.end()
	if code != 0 || !strings.Contains(after, "\nRESULT PASS 127.0.0.1:") {
		t.Errorf("exit code %d, printed %q", code, after)
	}
	if strings.Contains(s.text(), "Zq8-screen") || strings.Contains(s.text(), "password in the URL") {
		t.Errorf("the password was shown, or taken for one in a URL: %q", s.text())
	}
	saved, err := os.ReadFile(file)
	if err != nil || !bytes.HasPrefix(saved, []byte("{")) || bytes.Contains(saved, []byte("Zq8-screen")) {
		t.Errorf("saved %.60q: %v", saved, err)
	}

	cmd := program(t, "--format", "json")
	cmd.Env = append(os.Environ(), "TERM=xterm")
	if got := onTerminal(t, cmd); cmd.ProcessState.ExitCode() != 2 || !strings.HasPrefix(got, "ftpcheck: error: no TARGET is given") {
		t.Errorf("flags without a TARGET: exit code %d, %q", cmd.ProcessState.ExitCode(), got)
	}

	s = openScreen(t, nil)
	s.waitFor("Which FTP server")
	s.press("\x1b")
	if code, after := s.end(); code != 0 || strings.Contains(after, "RESULT") {
		t.Errorf("left without a run: exit code %d, printed %q", code, after)
	}
}

// TestScreenAsksForThePassword: with a user and no password the form opens,
// and nothing is sent before it is complete.
func TestScreenAsksForThePassword(t *testing.T) {
	t.Parallel()
	s := openScreen(t, nil, "tui", "-u", "alice", "192.0.2.1")
	s.waitFor("no password for user alice: type it")
	s.press("\x1b")
	if code, _ := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

var coloured = regexp.MustCompile(`\x1b\[[0-9;]*(3|4|9|10)[0-9](;[0-9]+)*m`)

// TestScreenNoColor: NO_COLOR (no-color.org) leaves the attributes alone.
func TestScreenNoColor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		env  []string
		want bool
	}{{nil, true}, {[]string{"NO_COLOR=1"}, false}, {[]string{"TERM=xterm"}, true}} {
		s := openScreen(t, test.env, "tui", "--demo", "data-port-closed")
		s.waitForResult("FAIL")
		s.press("q")
		s.end()
		if got := coloured.MatchString(s.text()); got != test.want {
			t.Errorf("%v: colours %v", test.env, got)
		}
		if i := slices.Index(test.env, "TERM=xterm"); i >= 0 && strings.Contains(s.text(), "38;") {
			t.Errorf("%v: more than 16 colours", test.env)
		}
	}
}

// TestScreenUsage: what is wrong with the command line is said before the
// screen opens.
func TestScreenUsage(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"tui a b":                          "one TARGET is needed, not 2",
		"tui -u alice bob@h":               "two users: one in TARGET and another in --user",
		"tui ftp.example.com:x":            "the port of TARGET is not a number",
		"tui --timeout 0s h":               "--timeout 0s is out of range",
		"tui --require idle h":             "--require idle: this check is not run",
		"tui --password-file - -u alice h": "the screen and --password-file - both need standard input",
		"tui --demo nowhere":               "there is no scenario \"nowhere\"",
		"tui --demo --sweep 1-2":           "--sweep and --demo exclude each other",
		"tui --demo --timeout 0s":          "--timeout 0s is out of range",
	} {
		cmd := program(t, strings.Fields(args)...)
		cmd.Env = append(os.Environ(), "TERM=xterm")
		if got := onTerminal(t, cmd); cmd.ProcessState.ExitCode() != 2 || !strings.HasPrefix(got, "ftpcheck: error: "+want) {
			t.Errorf("%s: exit code %d, %q", args, cmd.ProcessState.ExitCode(), got)
		}
	}
}

// TestScreenNeedsATerminal: elsewhere it says so and ends.
func TestScreenNeedsATerminal(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"dumb", ""} {
		cmd := program(t, "tui", "--demo")
		cmd.Env = append(os.Environ(), "TERM="+kind)
		got := onTerminal(t, cmd)
		if cmd.ProcessState.ExitCode() != 2 || strings.Contains(got, "\x1b") || !strings.HasPrefix(got, "ftpcheck: error: the screen needs a terminal that can move the cursor") ||
			!strings.Contains(got, "hint: without one: ftpcheck demo SCENARIO") {
			t.Errorf("TERM=%s: exit code %d, %q", kind, cmd.ProcessState.ExitCode(), got)
		}
		cmd = program(t)
		cmd.Env = append(os.Environ(), "TERM="+kind)
		if got := onTerminal(t, cmd); cmd.ProcessState.ExitCode() != 2 || strings.Contains(got, "\x1b") || !strings.Contains(got, "Usage:") {
			t.Errorf("TERM=%s: without arguments: exit code %d, %q", kind, cmd.ProcessState.ExitCode(), got)
		}
	}
}
