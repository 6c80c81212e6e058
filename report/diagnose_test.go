package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// well is a run in which every mode worked.
var well = []part{
	epsv(50012, hops.Open), pasv(madeServer+":50013", "", hops.Open),
	arrived(probe.CheckEPRT, madeServer+":20"), arrived(probe.CheckPORT, madeServer+":20"),
	samples(hops.Open, false, 50003, 50005, 50008, 50019), client("198.51.100.7"),
}

// hopsTo is the hop search to the control port of a server 4 hops away.
var controlPath = path(madeServer+":21", "x192.168.1.1", "x198.51.100.1", "x203.0.113.1", "o")

// natPath: the third hop owns the server's address.
var natPath = path(madeServer+":21", "x192.168.1.1", "x198.51.100.1", "x"+madeServer, "o")

func TestDiagnose(t *testing.T) {
	t425 := func(words string) probe.Reply { return *line(425, words) }
	data := netipPort(50012)
	tests := []struct {
		name  string
		parts []part
		want  string // codes, with the certainty of the first
	}{
		{"all well", well, ""},
		{"logged in, nothing else tested", nil, ""},

		{"private address, port fine", []part{pasv("10.0.0.5:50013", hops.Timeout, hops.Open)}, "certain passive-address-private"},
		{"private address not dialled, port fine", []part{pasv("10.0.0.5:50013", "", hops.Open)}, "likely passive-address-private"},
		{"private address that works from here", []part{pasv("10.0.0.5:50013", hops.Open, hops.Open)}, ""},
		{"private address, port blocked too", []part{pasv("10.0.0.5:50013", hops.Timeout, hops.Timeout)}, "likely passive-address-private data-filtered"},
		{"provider NAT address", []part{pasv("100.64.3.4:50013", hops.Timeout, hops.Open)}, "certain passive-address-private"},
		{"between private networks, both fail", []part{server("10.9.9.9"), pasv("10.0.0.5:50013", hops.Timeout, hops.Timeout)}, "likely data-filtered"},
		{"between private networks, host works", []part{server("10.9.9.9"), pasv("10.0.0.5:50013", hops.Timeout, hops.Open)}, "certain passive-address-private"},
		{"loopback", []part{pasv("127.0.0.1:50013", "", hops.Open)}, "certain passive-address-unusable"},
		{"0.0.0.0 means the control host", []part{pasv("0.0.0.0:50013", "", hops.Open)}, "certain passive-address-unusable"},
		{"third party", []part{pasv("198.51.100.9:50013", "", hops.Open)}, "likely passive-address-foreign"},
		{"third party, dialled", []part{pasv("198.51.100.9:50013", hops.Timeout, hops.Open)}, "certain passive-address-foreign"},
		{"hairpin", []part{server("192.168.1.99"), pasv("198.51.100.9:50013", hops.Timeout, hops.Open)}, "certain passive-hairpin"},
		{"hairpin that works", []part{server("192.168.1.99"), pasv("198.51.100.9:50013", hops.Open, hops.Open)}, ""},
		{"hairpin not dialled", []part{server("192.168.1.99"), pasv("198.51.100.9:50013", "", hops.Open)}, "possible passive-hairpin"},
		{"public address announced, tried on the server itself", []part{server("127.0.0.1"), client("127.0.0.1"), pasv("198.51.100.9:50013", hops.Timeout, hops.Open)}, "possible passive-address-foreign"},

		{"EPSV unknown", []part{refused(probe.CheckEPSV, 500, "'EPSV': command not understood."), pasv(madeServer+":50013", "", hops.Open)}, "certain epsv-unsupported"},
		{"EPSV unknown, and listed", []part{says("FEAT", "211-Features:", " EPSV", "211 End"), refused(probe.CheckEPSV, 500, "Unknown command."), pasv(madeServer+":50013", "", hops.Open)}, "likely command-masked"},
		{"EPSV arrives as XXXX", []part{refused(probe.CheckEPSV, 500, "XXXX not understood"), pasv(madeServer+":50013", "", hops.Open)}, "certain command-masked"},
		{"EPSV denied, and listed", []part{says("FEAT", "211-Features:", " EPSV", "211 End"), refused(probe.CheckEPSV, 550, "Permission denied."), pasv(madeServer+":50013", "", hops.Open)}, "certain epsv-unsupported"},
		{"EPSV unknown, in words with X", []part{refused(probe.CheckEPSV, 500, "Unknown command; MAXXX")}, "likely epsv-unsupported"},
		{"EPRT arrives as XXXX", []part{refused(probe.CheckEPRT, 500, "'XXXX' not understood")}, "certain command-masked"},
		{"passive off", []part{refused(probe.CheckEPSV, 550, "Permission denied."), refused(probe.CheckPASV, 550, "Permission denied.")}, "certain passive-disabled"},
		{"passive off over IPv6", []part{server("2001:db8::1"), client("2001:db8::2"), refused(probe.CheckEPSV, 550, "Permission denied."), refused(probe.CheckPASV, 550, "Permission denied.")}, "likely passive-disabled"},
		{"PASV over IPv6", []part{server("2001:db8::1"), client("2001:db8::2"), refused(probe.CheckPASV, 500, "You are connected using IPv6."), epsv(50012, hops.Open)}, "certain pasv-on-ipv6"},
		{"no passive mode over IPv6", []part{server("2001:db8::1"), client("2001:db8::2"), refused(probe.CheckPASV, 500, "no"), refused(probe.CheckEPSV, 502, "no")}, "certain epsv-unsupported"},
		{"no ports left", []part{refused(probe.CheckPASV, 425, "All reserved TCP ports are busy"), epsv(50012, hops.Open)}, "certain passive-ports-exhausted"},

		{"ports vanish, place unknown", []part{epsv(50012, hops.Timeout)}, "likely data-filtered"},
		{"ports vanish at the client's router", []part{epsv(50012, hops.Timeout), controlPath, path(data, "x192.168.1.1", "-", "-", "-")}, "certain data-filtered"},
		{"ports vanish at the server", []part{epsv(50012, hops.Timeout), controlPath, path(data, "x192.168.1.1", "x198.51.100.1", "x203.0.113.1", "-")}, "likely data-filtered"},
		{"ports vanish, the server is the next hop", []part{epsv(50012, hops.Timeout), path(madeServer+":21", "o"), path(data, "-")}, "likely data-filtered"},
		{"ports vanish, place unknown, many of them", []part{samples(hops.Timeout, false, 50001, 50002, 50003, 50004)}, "likely data-filtered"},
		{"ports vanish at two places", []part{epsv(50012, hops.Timeout), samples(hops.Timeout, false, 50060), controlPath, path(data, "x192.168.1.1", "-", "-", "-"),
			path(netipPort(50060), "x192.168.1.1", "x198.51.100.1", "-", "-")}, "likely data-filtered"},
		{"ports refused at hop 1 of 2, this machine or the NAT", []part{epsv(50012, hops.Refused), path(madeServer+":21", "x"+madeServer, "o"), path(data, "r", "r")}, "likely data-not-forwarded"},
		{"ports refused, the server is the next hop", []part{epsv(50012, hops.Refused), path(madeServer+":21", "o"), path(data, "r")}, "likely data-refused"},
		{"ports refused behind the client's router", []part{epsv(50012, hops.Refused), controlPath, path(data, "x192.168.1.1", "r", "r", "r")}, "certain data-rejected"},
		{"ports rejected, most without a message", []part{epsv(50012, hops.Rejected), samples(hops.Timeout, false, 50001, 50002, 50003)}, "likely data-rejected"},
		{"a port that was silent once", []part{samples(hops.Open, false, 50001, 50004, 50009), samples(hops.Timeout, false, 50060), again(hops.Refused, 50060)}, ""},
		{"ports refused by the server's NAT", []part{epsv(50012, hops.Refused), natPath, path(data, "x192.168.1.1", "x198.51.100.1", "r", "r")}, "likely data-not-forwarded"},
		{"ports dropped by the server's NAT", []part{epsv(50012, hops.Timeout), natPath, path(data, "x192.168.1.1", "x198.51.100.1", "-", "-")}, "likely data-not-forwarded"},
		{"ports refused at the server's distance", []part{epsv(50012, hops.Refused), controlPath, path(data, "x", "x", "x", "r")}, "likely data-refused"},
		{"ports refused, distance not measured", []part{epsv(50012, hops.Refused)}, "possible data-refused"},
		{"ports refused on this machine", []part{server("127.0.0.1"), client("127.0.0.1"), epsv(50012, hops.Refused)}, "certain data-refused"},
		{"half the range", []part{samples(hops.Open, false, 50001, 50004, 50009, 50020), samples(hops.Timeout, true, 50060, 50070, 50088, 50099)}, "certain data-range-partly-blocked"},
		{"no port announced, nothing else tested", []part{noPort(500, "Unknown command")}, "possible cause-not-found"},
		{"a port blocked at two announcements", []part{samples(hops.Open, false, 50001, 50020), samples(hops.Refused, false, 50060, 50060)}, "likely data-range-partly-blocked"},
		{"a random mix", []part{samples(hops.Open, false, 50001, 50020, 50060), samples(hops.Timeout, true, 50010, 50030, 50070)}, "possible data-intermittent"},
		{"one port once", []part{samples(hops.Open, false, 50001, 50020, 50060), samples(hops.Timeout, false, 50070)}, "possible cause-not-found"},

		{"data from another address", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, probe.OutcomeEOF, t425("Security: Bad IP connecting."))}, "certain data-source-rejected"},
		{"closed without a word", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, probe.OutcomeEOF)}, "possible data-source-rejected"},
		{"reset", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 100, hops.Reset, *line(150, "Here."), *line(426, "Failure."))}, "likely data-reset"},
		{"silent", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout, *line(150, "Here."))}, "likely data-silent"},
		{"control connection closed during the listing", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout, *line(150, "Here.")), closedAt(probe.CheckEPSV)}, "likely control-stalled"},
		{"226 missing", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 512, probe.OutcomeEOF, *line(150, "Here."))}, "certain completion-reply-missing"},
		{"may not list", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, probe.OutcomeEOF, *line(550, "Permission denied."))}, "certain transfer-denied"},

		{"behind NAT, server shows it", []part{says("STAT", "211-FTP server status:", "     Connected to 198.51.100.200", "211 End of status"), refused(probe.CheckPORT, 500, "Illegal PORT command.")}, "certain active-behind-nat"},
		{"behind NAT, by the classes", []part{refused(probe.CheckPORT, 500, "Illegal PORT command.")}, "likely active-behind-nat"},
		{"behind NAT, nothing arrives", []part{waited(probe.CheckPORT)}, "likely active-behind-nat"},
		{"Pure-FTPd shows our address", []part{refused(probe.CheckPORT, 500, "I won't open a connection to 192.168.1.10 (only to 198.51.100.200)")}, "likely active-behind-nat"},
		{"active off", []part{client("198.51.100.7"), refused(probe.CheckPORT, 550, "Permission denied."), refused(probe.CheckEPRT, 550, "Permission denied.")}, "certain active-disabled"},
		{"PORT alone off", []part{client("198.51.100.7"), arrived(probe.CheckEPRT, madeServer+":20"), refused(probe.CheckPORT, 550, "Permission denied.")}, "likely active-disabled"},
		{"one active command off, the other refused for the address", []part{refused(probe.CheckPORT, 550, "Permission denied."), refused(probe.CheckEPRT, 500, "Illegal EPRT command.")}, "likely active-behind-nat active-disabled"},
		{"EPRT unknown behind NAT", []part{says("FEAT", "211-Features:", " PASV", "211 End"), refused(probe.CheckPORT, 500, "Illegal PORT command."), refused(probe.CheckEPRT, 500, "Unknown command.")}, "likely active-behind-nat eprt-unsupported"},
		{"inbound blocked", []part{client("198.51.100.7"), waited(probe.CheckPORT, t425("Failed to establish connection."))}, "likely active-inbound-blocked"},
		{"EPRT unknown", []part{client("198.51.100.7"), refused(probe.CheckEPRT, 500, "'EPRT': command not understood."), arrived(probe.CheckPORT, madeServer+":20")}, "certain eprt-unsupported"},
		{"from a high port", []part{client("198.51.100.7"), arrived(probe.CheckPORT, madeServer+":45001")}, "certain active-source-port"},
		{"from a high port, and then nothing", []part{client("198.51.100.7"), arrived(probe.CheckPORT, madeServer+":45001"), unanswered(probe.CheckPORT)}, "possible cause-not-found active-source-port"},
		{"from elsewhere", []part{client("198.51.100.7"), arrived(probe.CheckPORT, "203.0.113.11:20")}, "certain active-source-address"},
		{"helper", []part{says("STAT", "211-", "     Connected to 198.51.100.200", "211 End"), arrived(probe.CheckPORT, madeServer+":20")}, "certain helper-in-path"},
		{"private address without NAT", []part{says("STAT", "211-", "     Connected to 192.168.1.10", "211 End"), arrived(probe.CheckPORT, madeServer+":20")}, ""},
		{"server sees its gateway", []part{client("198.51.100.7"), says("STAT", "211-", "     Connected to 172.17.0.1", "211 End"), refused(probe.CheckPORT, 500, "Illegal PORT command.")}, "certain server-side-source-nat"},
		{"server sees its gateway, active off", []part{client("198.51.100.7"), says("STAT", "211-", "     Connected to 172.17.0.1", "211 End"), refused(probe.CheckPORT, 550, "Permission denied."), refused(probe.CheckEPRT, 550, "Permission denied.")}, "certain server-side-source-nat active-disabled"},
		{"pyftpdlib's STAT shows itself", []part{greeting("220 pyftpdlib 1.5.7 ready."), client("198.51.100.7"), says("STAT", "211-", " Connected to: 10.0.0.10:21", "211 End")}, ""},

		{"wrong password", []part{refusedLogin("PASS ****", "530 Login incorrect.")}, "likely login-rejected"},
		{"TLS demanded", []part{refusedLogin("USER alice", "530 Non-anonymous sessions must use encryption.")}, "certain tls-required"},
		{"broken account", []part{refusedLogin("PASS ****", "500 OOPS: vsftpd: refusing to run with writable root inside chroot()")}, "certain account-unusable"},
		{"full", []part{greetedWith("421 There are too many connected users, please try later.", probe.OutcomeClosed)}, "certain connection-limit"},
		{"tcp_wrappers", []part{greetedWith("421 Service not available.", probe.OutcomeClosed)}, "likely address-denied"},
		{"refusal in a 220", []part{greetedWith("220 Access from your address is denied", probe.OutcomeClosed)}, "likely address-denied"},
		{"SSH", []part{ungreeted(probe.OutcomeForeign, "ssh: SSH-2.0-OpenSSH_9.2")}, "certain not-ftp"},
		{"closed at once", []part{ungreeted(probe.OutcomeClosed, "")}, "certain control-closed"},
		{"never a word", []part{ungreeted(hops.Timeout, "")}, "likely control-silent"},
		{"endless line", []part{ungreeted(probe.OutcomeLimit, "line too long")}, "certain control-reply-broken"},

		{"port closed", []part{unreached(map[string]probe.Outcome{"203.0.113.10:21": hops.Refused}, "203.0.113.10:21")}, "likely control-refused"},
		{"port filtered, no IPv6 here", []part{unreached(map[string]probe.Outcome{"[2001:db8::1]:21": hops.Unreachable, "203.0.113.10:21": hops.Timeout}, "[2001:db8::1]:21", "203.0.113.10:21")}, "likely control-filtered"},
		{"no route at all", []part{unreached(map[string]probe.Outcome{"203.0.113.10:21": hops.Unreachable}, "203.0.113.10:21")}, "likely control-rejected"},
		{"an error of this system", []part{unreached(map[string]probe.Outcome{"[fe80::1]:21": probe.OutcomeFailed}, "[fe80::1]:21")}, "possible cause-not-found"},
		{"cancelled", []part{unreached(map[string]probe.Outcome{"203.0.113.10:21": probe.OutcomeCancelled}, "203.0.113.10:21")}, ""},
		{"IPv6 broken", []part{alsoDialled("[2001:db8::1]:21", hops.Timeout)}, "likely address-family-broken"},
		{"no IPv6 here", []part{alsoDialled("[2001:db8::1]:21", hops.Unreachable)}, ""},
		{"no such name", []part{lookedUp(probe.OutcomeNotFound)}, "certain name-not-found"},
		{"resolver broken", []part{lookedUp(hops.Timeout)}, "certain name-lookup-failed"},
		{"slow greeting", []part{lateGreeting(5 * time.Second)}, "likely greeting-slow"},
		{"further sessions refused", []part{limited("421 There are too many connections from your internet address.")}, "certain connection-limit"},
		{"no reply to PASV", []part{stalledAt("PASV", hops.Timeout)}, "likely control-stalled"},
		{"hangs up at PASV", []part{stalledAt("PASV", probe.OutcomeClosed)}, "likely control-stalled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := brief(Diagnose(made(tt.parts...))); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// netipPort is a port of the made server, as path takes it.
func netipPort(port int) string { return fmt.Sprintf("%s:%d", madeServer, port) }

// brief prints the first finding's certainty and every code.
func brief(found []Finding) string {
	var words []string
	for i, f := range found {
		if i == 0 {
			words = append(words, string(f.Certainty))
		}
		words = append(words, f.Code)
	}
	return strings.Join(words, " ")
}

func unanswered(c probe.Check) part {
	return func(ev *probe.Evidence) {
		m := ev.Modes[c]
		m.List.Replies = nil
		m.Lost = &probe.Loss{Check: c, Command: "LIST", Outcome: hops.Timeout, Took: 30 * time.Second}
	}
}

// closedAt ends the mode's control connection at LIST.
func closedAt(c probe.Check) part {
	return func(ev *probe.Evidence) {
		lost := &probe.Loss{Check: c, Command: "LIST", Outcome: probe.OutcomeClosed, Took: 30 * time.Millisecond}
		ev.Modes[c].Lost, ev.Sessions[0].Lost = lost, lost
	}
}

// noPort is a ports check whose announcement was refused.
func noPort(code int, words string) part {
	return func(ev *probe.Evidence) {
		ran(probe.CheckPorts)(ev)
		ev.Samples = append(ev.Samples, &probe.Sample{Session: 1, Command: "EPSV", Code: code, Text: words})
	}
}

func again(o probe.Outcome, port uint16) part {
	return func(ev *probe.Evidence) {
		d := madeDial(probe.AsConfirm, netipPort(int(port)), o)
		d.Check = probe.CheckPorts
		ev.Confirms = append(ev.Confirms, d)
	}
}

func alsoDialled(to string, o probe.Outcome) part {
	return func(ev *probe.Evidence) { ev.Control = append(ev.Control, madeDial(probe.AsControl, to, o)) }
}

func lookedUp(o probe.Outcome) part {
	return func(ev *probe.Evidence) {
		ev.Control, ev.Sessions = nil, nil
		ev.Lookup = &probe.Lookup{Outcome: o, Text: "no such host"}
	}
}

func lateGreeting(d time.Duration) part {
	return func(ev *probe.Evidence) { ev.Sessions[0].Greeting.Took = d }
}

func limited(words string) part {
	return func(ev *probe.Evidence) {
		ev.Limits = append(ev.Limits, probe.Limit{Check: probe.CheckPASV, Others: 1, Code: 421, Text: words})
	}
}

func stalledAt(command string, o probe.Outcome) part {
	return func(ev *probe.Evidence) {
		add(ev, &probe.Mode{Check: probe.CheckPASV, Command: command})
		lost := &probe.Loss{Check: probe.CheckPASV, Command: command, Outcome: o, Took: 30 * time.Second}
		ev.Modes[probe.CheckPASV].Lost = lost
		s := *ev.Sessions[0]
		s.ID, s.Check, s.Lost = 2, probe.CheckPASV, lost
		s.Exchanges = []*probe.Exchange{{Check: probe.CheckPASV, Command: command}}
		ev.Sessions = append(ev.Sessions, &s)
		ev.Modes[probe.CheckPASV].Session = 2
	}
}

// TestSeverityByEvidence: the same cause weighs less where something works.
func TestSeverityByEvidence(t *testing.T) {
	off := []part{client("198.51.100.7"), refused(probe.CheckEPSV, 550, "Permission denied."), refused(probe.CheckPASV, 550, "Permission denied.")}
	tests := []struct {
		name  string
		parts []part
		want  Severity
	}{
		{"passive off, nothing works", off, Problem},
		{"passive off, active works", append(slices.Clone(off), arrived(probe.CheckPORT, madeServer+":20")), Problem},
		{"PASV alone off", []part{epsv(50012, hops.Open), refused(probe.CheckPASV, 550, "Permission denied.")}, Warning},
		{"EPSV unknown over IPv6, active works", []part{server("2001:db8::1"), client("2001:db8::2"), refused(probe.CheckPASV, 425, "no"), refused(probe.CheckEPSV, 500, "Unknown command."), arrived(probe.CheckEPRT, "[2001:db8::1]:20")}, Problem},
		{"hairpin not dialled", []part{server("192.168.1.99"), pasv("198.51.100.9:50013", "", hops.Open)}, Warning},
		{"no reply to FEAT, all else works", append(slices.Clone(well), unansweredFEAT), Warning},
		{"0.0.0.0, control host works", []part{pasv("0.0.0.0:50013", "", hops.Open)}, Warning},
		{"127.0.0.1, control host works", []part{pasv("127.0.0.1:50013", "", hops.Open)}, Problem},
		{"full at the greeting", []part{greetedWith("421 Too many users.", probe.OutcomeClosed)}, Problem},
		{"session not taken, nothing works", []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, probe.OutcomeOK, false, false), listEnds(probe.CheckEPSV, *line(522, "SSL connection failed: session reuse required"))}, Problem},
		{"session to be resumed, EPSV works", []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, probe.OutcomeOK, true, true), clientOver(netipPort(50033), `522 SSL connection failed: session reuse required`, &probe.Handshake{Outcome: probe.OutcomeOK})}, Warning},
		{"active by a helper, passive works", []part{tlsServer, epsv(50012, hops.Open), waited(probe.CheckPORT), further(probe.CheckPORT, probe.TryPlain, arrived(probe.CheckPORT, madeServer+":20"))}, Warning},
		{"PORT alone off", []part{client("198.51.100.7"), arrived(probe.CheckEPRT, madeServer+":20"), refused(probe.CheckPORT, 550, "Permission denied.")}, Warning},
		{"full for a second session", []part{limited("421 Too many users.")}, Warning},
	}
	for _, tt := range tests {
		found := Diagnose(made(tt.parts...))
		if len(found) == 0 || found[0].Severity != tt.want {
			t.Errorf("%s: %s is %v, want %s", tt.name, brief(found), found, tt.want)
		}
	}
	// Active mode by a helper is all that there was.
	found := Diagnose(made(tlsServer, refused(probe.CheckPASV, 550, "Permission denied."), waited(probe.CheckPORT),
		further(probe.CheckPORT, probe.TryPlain, arrived(probe.CheckPORT, madeServer+":20"))))
	if got := brief(found); got != "likely helper-blind-to-tls passive-disabled" || found[0].Severity != Problem {
		t.Errorf("passive off, active by a helper: %s, %s", got, found[0].Severity)
	}
}

// unansweredFEAT: the login session gives out at FEAT, after the login.
func unansweredFEAT(ev *probe.Evidence) {
	ev.Sessions[0].Exchanges = append(ev.Sessions[0].Exchanges, &probe.Exchange{Check: probe.CheckLogin, Command: "FEAT"})
	ev.Sessions[0].Lost = &probe.Loss{Check: probe.CheckLogin, Command: "FEAT", Outcome: probe.OutcomeClosed, Took: time.Second}
}

// TestFixHasRealValues: the fix for the recognised server alone, ready to paste.
func TestFixHasRealValues(t *testing.T) {
	tests := []struct{ greeting, want string }{
		{"220 (vsFTPd 3.0.3)", "vsftpd: pasv_address=203.0.113.10"},
		{"220 ProFTPD Server (lab) [10.0.0.10]", "ProFTPD: MasqueradeAddress 203.0.113.10"},
		{"220---------- Welcome to Pure-FTPd [privsep] ----------", "Pure-FTPd: -P 203.0.113.10   (or ForcePassiveIP 203.0.113.10)"},
		{"220 pyftpdlib 1.5.7 ready.", `pyftpdlib: handler.masquerade_address = "203.0.113.10"`},
	}
	for _, tt := range tests {
		found := Diagnose(made(greeting(tt.greeting), pasv("10.0.0.5:50013", hops.Timeout, hops.Open)))
		var got []string
		for _, e := range found[0].Fixes[0].Examples {
			got = append(got, e.For+": "+e.Text)
		}
		if len(got) != 1 || got[0] != tt.want {
			t.Errorf("%s: got %q, want %q", tt.greeting, got, tt.want)
		}
	}
	if n := len(Diagnose(made(greeting("220 Hello."), pasv("10.0.0.5:50013", hops.Timeout, hops.Open)))[0].Fixes[0].Examples); n != len(common) {
		t.Errorf("unknown server: %d examples, want %d", n, len(common))
	}
}

// TestTitlesFit: "-- PROBLEM  title -- code" on one line of 80 columns.
func TestTitlesFit(t *testing.T) {
	for _, c := range Codes() {
		if n := len("-- PROBLEM  ") + len(c.Title) + len(" -- ") + len(c.Code); n > 80 {
			t.Errorf("%s: %q needs %d columns", c.Code, c.Title, n)
		}
	}
}
