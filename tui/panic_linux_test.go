package tui

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/sys/unix"
)

// TestPanicRestoresTheTerminal: a defect of ours leaves no terminal behind
// that shows nothing of what is typed.
func TestPanicRestoresTheTerminal(t *testing.T) {
	if raceEnabled { // cancelreader v0.2.2
		t.Skip("when Bubble Tea recovers, it closes its reader while that reads")
	}
	control, terminal := openPTY(t)
	stderr := os.Stderr // Bubble Tea prints the stack there
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	os.Stderr = null
	defer func() { os.Stderr = stderr; null.Close() }()

	m := New(t.Context(), Work{Check: func(Form) error { panic("a defect") }}, Options{})
	ended := make(chan error, 1)
	go func() {
		_, err := run(t.Context(), m, tea.WithInput(terminal), tea.WithOutput(terminal), tea.WithEnvironment([]string{"TERM=xterm"}))
		ended <- err
	}()
	var shown bytes.Buffer
	buf := make([]byte, 4096)
	for !strings.Contains(shown.String(), "Which FTP server") {
		n, err := control.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		shown.Write(buf[:n])
	}
	if echoes(t, terminal) {
		t.Error("the terminal was not in raw mode")
	}
	control.WriteString("x")
	for !strings.Contains(shown.String(), "\x1b[?1049l") {
		n, err := control.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		shown.Write(buf[:n])
	}
	if err := <-ended; err == nil || !strings.HasPrefix(err.Error(), "the screen failed") {
		t.Errorf("error %v", err)
	}
	if !echoes(t, terminal) {
		t.Error("the terminal was not restored")
	}
}

func echoes(t *testing.T, terminal *os.File) bool {
	t.Helper()
	mode, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return mode.Lflag&unix.ECHO != 0 && mode.Lflag&unix.ICANON != 0
}

// openPTY returns both ends of a pseudo-terminal of 80x24 (Linux pts(4)).
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
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
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
	t.Cleanup(func() { terminal.Close() })
	return control, terminal
}
