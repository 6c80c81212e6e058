//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ftpcheck/probe/netlab"
)

// TestLabLoad has a hundred clients check one server at once, each with all of
// the exchange. All must get the same answer, that of a client alone.
func TestLabLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("it keeps the machine busy for some time")
	}
	const memory = 200 << 20
	peers := 100
	if slowed() {
		peers = 20
	}
	program := openLab(t)
	n := newLabNet(t, &netlab.Scenario{
		Server: netlab.Server{
			Peer: true, Passive: "50000-59999",
			Config: map[string][]string{"ftpcheck": {"--max-sessions", "2000", "--max-per-address", "2000"}},
		},
		Run: netlab.Run{Args: []string{"--timeout", "20s"}}, // a busy machine is no silent network
	})
	server := startServer(t, n, "ftpcheck")
	alone := runProgram(t, n, program)
	if alone.Exit != 0 || alone.states() == "" || !strings.Contains(alone.states(), "peer ok") {
		t.Fatalf("a client alone: exit %d, %s; %s\n%s", alone.Exit, alone.states(), alone.found(), alone.text)
	}

	began := time.Now()
	reports := make([]*labReport, peers)
	var running sync.WaitGroup
	for i := range reports {
		running.Go(func() { reports[i] = runProgram(t, n, program) })
	}
	running.Wait()
	for i, got := range reports {
		if got == nil {
			continue // runProgram has told why
		}
		if got.Exit != alone.Exit || got.states() != alone.states() || got.found() != alone.found() {
			t.Errorf("client %d: exit %d, %s; %s", i, got.Exit, got.states(), got.found())
		}
	}
	peak := residentPeak(server.Pid)
	t.Logf("%d clients in %v; the server's memory was at most %d MiB", peers, time.Since(began).Round(time.Second), peak>>20)
	if peak == 0 || peak > memory && !slowed() {
		t.Errorf("the server's memory was %d MiB, want at most %d", peak>>20, memory>>20)
	}
}

// states are the checks in one line, "name ok, control ok".
func (r *labReport) states() string {
	var all []string
	for _, c := range r.Checks {
		all = append(all, c.Name+" "+c.State)
	}
	return strings.Join(all, ", ")
}

// residentPeak is the largest resident set of a running process so far, in
// bytes; 0 when there is no such process.
func residentPeak(pid int) int {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range bytes.Lines(status) {
		if f := strings.Fields(string(line)); len(f) == 3 && f[0] == "VmHWM:" {
			kib, _ := strconv.Atoi(f[1])
			return kib << 10
		}
	}
	return 0
}
