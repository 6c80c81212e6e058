package report

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

func TestClients(t *testing.T) {
	tests := []struct {
		name string
		run  []part
		want map[string]Verdict // by policy; absent: not tested
	}{
		{"all is well", []part{
			epsv(50012, hops.Open), pasv(madeServer+":50013", "", hops.Open), arrived(probe.CheckPORT, madeServer+":20"),
		}, map[string]Verdict{
			"epsv-pasv-ignore": Works, "epsv-pasv-follow": Works, "epsv-or-pasv": Works, "epsv-pasv-active": Works,
			"pasv-ignore": Works, "pasv-fix-private": Works, "pasv-fix-active": Works, "pasv-follow": Works, "pasv": Works, "active": Works,
		}},
		{"a private address stops those that follow it", []part{
			epsv(50012, hops.Open), pasv("10.0.0.5:50013", hops.Timeout, hops.Open), ending(probe.CheckPASV, 120, probe.OutcomeEOF, *line(150, "Here."), *line(226, "Done.")),
		}, map[string]Verdict{
			"epsv-pasv-ignore": Works, "epsv-pasv-follow": Works, "epsv-or-pasv": Works, "epsv-pasv-active": Works,
			"pasv-ignore": Works, "pasv-fix-private": Works, "pasv-fix-active": Works, "pasv-follow": Fails,
		}},
		{"without EPSV it stops more", []part{
			refused(probe.CheckEPSV, 500, "Unknown command."), pasv("10.0.0.5:50013", hops.Timeout, hops.Open), ending(probe.CheckPASV, 120, probe.OutcomeEOF, *line(150, "Here."), *line(226, "Done.")),
		}, map[string]Verdict{
			"epsv-pasv-ignore": Works, "epsv-pasv-follow": Fails, "epsv-or-pasv": Works, "epsv-pasv-active": Fails,
			"pasv-ignore": Works, "pasv-fix-private": Works, "pasv-fix-active": Works, "pasv-follow": Fails,
		}},
		{"a wrong public address is followed also by those that repair private ones", []part{
			epsv(50012, hops.Open), pasv("198.51.100.7:50013", hops.Timeout, hops.Open), ending(probe.CheckPASV, 120, probe.OutcomeEOF, *line(150, "Here."), *line(226, "Done.")),
		}, map[string]Verdict{
			"epsv-pasv-ignore": Works, "epsv-pasv-follow": Works, "epsv-or-pasv": Works, "epsv-pasv-active": Works,
			"pasv-ignore": Works, "pasv-fix-private": Fails, "pasv-fix-active": Fails, "pasv-follow": Fails,
		}},
		{"an address that was not dialled is not judged", []part{
			pasv("198.51.100.7:50013", "", hops.Open), ending(probe.CheckPASV, 120, probe.OutcomeEOF, *line(150, "Here."), *line(226, "Done.")),
		}, map[string]Verdict{"pasv-ignore": Works}},
		{"EPSV accepted and blocked, PASV open: not all go on", []part{
			epsv(50012, hops.Timeout), pasv(madeServer+":50013", "", hops.Open),
		}, map[string]Verdict{
			"epsv-pasv-ignore": Works, "epsv-pasv-follow": Works, "epsv-or-pasv": Fails, "epsv-pasv-active": Fails,
			"pasv-ignore": Works, "pasv-fix-private": Works, "pasv-fix-active": Works, "pasv-follow": Works, "pasv": Works,
		}},
		{"PASV refused: some go over to active mode", []part{
			refused(probe.CheckPASV, 550, "Permission denied."), arrived(probe.CheckPORT, madeServer+":20"),
		}, map[string]Verdict{
			"pasv-ignore": Fails, "pasv-fix-private": Fails, "pasv-fix-active": Works, "pasv-follow": Fails, "pasv": Fails, "active": Works,
		}},
		{"nothing arrives in active mode", []part{epsv(50012, hops.Open), waited(probe.CheckPORT)}, map[string]Verdict{
			"epsv-pasv-ignore": Works, "epsv-pasv-follow": Works, "epsv-or-pasv": Works, "epsv-pasv-active": Works, "active": Fails,
		}},
		{"over IPv6 every passive program uses EPSV", []part{
			client("2001:db8::1"), server("2001:db8::10"), epsv(50012, hops.Open), refused(probe.CheckPASV, 425, "Use EPSV."),
		}, map[string]Verdict{
			"epsv-pasv-ignore": Works, "epsv-pasv-follow": Works, "epsv-or-pasv": Works, "epsv-pasv-active": Works,
			"pasv-ignore": Works, "pasv-fix-private": Works, "pasv-fix-active": Works, "pasv-follow": Works, "pasv": Works,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows := Clients(made(tt.run...))
			if len(rows) != len(policies) {
				t.Fatalf("%d policies, want %d", len(rows), len(policies))
			}
			for _, p := range rows {
				if p.Verdict != tt.want[p.Policy] {
					t.Errorf("%s %q (%s), want %q", p.Policy, p.Verdict, p.Why, tt.want[p.Policy])
				}
				if p.Why == "" {
					t.Errorf("%s does not say why", p.Policy)
				}
				for _, c := range p.Programs {
					if c.Verdict != p.Verdict || c.Setting == "" {
						t.Errorf("%s: %+v, want %q and a setting", p.Policy, c, p.Verdict)
					}
				}
			}
		})
	}
}

// clientsRun is a run with TLS in which EPSV was listed over a data connection
// that resumed the session.
func clientsRun(more ...part) *probe.Evidence {
	ev := made(epsv(50012, hops.Open))
	ev.Sessions[0].TLS = &probe.Handshake{As: probe.AsControl, Outcome: probe.OutcomeOK}
	ev.Modes[probe.CheckEPSV].Dials[0].TLS = &probe.Handshake{Outcome: probe.OutcomeOK, TLS: probe.TLS{Presented: true, Resumed: true}}
	for _, p := range more {
		p(ev)
	}
	return ev
}

// clientsTry is a further try of EPSV that ended with this reply to LIST.
func clientsTry(try probe.Try, code int) part {
	return func(ev *probe.Evidence) {
		m := *ev.Modes[probe.CheckEPSV]
		m.Try, m.Dials = try, []probe.Dial{madeDial(probe.AsAnnounced, madeServer+":50014", hops.Open)}
		if try == probe.TryUnresumed {
			m.Dials[0].TLS = &probe.Handshake{Outcome: probe.OutcomeOK}
		}
		m.List = &probe.Exchange{Command: "LIST", Replies: []probe.Reply{*line(code, "words")}}
		ev.Tries = append(ev.Tries, &m)
	}
}

// unresumedClient is a client check that listed over a new session.
func unresumedClient(ev *probe.Evidence) {
	ran(probe.CheckClient)(ev)
	ev.Client = &probe.ClientRun{Outcome: probe.OutcomeOK, Dials: []probe.Dial{madeDial(probe.AsClient, madeServer+":50020", hops.Open)}}
	ev.Client.Dials[0].TLS = &probe.Handshake{Outcome: probe.OutcomeOK}
}

// declined makes the server answer with a new session.
func declined(ev *probe.Evidence) {
	ev.Modes[probe.CheckEPSV].Dials[0].TLS.TLS.Resumed = false
}

// A plain listing in one mode says nothing about programs that use another.
func TestPlainProgramsNeedTheirOwnMode(t *testing.T) {
	for _, p := range Clients(clientsRun(clientsTry(probe.TryPlain, 226))) {
		for _, c := range p.Programs {
			if p.Policy == "active" && c.Verdict != "" {
				t.Errorf("%s %s: only EPSV was tried without TLS", c.Name, c.Verdict)
			}
		}
	}
}

func TestClientsWithTLS(t *testing.T) {
	tests := []struct {
		name                  string
		ev                    *probe.Evidence
		resume, fresh, plain  Verdict
		curl, jlaffaye, tnftp Verdict
	}{
		{"reuse is demanded", clientsRun(clientsTry(probe.TryUnresumed, 522)), Works, Fails, "", Works, Fails, ""},
		{"reuse is not demanded", clientsRun(clientsTry(probe.TryUnresumed, 226)), Works, Works, "", Works, Works, ""},
		{"not compared", clientsRun(), Works, "", "", Works, "", ""},
		{"plain works as well", clientsRun(clientsTry(probe.TryPlain, 226)), Works, "", Works, Works, "", Works},
		{"the ordinary client does without", clientsRun(unresumedClient), Works, Works, "", Works, Works, ""},
		{"the server declines to resume", clientsRun(declined), Works, Works, "", Works, Works, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := map[string]Verdict{}
			for _, p := range Clients(tt.ev) {
				got[p.Policy] = p.Verdict
				for _, c := range p.Programs {
					name, _, _ := strings.Cut(c.Name, " ")
					got[p.Policy+" "+name] = c.Verdict
				}
			}
			for name, want := range map[string]Verdict{
				"tls-resume": tt.resume, "tls-new-session": tt.fresh, "plain": tt.plain,
				"epsv-pasv-ignore curl": tt.curl, "epsv-or-pasv Go": tt.jlaffaye, "epsv-pasv-active tnftp": tt.tnftp,
			} {
				if got[name] != want {
					t.Errorf("%s %q, want %q", name, got[name], want)
				}
			}
		})
	}
}

func TestNothingTriedJudgesNoClient(t *testing.T) {
	for name, ev := range map[string]*probe.Evidence{"empty": {}, "login only": made()} {
		if rows := Clients(ev); len(rows) > 0 {
			t.Errorf("%s: %+v", name, rows)
		}
	}
}

// Whatever was observed, judging it does not panic, says the same twice, and
// takes nothing that was not tried for a verdict.
func TestRandomEvidenceJudgesClients(t *testing.T) {
	verdicts := map[Verdict]int{}
	for seed := range uint64(3000) {
		n := noise{rand.New(rand.NewPCG(seed, 1))}
		ev := n.evidence()
		rows := Clients(ev)
		if !reflect.DeepEqual(rows, Clients(ev)) {
			t.Fatalf("seed %d: two answers from the same evidence", seed)
		}
		ran := map[string]bool{}
		v := newView(ev)
		for _, c := range []probe.Check{probe.CheckEPSV, probe.CheckPASV, probe.CheckEPRT, probe.CheckPORT} {
			ran[string(c)] = v.modeOrTwin(c) != nil
		}
		for _, p := range rows {
			verdicts[p.Verdict]++
			if p.Verdict != "" && p.Policy == "active" && !ran["port"] && !ran["eprt"] {
				t.Fatalf("seed %d: active mode %s, and it was not tried", seed, p.Verdict)
			}
			if p.Verdict != "" && strings.HasPrefix(p.Policy, "pasv") && !ran["pasv"] && !ran["epsv"] {
				t.Fatalf("seed %d: %s %s, and no passive mode was tried", seed, p.Policy, p.Verdict)
			}
		}
	}
	if verdicts[Works] == 0 || verdicts[Fails] == 0 || verdicts[""] == 0 {
		t.Errorf("the noise does not reach every verdict: %v", verdicts)
	}
}

func TestClientsInTheText(t *testing.T) {
	r := New(runs["private-address"]().evidence(), Judge{})
	const row = "\n  fails       PASV at the announced address\n              10.0.0.5:50013 did not answer within 5 s\n                wget (--no-passive-ftp: active)\n"
	if text := text80(t, r, TextOptions{Verbose: true}); !strings.Contains(text, row) {
		t.Errorf("no row for wget:\n%s", text)
	}
	if text := text80(t, r, TextOptions{}); strings.Contains(text, "CLIENTS") {
		t.Error("the table stands in the short report")
	}
}
