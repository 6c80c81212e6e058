package main

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openPTY returns both ends of a pseudo-terminal (Linux pts(4)).
func openPTY(t *testing.T) (control, terminal *os.File) {
	t.Helper()
	control, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals: ", err)
	}
	t.Cleanup(func() { control.Close() })
	fd := int(control.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return control, terminal
}

// program is this test binary, run as ftpcheck: see TestMain.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("ftpcheck") // testscript.Main puts it there
	if err != nil {
		t.Fatal(err)
	}
	return exec.CommandContext(t.Context(), path, args...)
}

// onTerminal runs cmd with a terminal as all three streams and returns what
// appears on it.
func onTerminal(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	control, terminal := openPTY(t)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	terminal.Close()
	var shown bytes.Buffer
	shown.ReadFrom(control) // until the last process has closed the terminal: EIO
	_ = cmd.Wait()
	return shown.String()
}

// TestVersionOnTerminal: nothing is asked of the terminal, and nothing waits
// for its answer.
func TestVersionOnTerminal(t *testing.T) {
	fastest := time.Hour
	for range 5 {
		cmd := program(t, "--version")
		cmd.Env = append(os.Environ(), "TERM=xterm-256color")
		began := time.Now()
		if got := onTerminal(t, cmd); strings.ReplaceAll(got, "\r\n", "\n") != versionText() {
			t.Fatalf("shown: %q", got)
		}
		fastest = min(fastest, time.Since(began))
	}
	if fastest > 200*time.Millisecond { // 20 ms on an idle machine; this one also links the tests
		t.Errorf("took %v", fastest)
	}
}

// TestStatusOnTerminal: the status line is erased, so that what remains is the
// report.
func TestStatusOnTerminal(t *testing.T) {
	cmd := program(t, "demo", "--color", "never")
	cmd.Env = append(os.Environ(), "TERM=xterm")
	got := onTerminal(t, cmd)
	if !strings.Contains(got, "\rchecking ") {
		t.Errorf("no status was shown: %q", got)
	}
	for line := range strings.Lines(got) {
		if _, after, found := strings.Cut(line, "\rchecking "); found && !strings.Contains(after, "\r\x1b[K") {
			t.Errorf("a status line was not erased: %q", line)
		}
	}

	cmd = program(t, "demo")
	cmd.Env = append(os.Environ(), "TERM=dumb")
	if got := onTerminal(t, cmd); strings.Contains(got, "\x1b") || strings.Contains(got, "checking ") {
		t.Errorf("on a dumb terminal: %q", got)
	}
}
