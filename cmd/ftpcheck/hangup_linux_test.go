package main

import (
	"os/exec"
	"strings"
	"testing"
)

// TestHangUp: when the terminal is gone, a run is cleared away as on any other
// signal; under nohup it goes on.
func TestHangUp(t *testing.T) {
	t.Parallel()
	s := openScreen(t, nil, "tui", "--demo", "everything-filtered")
	s.waitFor("running")
	s.slave.Close()
	s.control.Close()
	if _ = s.cmd.Wait(); !s.cmd.ProcessState.Exited() {
		t.Errorf("without its terminal it ends by %v", s.cmd.ProcessState)
	}

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
