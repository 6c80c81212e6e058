package main

import (
	"bytes"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/pflag"
)

func parseCheckFlags(args ...string) (probe.Options, error) {
	var f checkFlags
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	fs.SetOutput(io.Discard)
	f.add(fs)
	if err := fs.Parse(args); err != nil {
		return probe.Options{}, err
	}
	return f.options()
}

func TestOptions(t *testing.T) {
	defaults := func(change func(*probe.Options)) probe.Options {
		o := probe.Options{
			Checks: probe.DefaultChecks, Timeout: 5 * time.Second, ReplyTimeout: 30 * time.Second,
			Parallel: 4, Ports: 12, Follow: probe.FollowAuto, TLS: probe.TLSAuto,
		}
		change(&o)
		return o
	}
	tests := []struct {
		args string
		want func(*probe.Options)
	}{
		{"", func(*probe.Options) {}},
		{"-4", func(o *probe.Options) { o.Family = 4 }},
		{"-6", func(o *probe.Options) { o.Family = 6 }},
		{"--timeout 1s --reply-timeout 10m", func(o *probe.Options) { o.Timeout, o.ReplyTimeout = time.Second, 10*time.Minute }},
		{"--parallel 16 --ports 200", func(o *probe.Options) { o.Parallel, o.Ports = 16, 200 }},
		{"--follow never", func(o *probe.Options) { o.Follow = probe.FollowNever }},
		{"--checks pasv,login --checks name", func(o *probe.Options) {
			o.Checks = []probe.Check{probe.CheckName, probe.CheckLogin, probe.CheckPASV}
		}},
		{"--active-ports 50000-50100", func(o *probe.Options) { o.ActivePorts = probe.PortRange{Low: 50000, High: 50100} }},
		{"--active-ports 2020", func(o *probe.Options) { o.ActivePorts = probe.PortRange{Low: 2020, High: 2020} }},
		{"--active-address ::ffff:203.0.113.2", func(o *probe.Options) { o.ActiveAddress = netip.MustParseAddr("203.0.113.2") }},
		{"--tls explicit --insecure", func(o *probe.Options) { o.TLS, o.Insecure = probe.TLSExplicit, true }},
		// What a flag asks for is checked, in the order of all checks.
		{"--checks login --idle 6s --upload up --download a/b", func(o *probe.Options) {
			o.Idle, o.Upload, o.Download = 6*time.Second, "up", "a/b"
			o.Checks = []probe.Check{probe.CheckLogin, probe.CheckTransfer, probe.CheckIdle}
		}},
		{"--checks name,control,login,ports --sweep 50000-51000", func(o *probe.Options) {
			o.Sweep = probe.PortRange{Low: 50000, High: 51000}
			o.Checks = []probe.Check{probe.CheckName, probe.CheckControl, probe.CheckLogin, probe.CheckPorts}
		}},
		{"--checks peer,login", func(o *probe.Options) {
			o.Checks, o.Peer = []probe.Check{probe.CheckLogin, probe.CheckPeer}, true
		}},
		{"--checks transfer,secure", func(o *probe.Options) { o.Checks = []probe.Check{probe.CheckSecure, probe.CheckTransfer} }},
		{"--checks pasv --ports 0 --sweep 21", func(o *probe.Options) {
			o.Ports, o.Sweep = -1, probe.PortRange{Low: 21, High: 21} // it sweeps, and samples nothing
			o.Checks = []probe.Check{probe.CheckPASV, probe.CheckPorts}
		}},
		// Without announcements to sample there is nothing for that check to do.
		{"--ports 0", func(o *probe.Options) {
			o.Ports = 0
			o.Checks = slices.DeleteFunc(slices.Clone(probe.DefaultChecks), func(c probe.Check) bool { return c == probe.CheckPorts })
		}},
	}
	for _, test := range tests {
		got, err := parseCheckFlags(strings.Fields(test.args)...)
		if err != nil {
			t.Errorf("%s: %v", test.args, err)
		} else if diff := cmp.Diff(defaults(test.want), got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.args, diff)
		}
	}
}

func TestOptionsRefuse(t *testing.T) {
	for _, args := range []string{
		"-4 -6", "--timeout 0s", "--timeout -1s", "--timeout 10m1s", "--reply-timeout 0s", "--parallel 0", "--parallel 17",
		"--ports -1", "--ports 201", "--follow sometimes", "--checks tls", "--checks pasv,,epsv", "--checks PASV",
		"--active-ports 0", "--active-ports 5-4", "--active-ports 1-65536", "--active-ports a-b", "--active-ports -5",
		"--active-address host", "--active-address fe80::1%eth0", "--active-address 224.0.0.1", "--active-address ::",
		"--tls on", "--tls TLS", "--idle 999ms", "--idle 2h1s", "--idle -5s", "--checks idle",
		"--sweep 0-5", "--sweep 9-8", "--sweep 1-65536", "--upload a\x00b", "--download a\x7fb",
		"-6 --active-address 203.0.113.2", "-4 --active-address 2001:db8::1",
	} {
		if o, err := parseCheckFlags(strings.Fields(args)...); err == nil {
			t.Errorf("%s: accepted as %+v", args, o)
		}
	}
}

// TestHelpFits: no help is wider than a terminal.
func TestHelpFits(t *testing.T) {
	for _, command := range []string{"", "serve", "plan", "demo", "explain", "replay", "tui", "help", "completion"} {
		var out bytes.Buffer
		if code := run(t.Context(), append(strings.Fields(command), "--help"), streams{out: &out, err: &out}); code != 0 {
			t.Errorf("%s --help: exit %d", command, code)
		}
		for line := range strings.Lines(out.String()) {
			if len(strings.TrimSuffix(line, "\n")) > 80 {
				t.Errorf("%s --help: %d columns: %s", command, len(line)-1, line)
			}
		}
	}
}

// TestColored: the flag, NO_COLOR, CLICOLOR_FORCE, the terminal, in this order.
func TestColored(t *testing.T) {
	tests := []struct {
		flag             string
		environ          string
		terminal, toFile bool
		want             bool
	}{
		{"auto", "TERM=xterm", true, false, true},
		{"auto", "TERM=xterm", false, false, false},
		{"auto", "TERM=xterm", true, true, false},
		{"auto", "TERM=dumb", true, false, false},
		{"auto", "", true, false, false},
		{"auto", "TERM=xterm NO_COLOR=1", true, false, false},
		{"auto", "NO_COLOR=1 CLICOLOR_FORCE=1", true, false, false},
		{"auto", "CLICOLOR_FORCE=1", false, false, true},
		{"auto", "CLICOLOR_FORCE=0", false, false, false},
		{"always", "NO_COLOR=1", false, false, true},
		{"never", "CLICOLOR_FORCE=1 TERM=xterm", true, false, false},
	}
	for _, test := range tests {
		s, _, _ := testStreams(strings.Fields(test.environ)...)
		s.outTerminal = test.terminal
		f := viewFlags{color: test.flag}
		if got := f.colored(&s, test.toFile); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}
