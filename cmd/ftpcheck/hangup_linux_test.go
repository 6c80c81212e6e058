package main

import (
	"os/exec"
	"strings"
	"testing"
)

// TestHangUp: when the terminal is gone, a run is cleared away as on any other
// signal, and under nohup the screen, whose work is to be seen, ends as well.
func TestHangUp(t *testing.T) {
	t.Parallel()
	tui := []string{"tui", "--demo", "everything-filtered"}
	deaf := exec.CommandContext(t.Context(), "sh", append([]string{"-c", `trap "" HUP; exec "$@"`, "sh"}, program(t, tui...).Args...)...)
	for _, s := range []*terminal{openScreen(t, nil, tui...), startScreen(t, deaf, nil)} {
		s.waitFor("running")
		s.slave.Close()
		s.control.Close()
		if _ = s.cmd.Wait(); !s.cmd.ProcessState.Exited() {
			t.Errorf("without its terminal it ends by %v", s.cmd.ProcessState)
		}
	}
}

// TestNohup: a run without a screen goes on when the terminal is gone.
func TestNohup(t *testing.T) {
	t.Parallel()
	plain := program(t, "demo", "everything-filtered")
	cmd := exec.CommandContext(t.Context(), "sh", append([]string{"-c", `
		trap "" HUP; : >report
		"$@" >report &
		until grep -q " name " report; do sleep 0.01; done # now it has set up its signals
		kill -HUP $!; wait $!; cat report`, "sh"}, plain.Args...)...)
	cmd.Dir = t.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "\nRESULT FAIL ") {
		t.Errorf("under nohup: %v, %s", err, out)
	}
}
