package main

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// cancelling is a network on which the user presses ctrl-C when the first
// connection is tried.
type cancelling struct {
	probe.System
	cancel func()
}

func (n cancelling) Dial(ctx context.Context, to netip.AddrPort, _ probe.DialOptions) (net.Conn, hops.Attempt) {
	n.cancel()
	<-ctx.Done()
	return nil, hops.Attempt{Outcome: hops.Timeout, Err: ctx.Err().Error()}
}

// TestInterrupted: the partial report is printed, and the exit code says which
// signal it was.
func TestInterrupted(t *testing.T) {
	for _, test := range []struct {
		signal os.Signal
		want   int
	}{{os.Interrupt, 130}, {syscall.SIGTERM, 143}, {syscall.SIGHUP, 143}} {
		ctx, cancel := context.WithCancelCause(t.Context())
		s, stdout, stderr := testStreams()
		s.network = cancelling{cancel: func() { cancel(interruption{test.signal}) }}
		if got := run(ctx, []string{"192.0.2.1"}, s); got != test.want {
			t.Errorf("%v: exit code %d, want %d", test.signal, got, test.want)
		}
		if !strings.Contains(stdout.String(), "\nRESULT ERROR 192.0.2.1:21 ") {
			t.Errorf("%v: report %q, standard error %q", test.signal, stdout, stderr)
		}
	}
}

// TestPromptInterrupted: giving up at the prompt says nothing more.
func TestPromptInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	s, stdout, stderr := testStreams()
	s.readPassword = func(ctx context.Context, _ string) (string, error) {
		cancel(interruption{os.Interrupt})
		return "", context.Cause(ctx)
	}
	if got := run(ctx, []string{"-u", "alice", "192.0.2.1"}, s); got != 130 {
		t.Errorf("exit code %d", got)
	}
	if stdout.Len()+stderr.Len() > 0 {
		t.Errorf("printed %q and %q", stdout, stderr)
	}
}

// fullDisk accepts no byte.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// TestFullDisk: a report that cannot be written is no success.
func TestFullDisk(t *testing.T) {
	for _, args := range [][]string{{"demo"}, {"demo", "--timeout", "300ms", "--format", "json"}, {"demo", "--list"}, {"explain"}, {"explain", "nat"}, {"--help"}, {"help", "serve"}, {"serve", "--listen", "127.0.0.1:0", "--for", "1ms"}} {
		s, _, stderr := testStreams()
		s.out = fullDisk{}
		if got := run(t.Context(), args, s); got != 2 || !strings.Contains(stderr.String(), "ftpcheck: error: cannot write") {
			t.Errorf("%v: exit code %d, %s", args, got, stderr)
		}
	}
}

// TestNoEscapeReachesTheTerminal: what the user types comes back escaped.
func TestNoEscapeReachesTheTerminal(t *testing.T) {
	const evil = "\x1b]0;owned\a"
	for _, args := range [][]string{
		{evil}, {"--" + evil}, {"--format", evil, "h"}, {"--checks", evil, "h"}, {"--timeout", evil, "h"}, {"demo", evil},
		{"explain", evil}, {"replay", evil}, {"-o", evil + "/x", "demo"}, {"--password-file", evil, "-u", "a", "h"},
		{"--active-ports", evil, "h"}, {"-u", evil, "h"}, {"help", evil}, {"completion", evil}, {"plan", evil}, {"plan", "--from", evil},
		{"serve", evil}, {"serve", "--user", evil}, {"serve", "--fault", evil}, {"serve", "--listen", evil}, {"serve", "--like", evil},
	} {
		s, stdout, stderr := testStreams()
		if got := run(t.Context(), args, s); got != 2 {
			t.Errorf("%q: exit code %d", args, got)
		}
		if both := append(stdout.Bytes(), stderr.Bytes()...); bytes.ContainsAny(both, "\x1b\a") {
			t.Errorf("%q: printed %q", args, both)
		}
	}
}
