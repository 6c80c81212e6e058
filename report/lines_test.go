package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// TestLine judges single checks from the shortest run that shows the case.
func TestLine(t *testing.T) {
	epsv229 := "229 Entering Extended Passive Mode (|||50012|)"
	tests := []struct {
		name  string
		check probe.Check
		run   func(s *script)
		state State
		want  string
	}{
		{"not run", probe.CheckSecure, func(s *script) {}, "", ""},
		{"skipped", probe.CheckSecure, func(s *script) { s.skip("the server offers no TLS", probe.CheckSecure) }, Skip, "the server offers no TLS"},
		{"name in two families", probe.CheckName, func(s *script) {
			s.begin(probe.CheckName)
			s.lookup(serverIP, "2001:db8::1")
		}, OK, "ftp.example.com is 203.0.113.10, 2001:db8::1"},
		{"resolver failed", probe.CheckName, func(s *script) {
			s.begin(probe.CheckName)
			s.add(probe.Event{Kind: probe.KindLookup, Outcome: probe.OutcomeFailed, Text: "server misbehaving"})
		}, Failed, "the resolver did not answer: server misbehaving"},
		{"one family broken", probe.CheckControl, func(s *script) {
			s.begin(probe.CheckControl)
			s.dial(probe.AsControl, "[2001:db8::1]:21", hops.Timeout)
			s.dial(probe.AsControl, serverFTP, hops.Open)
			s.open(1, clientIP+":40000", serverFTP)
			s.say(1, "220 ready")
		}, Warn, "203.0.113.10:21 answered in 31 ms, but [2001:db8::1]:21 timed out in 5 s"},
		{"slow greeting", probe.CheckControl, func(s *script) {
			s.begin(probe.CheckControl)
			s.dial(probe.AsControl, serverFTP, hops.Open)
			s.open(1, clientIP+":40000", serverFTP)
			s.add(probe.Event{Kind: probe.KindRecv, Session: 1, Text: "220 ready", Code: 220, Took: 10 * slowGreeting / 3})
		}, Warn, "203.0.113.10:21 answered in 31 ms, its greeting only after 10 s"},
		{"refusal as greeting", probe.CheckControl, func(s *script) {
			s.begin(probe.CheckControl)
			s.dial(probe.AsControl, serverFTP, hops.Open)
			s.open(1, clientIP+":40000", serverFTP)
			s.say(1, "421 There are too many connected users, please try later.")
		}, Failed, "203.0.113.10:21 greets with 421 There are too many connected users, please try later"},
		{"silent", probe.CheckControl, func(s *script) {
			s.begin(probe.CheckControl)
			s.dial(probe.AsControl, serverFTP, hops.Open)
			s.open(1, clientIP+":40000", serverFTP)
			s.add(probe.Event{Kind: probe.KindLost, Session: 1, Outcome: hops.Timeout, Took: 30e9})
		}, Failed, "203.0.113.10:21 accepted the connection, but sent no greeting in 30 s"},
		{"refused", probe.CheckControl, func(s *script) {
			s.begin(probe.CheckControl)
			s.dial(probe.AsControl, serverFTP, hops.Refused)
		}, Failed, "203.0.113.10:21 refused in 31 ms"},
		{"epsv unknown to the server", probe.CheckEPSV, func(s *script) {
			s.session(2, probe.CheckEPSV, clientIP+":40002", serverFTP)
			s.say(2, "> EPSV", "500 Unknown command.")
		}, Warn, "EPSV refused by the server: 500 Unknown command"},
		{"neither epsv nor pasv", probe.CheckEPSV, func(s *script) {
			s.session(2, probe.CheckEPSV, clientIP+":40002", serverFTP)
			s.say(2, "> EPSV", "550 Permission denied.")
			s.session(3, probe.CheckPASV, clientIP+":40003", serverFTP)
			s.say(3, "> PASV", "550 Permission denied.")
		}, Failed, "EPSV refused by the server: 550 Permission denied"},
		{"no port free", probe.CheckEPSV, func(s *script) {
			s.session(2, probe.CheckEPSV, clientIP+":40002", serverFTP)
			s.say(2, "> EPSV", "425 All reserved TCP ports are busy")
		}, Failed, "EPSV refused by the server: 425 All reserved TCP ports are busy"},
		{"pasv over IPv6", probe.CheckPASV, func(s *script) {
			s.session(2, probe.CheckPASV, "[2001:db8::2]:40002", "[2001:db8::1]:21")
			s.say(2, "> PASV", "501 PASV: Operation not permitted")
		}, Skip, "PASV cannot serve IPv6"},
		{"reply is garbage", probe.CheckPASV, func(s *script) {
			s.session(2, probe.CheckPASV, clientIP+":40002", serverFTP)
			s.say(2, "> PASV", "227 Entering Passive Mode (2,233,252).")
			s.add(probe.Event{Kind: probe.KindAnnounce, Outcome: probe.OutcomeMalformed, Text: "three numbers instead of six"})
		}, Failed, "the reply cannot be parsed: three numbers instead of six"},
		{"stalls at one command", probe.CheckEPSV, func(s *script) {
			s.session(2, probe.CheckEPSV, clientIP+":40002", serverFTP)
			s.say(2, "> EPSV")
			s.add(probe.Event{Kind: probe.KindLost, Session: 2, Outcome: hops.Timeout, Took: 30e9})
		}, Failed, "no reply to EPSV in 30 s"},
		{"zero address, control host works", probe.CheckPASV, func(s *script) {
			s.session(2, probe.CheckPASV, clientIP+":40002", serverFTP)
			s.say(2, "> PASV", "227 Entering Passive Mode (0,0,0,0,195,93).")
			s.announce("0.0.0.0:50013")
			s.add(probe.Event{Kind: probe.KindNote, As: probe.AsAnnounced, Text: "0.0.0.0:50013 is not dialled: it is no address of a host"})
			s.dial(probe.AsControlHost, serverIP+":50013", hops.Open)
		}, Warn, "0.0.0.0:50013 is not dialled: it is no address of a host (203.0.113.10:50013 is open)"},
		{"both addresses time out", probe.CheckPASV, func(s *script) {
			s.passive(2, probe.CheckPASV, "227 Entering Passive Mode (10,0,0,5,195,93).", "10.0.0.5:50013", hops.Timeout, hops.Timeout)
		}, Failed, "10.0.0.5:50013 timed out in 5 s (203.0.113.10:50013 timed out in 5 s)"},
		{"rejected by a device", probe.CheckEPSV, func(s *script) {
			s.session(2, probe.CheckEPSV, clientIP+":40002", serverFTP)
			s.say(2, "> EPSV", epsv229)
			s.announce(serverIP + ":50012")
			s.add(probe.Event{Kind: probe.KindDial, As: probe.AsAnnounced, Addr: addr(serverIP + ":50012"), Outcome: hops.Rejected,
				ICMP: &hops.ICMP{Type: 3, Code: 13, From: addr("198.51.100.2:1").Addr()}})
		}, Failed, "203.0.113.10:50012 rejected by 198.51.100.2 (ICMP 3/13)"},
		{"source refused", probe.CheckEPSV, func(s *script) {
			s.session(2, probe.CheckEPSV, clientIP+":40002", serverFTP)
			s.say(2, "> EPSV", epsv229)
			s.announce(serverIP + ":50012")
			s.dial(probe.AsAnnounced, serverIP+":50012", hops.Open)
			s.say(2, "> LIST", "425 Security: Bad IP connecting.")
		}, Failed, "203.0.113.10:50012 open in 31 ms, then 425 Security: Bad IP connecting"},
		{"listing denied", probe.CheckEPSV, func(s *script) {
			s.session(2, probe.CheckEPSV, clientIP+":40002", serverFTP)
			s.say(2, "> EPSV", epsv229)
			s.announce(serverIP + ":50012")
			s.dial(probe.AsAnnounced, serverIP+":50012", hops.Open)
			s.say(2, "> LIST", "550 Permission denied.")
		}, Warn, "203.0.113.10:50012 open in 31 ms, then 550 Permission denied"},
		{"data, but no 226", probe.CheckEPSV, func(s *script) {
			s.session(2, probe.CheckEPSV, clientIP+":40002", serverFTP)
			s.say(2, "> EPSV", epsv229)
			s.announce(serverIP + ":50012")
			s.dial(probe.AsAnnounced, serverIP+":50012", hops.Open)
			s.say(2, "> LIST", "150 Here it comes.")
			s.data(probe.AsAnnounced, serverIP+":50012", 412, probe.OutcomeEOF)
			s.add(probe.Event{Kind: probe.KindLost, Session: 2, Outcome: hops.Timeout, Took: 30e9})
		}, Failed, "203.0.113.10:50012 open in 31 ms, data received, then no reply to LIST in 30 s"},
		{"nothing arrives", probe.CheckPORT, func(s *script) {
			s.session(2, probe.CheckPORT, clientIP+":40002", serverFTP)
			s.listen(clientIP + ":40021")
			s.say(2, "> PORT 192,168,1,20,156,85", "200 PORT command successful.", "> LIST", "425 Failed to establish connection.")
		}, Warn, "nothing arrived at 192.168.1.20:40021: 425 Failed to establish connection"},
		{"active and the server hangs up", probe.CheckPORT, func(s *script) {
			s.session(2, probe.CheckPORT, clientIP+":40002", serverFTP)
			s.listen(clientIP + ":40021")
			s.say(2, "> PORT 192,168,1,20,156,85")
			s.add(probe.Event{Kind: probe.KindLost, Session: 2, Outcome: probe.OutcomeClosed})
		}, Failed, "control connection closed after PORT"},
		{"some ports blocked", probe.CheckPorts, func(s *script) {
			s.ports(2, hops.Open, hops.Open, hops.Timeout)
		}, Failed, "2 of 3 announced ports open, 50020-50030; 1 timed out, 50040"},
		{"ports run out", probe.CheckPorts, func(s *script) {
			s.ports(2, hops.Open)
			s.say(2, "> EPSV", "425 All reserved TCP ports are busy")
		}, Warn, "1 of 1 announced ports open, 50020; then 425 All reserved TCP ports are busy"},
		{"further session refused", probe.CheckPASV, func(s *script) {
			s.begin(probe.CheckPASV)
			s.add(probe.Event{Kind: probe.KindLimit, Count: 2, Code: 421, Text: "421 Too many connections"})
		}, Skip, "not tested: the server refused a further session: 421 Too many connections"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScript("ftp.example.com")
			tt.run(s)
			l := Line(s.evidence(), tt.check)
			if l.State != tt.state || l.Summary != tt.want {
				t.Errorf("%q %q\nwant %q %q", l.State, l.Summary, tt.state, tt.want)
			}
		})
	}
}

// TestUpdatePrintsLinesInOrder folds runs event by event and prints after each
// one: the result must be the report that is printed at the end.
func TestUpdatePrintsLinesInOrder(t *testing.T) {
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			live := NewText(&b, TextOptions{})
			ev := &probe.Evidence{}
			early := 0
			for _, e := range run().all() {
				ev.Add(e)
				if err := live.Update(ev); err != nil {
					t.Fatal(err)
				}
				if e.Kind == probe.KindEnd && early == 0 {
					early = strings.Count(b.String(), "\n") - 2
				}
			}
			r := New(ev, Judge{})
			if err := live.Finish(r); err != nil {
				t.Fatal(err)
			}
			if want := text80(t, r, TextOptions{}); b.String() != want {
				t.Errorf("printed while running:\n%s\nprinted at the end:\n%s", b.String(), want)
			}
			if early < 1 {
				t.Error("no line was printed when the first check ended")
			}
		})
	}
}

func TestVerdict(t *testing.T) {
	tests := []struct {
		run    string
		judge  Judge
		result Result
		exit   int
	}{
		{"all-well", Judge{}, Pass, ExitPass},
		{"all-well", Judge{Strict: true, Require: []probe.Check{probe.CheckEPSV, probe.CheckPORT}}, Pass, ExitPass},
		{"all-well", Judge{Require: []probe.Check{probe.CheckTransfer}}, Fail, ExitFail},
		{"private-address", Judge{}, Fail, ExitFail},
		{"name-not-found", Judge{}, Error, ExitNoJudgment},
		{"control-filtered", Judge{Require: []probe.Check{probe.CheckEPSV}}, Error, ExitNoJudgment},
		{"not-ftp", Judge{}, Error, ExitNoJudgment},
		{"login-rejected", Judge{}, Error, ExitLogin},
		{"interrupted", Judge{}, Fail, ExitInterrupt},
		{"interrupted-healthy", Judge{}, Error, ExitInterrupt},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.run, tt.judge), func(t *testing.T) {
			r := New(runs[tt.run]().evidence(), tt.judge)
			if r.Result != tt.result || r.Exit != tt.exit {
				t.Errorf("%s, exit %d; want %s, exit %d", r.Result, r.Exit, tt.result, tt.exit)
			}
		})
	}
}

func TestAWarningCountsWhenStrict(t *testing.T) {
	r := &Report{Findings: []Finding{{Severity: Warning}, {Severity: Note}}}
	ev := runAllWell().evidence()
	if r.judge(ev); r.Exit != ExitPass {
		t.Errorf("exit %d for a warning", r.Exit)
	}
	r.Judge.Strict = true
	if r.judge(ev); r.Exit != ExitFail {
		t.Errorf("exit %d for a warning when strict", r.Exit)
	}
}

// TestHalfARunNeverPanics judges and prints every beginning of every run.
func TestHalfARunNeverPanics(t *testing.T) {
	for name, run := range runs {
		ev := &probe.Evidence{}
		for _, e := range slices.Concat(run().all()) {
			ev.Add(e)
			r := New(ev, Judge{})
			if r.Started.IsZero() {
				t.Fatalf("%s: no start", name)
			}
			var b strings.Builder
			for _, f := range Formats {
				if err := f.Write(&b, r, TextOptions{Verbose: true}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
