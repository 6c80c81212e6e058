//go:build linux

package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ftpcheck/probe/netlab"
	"ftpcheck/testdata/scenarios"
)

// TestLab builds the network of every scenario in namespaces, with real
// servers in it, and runs the program there as a user without privileges.
//
//	FTPCHECK_LAB=require   fail instead of skipping when something is missing
//	FTPCHECK_LAB=skip      do not run it
//	FTPCHECK_LAB_KEEP=1    leave networks and servers up and say how to enter; the next run removes them
//	FTPCHECK_LAB_SERVERS   folder with the unpacked packages of ProFTPD and Pure-FTPd
//	FTPCHECK_LAB_SCENARIOS folder of scenarios to run instead, such as the random networks of report's TestTruth
//
// One scenario alone: go test -run TestLab/private-address/vsftpd ./cmd/ftpcheck
func TestLab(t *testing.T) {
	program := openLab(t)
	files := fs.FS(scenarios.Files)
	if dir := os.Getenv("FTPCHECK_LAB_SCENARIOS"); dir != "" {
		files = os.DirFS(dir)
	}
	all, err := netlab.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	together := make(chan func())
	var workers sync.WaitGroup
	for range 4 { // most of a run is waiting; more at once distort each other's times
		workers.Go(func() {
			for run := range together {
				run()
			}
		})
	}
	var alone []func()
	for _, s := range all {
		if s.Only == "simulation" {
			continue
		}
		for _, software := range softwareOf(s) {
			run := func() {
				name := s.Name + "/" + strings.ReplaceAll(software, "raw:", "raw-")
				t.Run(name, func(t *testing.T) { runScenario(t, program, s, software) })
			}
			if s.Expect.Within == "" {
				together <- run
			} else {
				alone = append(alone, run)
			}
		}
	}
	close(together)
	workers.Wait()
	for _, run := range alone { // nothing disturbs a run that is timed
		run()
	}
}

// openLab makes sure that this machine can have labs, and returns the program.
func openLab(t *testing.T) string {
	t.Helper()
	if os.Getenv("FTPCHECK_LAB") == "skip" {
		t.Skip("FTPCHECK_LAB=skip")
	}
	if missing := labMissing(); len(missing) > 0 {
		text := "the kernel lab needs " + strings.Join(missing, ", ")
		if os.Getenv("FTPCHECK_LAB") == "require" {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	sweepLabs(exited)
	if !labKept() {
		guardLabs(t)
	}
	return buildProgram(t)
}

// runScenario builds the network, starts the server, runs the program and
// compares what it says with what the scenario expects.
func runScenario(t *testing.T, program string, s *netlab.Scenario, software string) {
	s = steadied(s, software)
	n := newLabNet(t, s)
	startServer(t, n, software)
	startBoxes(t, n)
	if labKept() {
		t.Logf("%s: %q", t.Name(), n.command(t.Context(), "cli", asNobody(program, n)...).Args)
	}
	got := runProgram(t, n, program)
	compareScenario(t, s, got)
	if t.Failed() {
		t.Logf("%s", got.text)
	}
}

func softwareOf(s *netlab.Scenario) []string {
	switch {
	case len(s.Server.Software) > 0:
		return s.Server.Software
	case s.Server.Peer:
		return []string{"ftpcheck"}
	}
	return []string{"vsftpd"}
}

// buildProgram builds the program to where user nobody can run it, with the
// race detector if this test has it too.
func buildProgram(t *testing.T) string {
	t.Helper()
	path := programPath()
	dir := filepath.Dir(path)
	t.Cleanup(func() {
		if !labKept() {
			_ = os.RemoveAll(dir)
		}
	})
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	args := []string{"build", "-o", path, "."}
	if slowed() {
		args = slices.Insert(args, 1, "-race")
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// slowed reports whether this test, and so the program, has the race detector:
// it takes a multiple of the time then.
func slowed() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// programPath is where the program is built: the servers' side runs it, too.
func programPath() string { return filepath.Join(labFolders, "ftpc"+pid()+"x0", "ftpcheck") }

func labKept() bool { return os.Getenv("FTPCHECK_LAB_KEEP") != "" }

// labTime parses a duration of a scenario file.
func labTime(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// steadied has pyftpdlib checked in one session at a time. When a session of
// version 1.5.7 ends, the server may unregister a descriptor that another
// session has by then, and that one never gets an answer: a capture shows the
// listing's bytes, and then neither a FIN nor a 226.
func steadied(s *netlab.Scenario, software string) *netlab.Scenario {
	if software != "pyftpdlib" || slices.Contains(s.Run.Args, "--parallel") {
		return s
	}
	steady := *s
	steady.Run.Args = append(slices.Clone(s.Run.Args), "--parallel", "1")
	return &steady
}

// labArguments is the command line of the scenario's run.
func labArguments(s *netlab.Scenario) []string {
	target := newLabAddresses(s).target
	if s.Run.Target == "name" {
		target = "ftp.example.com"
	}
	if port := controlPort(s); port != 21 || slices.Contains(s.Run.Args, "implicit") { // which has another default
		target = joinPort(target, port)
	}
	args := []string{"--format", "json"}
	if s.Server.User != "" {
		args = append(args, "--user", s.Server.User)
	}
	return append(append(args, s.Run.Args...), target)
}
