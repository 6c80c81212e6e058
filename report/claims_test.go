package report

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// announcing changes what an active mode announced, as --active-address does.
func announcing(c probe.Check, addr string) part {
	return func(ev *probe.Evidence) {
		ev.Modes[c].Announced = netip.AddrPortFrom(netip.MustParseAddr(addr), 40001)
	}
}

func malformed(reply, why string) part {
	return func(ev *probe.Evidence) {
		add(ev, &probe.Mode{Check: probe.CheckPASV, Command: "PASV", Malformed: why, Reply: line(227, reply)})
	}
}

func clientFailed(words string) part {
	return func(ev *probe.Evidence) {
		ran(probe.CheckClient)(ev)
		ev.Client = &probe.ClientRun{Outcome: probe.OutcomeFailed, Text: words}
	}
}

// portless is a sample that got this refusal in place of a port.
func portless(code int, words string) part {
	return func(ev *probe.Evidence) {
		ran(probe.CheckPorts)(ev)
		ev.Samples = append(ev.Samples, &probe.Sample{Session: 1, Command: "EPSV", Code: code, Text: fmt.Sprintf("%d %s", code, words)})
	}
}

func laterGreeting(d time.Duration) part {
	return func(ev *probe.Evidence) {
		ran(probe.CheckEPSV)(ev)
		ev.Sessions = append(ev.Sessions, &probe.Session{ID: 2, Check: probe.CheckEPSV, Greeting: &probe.Reply{Code: 220, Took: d}})
	}
}

// TestClaims: what a finding says and advises follows from what was seen. The
// words stand anywhere in it; those after "not" nowhere.
func TestClaims(t *testing.T) {
	sees := func(addr string) part { return says("STAT", "211-", "     Connected to "+addr, "211 End") }
	private := pasv("10.0.0.5:50013", hops.Timeout, hops.Open)
	tests := []struct {
		name  string
		parts []part
		code  string
		words string // separated by "; "
		not   string
	}{
		{"EPSV did not work", []part{private}, "passive-address-private", "use a client that ignores", "EPSV"},
		{"EPSV worked", []part{private, epsv(50012, hops.Open)}, "passive-address-private", "use EPSV, or a client that ignores; EPSV works", ""},
		{"neither worked", []part{pasv("10.0.0.5:50013", hops.Timeout, hops.Timeout)}, "passive-address-private", "because the port itself is not reachable", "Until then; announced address work"},
		{"not dialled", []part{pasv("10.0.0.5:50013", "", hops.Open)}, "passive-address-private", "which was not tested; most likely an address behind; stale setting", "hang or fail; does not exist"},
		{"0.0.0.0, port blocked", []part{pasv("0.0.0.0:50013", "", hops.Timeout)}, "passive-address-unusable", "fail as well", "in its place work"},
		{"reached by an inner address", []part{server("10.9.9.9"), private}, "passive-address-private", "pasv_address=ADDRESS", "pasv_address=10"},
		{"tried on the server itself", []part{server("127.0.0.1"), client("127.0.0.1"), pasv("192.168.7.7:50013", hops.Timeout, hops.Open)}, "passive-address-private", "right for clients on other machines", "Announce 127; =127"},

		{"bad port numbers", []part{malformed("Entering Passive Mode (203,0,113,10,300,300).", "300 is not a byte")}, "passive-reply-malformed", "Update the server", "pasv_address"},
		{"bad address", []part{malformed("Entering Passive Mode (server,195,93).", "no number")}, "passive-reply-malformed", "pasv_address=203.0.113.10", ""},

		{"PASV alone is denied", []part{epsv(50012, hops.Open), refused(probe.CheckPASV, 550, "Permission denied.")}, "passive-disabled", "cmds_denied; PASV alone", "pasv_enable; switched off"},
		{"no ports left", []part{samples(hops.Open, false, 50001, 50002), portless(425, "all of them are busy."), clientFailed(`425 "all of them are busy."`)}, "passive-ports-exhausted", "1 refused so, 2 granted; check client", "pasv_min_port"},

		{"passive works only at another address", []part{private, refused(probe.CheckPORT, 500, "Illegal PORT command.")}, "active-behind-nat", "Announce the public address", "Passive mode works; Use passive"},
		{"passive works", []part{epsv(50012, hops.Open), refused(probe.CheckPORT, 500, "Illegal PORT command.")}, "active-behind-nat", "Use passive mode (EPSV).; Passive mode works; Or announce", "PASV"},
		{"everything is off", []part{client("198.51.100.7"), refused(probe.CheckEPSV, 550, "Permission denied."), refused(probe.CheckPORT, 550, "Permission denied.")}, "active-disabled", "allow it", "Use passive"},
		{"one command is off, the other refused for the address", []part{refused(probe.CheckPORT, 550, "Permission denied."), refused(probe.CheckEPRT, 500, "Illegal EPRT command.")}, "active-disabled", "only PORT is denied; sure likely", ""},
		{"announced for a NAT that does not forward", []part{sees("198.51.100.200"), waited(probe.CheckPORT), announcing(probe.CheckPORT, "198.51.100.200")}, "active-inbound-blocked", "does not forward; dnat to 192.168.1.10", "NAT on this side:"},
		{"announced a wrong address without NAT", []part{client("198.51.100.7"), sees("198.51.100.7"), refused(probe.CheckPORT, 500, "Illegal PORT command."), announcing(probe.CheckPORT, "198.51.100.200")}, "active-behind-nat", "no NAT changes it; Announce 198.51.100.7", "a NAT device stands; dnat"},
		{"announced a wrong address behind NAT", []part{sees("198.51.100.200"), refused(probe.CheckPORT, 500, "Illegal PORT command."), announcing(probe.CheckPORT, "198.51.100.201")}, "active-behind-nat", "dnat to 192.168.1.10", "dnat to 198"},
		{"hairpin", []part{sees("192.168.1.1"), refused(probe.CheckPORT, 500, "Illegal PORT command.")}, "active-behind-nat", "hairpin", "most others"},
		{"the server's gateway, PORT refused for it", []part{client("198.51.100.7"), sees("10.0.0.1"), refused(probe.CheckPORT, 500, "Illegal PORT command.")}, "server-side-source-nat", "because they name another address", ""},
		{"the server's gateway, PORT off", []part{client("198.51.100.7"), sees("10.0.0.1"), refused(probe.CheckPORT, 550, "Permission denied.")}, "server-side-source-nat", "", "because they name another address"},

		{"late once", []part{lateGreeting(5 * time.Second), laterGreeting(time.Second)}, "greeting-slow", "0 were as late", "Every login"},
		{"late always", []part{lateGreeting(5 * time.Second), laterGreeting(5 * time.Second)}, "greeting-slow", "Every login", ""},
		{"closed at a command", []part{stalledAt("PASV", probe.OutcomeClosed)}, "control-stalled", "break off", "hang at"},
		{"silent at a command", []part{stalledAt("PASV", hops.Timeout)}, "control-stalled", "Clients hang at", "break off"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkClaims(t, tt.parts, tt.code, tt.words, tt.not)
		})
	}
}

// claims is all that a finding says of its own, without quotes.
func claims(f Finding) string {
	lines := append([]string{f.Title, f.Effect, "sure " + string(f.Certainty)}, f.Story...)
	lines = append(lines, f.RuledOut...)
	for _, fix := range f.Fixes {
		lines = append(lines, fix.Do)
		for _, e := range fix.Examples {
			lines = append(lines, e.Text)
		}
	}
	for _, c := range f.Checks {
		lines = append(lines, "check "+string(c))
	}
	if f.Where != nil {
		lines = append(lines, "place "+string(f.Where.Side))
	}
	return strings.Join(lines, "\n")
}

// checkClaims holds the finding with this code to words that it must say and
// words that it must not, each list separated by "; ".
func checkClaims(t *testing.T, parts []part, code, words, not string) {
	t.Helper()
	var said string
	for _, f := range Diagnose(made(parts...)) {
		if f.Code == code {
			said = claims(f)
		}
	}
	if said == "" {
		t.Fatalf("no %s", code)
	}
	for w := range strings.SplitSeq(words, "; ") {
		if !strings.Contains(said, w) {
			t.Errorf("%q is not in\n%s", w, said)
		}
	}
	for w := range strings.SplitSeq(not, "; ") {
		if w != "" && strings.Contains(said, w) {
			t.Errorf("%q is in\n%s", w, said)
		}
	}
}
