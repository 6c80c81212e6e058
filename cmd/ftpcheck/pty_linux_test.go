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

// onTerminal runs cmd with a terminal as all three streams and returns what
// appears on it.
func onTerminal(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	return onTerminalOf(t, cmd, unix.Winsize{})
}

// onTerminalOf is onTerminal with a terminal of some size.
func onTerminalOf(t *testing.T, cmd *exec.Cmd, size unix.Winsize) string {
	t.Helper()
	control, terminal := openPTY(t)
	if err := unix.IoctlSetWinsize(int(control.Fd()), unix.TIOCSWINSZ, &size); err != nil {
		t.Fatal(err)
	}
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
	cmd := program(t, "--version")
	cmd.Env = append(os.Environ(), "TERM=xterm-256color")
	began := time.Now()
	if got := onTerminal(t, cmd); strings.ReplaceAll(got, "\r\n", "\n") != versionText() {
		t.Fatalf("shown: %q", got)
	}
	// A library that asks the terminal for its colours waits 5 s for an answer.
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("took %v", took)
	}
	// 5 ms on its own; this binary also links the tests. With the race detector
	// its start alone may take longer.
	if busy := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(); busy > 300*time.Millisecond && !slowed() {
		t.Errorf("busy for %v", busy)
	}
}

// TestStatusOnTerminal: the status line is erased, so that what remains is the
// report.
func TestStatusOnTerminal(t *testing.T) {
	cmd := program(t, "demo", "--timeout", "1100ms", "--color", "never")
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
	shown := strings.SplitAfter(got, "\x1b[K")
	for i := 1; i < len(shown); i++ {
		if strings.HasPrefix(shown[i], "\rchecking ") && shown[i] == shown[i-1] {
			t.Errorf("drawn twice: %q", shown[i])
		}
	}
	if n := strings.Count(got, "\rchecking "); n > 60 {
		t.Errorf("drawn %d times in about two seconds", n)
	}

	cmd = program(t, "demo", "--timeout", "300ms")
	cmd.Env = append(os.Environ(), "TERM=dumb")
	if got := onTerminal(t, cmd); strings.Contains(got, "\x1b") || strings.Contains(got, "checking ") {
		t.Errorf("on a dumb terminal: %q", got)
	}
}

// TestPromptRestoresEcho: ctrl-C at the password prompt leaves the terminal as
// it was, and the exit code says so.
func TestPromptRestoresEcho(t *testing.T) {
	control, terminal := openPTY(t)
	defer terminal.Close()
	echo := func() bool {
		mode, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		return mode.Lflag&unix.ECHO != 0
	}
	cmd := program(t, "-u", "alice", "192.0.2.1")
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "NETRC=", "FTPCHECK_PASSWORD=")
	cmd.Stdin = terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	shown := make([]byte, 256)
	n, err := control.Read(shown)
	if err != nil || !strings.HasPrefix(string(shown[:n]), "password for alice") {
		t.Fatalf("shown %q, error %v", shown[:n], err)
	}
	for deadline := time.Now().Add(5 * time.Second); echo(); { // it is switched off right after the prompt
		if time.Now().After(deadline) {
			t.Fatal("the password would be echoed")
		}
	}
	control.Write([]byte{3}) // ctrl-C
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 130 || !echo() {
		t.Errorf("exit code %d, echo %v", got, echo())
	}
}
