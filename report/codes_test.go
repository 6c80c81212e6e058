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
	{"name-not-found", "P", "client-user", false},
	{"name-lookup-failed", "P", "client-network", false},
	{"address-family-broken", "W", "server-network", false},
	{"control-refused", "P", "server-admin", false},
	{"control-filtered", "P", "located", false},
	{"control-rejected", "P", "located", false},
	{"control-closed", "P", "server-admin", false},
	{"control-silent", "P", "server-admin", false},
	{"not-ftp", "P", "client-user", false},
	{"greeting-slow", "W", "server-admin", false},
	{"connection-limit", "PW", "server-admin", false},
	{"address-denied", "P", "server-admin", false},
	{"control-intercepted", "W", "client-network", false},
	{"control-stalled", "PW", "located", false},
	{"tls-required", "P", "client-user", false},
	{"tls-unavailable", "P", "server-admin", false},
	{"tls-stripped", "P", "located", false},
	{"tls-mode-mismatch", "P", "client-user", false},
	{"tls-handshake-failed", "P", "server-admin", false},
	{"tls-outdated", "W", "server-admin", false},
	{"certificate-expired", "W", "server-admin", false},
	{"certificate-name-mismatch", "W", "server-admin", false},
	{"certificate-untrusted", "W", "server-admin", false},
	{"client-certificate-required", "P", "client-user", false},
	{"login-rejected", "P", "client-user", false},
	{"account-unusable", "P", "server-admin", false},
	{"password-in-clear", "N", "client-user", false},
	{"passive-address-private", "P", "server-admin", false},
	{"passive-address-unusable", "PW", "server-admin", false},
	{"passive-address-foreign", "PW", "server-admin", false},
	{"passive-hairpin", "P", "server-network", false},
	{"passive-disabled", "PW", "server-admin", false},
	{"pasv-on-ipv6", "N", "nobody", false},
	{"epsv-unsupported", "W", "server-admin", false},
	{"passive-ports-exhausted", "P", "server-admin", false},
	{"passive-reply-malformed", "P", "server-admin", false},
	{"passive-reply-rewritten", "PW", "located", false},
	{"passive-range-wide", "N", "server-admin", false},
	{"data-filtered", "P", "located", false},
	{"data-rejected", "P", "located", false},
	{"data-not-forwarded", "P", "server-network", false},
	{"data-refused", "P", "server-admin", false},
	{"data-range-partly-blocked", "P", "server-network", false},
	{"data-intermittent", "P", "server-network", false},
	{"data-source-rejected", "P", "client-network / server-network", false},
	{"data-reset", "P", "located", false},
	{"data-false-open", "P", "located", false},
	{"helper-blind-to-tls", "PW", "server-network / client-network", false},
	{"helper-in-path", "N", "located", false},
	{"mtu-black-hole", "P", "path", false},
	{"data-silent", "P", "located", false},
	{"transfer-denied", "N", "server-admin", false},
	{"completion-reply-missing", "P", "located", false},
	{"control-idle-timeout", "P", "located", false},
	{"later-transfers-fail", "P", "server-admin", false},
	{"tls-session-reuse-required", "PW", "client-user / server-admin", false},
	{"data-encryption-required", "P", "client-user", false},
	{"data-tls-failed", "PW", "located", false},
	{"tls-close-notify-missing", "N", "server-admin", false},
	{"active-behind-nat", "W", "client-network", false},
	{"active-inbound-blocked", "W", "client-network", false},
	{"active-disabled", "W", "server-admin", false},
	{"eprt-unsupported", "NW", "server-admin", false},
	{"active-source-port", "N", "server-admin", false},
	{"active-source-address", "W", "server-admin", false},
	{"active-command-rewritten", "W", "located", true},
	{"server-side-source-nat", "W", "server-network", false},
	{"active-server-egress-blocked", "P", "server-network", true},
}

type cause struct {
	code       string
	severities string // P problem, W warning, N note
	owners     string // "located": whoever stands where it is
	both       bool   // it takes what both ends saw, so no rule reports it
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
			entry := slices.IndexFunc(explained(), func(known Code) bool { return known.Code == c.code })
			if entry < 0 {
				t.Fatal("unknown")
			}
			known := explained()[entry]
			if !c.allows(known.Severity) {
				t.Errorf("it is a %s, want one of %s", known.Severity, c.severities)
			}
			if c.owners != "located" && !slices.Contains(strings.Split(c.owners, " / "), string(known.Owner)) {
				t.Errorf("its owner is %s, want %s", known.Owner, c.owners)
			}
			if ruled := slices.ContainsFunc(rules, func(r rule) bool { return r.Code.Code == c.code }); ruled == c.both {
				t.Errorf("a rule for it: %v", ruled)
			}
			if shown := endsIn(t, all, c.code, c.allows); shown == c.both {
				t.Errorf("a scenario for it: %v", shown)
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
