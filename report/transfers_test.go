package report

import (
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// TestTransferRules: what a stalled, silent or failed transfer comes from, and
// what only looks like it.
func TestTransferRules(t *testing.T) {
	begun, done := *line(150, "Here."), *line(226, "Done.")
	stalled := func(bytes int64) []part {
		return []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, bytes, hops.Timeout, begun)}
	}
	and := func(list []part, more ...part) []part { return append(list, more...) }
	ok := func(n int, command string, bytes int64) part { return step(n, command, bytes, probe.OutcomeEOF, done) }
	tests := []struct {
		name  string
		parts []part
		want  string
	}{
		{"a listing stalls, small segments pass", and(stalled(0), withSmallSegments(probe.CheckEPSV, 0, 5120, probe.OutcomeEOF)), "certain mtu-black-hole"},
		{"listings stall in active mode too", and(stalled(0), client("198.51.100.7"), withSmallSegments(probe.CheckEPSV, 0, 5120, probe.OutcomeEOF), arrived(probe.CheckPORT, madeServer+":20"), stalledActive), "certain mtu-black-hole"},
		{"a listing stalls after some bytes, small segments pass", and(stalled(1448), withSmallSegments(probe.CheckEPSV, 0, 5120, probe.OutcomeEOF)), "certain mtu-black-hole"},
		{"a listing stalls after some bytes, small segments not tried", stalled(1448), "possible data-stalled"},
		{"a listing stalls after some bytes, with small segments too", and(stalled(1448), withSmallSegments(probe.CheckEPSV, 0, 1448, hops.Timeout)), "likely data-stalled"},
		{"stalls after some bytes, and before any in the other mode", and(stalled(1448), pasv(madeServer+":50013", "", hops.Open), ending(probe.CheckPASV, 0, hops.Timeout, begun)), "possible data-stalled"},
		{"silent, small segments too", and(stalled(0), withSmallSegments(probe.CheckEPSV, 0, 0, hops.Timeout)), "certain data-silent"},
		{"silent, a short listing came the second time", and(stalled(0), withSmallSegments(probe.CheckEPSV, 0, 300, probe.OutcomeEOF)), "possible data-silent"},
		{"silent, a short encrypted listing came the second time", and(stalled(0), withSmallSegments(probe.CheckEPSV, 0, 123, probe.OutcomeEOF), triesEncrypted), "possible data-silent"},
		{"a download stalls, small segments pass", []part{ok(1, "LIST", 300), step(2, "RETR big", 0, hops.Timeout), withSmallSegments(probe.CheckTransfer, 2, 1e6, probe.OutcomeEOF)}, "certain mtu-black-hole"},
		{"a download stalls after many full segments", []part{ok(1, "LIST", 300), step(2, "RETR big", 272888, hops.Timeout), withSmallSegments(probe.CheckTransfer, 2, 1e6, probe.OutcomeEOF)}, "possible data-stalled"},
		{"an upload stalls, small segments pass", []part{ok(1, "LIST", 300), step(2, "STOR x", 65536, hops.Timeout), withSmallSegments(probe.CheckTransfer, 2, 1e6, probe.OutcomeEOF)}, "certain mtu-black-hole"},
		{"a download stalls although another passed", []part{ok(1, "RETR big", 1e6), step(2, "RETR big", 0, hops.Timeout), withSmallSegments(probe.CheckTransfer, 2, 1e6, probe.OutcomeEOF)}, "likely mtu-black-hole"},
		{"an upload stalls although a download passed", []part{ok(1, "RETR big", 1e6), step(2, "STOR x", 65536, hops.Timeout)}, "possible data-stalled"},
		{"a download stalls midway although another passed", []part{ok(1, "RETR big", 1e6), step(2, "RETR big", 70000, hops.Timeout)}, "possible data-stalled"},

		{"a download is not confirmed", []part{ok(1, "LIST", 300), step(2, "RETR big", 1e6, probe.OutcomeEOF)}, "certain completion-reply-missing"},
		{"an upload is denied", []part{ok(1, "LIST", 300), step(2, "STOR x", 0, probe.OutcomeEOF, *line(553, "Could not create file."))}, "certain transfer-denied"},
		{"a download is reset", []part{ok(1, "LIST", 300), step(2, "RETR big", 5000, hops.Reset, *line(426, "Failure writing network stream."))}, "likely data-reset"},
		{"declined, and reset with that", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, hops.Reset, begun, *line(425, "Failed to establish connection."))}, "possible cause-not-found"},
		{"reset, as the server's 425 says too", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, hops.Reset, begun, *line(425, "Unable to build data connection: Connection reset by peer"))}, "likely data-reset"},
		{"a later one declined, and reset with that", []part{ok(1, "LIST", 300), step(2, "RETR a", 0, hops.Reset, *line(425, "Failed to establish connection."))}, "likely later-transfers-fail"},
		{"reset after our patience had ended", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, hops.Reset, begun), outlasting(probe.CheckEPSV)}, "possible cause-not-found"},
		{"the server hangs up at LIST, data and all", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, hops.Reset), closedAt(probe.CheckEPSV)}, "likely control-stalled"},
		{"LIST gets no reply in any mode", []part{client("198.51.100.7"), epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout), waited(probe.CheckPORT), inVain(probe.CheckPORT), lostIn(probe.CheckEPSV), randoms(probe.CheckEPSV, hops.Refused, 41877)}, "likely control-stalled"},
		{"LIST gets no reply, any port opens", []part{client("198.51.100.7"), epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout), waited(probe.CheckPORT), inVain(probe.CheckPORT), lostIn(probe.CheckEPSV), randoms(probe.CheckEPSV, hops.Open, 41877, 61001)}, "certain data-false-open active-inbound-blocked"},
		{"PORT gets no reply, EPRT works", []part{client("198.51.100.7"), arrived(probe.CheckEPRT, madeServer+":20"), refused(probe.CheckPORT, 200, ""), inVain(probe.CheckPORT), unreplied(probe.CheckPORT)}, "likely control-stalled"},
		{"another source the second time", []part{ok(1, "LIST", 300), step(2, "RETR big", 0, probe.OutcomeEOF, *line(425, "Security: Bad IP connecting."))}, "certain data-source-rejected"},

		{"all transfers work", []part{ok(1, "LIST", 300), ok(2, "RETR big", 1e6), ok(3, "STOR x", 1e6)}, ""},
		{"the fourth fails, and those after it", []part{ok(1, "LIST", 300), ok(2, "RETR a", 10), ok(3, "LIST", 300), step(4, "STOR x", 0, probe.OutcomeEOF, *line(425, "Can't open data connection.")), step(5, "LIST", 0, probe.OutcomeEOF, *line(425, "Can't open data connection."))}, "certain later-transfers-fail"},
		{"one fails among others", []part{ok(1, "LIST", 300), step(2, "RETR a", 0, probe.OutcomeEOF, *line(451, "Error.")), ok(3, "LIST", 300)}, "likely later-transfers-fail"},
		{"only uploads fail", []part{ok(1, "LIST", 300), ok(2, "RETR a", 10), step(3, "STOR x", 0, probe.OutcomeEOF, *line(451, "Error.")), ok(4, "LIST", 300)}, "possible later-transfers-fail"},
		{"not even the first works", []part{step(1, "LIST", 0, probe.OutcomeEOF, *line(451, "Error.")), step(2, "LIST", 0, probe.OutcomeEOF, *line(451, "Error."))}, "possible cause-not-found"},
		{"a later one is too short", []part{ok(1, "LIST", 300), ok(2, "RETR a", 10), sized(2, 4000)}, "likely later-transfers-fail"},
		{"the server hangs up at the fourth", []part{ok(1, "LIST", 300), step(2, "RETR a", 0, probe.OutcomeEOF), hungUp(2)}, "likely later-transfers-fail"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := brief(Diagnose(made(tt.parts...))); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// stalledActive ends the PORT mode's listing without a byte.
func stalledActive(ev *probe.Evidence) {
	m := ev.Modes[probe.CheckPORT]
	m.Arrivals[0].Data = &probe.Data{Outcome: hops.Timeout, Took: time.Second}
	m.List.Replies = m.List.Replies[:1]
	m.Lost = &probe.Loss{Check: m.Check, Command: "LIST", Outcome: hops.Timeout, Took: time.Second}
}

// triesEncrypted: the data connections of the further tries spoke TLS.
func triesEncrypted(ev *probe.Evidence) {
	for _, m := range ev.Tries {
		m.Dials[0].TLS = &probe.Handshake{Outcome: probe.OutcomeOK}
	}
}

// outlasting makes the data connection last as long as the wait for the reply.
func outlasting(c probe.Check) part {
	return func(ev *probe.Evidence) { ev.Modes[c].Dials[0].Data.Took = ev.Modes[c].Lost.Took }
}

// inVain is an active mode that waited for a connection, and none came.
func inVain(c probe.Check) part {
	return func(ev *probe.Evidence) { ev.Modes[c].Waited = 5 * time.Second }
}

// unreplied takes the reply to a mode's command away.
func unreplied(c probe.Check) part {
	return func(ev *probe.Evidence) { ev.Modes[c].Reply = nil }
}

// lostIn gives a mode's loss to its session.
func lostIn(c probe.Check) part {
	return func(ev *probe.Evidence) {
		s := *ev.Sessions[0]
		s.ID, s.Check, s.Lost, s.Exchanges = 2, c, ev.Modes[c].Lost, []*probe.Exchange{ev.Modes[c].List}
		ev.Sessions = append(ev.Sessions, &s)
		ev.Modes[c].Session = 2
	}
}

// sized gives a step the size that it should have carried.
func sized(n int, size int64) part {
	return func(ev *probe.Evidence) { ev.Tries[n-1].Size = size }
}

// hungUp ends the control connection of the transfers at a step's command.
func hungUp(n int) part {
	return func(ev *probe.Evidence) {
		m := ev.Tries[n-1]
		m.Lost = &probe.Loss{Check: m.Check, Command: m.List.Command, Outcome: probe.OutcomeClosed, Took: time.Second}
		s := *ev.Sessions[0]
		s.ID, s.Check, s.Lost = 2, m.Check, m.Lost
		s.Exchanges = []*probe.Exchange{m.List}
		ev.Sessions = append(ev.Sessions, &s)
	}
}

// TestTransferClaims: what these findings say follows from what was seen.
func TestTransferClaims(t *testing.T) {
	done := *line(226, "Done.")
	list := step(1, "LIST", 300, probe.OutcomeEOF, done)
	tests := []struct {
		name  string
		parts []part
		code  string
		words string
		not   string
	}{
		{"no first segment", []part{list, step(2, "RETR big", 0, hops.Timeout), withSmallSegments(probe.CheckTransfer, 2, 1e6, probe.OutcomeEOF)}, "mtu-black-hole",
			"transfer 2 (RETR) opened, and not even the first full segment came in 2 s; 1000000 bytes in 40 ms; tcp_mtu_probing; clamp-mss-to-pmtu; check transfer", "bytes came, and; check epsv"},
		{"after some bytes", []part{list, step(2, "RETR big", 2896, hops.Timeout), withSmallSegments(probe.CheckTransfer, 2, 1e6, probe.OutcomeEOF)}, "mtu-black-hole", "2896 bytes came, and then nothing for 2 s", "first full segment"},
		{"an upload", []part{list, step(2, "STOR x", 65536, hops.Timeout), withSmallSegments(probe.CheckTransfer, 2, 1e6, probe.OutcomeEOF)}, "mtu-black-hole", "after 65536 bytes nothing moved; Longer ones hang", "bytes came"},
		{"which one fails", []part{list, step(2, "RETR a", 10, probe.OutcomeEOF, done), step(3, "STOR x", 0, probe.OutcomeEOF, *line(425, "Can't open."))}, "later-transfers-fail",
			"2 transfers worked, and then transfer 3 (STOR) failed; 425 Can't open; Uploads fail", ""},
		{"a long transfer is not confirmed", []part{list, step(2, "RETR big", 1e9, probe.OutcomeEOF), lasted(2, 400*time.Second)}, "completion-reply-missing", "had been idle for 400 s", ""},
		{"a short transfer is not confirmed", []part{list, step(2, "RETR big", 1e6, probe.OutcomeEOF)}, "completion-reply-missing", "transfer 2 (RETR)", "idle"},
		{"an upload is denied", []part{list, step(2, "STOR x", 0, probe.OutcomeEOF, *line(553, "Could not create file."))}, "transfer-denied", "cannot do transfer 2 (STOR)", "list the directory"},
		{"silent, small segments too", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout, *line(150, "Here.")), withSmallSegments(probe.CheckEPSV, 0, 0, hops.Timeout), randoms(probe.CheckEPSV, hops.Refused, 41877)},
			"data-silent", "nothing came either; A device that accepts every port", "or large packets"},
		{"silent, nothing else tried", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout, *line(150, "Here."))}, "data-silent", "or large packets", "every port"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { claim(t, tt.code, tt.words, tt.not, tt.parts...) })
	}
}

func lasted(n int, d time.Duration) part {
	return func(ev *probe.Evidence) { ev.Tries[n-1].Dials[0].Data.Took = d }
}

// TestIdle: the bracket, the keep-alive and the owner.
func TestIdle(t *testing.T) {
	alive := func(s int) part { return silence(time.Duration(s)*time.Second, probe.OutcomeOK, 200, "200 OK.") }
	dead := func(s int, o probe.Outcome) part { return silence(time.Duration(s)*time.Second, o, 0, "") }
	own := func(s int) part {
		return silence(time.Duration(s)*time.Second, probe.OutcomeClosed, 421, "421 Timeout.")
	}
	tests := []struct {
		name  string
		parts []part
		want  string
		words string
		not   string
	}{
		{"alive all along", []part{alive(15), alive(30), alive(60)}, "", "", ""},
		{"a device forgets", []part{alive(15), alive(30), alive(60), dead(120, hops.Timeout)}, "likely control-idle-timeout", "between 60 s and 120 s; every 30 s; --keepalive-time 30; After 60 s it still worked; is behind a NAT device", "Azure; AWS"},
		{"told of longest first", []part{dead(120, hops.Timeout), alive(60), alive(15)}, "likely control-idle-timeout", "between 60 s and 120 s; every 30 s", ""},
		{"a device forgets, twice", []part{alive(30), dead(60, hops.Reset), dead(120, hops.Reset)}, "certain control-idle-timeout", "between 30 s and 60 s; connection was reset; every 15 s", ""},
		{"dead after the first silence", []part{dead(15, hops.Timeout)}, "likely control-idle-timeout", "below 15 s; every 8 s", "still worked"},
		{"a longer silence was survived", []part{alive(15), dead(30, hops.Timeout), alive(60)}, "possible control-idle-timeout", "A silence of 60 s was survived", ""},
		{"AWS", []part{alive(240), dead(480, hops.Reset)}, "likely control-idle-timeout", "AWS NAT gateways", "Azure"},
		{"the server's own limit", []part{alive(240), own(300)}, "certain control-idle-timeout", "After 300 s without a command the server ended the session itself; 421 Timeout; idle_session_timeout=900; NOOP every 120 s", "NAT device stands; between 240; --keepalive-time; long transfers"},
		{"the server's own limit, of half an hour", []part{alive(960), own(1800)}, "certain control-idle-timeout", "idle_session_timeout=1920", "idle_session_timeout=900"},
		{"a server that may give up silently", []part{alive(30), dead(60, hops.Timeout)}, "likely control-idle-timeout", "Not ruled out: a server that gives silent sessions up", ""},
		{"the server's TLS ends", []part{alive(240), silence(300*time.Second, probe.OutcomeAlert, 0, "decode_error")}, "certain control-idle-timeout", "the server ended the session itself, by the TLS alert decode_error; no part in the TLS connection; idle_session_timeout", "NAT device stands; between"},
		{"closed without a word", []part{alive(240), dead(300, probe.OutcomeClosed)}, "possible control-idle-timeout", "hangs up without a word", "idle_session_timeout"},
		{"the server behind NAT, this client not", []part{client("198.51.100.7"), natPath, alive(30), dead(60, hops.Timeout)}, "likely control-idle-timeout", "The server is behind a NAT device", "This client"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := Diagnose(made(tt.parts...))
			if got := brief(found); got != tt.want {
				t.Fatalf("got  %q\nwant %q", got, tt.want)
			}
			if tt.want != "" {
				claim(t, "control-idle-timeout", tt.words, tt.not, tt.parts...)
			}
		})
	}
	owners := map[string]Owner{}
	for name, p := range map[string][]part{"nat": {alive(30), dead(60, hops.Timeout)}, "own": {own(300)}, "none": {client("198.51.100.7"), alive(30), dead(60, hops.Timeout)}} {
		owners[name] = Diagnose(made(p...))[0].Owner
	}
	if owners["nat"] != PathOwner || owners["own"] != ServerAdmin || owners["none"] != PathOwner { // no side is decided
		t.Errorf("owners %v", owners)
	}
}

// TestSwallowedCommand: whether others, or TLS, get the same command answered.
func TestSwallowedCommand(t *testing.T) {
	tests := []struct {
		name  string
		parts []part
		want  string
		words string
	}{
		{"PASV", []part{stalledAt("PASV", hops.Timeout)}, "likely control-stalled", "PASV got no reply"},
		{"PORT", []part{stalledAt("PORT 1,2,3,4,5,6", hops.Timeout)}, "likely control-stalled", "PORT got no reply"},
		{"PASV, answered under TLS", []part{stalledAt("PASV", hops.Timeout), alsoAnswered("PASV", true)}, "certain control-stalled", "With TLS, PASV is answered"},
		{"PASV, answered in another session", []part{stalledAt("PASV", hops.Timeout), alsoAnswered("PASV", false)}, "possible control-stalled", "chance or load"},
		{"PASV, on this machine", []part{server("127.0.0.1"), client("127.0.0.1"), stalledAt("PASV", hops.Timeout)}, "likely control-stalled", "the server runs on this machine"},
		{"AUTH", []part{swallowedAUTH}, "likely control-stalled", "AUTH got no reply"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := brief(Diagnose(made(tt.parts...))); got != tt.want {
				t.Fatalf("got  %q\nwant %q", got, tt.want)
			}
			claim(t, "control-stalled", tt.words, "", tt.parts...)
		})
	}
}

// alsoAnswered is a further session in which the command got a reply.
func alsoAnswered(command string, encrypted bool) part {
	return func(ev *probe.Evidence) {
		s := *ev.Sessions[0]
		s.ID, s.Check = 3, probe.CheckLogin
		s.Exchanges = []*probe.Exchange{{Check: s.Check, Command: command, Replies: []probe.Reply{*line(227, "ok")}}}
		if encrypted {
			s.TLS = &probe.Handshake{Outcome: probe.OutcomeOK}
		}
		ev.Sessions = append(ev.Sessions, &s)
	}
}

// swallowedAUTH: the first session gave out at AUTH, and the login went on in
// a plain one.
func swallowedAUTH(ev *probe.Evidence) {
	ran(probe.CheckSecure)(ev)
	first := *ev.Sessions[0]
	ev.Sessions[0].ID, ev.Sessions[0].Check = 2, probe.CheckLogin
	first.LoggedIn = false
	first.Exchanges = []*probe.Exchange{{Check: probe.CheckSecure, Command: "AUTH TLS"}}
	first.Lost = &probe.Loss{Check: probe.CheckSecure, Command: "AUTH TLS", Outcome: hops.Timeout, Took: 30 * time.Second}
	ev.Sessions = []*probe.Session{&first, ev.Sessions[0]}
}

// TestTransferAndIdleLines: what stands beside the names of the checks.
func TestTransferAndIdleLines(t *testing.T) {
	done := *line(226, "Done.")
	alive := silence(30*time.Second, probe.OutcomeOK, 200, "200 OK.")
	tests := []struct {
		check probe.Check
		parts []part
		state State
		want  string
	}{
		{probe.CheckTransfer, []part{step(1, "LIST", 300, probe.OutcomeEOF, done), step(2, "RETR a", 1.2e6, probe.OutcomeEOF, done), step(3, "STOR b", 1e6, probe.OutcomeEOF, done)}, OK, "3 of 3 transfers, 1.2 MB down, 1.0 MB up"},
		{probe.CheckTransfer, []part{step(1, "LIST", 0, probe.OutcomeEOF, done)}, OK, "1 of 1 transfers, 0 bytes down"},
		{probe.CheckTransfer, []part{step(1, "STOR b", 4e3, probe.OutcomeEOF, done)}, OK, "1 of 1 transfers, 4.0 kB up"},
		{probe.CheckTransfer, []part{step(1, "LIST", 300, probe.OutcomeEOF, done), step(2, "STOR b", 0, probe.OutcomeEOF, *line(553, "no"))}, Warn, "1 of 2 transfers; transfer 2, STOR b: 553 after 0 bytes"},
		{probe.CheckTransfer, []part{step(1, "LIST", 300, probe.OutcomeEOF, done), step(2, "RETR a", 0, probe.OutcomeEOF, *line(550, "no")), step(3, "LIST", 0, probe.OutcomeEOF, *line(425, "no"))}, Failed, "1 of 3 transfers; transfer 3, LIST: 425 after 0 bytes"},
		{probe.CheckTransfer, []part{step(1, "LIST", 300, probe.OutcomeEOF, done), step(2, "RETR a", 2896, hops.Timeout), withSmallSegments(probe.CheckTransfer, 2, 1e6, probe.OutcomeEOF)}, Failed, "1 of 2 transfers; transfer 2, RETR a: stalled after 2.9 kB; it passed with small segments"},
		{probe.CheckTransfer, []part{step(1, "RETR a", 10, probe.OutcomeEOF, done), sized(1, 4000)}, Failed, "0 of 1 transfers; transfer 1, RETR a: 10 of 4000 bytes came"},
		{probe.CheckTransfer, []part{ran(probe.CheckTransfer)}, Skip, "not tested"},
		{probe.CheckClient, []part{tlsServer, epsv(50012, hops.Open), listEnds(probe.CheckEPSV, *line(550, "no")), clientFailed("550 no")}, Warn, "jlaffaye/ftp was denied the listing: 550 no"},
		{probe.CheckPORT, []part{refused(probe.CheckPORT, 200, ""), inVain(probe.CheckPORT), unreplied(probe.CheckPORT)}, Warn, "no reply to PORT in 5 s, and nothing arrived at 192.168.1.10:40001"},
		{probe.CheckIdle, []part{alive, silence(time.Minute, hops.Timeout, 0, "")}, Failed, "dead after 60 s of silence, alive after 30 s"},
		{probe.CheckIdle, []part{alive, silence(300*time.Second, probe.OutcomeClosed, 421, "421 Timeout.")}, Failed, "ended by the server after 300 s of silence (421), alive after 30 s"},
		{probe.CheckIdle, []part{silence(300*time.Second, probe.OutcomeAlert, 0, "close_notify")}, Failed, "ended by the server after 300 s of silence (TLS alert)"},
		{probe.CheckIdle, []part{alive}, OK, "alive after 30 s of silence"},
		{probe.CheckIdle, []part{ran(probe.CheckIdle)}, Skip, "not tested"},
		{probe.CheckPorts, []part{swept(50000, 50049, hops.Refused), swept(50050, 50099, hops.Timeout)}, OK, "swept 50000-50099: 50 refused, 50 silent"},
		{probe.CheckPorts, []part{samples(hops.Open, false, 50001, 50030, 50099), swept(50000, 50049, hops.Refused), swept(50050, 50099, hops.Timeout)}, Failed, "3 of 3 announced ports open, 50001-50099; swept 50000-50099: 50 refused, 50 silent"},
		{probe.CheckPorts, []part{samples(hops.Open, false, 50001, 50030, 50071, 50099)}, OK, "4 of 4 announced ports open, 50001-50099, range about 160 wide"},
	}
	for _, tt := range tests {
		if l := Line(made(tt.parts...), tt.check); l.State != tt.state || l.Summary != tt.want {
			t.Errorf("%s: got %s %q\nwant %s %q", tt.check, l.State, l.Summary, tt.state, tt.want)
		}
	}
}
