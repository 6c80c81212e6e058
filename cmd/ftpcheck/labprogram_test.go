//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe/netlab"
)

// labReport is the part of the program's JSON that scenarios speak of.
type labReport struct {
	Exit   int `json:"exit"`
	Checks []struct {
		Name  string `json:"name"`
		State string `json:"state"`
	} `json:"checks"`
	Findings []struct {
		Code      string `json:"code"`
		Severity  string `json:"severity"`
		Certainty string `json:"certainty"`
		Where     struct {
			Side     string `json:"side"`
			AfterHop int    `json:"after_hop"`
			Of       int    `json:"of"`
			Address  string `json:"address"`
		} `json:"where"`
	} `json:"findings"`

	exit int           // of the process
	took time.Duration // by our clock
	text []byte        // all of it, and what it said on stderr
}

// runProgram runs the program in the client's namespace as user nobody.
func runProgram(t *testing.T, n *labNet, program string) *labReport {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := n.command(ctx, "cli", asNobody(program, n)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	r := &labReport{}
	began := time.Now()
	err := cmd.Run()
	r.took = time.Since(began)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		r.exit = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	r.text = fmt.Appendf(nil, "%s\n%s", stdout.Bytes(), stderr.Bytes())
	if err := json.Unmarshal(stdout.Bytes(), r); err != nil {
		t.Fatalf("exit %d, no JSON: %v\n%s", r.exit, err, r.text)
	}
	return r
}

// asNobody is the command that runs the program without any privilege but what
// the scenario gives.
func asNobody(program string, n *labNet) []string {
	s, trusted := n.scenario, "/dev/null"
	if s.Run.Trust {
		trusted = n.authorityPath()
	}
	args := []string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"}
	if s.Client.Raw {
		args = append(args, "--inh-caps=+net_raw", "--ambient-caps=+net_raw")
	}
	args = append(args, "env", "-i", "PATH=/usr/bin:/bin",
		"SSL_CERT_FILE="+trusted, "SSL_CERT_DIR=/nonexistent")
	if s.Server.Password != "" {
		args = append(args, "FTPCHECK_PASSWORD="+s.Server.Password)
	}
	return append(append(args, program), labArguments(s)...)
}

// compareScenario checks everything that the scenario promises.
func compareScenario(t *testing.T, s *netlab.Scenario, got *labReport) {
	t.Helper()
	want := s.Expect
	if got.exit != want.Exit || got.Exit != got.exit {
		t.Errorf("exit code %d, in the JSON %d, want %d", got.exit, got.Exit, want.Exit)
	}
	if want.Within != "" && !slowed() && got.took > labTime(t, want.Within) {
		t.Errorf("took %v, want at most %s", got.took, want.Within)
	}
	compareFindings(t, want, got)
	t.Logf("found %s", got.found()) // with -v: for comparing runs
	states := map[string]string{}
	for _, c := range got.Checks {
		states[c.Name] = c.State
		if _, expected := want.Checks[c.Name]; !expected && c.State == "fail" {
			t.Errorf("check %s is fail, and the scenario does not speak of it", c.Name)
		}
	}
	for name, state := range want.Checks {
		if !slices.Contains(strings.Split(state, "|"), states[name]) {
			t.Errorf("check %s is %q, want %q", name, states[name], state)
		}
	}
}

// found are the findings, in one line without times and ports.
func (r *labReport) found() string {
	var list []string
	for _, f := range r.Findings {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %d/%d %s", f.Certainty, f.Severity, f.Code, f.Where.Side, f.Where.AfterHop, f.Where.Of, f.Where.Address)))
	}
	return strings.Join(list, "; ")
}

// compareFindings compares problems and warnings in order. An expectation's
// empty fields match anything.
func compareFindings(t *testing.T, want netlab.Expect, got *labReport) {
	t.Helper()
	var found []netlab.ExpectedFinding
	var notes []string
	for _, f := range got.Findings {
		if f.Severity == "note" {
			notes = append(notes, f.Code)
			continue
		}
		found = append(found, netlab.ExpectedFinding{
			Code: f.Code, Severity: f.Severity, Certainty: f.Certainty,
			Side: f.Where.Side, AfterHop: f.Where.AfterHop, Of: f.Where.Of, Address: f.Where.Address,
		})
	}
	for _, code := range want.Notes {
		if !slices.Contains(notes, code) {
			t.Errorf("no note %s", code)
		}
	}
	for i := range max(len(found), len(want.Findings)) {
		switch {
		case i >= len(found):
			t.Errorf("finding %d: none, want %+v", i+1, want.Findings[i])
		case i >= len(want.Findings):
			t.Errorf("finding %d: %+v, want none", i+1, found[i])
		case !want.Findings[i].Matches(found[i]):
			t.Errorf("finding %d: %+v\nwant %+v", i+1, found[i], want.Findings[i])
		}
	}
}

func joinPort(host string, port uint16) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}

func pid() string { return strconv.Itoa(os.Getpid()) }
