package main

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"ftpcheck/probe"
	"ftpcheck/probe/ftpd"
	"ftpcheck/probe/netlab"
	"ftpcheck/report"

	"github.com/spf13/pflag"
)

// faultCase is what a fault needs beside its name to show.
type faultCase struct {
	arg   string // what stands after "="
	flags string // of the check
}

// faultCases are the faults that need more than a server that has them.
var faultCases = map[string]faultCase{
	"close-at":          {arg: "PASV"},
	"swallow":           {arg: "PASV"},
	"closed-from":       {arg: "50040"},
	"closed-one-in":     {arg: "3"},
	"active-from":       {arg: "198.51.100.90"},
	"later-fail":        {arg: "4", flags: "--checks name,control,login,transfer --download 1KiB.bin"},
	"stall-after":       {arg: "100"},
	"idle-421":          {arg: "20s", flags: "--idle 60s"},
	"idle-drop":         {arg: "20s", flags: "--idle 60s"},
	"refuse-clear-data": {flags: "--tls off"},
	"spill":             {arg: "51000-51100"},
}

// TestFaultsMakeWhatTheySay: for every fault that names a cause, a check of
// such a server finds that cause.
func TestFaultsMakeWhatTheySay(t *testing.T) {
	for _, f := range ftpd.Faults() {
		t.Run(f.Name, func(t *testing.T) {
			c := faultCases[f.Name]
			if (f.Arg != "") != (c.arg != "") {
				t.Fatalf("it takes %q, the test gives %q", f.Arg, c.arg)
			}
			s := &netlab.Scenario{About: f.Name, Server: netlab.Server{Faults: []string{f.Name}}}
			if c.arg != "" {
				s.Server.Faults[0] += "=" + c.arg
			}
			if f.NeedsTLS() {
				s.Server.TLS = &netlab.TLS{Mode: "explicit"}
			}
			var found []string
			synctest.Test(t, func(t *testing.T) { found = simulatedCodes(t, s, c.flags) })
			if f.Code != "" && !slices.Contains(found, f.Code) {
				t.Errorf("found %v, want %s", found, f.Code)
			}
		})
	}
}

// TestFlagsMakeWhatTheySay: the causes of the second list, with the simulated
// server as the flags would make it.
func TestFlagsMakeWhatTheySay(t *testing.T) {
	tests := map[string]struct {
		server netlab.Server
		ipv6   bool
		flags  string // of the check
	}{
		"connection-limit":           {server: netlab.Server{Faults: []string{"one-session"}}},
		"tls-unavailable":            {flags: "--tls explicit"},
		"tls-required":               {server: netlab.Server{TLS: &netlab.TLS{Mode: "required"}}, flags: "--tls off"},
		"tls-mode-mismatch":          {server: netlab.Server{TLS: &netlab.TLS{Mode: "implicit"}}},
		"tls-outdated":               {server: netlab.Server{TLS: &netlab.TLS{Mode: "explicit", Min: "1.0", Max: "1.1"}}},
		"certificate-untrusted":      {server: netlab.Server{TLS: &netlab.TLS{Mode: "explicit", Certificate: "self-signed"}}},
		"password-in-clear":          {server: netlab.Server{User: "ann", Password: "correct horse"}},
		"pasv-on-ipv6":               {server: netlab.Server{IPv6: true}, ipv6: true},
		"passive-range-wide":         {server: netlab.Server{Passive: "1024-65535"}},
		"passive-address-foreign":    {server: netlab.Server{Announce: "192.0.2.77"}},
		"tls-session-reuse-required": {server: netlab.Server{TLS: &netlab.TLS{Mode: "explicit", Reuse: true}}},
		"control-idle-timeout":       {server: netlab.Server{Faults: []string{"idle-421=20s"}}, flags: "--idle 60s"},
	}
	for _, c := range flagCauses {
		t.Run(c[0], func(t *testing.T) {
			test, known := tests[c[0]]
			if !known {
				t.Fatal("not tested")
			}
			s := &netlab.Scenario{About: c[0], Client: netlab.Client{IPv6Only: test.ipv6}, Server: test.server}
			var found []string
			synctest.Test(t, func(t *testing.T) { found = simulatedCodes(t, s, test.flags) })
			if !slices.Contains(found, c[0]) {
				t.Errorf("found %v", found)
			}
		})
	}
}

// simulatedCodes are those that a check with these flags finds in a simulated
// network.
func simulatedCodes(t *testing.T, s *netlab.Scenario, flags string) []string {
	t.Helper()
	lab, err := netlab.Build(s)
	if err != nil {
		t.Fatal(err)
	}
	defer lab.Close()
	var check checkFlags
	fs := pflag.NewFlagSet(s.About, pflag.ContinueOnError)
	check.add(fs)
	if err := fs.Parse(strings.Fields(flags)); err != nil {
		t.Fatal(err)
	}
	options, err := check.options()
	if err != nil {
		t.Fatal(err)
	}
	prober := probe.Prober{Network: lab.Client(), Target: lab.Target(), Options: options, Roots: lab.Roots()}
	var ev probe.Evidence
	for e := range prober.Run(t.Context()) {
		ev.Add(e)
	}
	var codes []string
	for _, f := range report.Diagnose(&ev) {
		codes = append(codes, f.Code)
	}
	return codes
}
