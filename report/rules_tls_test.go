package report

import (
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// TestDiagnoseTLS has each rule about TLS beside the runs that look like it.
func TestDiagnoseTLS(t *testing.T) {
	const noTLS = "530 Please login with USER and PASS."
	reuse := *line(522, "SSL connection failed: session reuse required")
	proftpd := *line(425, "Unable to build data connection: Operation not permitted")
	begun := *line(150, "Here it comes.")
	full := further(probe.CheckEPSV, probe.TryUnresumed, epsv(50090, hops.Open), fullTLS(probe.OutcomeOK))
	works := []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, probe.OutcomeOK, true, true)}
	run := func(parts ...part) []part { return append(append([]part{}, works...), parts...) }
	shutTLS := []part{tlsServer, epsv(50012, hops.Timeout), pasv(madeServer+":50013", "", hops.Timeout), samples(hops.Timeout, false, 50003, 50005, 50008, 50019)}
	shut := func(parts ...part) []part { return append(append([]part{}, shutTLS...), parts...) }
	plainEPSV := further(probe.CheckEPSV, probe.TryPlain, epsv(50070, hops.Open))
	plainPASV := further(probe.CheckPASV, probe.TryPlain, pasv(madeServer+":50071", "", hops.Open))
	tests := []struct {
		name  string
		parts []part
		want  string // codes, with the certainty of the first
	}{
		{"encrypted, all well", works, ""},
		{"no TLS, not asked for", []part{auth(noTLS), features("PASV")}, ""},
		{"no TLS, explicit asked for", []part{asked("anonymous", probe.TLSExplicit), auth(noTLS), features("PASV"), notLoggedIn("no TLS")}, "certain tls-unavailable"},
		{"no TLS, explicit asked for, no FEAT", []part{asked("anonymous", probe.TLSExplicit), auth("500 'AUTH': command not understood."), notLoggedIn("no TLS")}, "likely tls-unavailable"},
		{"Pure-FTPd offers TLS that is switched off", []part{asked("anonymous", probe.TLSExplicit), auth("500 This security scheme is not implemented"), features("AUTH TLS"), notLoggedIn("no TLS")}, "certain tls-unavailable"},
		{"Pure-FTPd offers TLS that is switched off, and gets no password", []part{asked("alice", ""), auth("500 This security scheme is not implemented"), features("AUTH TLS"), notLoggedIn(withheldWords)}, "certain tls-unavailable"},
		{"Pure-FTPd offers TLS that is switched off, anonymous goes on", []part{auth("500 This security scheme is not implemented"), features("AUTH TLS")}, ""},
		{"AUTH refused though offered", []part{auth("502 Command not implemented."), features("AUTH TLS", "PBSZ", "PROT")}, "likely tls-stripped"},
		{"AUTH refused though offered, and TLS demanded", []part{auth("502 no"), features("AUTH TLS"), refusedLogin("USER alice", "530 Non-anonymous sessions must use encryption.")}, "likely tls-stripped"},
		{"AUTH refused, only GSSAPI offered", []part{auth("504 no"), features("AUTH GSSAPI")}, ""},
		{"TLS works, FEAT not asked in plain", []part{auth("234 Go on."), tlsServer}, ""},
		{"TLS works, its FEAT leaves AUTH out inside TLS", []part{auth("234 Go on."), tlsServer, features("PASV")}, ""},
		{"handshake fails, FEAT in plain lists no AUTH", []part{auth("234 Go on."), handshake(hops.Reset), inPlain, secondFeatures("PASV")}, "likely tls-handshake-failed tls-stripped"},

		{"implicit asked, plain FTP answers", []part{asked("anonymous", probe.TLSImplicit), ungreeted(probe.OutcomeClosed, ""), handshake(probe.OutcomePlaintext, says220)}, "certain tls-mode-mismatch"},
		{"implicit asked, the handshake fails", []part{asked("anonymous", probe.TLSImplicit), ungreeted(probe.OutcomeClosed, ""), handshake(probe.OutcomeAlert, alert("protocol_version"))}, "likely tls-handshake-failed"},
		{"explicit at an implicit port", []part{ungreeted(hops.Timeout, ""), implicit(probe.OutcomeOK)}, "certain tls-mode-mismatch"},
		{"explicit at an implicit port that refuses us", []part{ungreeted(hops.Timeout, ""), implicit(probe.OutcomeAlert)}, "likely tls-mode-mismatch"},
		{"silent for a ClientHello, too", []part{ungreeted(hops.Timeout, ""), implicit(hops.Timeout)}, "likely control-silent"},
		{"plain text after AUTH", []part{auth("234 Go on."), handshake(probe.OutcomePlaintext, says220), inPlain}, "likely tls-handshake-failed"},

		{"no version in common", []part{auth("234 Go on."), handshake(probe.OutcomeAlert, alert("handshake_failure")), trial("TLS 1.3", probe.OutcomeAlert), trial("TLS 1.2", probe.OutcomeAlert), trial("TLS 1.1", probe.OutcomeAlert), inPlain}, "certain tls-handshake-failed"},
		{"only TLS 1.0", []part{auth("234 Go on."), handshake(probe.OutcomeAlert, alert("protocol_version")), trial("TLS 1.3", probe.OutcomeAlert), trial("TLS 1.2", probe.OutcomeAlert), trial("TLS 1.1", probe.OutcomeAlert), trial("TLS 1.0", probe.OutcomeOK), inPlain}, "certain tls-outdated"},
		{"TLS 1.1 agreed", []part{handshake(probe.OutcomeOK, func(h *probe.Handshake) { h.TLS.Version = "TLS 1.1" })}, "certain tls-outdated"},
		{"TLS 1.0 works among others", []part{tlsServer, trial("TLS 1.0", probe.OutcomeOK), trial("TLS 1.2", probe.OutcomeOK)}, ""},
		{"1.0 works, the newer ones were not tried", []part{auth("234 Go on."), handshake(hops.Reset), trial("TLS 1.0", probe.OutcomeOK), inPlain}, "likely tls-handshake-failed"},
		{"stumbles over several versions at once", []part{auth("234 Go on."), handshake(hops.Timeout), trial("TLS 1.3", hops.Timeout), trial("TLS 1.2", probe.OutcomeOK), inPlain}, "likely tls-handshake-failed"},
		{"handshake fails, plain login refused for want of TLS", []part{auth("234 Go on."), handshake(hops.Reset), inPlain, secondRefused}, "likely tls-handshake-failed"},
		{"interrupted in the handshake", []part{auth("234 Go on."), handshake(probe.OutcomeCancelled)}, ""},

		{"client certificate demanded", []part{auth("234 Go on."), handshake(probe.OutcomeAlert, alert("certificate_required"), wantsClient), notLoggedIn("no TLS")}, "certain client-certificate-required"},
		{"client certificate demanded, as in TLS 1.2", []part{auth("234 Go on."), handshake(probe.OutcomeAlert, alert("handshake_failure"), wantsClient), notLoggedIn("no TLS")}, "certain client-certificate-required"},
		{"client certificate demanded, another alert", []part{auth("234 Go on."), handshake(probe.OutcomeAlert, alert("access_denied"), wantsClient), notLoggedIn("no TLS")}, "likely client-certificate-required"},
		{"client certificate demanded in TLS 1.3", []part{auth("234 Go on."), handshake(probe.OutcomeOK, wantsClient), closedSession("PBSZ 0", probe.OutcomeClosed, "remote error: tls: certificate required")}, "certain client-certificate-required"},
		{"client certificate asked for, not demanded", []part{handshake(probe.OutcomeOK, wantsClient)}, ""},
		{"client certificate asked for, session lost later", []part{handshake(probe.OutcomeOK, wantsClient), lostAfterLogin}, "likely control-stalled"},

		{"AUTH gets no reply", []part{auth1, closedSession("AUTH TLS", hops.Timeout, ""), inPlain}, "likely control-stalled"},
		{"AUTH gets no reply, and TLS is demanded", []part{auth1, closedSession("AUTH TLS", hops.Timeout, ""), inPlain, secondRefused}, "likely control-stalled"},

		{"expired", []part{asked("anonymous", ""), handshake(probe.OutcomeOK, func(h *probe.Handshake) { h.TLS.Expired = "expired" })}, "certain certificate-expired"},
		{"other name", []part{handshake(probe.OutcomeOK, func(h *probe.Handshake) { h.TLS.NameMismatch = "not valid for it" })}, "certain certificate-name-mismatch"},
		{"signed by itself", []part{handshake(probe.OutcomeOK, chain("unknown authority", certificate(signedByItself)))}, "certain certificate-untrusted"},
		{"alone, issuer unknown", []part{handshake(probe.OutcomeOK, chain("unknown authority", certificate()))}, "certain certificate-untrusted"},
		{"all that can be wrong", []part{handshake(probe.OutcomeOK, chain("unknown authority", certificate(signedByItself)), func(h *probe.Handshake) { h.TLS.Expired, h.TLS.NameMismatch = "x", "y" })}, "certain certificate-expired certificate-name-mismatch certificate-untrusted"},
		{"flaws of a handshake that failed", []part{auth("234 Go on."), handshake(hops.Reset, chain("unknown authority", certificate())), inPlain}, "likely tls-handshake-failed"},

		{"password without TLS", []part{client("198.51.100.7"), asked("alice", probe.TLSOff), says("USER alice", "331 Password?"), says("PASS ****", "230 ok")}, "certain password-in-clear"},
		{"anonymous without TLS", []part{client("198.51.100.7"), asked("anonymous", ""), says("USER anonymous", "331 Password?"), says("PASS ****", "230 ok")}, ""},
		{"password inside TLS", []part{tlsServer, asked("alice", ""), says("USER alice", "331 Password?"), says("PASS ****", "230 ok")}, ""},
		{"password on this machine", []part{server("127.0.0.1"), client("127.0.0.1"), asked("alice", ""), says("PASS ****", "230 ok")}, ""},

		{"data must be encrypted", []part{epsv(50012, hops.Open), listEnds(probe.CheckEPSV, *line(522, "Data connections must be encrypted."))}, "certain data-encryption-required"},
		{"data must be encrypted, and the connection is reset", []part{epsv(50012, hops.Open), listEnds(probe.CheckEPSV, *line(522, "SSL/TLS required on the data channel")), ended(probe.CheckEPSV, hops.Reset, 0)}, "certain data-encryption-required"},
		{"PASV refused without encryption", []part{refused(probe.CheckPASV, 550, "SSL/TLS required on the data channel."), refused(probe.CheckEPSV, 550, "SSL/TLS required on the data channel.")}, "certain data-encryption-required"},
		{"Pure-FTPd wants PROT P", []part{epsv(50012, hops.Open), listEnds(probe.CheckEPSV, *line(521, "Data connection cannot be opened with this PROT setting."))}, "certain data-encryption-required"},

		{"full TLS session refused", run(further(probe.CheckEPSV, probe.TryUnresumed, epsv(50090, hops.Open), fullTLS(probe.OutcomeOK), endsWith(begun, reuse))), "certain tls-session-reuse-required"},
		{"full TLS session refused in ProFTPD's words", run(greeting("220 ProFTPD Server"), further(probe.CheckEPSV, probe.TryUnresumed, epsv(50090, hops.Open), fullTLS(probe.OutcomeOK), endsWith(begun, proftpd))), "certain tls-session-reuse-required"},
		{"full TLS session accepted", run(full), ""},
		{"the comparison did not get to its port", run(further(probe.CheckEPSV, probe.TryUnresumed, epsv(50090, hops.Timeout), endsWith(*line(425, "Failed to establish connection.")))), ""},
		{"the comparison was not allowed to list", run(further(probe.CheckEPSV, probe.TryUnresumed, epsv(50090, hops.Open), fullTLS(probe.OutcomeOK), endsWith(*line(550, "Permission denied.")))), ""},
		{"only the ordinary client is refused", run(clientOver(netipPort(50033), `425 Unable to build data connection`, &probe.Handshake{Outcome: probe.OutcomeOK})), "likely tls-session-reuse-required"},
		{"only the ordinary client is refused, with words", run(clientOver(netipPort(50033), `522 SSL connection failed: session reuse required`, &probe.Handshake{Outcome: probe.OutcomeOK})), "certain tls-session-reuse-required"},
		{"the ordinary client fails otherwise", run(clientOver(netipPort(50033), `530 no`, nil)), "possible cause-not-found"},
		{"no ticket, 425 after the handshake", []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, probe.OutcomeOK, false, false), listEnds(probe.CheckEPSV, begun, *line(425, "No data connection."))}, "possible tls-session-reuse-required"},
		{"no ticket, and the server's own words", []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, probe.OutcomeOK, false, false), listEnds(probe.CheckEPSV, begun, reuse)}, "certain tls-session-reuse-required"},
		{"resumed, and then 425", []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, probe.OutcomeOK, true, true), listEnds(probe.CheckEPSV, begun, *line(425, "No data connection."))}, "possible cause-not-found"},
		{"resumed, and then reset", run(listEnds(probe.CheckEPSV, begun, *line(426, "Failure.")), ended(probe.CheckEPSV, hops.Reset, 10)), "likely data-reset"},
		{"full session and a reset with 425", []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, probe.OutcomeOK, true, false), listEnds(probe.CheckEPSV, begun, proftpd), ended(probe.CheckEPSV, hops.Reset, 0)}, "possible tls-session-reuse-required"},
		{"the source is refused under TLS", []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, probe.OutcomeClosed, true, false), listEnds(probe.CheckEPSV, *line(425, "Security: Bad IP connecting."))}, "certain data-source-rejected"},
		{"may not list under TLS", []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, probe.OutcomeClosed, true, false), listEnds(probe.CheckEPSV, *line(550, "Permission denied."))}, "certain transfer-denied"},

		{"data handshake: alert", []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, probe.OutcomeAlert, true, false), listEnds(probe.CheckEPSV, begun, *line(425, "TLS failed."))}, "likely data-tls-failed"},
		{"data handshake: plain text", []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, probe.OutcomePlaintext, true, false), listEnds(probe.CheckEPSV, begun, *line(226, "Done."))}, "likely data-tls-failed"},
		{"data handshake: plain text, not confirmed", []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, probe.OutcomePlaintext, true, false), listEnds(probe.CheckEPSV, begun)}, "likely data-tls-failed"},
		{"data handshake: reset, in clear it works", []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, hops.Reset, true, false), listEnds(probe.CheckEPSV, begun, *line(426, "broke")),
			further(probe.CheckEPSV, probe.TryClearData, epsv(50091, hops.Open))}, "certain data-tls-failed"},
		{"data handshake: reset, in clear refused", []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, hops.Reset, true, false), listEnds(probe.CheckEPSV, begun, *line(426, "broke")),
			further(probe.CheckEPSV, probe.TryClearData, epsv(50091, hops.Open), endsWith(*line(522, "Data connections must be encrypted.")))}, "likely data-tls-failed"},
		{"data handshake: reset, in clear as well", []part{tlsServer, epsv(50012, hops.Open), dataTLS(probe.CheckEPSV, hops.Reset, true, false), listEnds(probe.CheckEPSV, begun, *line(426, "broke")),
			further(probe.CheckEPSV, probe.TryClearData, epsv(50091, hops.Open), endsWith(begun, *line(426, "broke")))}, "likely data-reset"},
		{"PROT P refused", []part{tlsServer, says("PROT P", "536 no"), epsv(50012, hops.Open)}, "certain data-tls-failed"},
		{"another certificate on data", run(further(probe.CheckEPSV, probe.TryUnresumed, epsv(50090, hops.Open), fullTLS(probe.OutcomeOK), func(m *probe.Mode) {
			m.Dials[0].TLS.TLS.Certificates = []probe.Certificate{certificate(func(c *probe.Certificate) { c.SHA256 = "ff" })}
		})), "certain data-tls-failed"},
		{"no farewell", run(ended(probe.CheckEPSV, probe.OutcomeCut, 100)), "certain tls-close-notify-missing"},
		{"no farewell, no 226", run(listEnds(probe.CheckEPSV, begun), ended(probe.CheckEPSV, probe.OutcomeCut, 100), unanswered150(probe.CheckEPSV)), "likely completion-reply-missing"},

		{"ports open in plain FTP only", shut(plainEPSV, plainPASV), "certain helper-blind-to-tls"},
		{"one port opened in plain FTP", []part{tlsServer, epsv(50012, hops.Timeout), plainEPSV}, "likely helper-blind-to-tls"},
		{"two ports of six, as chance has it", []part{tlsServer, epsv(50012, hops.Timeout), pasv(madeServer+":50013", "", hops.Timeout), samples(hops.Timeout, false, 50003, 50005), plainEPSV, plainPASV}, "likely helper-blind-to-tls"},
		{"the helper knows PASV alone", shut(further(probe.CheckEPSV, probe.TryPlain, epsv(50070, hops.Timeout)), plainPASV), "likely helper-blind-to-tls"},
		{"ports blocked in plain FTP, too", shut(further(probe.CheckEPSV, probe.TryPlain, epsv(50070, hops.Timeout))), "likely data-filtered"},
		{"ports blocked, plain FTP not tried", shut(), "likely data-filtered"},
		{"ports blocked in part, plain FTP met an open one", []part{tlsServer, epsv(50060, hops.Timeout), samples(hops.Open, false, 50001, 50004, 50009, 50020), samples(hops.Timeout, true, 50070, 50088, 50099), further(probe.CheckEPSV, probe.TryPlain, epsv(50003, hops.Open))}, "certain data-range-partly-blocked"},
		{"a helper corrects a private address", []part{tlsServer, pasv("10.0.0.5:50013", hops.Timeout, hops.Timeout), plainPASV}, "likely helper-blind-to-tls"},
		{"a helper corrects a private address, ports open", []part{tlsServer, pasv("10.0.0.5:50013", hops.Timeout, hops.Open), plainPASV}, "certain passive-address-private passive-reply-rewritten"},
		{"ProFTPD may announce another address with TLS", []part{greeting("220 ProFTPD Server"), tlsServer, pasv("10.0.0.5:50013", hops.Timeout, hops.Open), plainPASV}, "certain passive-address-private passive-reply-rewritten"},
		{"same announcement in plain", []part{tlsServer, pasv("10.0.0.5:50013", hops.Timeout, hops.Open), further(probe.CheckPASV, probe.TryPlain, pasv("10.0.0.5:50071", hops.Timeout, hops.Open))}, "certain passive-address-private"},
		{"a helper spoils the address", []part{tlsServer, pasv(madeServer+":50013", "", hops.Timeout), further(probe.CheckPASV, probe.TryPlain, pasv("10.0.0.5:50071", hops.Timeout, hops.Timeout))}, "likely data-filtered passive-reply-rewritten"},
		{"active works in plain FTP only", []part{tlsServer, waited(probe.CheckPORT), further(probe.CheckPORT, probe.TryPlain, arrived(probe.CheckPORT, madeServer+":20"))}, "likely helper-blind-to-tls"},
		{"active refused with TLS, works in plain FTP", []part{tlsServer, refused(probe.CheckPORT, 500, "Illegal PORT command."), further(probe.CheckPORT, probe.TryPlain, arrived(probe.CheckPORT, madeServer+":20"))}, "likely helper-blind-to-tls"},
		{"active fails in plain FTP, too", []part{tlsServer, waited(probe.CheckPORT), further(probe.CheckPORT, probe.TryPlain, waited(probe.CheckPORT))}, "likely active-behind-nat"},
		{"one active mode has a helper, the other none", []part{tlsServer, waited(probe.CheckEPRT), waited(probe.CheckPORT), further(probe.CheckPORT, probe.TryPlain, arrived(probe.CheckPORT, madeServer+":20"))}, "likely helper-blind-to-tls active-behind-nat"},
		{"a private address arrives under TLS", []part{tlsServer, arrived(probe.CheckPORT, madeServer+":20")}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := brief(Diagnose(made(tt.parts...))); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// auth1 is an AUTH TLS without a reply.
func auth1(ev *probe.Evidence) {
	ran(probe.CheckSecure)(ev)
	ev.Sessions[0].Exchanges = append(ev.Sessions[0].Exchanges, &probe.Exchange{Check: probe.CheckSecure, Command: "AUTH TLS"})
}

// secondFeatures is a FEAT reply in the session that goes on in plain.
func secondFeatures(names ...string) part {
	return func(ev *probe.Evidence) {
		first := ev.Sessions[0]
		ev.Sessions[0] = ev.Sessions[1]
		features(names...)(ev)
		ev.Sessions[0] = first
	}
}

// secondRefused: the login that goes on in plain is refused.
func secondRefused(ev *probe.Evidence) {
	s := ev.Sessions[1]
	s.LoggedIn = false
	s.Exchanges = []*probe.Exchange{{Check: probe.CheckLogin, Command: "USER alice", Replies: []probe.Reply{*line(530, "Non-anonymous sessions must use encryption.")}}}
}

func lostAfterLogin(ev *probe.Evidence) {
	ev.Sessions[0].Lost = &probe.Loss{Check: probe.CheckLogin, Command: "STAT", Outcome: probe.OutcomeClosed}
}

func unanswered150(c probe.Check) part {
	return func(ev *probe.Evidence) {
		ev.Modes[c].Lost = &probe.Loss{Check: c, Command: "LIST", Outcome: hops.Timeout, Took: 30e9}
	}
}
