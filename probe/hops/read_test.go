package hops

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The rows of the table at Verdict, and what a real path adds to them: routers
// that never answer, routers that answer once in a while, loops.
func TestRead(t *testing.T) {
	const cgw, isp, sgw = "192.168.1.1", "203.0.113.1", "198.51.100.2"
	for _, test := range []struct {
		situation string
		steps     string // by TTL: "open", "rst", "-", or ICMP type/code with its sender
		want      Verdict
	}{
		{"open", "11/0@cgw 11/0@isp 11/0@sgw open",
			Verdict{Known: true, Outcome: Open, Answered: 4, LastHop: 3, LastFrom: addr(sgw)}},
		{"not forwarded by sgw", "11/0@cgw 11/0@isp rst",
			Verdict{Known: true, Outcome: Refused, Answered: 3, LastHop: 2, LastFrom: addr(isp)}},
		{"dropped by isp, forward chain", "11/0@cgw 11/0@isp - -",
			Verdict{Known: true, Outcome: Timeout, LastHop: 2, LastFrom: addr(isp)}},
		{"rejected by cgw, tcp reset", "11/0@cgw rst rst rst",
			Verdict{Known: true, Outcome: Refused, Answered: 2, LastHop: 1, LastFrom: addr(cgw)}},
		{"rejected by sgw, admin-prohibited", "11/0@cgw 11/0@isp 11/0@sgw 3/13@sgw",
			Verdict{Known: true, Outcome: Rejected, Answered: 4, From: addr(sgw), LastHop: 3, LastFrom: addr(sgw)}},
		{"rejected by cgw, host-unreachable", "11/0@cgw 3/1@cgw 3/1@cgw 3/1@cgw",
			Verdict{Known: true, Outcome: Unreachable, Answered: 2, From: addr(cgw), LastHop: 1, LastFrom: addr(cgw)}},
		{"dropped on srv itself", "11/0@cgw 11/0@isp 11/0@sgw -",
			Verdict{Known: true, Outcome: Timeout, LastHop: 3, LastFrom: addr(sgw)}},
		{"transparent proxy on cgw", "open open open open",
			Verdict{Known: true, Outcome: Open, Answered: 1}},

		{"isp never answers", "11/0@cgw - 11/0@sgw open",
			Verdict{Known: true, Outcome: Open, Answered: 4, LastHop: 3, LastFrom: addr(sgw)}},
		{"isp never answers, dropped on srv", "11/0@cgw - 11/0@sgw - -",
			Verdict{Known: true, Outcome: Timeout, LastHop: 3, LastFrom: addr(sgw)}},
		{"no hop answers", "- - - open",
			Verdict{Known: true, Outcome: Open, Answered: 4}},
		{"a hop beyond the answer", "11/0@cgw rst 11/0@sgw -",
			Verdict{Known: true, Outcome: Refused, Answered: 2, LastHop: 1, LastFrom: addr(cgw)}},
		{"a loop", "11/0@cgw 11/0@isp 11/0@cgw 11/0@isp",
			Verdict{Known: true, Outcome: Expired, LastHop: 4, LastFrom: addr(isp)}},
		{"all silent", "- - -", Verdict{Outcome: Timeout}},
		{"not tested", "? ?", Verdict{}},
		{"no steps", "", Verdict{}},
	} {
		t.Run(test.situation, func(t *testing.T) {
			steps := parseSteps(t, strings.NewReplacer("cgw", cgw, "isp", isp, "sgw", sgw).Replace(test.steps))
			if diff := cmp.Diff(test.want, Read(steps), cmpAddr); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", test.steps, diff)
			}
			slices.Reverse(steps)
			if diff := cmp.Diff(test.want, Read(steps), cmpAddr); diff != "" {
				t.Errorf("%s, backwards: (-want +got)\n%s", test.steps, diff)
			}
		})
	}
}

var cmpAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// parseSteps turns the tests' notation into steps.
func parseSteps(t *testing.T, text string) []Step {
	t.Helper()
	var steps []Step
	for i, word := range strings.Fields(text) {
		steps = append(steps, Step{TTL: i + 1, Attempt: parseAttempt(t, word)})
	}
	return steps
}

func parseAttempt(t *testing.T, word string) Attempt {
	t.Helper()
	switch word {
	case "open":
		return Attempt{Outcome: Open}
	case "rst":
		return Attempt{Outcome: Refused}
	case "-":
		return Attempt{Outcome: Timeout}
	case "?":
		return Attempt{}
	}
	icmp, from, _ := strings.Cut(word, "@")
	var m ICMP
	switch icmp {
	case "11/0":
		m = ICMP{11, 0, addr(from)}
	case "3/1":
		m = ICMP{3, 1, addr(from)}
	case "3/13":
		m = ICMP{3, 13, addr(from)}
	default:
		t.Fatalf("unknown step %q", word)
	}
	return Attempt{Outcome: m.Outcome(), ICMP: &m}
}
