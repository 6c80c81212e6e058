package report

import (
	"slices"
	"strings"
	"testing"

	"ftpcheck/probe/netlab"
	"ftpcheck/testdata/scenarios"
)

// catalogue are the causes that ftpcheck promises to tell apart. A code keeps
// its meaning for ever: this list may grow, and nothing in it may change.
var catalogue = []cause{
	{"name-not-found", "P", "client-user"},
	{"name-lookup-failed", "P", "client-network"},
	{"address-family-broken", "W", "server-network"},
	{"control-refused", "P", "server-admin"},
	{"control-filtered", "P", "located"},
	{"control-rejected", "P", "located"},
	{"control-closed", "P", "server-admin"},
	{"control-silent", "P", "server-admin"},
	{"not-ftp", "P", "client-user"},
	{"greeting-slow", "W", "server-admin"},
	{"connection-limit", "PW", "server-admin"},
	{"address-denied", "P", "server-admin"},
	{"control-intercepted", "W", "client-network"},
	{"control-stalled", "PW", "located"},
	{"command-masked", "PW", "client-network"},
	{"tls-required", "P", "client-user"},
	{"tls-unavailable", "P", "server-admin"},
	{"tls-stripped", "P", "located"},
	{"tls-mode-mismatch", "P", "client-user"},
	{"tls-handshake-failed", "P", "server-admin"},
	{"tls-outdated", "W", "server-admin"},
	{"certificate-expired", "W", "server-admin"},
	{"certificate-name-mismatch", "W", "server-admin"},
	{"certificate-untrusted", "W", "server-admin"},
	{"client-certificate-required", "P", "client-user"},
	{"login-rejected", "P", "client-user"},
	{"account-unusable", "P", "server-admin"},
	{"password-in-clear", "N", "client-user"},
	{"passive-address-private", "P", "server-admin"},
	{"passive-address-unusable", "PW", "server-admin"},
	{"passive-address-foreign", "PW", "server-admin"},
	{"passive-hairpin", "P", "server-network"},
	{"passive-disabled", "PW", "server-admin"},
	{"pasv-on-ipv6", "N", "nobody"},
	{"epsv-unsupported", "W", "server-admin"},
	{"passive-ports-exhausted", "P", "server-admin"},
	{"passive-reply-malformed", "P", "server-admin"},
	{"passive-reply-rewritten", "PW", "located"},
	{"passive-range-wide", "N", "server-admin"},
	{"data-filtered", "P", "located"},
	{"data-rejected", "P", "located"},
	{"data-not-forwarded", "P", "server-network"},
	{"data-refused", "P", "server-admin"},
	{"data-range-partly-blocked", "P", "server-network"},
	{"data-intermittent", "P", "server-network"},
	{"data-source-rejected", "P", "client-network / server-network"},
	{"data-reset", "P", "located"},
	{"data-false-open", "P", "located"},
	{"helper-blind-to-tls", "PW", "server-network / client-network"},
	{"helper-in-path", "N", "located"},
	{"mtu-black-hole", "P", "path"},
	{"payload-changed", "P", "located"},
	{"data-silent", "P", "located"},
	{"transfer-denied", "N", "server-admin"},
	{"completion-reply-missing", "P", "located"},
	{"control-idle-timeout", "P", "located"},
	{"later-transfers-fail", "P", "server-admin"},
	{"tls-session-reuse-required", "PW", "client-user / server-admin"},
	{"data-encryption-required", "P", "client-user"},
	{"data-tls-failed", "PW", "located"},
	{"tls-close-notify-missing", "N", "server-admin"},
	{"active-behind-nat", "W", "client-network"},
	{"active-inbound-blocked", "W", "client-network"},
	{"active-disabled", "W", "server-admin"},
	{"eprt-unsupported", "NW", "server-admin"},
	{"active-source-port", "N", "server-admin"},
	{"active-source-address", "W", "server-admin"},
	{"active-command-rewritten", "W", "located"},
	{"server-side-source-nat", "W", "server-network"},
	{"active-server-egress-blocked", "P", "server-network"},
}

type cause struct {
	code       string
	severities string // P problem, W warning, N note
	owners     string // "located": whoever stands where it is
}

func (c cause) allows(s Severity) bool {
	return s != "" && strings.Contains(c.severities, strings.ToUpper(string(s[:1])))
}

// TestCatalogue holds the program to the catalogue: each of its causes has a
// page, a rule, and a scenario that ends in it with a severity that it may have.
func TestCatalogue(t *testing.T) {
	all, err := netlab.Load(scenarios.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range catalogue {
		t.Run(c.code, func(t *testing.T) {
			if _, err := Explain(c.code); err != nil {
				t.Error(err)
			}
			entry := slices.IndexFunc(rules, func(r rule) bool { return r.Code.Code == c.code })
			if entry < 0 {
				t.Fatal("no rule reports it")
			}
			known := rules[entry].Code
			if !c.allows(known.Severity) {
				t.Errorf("it is a %s, want one of %s", known.Severity, c.severities)
			}
			if c.owners != "located" && !slices.Contains(strings.Split(c.owners, " / "), string(known.Owner)) {
				t.Errorf("its owner is %s, want %s", known.Owner, c.owners)
			}
			if !endsIn(t, all, c.code, c.allows) {
				t.Error("no scenario ends in it")
			}
		})
	}
}

// endsIn reports whether a scenario ends in a code.
func endsIn(t *testing.T, all []*netlab.Scenario, code string, allowed func(Severity) bool) (found bool) {
	t.Helper()
	for _, s := range all {
		if slices.Contains(s.Expect.Notes, code) {
			found = true
			if !allowed(Note) {
				t.Errorf("%s has it as a note", s.Name)
			}
		}
		for _, f := range s.Expect.Findings {
			if f.Code == code {
				found = true
				if !allowed(Severity(f.Severity)) {
					t.Errorf("%s has it as a %q", s.Name, f.Severity)
				}
			}
		}
	}
	return found
}
