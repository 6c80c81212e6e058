package report

import (
	"bytes"
	"encoding/json"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// TestSecure: the line of the check, the program's exit code, and what the
// report's head says about TLS.
func TestSecure(t *testing.T) {
	expired := func(h *probe.Handshake) { h.TLS.Expired = "x" }
	otherName := func(h *probe.Handshake) {
		h.TLS.NameMismatch, h.TLS.Certificates = "x", []probe.Certificate{certificate(func(c *probe.Certificate) { c.Names = []string{"other.example.org"} })}
	}
	tests := []struct {
		name  string
		parts []part
		state State
		want  string
		exit  int
		tls   string
	}{
		{"not run", nil, "", "", ExitPass, "off"},
		{"switched off", []part{asked("anonymous", probe.TLSOff), skipped("switched off by --tls off")}, Skip, "switched off by --tls off", ExitPass, "off"},
		{"good", []part{asked("alice", ""), tlsServer}, OK, "TLS 1.3, certificate for ftp.example.com valid until 2027-02-01", ExitPass, "explicit"},
		{"good, implicit", []part{asked("alice", probe.TLSImplicit), tlsServer}, OK, "TLS 1.3, certificate for ftp.example.com valid until 2027-02-01", ExitPass, "implicit"},
		{"expired, anonymous goes on", []part{asked("anonymous", ""), handshake(probe.OutcomeOK, expired)}, Warn, "TLS 1.3, certificate expired 2027-02-01", ExitPass, "explicit"},
		{"expired, password withheld", []part{asked("alice", ""), handshake(probe.OutcomeOK, expired), notLoggedIn(withheldWords)}, Warn, "TLS 1.3, certificate expired 2027-02-01", ExitNoJudgment, "explicit"},
		{"not valid yet", []part{asked("anonymous", ""), handshake(probe.OutcomeOK, expired, chain("", certificate(func(c *probe.Certificate) { c.NotBefore = c.NotAfter })))}, Warn, "TLS 1.3, certificate not valid before 2027-02-01", ExitPass, "explicit"},
		{"other name", []part{asked("anonymous", ""), handshake(probe.OutcomeOK, otherName)}, Warn, "TLS 1.3, certificate for other.example.org, not ftp.example.com", ExitPass, "explicit"},
		{"two flaws", []part{asked("anonymous", ""), handshake(probe.OutcomeOK, expired, chain("x", certificate(signedByItself)))}, Warn, "TLS 1.3, certificate expired 2027-02-01, certificate signed by itself", ExitPass, "explicit"},
		{"old version", []part{asked("anonymous", ""), handshake(probe.OutcomeOK, func(h *probe.Handshake) { h.TLS.Version = "TLS 1.1" })}, Warn, "TLS 1.1, which is outdated, certificate for ftp.example.com valid until 2027-02-01", ExitPass, "explicit"},
		{"none offered", []part{auth("500 unknown"), features("PASV")}, Skip, "the server offers no TLS", ExitPass, "off"},
		{"none offered, asked for", []part{asked("alice", probe.TLSExplicit), auth("500 unknown."), features("PASV"), notLoggedIn("no TLS")}, Failed, "the server offers no TLS: 500 unknown", ExitNoJudgment, "explicit"},
		{"stripped, anonymous goes on", []part{auth("502 no"), features("AUTH TLS")}, Failed, "TLS is offered, but refused: 502 no", ExitFail, "off"},
		{"stripped, password withheld", []part{asked("alice", ""), auth("502 no"), features("AUTH TLS"), notLoggedIn(withheldWords)}, Failed, "TLS is offered, but refused: 502 no", ExitNoJudgment, "off"},
		{"handshake fails, anonymous goes on", []part{auth("234 ok"), handshake(probe.OutcomeAlert, alert("internal error")), inPlain}, Failed, "the TLS handshake failed: alert internal_error", ExitFail, "off"},
		{"handshake fails, password withheld", []part{asked("alice", ""), auth("234 ok"), handshake(hops.Reset), notLoggedIn("no TLS")}, Failed, "the TLS handshake failed: the connection was reset", ExitNoJudgment, "off"},
		{"handshake fails, nothing else asked for", []part{auth("234 ok"), handshake(hops.Timeout), withoutLogin}, Failed, "the TLS handshake failed: no answer in 20 ms", ExitNoJudgment, "off"},
		{"no TLS, nothing else asked for", []part{auth("500 unknown"), features("PASV"), withoutLogin}, Skip, "the server offers no TLS", ExitPass, "off"},
		{"implicit, met plain FTP", []part{asked("anonymous", probe.TLSImplicit), ungreeted(probe.OutcomeClosed, ""), handshake(probe.OutcomePlaintext, says220), notLoggedIn("no TLS")}, Failed, "implicit TLS was begun, and the server answers in plain FTP", ExitNoJudgment, "implicit"},
		{"implicit port", []part{ungreeted(hops.Timeout, ""), implicit(probe.OutcomeOK), notLoggedIn("no greeting")}, Failed, "the port expects TLS from the first byte (implicit TLS)", ExitNoJudgment, "off"},
		{"AUTH swallowed", []part{auth1, closedSession("AUTH TLS", hops.Timeout, ""), inPlain}, Failed, "no reply to AUTH in 30 s", ExitFail, "off"},
		{"only old versions", []part{auth("234 ok"), handshake(probe.OutcomeAlert), trial("TLS 1.2", probe.OutcomeAlert), trial("TLS 1.0", probe.OutcomeOK), inPlain}, Warn, "the server speaks nothing newer than TLS 1.0", ExitPass, "off"},
		{"no certificate", []part{handshake(probe.OutcomeOK, chain(""))}, OK, "TLS 1.3, no certificate was shown", ExitPass, "explicit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ev := made(tt.parts...)
			if l := Line(ev, probe.CheckSecure); l.State != tt.state || l.Summary != tt.want {
				t.Errorf("got  %s %q\nwant %s %q", l.State, l.Summary, tt.state, tt.want)
			}
			r := New(ev, Judge{})
			if r.Exit != tt.exit {
				t.Errorf("exit code %d, want %d: %s", r.Exit, tt.exit, brief(r.Findings))
			}
			if r.Target.TLS != tt.tls {
				t.Errorf("target's TLS is %q, want %q", r.Target.TLS, tt.tls)
			}
		})
	}
}

func skipped(why string) part {
	return func(ev *probe.Evidence) {
		ev.Checks[probe.CheckSecure] = &probe.CheckRun{Ended: true, Skipped: why}
	}
}

// withoutLogin: the login was not asked for (--checks).
func withoutLogin(ev *probe.Evidence) {
	delete(ev.Checks, probe.CheckLogin)
	ev.Sessions[0].LoggedIn = false
}

// TestDataLinesTellTLS: where a listing over TLS failed, whether TLS was
// resumed matters; where it came, it does not.
func TestDataLinesTellTLS(t *testing.T) {
	tests := []struct {
		name  string
		parts []part
		want  string
	}{
		{"listed", []part{dataTLS(probe.CheckEPSV, probe.OutcomeOK, true, true)}, "open in 1 s, listing received"},
		{"refused after a full handshake", []part{dataTLS(probe.CheckEPSV, probe.OutcomeOK, true, false), listEnds(probe.CheckEPSV, *line(425, "no"))}, "open in 1 s, TLS not resumed, then 425 no"},
		{"refused after a resumed one", []part{dataTLS(probe.CheckEPSV, probe.OutcomeOK, true, true), listEnds(probe.CheckEPSV, *line(425, "no"))}, "open in 1 s, TLS resumed, then 425 no"},
		{"handshake failed", []part{dataTLS(probe.CheckEPSV, hops.Reset, true, false), listEnds(probe.CheckEPSV, *line(425, "no"))}, "open in 1 s, TLS failed (the connection was reset), then 425 no"},
		{"in clear, and confirmed", []part{dataTLS(probe.CheckEPSV, probe.OutcomePlaintext, true, false)}, "open in 1 s, TLS failed (plain text came), though confirmed: 226 Done"},
	}
	for _, tt := range tests {
		ev := made(append([]part{tlsServer, epsv(50012, hops.Open)}, tt.parts...)...)
		if got := Line(ev, probe.CheckEPSV).Summary; got != netipPort(50012)+" "+tt.want {
			t.Errorf("%s: got %q", tt.name, got)
		}
	}
}

// TestTrustOf tells apart why a chain leads nowhere.
func TestTrustOf(t *testing.T) {
	root := authority()
	root.Issuer = root.Subject
	stranger := certificate(func(c *probe.Certificate) { c.Subject = "CN=stranger" })
	tests := []struct {
		name  string
		chain []probe.Certificate
		want  trust
	}{
		{"nothing shown", nil, unknownAuthority},
		{"its own issuer", []probe.Certificate{certificate(signedByItself)}, selfSigned},
		{"without its issuer", []probe.Certificate{certificate()}, leafAlone},
		{"with its issuer", []probe.Certificate{certificate(), authority()}, unknownAuthority},
		{"up to a root of somebody's own", []probe.Certificate{certificate(), root}, privateRoot},
		{"out of order", []probe.Certificate{certificate(), stranger, authority()}, brokenChain},
	}
	for _, tt := range tests {
		if got := trustOf(tt.chain); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

// TestTrialsInJSON: what was tried besides stands in the check that tried it.
func TestTrialsInJSON(t *testing.T) {
	ev := made(auth("234 ok"), handshake(probe.OutcomeAlert, alert("protocol_version")), trial("TLS 1.0", probe.OutcomeOK), implicit(hops.Timeout), inPlain)
	var out bytes.Buffer
	if err := WriteJSON(&out, New(ev, Judge{})); err != nil {
		t.Fatal(err)
	}
	var got struct{ Checks []wireCheck }
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, c := range got.Checks {
		if c.Name != probe.CheckSecure {
			continue
		}
		if c.TLS == nil || c.TLS.Alert != "protocol_version" || c.TLS.Verified != nil {
			t.Errorf("the handshake is %+v", c.TLS)
		}
		if len(c.Trials) != 2 || c.Trials[0].Offer != "TLS 1.0" || c.Trials[1].As != probe.AsImplicit {
			t.Errorf("the trials are %+v", c.Trials)
		}
		return
	}
	t.Error("no check secure")
}

// TestTLSClaims: what the findings about TLS say follows from what was seen.
func TestTLSClaims(t *testing.T) {
	begun, no := *line(150, "Here."), *line(425, "No data connection.")
	noTicket := []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, probe.OutcomeOK, false, false), listEnds(probe.CheckEPSV, begun, no)}
	self := handshake(probe.OutcomeOK, chain("unknown", certificate(signedByItself)))
	tests := []struct {
		name  string
		parts []part
		code  string
		words string // separated by "; "
		not   string
	}{
		{"no ticket to present", noTicket, "tls-session-reuse-required", "cannot tell with this server; Others may work; sure possible", "broken"},
		{"presented, not taken", []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, probe.OutcomeOK, true, false), listEnds(probe.CheckEPSV, begun, no)}, "tls-session-reuse-required", "did not take it", "no session ticket"},
		{"untrusted, anonymous", []part{asked("anonymous", ""), self}, "certificate-untrusted", "Key: ECDSA P-256; Valid from 2026-02-01 to 2027-02-01", "password; --insecure"},
		{"untrusted, password withheld", []part{asked("alice", ""), self, notLoggedIn(withheldWords)}, "certificate-untrusted", "was therefore not sent; --insecure", ""},
		{"expired and untrusted, password withheld", []part{asked("alice", ""), self, func(ev *probe.Evidence) { ev.Sessions[0].TLS.TLS.Expired = "x" }, notLoggedIn(withheldWords)}, "certificate-untrusted", "nobody else vouches", "--insecure"},
		{"reached by address", []part{asked("anonymous", ""), handshake(probe.OutcomeOK, func(h *probe.Handshake) { h.TLS.NameMismatch = "x" }), func(ev *probe.Evidence) { ev.Start.Host = madeServer }}, "certificate-name-mismatch", "An address stands in few certificates", "Get a certificate that names ftp"},
		{"handshake alert", []part{auth("234 ok"), handshake(probe.OutcomeAlert, alert("handshake_failure")), trial("TLS 1.2", probe.OutcomeAlert), inPlain}, "tls-handshake-failed", "Offered alone, TLS 1.2 failed; Plain FTP works", "device on the way"},
		{"handshake reset", []part{auth("234 ok"), handshake(hops.Reset), inPlain}, "tls-handshake-failed", "Not decided: the server, or a device", "Offered alone"},
		{"password sent though TLS is refused", []part{client("198.51.100.7"), asked("alice", ""), auth("502 no"), features("AUTH TLS"), says("USER alice", "331 Password?"), says("PASS ****", "230 ok")}, "password-in-clear", "refused it when it was asked for; Without --insecure", "Use TLS where"},
		{"AUTH 431", []part{auth("431 Necessary security resource unavailable"), features("AUTH TLS")}, "tls-stripped", "lacks something that it needs", "FTP helper"},
		{"AUTH 502", []part{auth("502 no"), features("AUTH TLS")}, "tls-stripped", "Either a device on the way; FTP helper", ""},
		{"blocked under TLS", []part{tlsServer, epsv(50012, hops.Timeout)}, "data-filtered", "Not ruled out: an FTP helper; --tls off", ""},
		{"blocked in plain, too", []part{tlsServer, epsv(50012, hops.Timeout), further(probe.CheckEPSV, probe.TryPlain, epsv(50070, hops.Timeout))}, "data-filtered", "in plain FTP no port opened either", "Not ruled out: an FTP helper"},
		{"blocked without TLS", []part{epsv(50012, hops.Timeout)}, "data-filtered", "", "TLS"},
		{"helper at the client's side", []part{tlsServer, epsv(50012, hops.Timeout), controlPath, path(netipPort(50012), "x192.168.1.1", "-", "-", "-"), further(probe.CheckEPSV, probe.TryPlain, epsv(50070, hops.Open))}, "helper-blind-to-tls", "Allow outgoing TCP; 50012-50070", "pasv_min_port"},
		{"helper that corrects an address", []part{tlsServer, pasv("10.0.0.5:50013", hops.Timeout, hops.Timeout), further(probe.CheckPASV, probe.TryPlain, pasv(madeServer+":50071", "", hops.Open))}, "helper-blind-to-tls", "announced 10.0.0.5, in plain FTP we received 203.0.113.10; pasv_address=203.0.113.10", ""},
		{"data in clear works", []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, hops.Reset, true, false), listEnds(probe.CheckEPSV, begun, no), further(probe.CheckEPSV, probe.TryClearData, epsv(50091, hops.Open))}, "data-tls-failed", "in clear (PROT C) came; --ftp-ssl-control", "Not tested"},
		{"ProFTPD's other address with TLS", []part{greeting("220 ProFTPD Server"), tlsServer, pasv("10.0.0.5:50013", hops.Timeout, hops.Open), further(probe.CheckPASV, probe.TryPlain, pasv(madeServer+":50071", "", hops.Open))}, "passive-reply-rewritten", "TLSMasqueradeAddress; sure likely", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkClaims(t, tt.parts, tt.code, tt.words, tt.not)
		})
	}
}
