package report

import (
	"fmt"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// tls is a handshake of the check at hand.
func (s *script) tls(session int, as probe.As, at string, t probe.TLS) {
	s.now += 20 * msec
	s.add(probe.Event{Kind: probe.KindTLS, Session: session, As: as, Addr: addr(at), Outcome: probe.OutcomeOK, TLS: &t, Took: 20 * msec})
}

// as gives the run a user.
func (s *script) as(user string) *script {
	s.events[0].Start.User = user
	return s
}

// authTLS encrypts a control session.
func (s *script) authTLS(session int, t probe.TLS) {
	s.say(session, "> AUTH TLS", "234 Proceed with negotiation.")
	s.tls(session, probe.AsControl, serverFTP, t)
	s.say(session, "> PBSZ 0", "200 PBSZ set to 0.", "> PROT P", "200 PROT now Private.")
}

// shown is what the control connection's handshake shows.
func shown(untrusted string, certs ...probe.Certificate) probe.TLS {
	return probe.TLS{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", ServerName: "ftp.example.com", Certificates: certs, Untrusted: untrusted}
}

// authority is the certificate that signed certificate().
func authority() probe.Certificate {
	c := certificate()
	c.Subject, c.Issuer, c.Names, c.SHA256 = c.Issuer, "CN=Example Root,O=Example", nil, "cd"+strings.Repeat("1", 62)
	return c
}

// secureSession opens and encrypts a session for a check. Later handshakes of
// control connections resume nothing and show the certificate again.
func (s *script) secureSession(id int) {
	s.open(id, fmt.Sprintf("%s:%d", clientIP, 40000+id), serverFTP)
	s.say(id, "220 (vsFTPd 3.0.5)")
	s.authTLS(id, shown("", certificate(), authority()))
	s.say(id, "> USER anonymous", "331 Please specify the password.", "> PASS ****", "230 Login successful.")
	s.add(probe.Event{Kind: probe.KindLogin, Session: id})
}

// reachTLS is a run up to the end of the secure check.
func reachTLS(t probe.TLS) *script {
	s := greeted("ftp.example.com")
	s.begin(probe.CheckSecure)
	s.authTLS(1, t)
	return s
}

func loginTLS() *script {
	s := reachTLS(shown("", certificate(), authority()))
	s.begin(probe.CheckLogin)
	s.trace(serverFTP, 3, hops.Open)
	s.say(1, "> USER anonymous", "331 Please specify the password.", "> PASS ****", "230 Login successful.")
	s.add(probe.Event{Kind: probe.KindLogin, Session: 1})
	s.say(1, "> STAT", "211-FTP server status:", "     Connected to 203.0.113.2", "211 End of status")
	return s
}

// passiveTLS is one passive try over TLS: a listing if its port opens.
func (s *script) passiveTLS(id int, c probe.Check, reply, announced string, o hops.Outcome) {
	s.begin(c)
	s.secureSession(id)
	s.say(id, "> "+strings.ToUpper(string(c)), reply)
	s.announce(announced)
	s.dial(probe.AsAnnounced, announced, o)
	if o == hops.Open {
		s.say(id, "> LIST", "150 Here comes the directory listing.")
		s.tls(id, probe.AsAnnounced, announced, probe.TLS{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", Presented: true, Resumed: true})
		s.data(probe.AsAnnounced, announced, 412, probe.OutcomeEOF)
		s.say(id, "226 Directory send OK.")
	}
}

// activeTLS is one active try over TLS that the server refuses.
func (s *script) activeTLS(id int, c probe.Check, command, announced string) {
	s.begin(c)
	s.secureSession(id)
	s.listen(announced)
	s.say(id, "> "+command, "500 Illegal PORT command.")
}

// try is a further try of a check: what it adds carries the try's name.
func (s *script) try(c probe.Check, t probe.Try, add func()) {
	s.end()
	from, began := len(s.events), s.now
	s.check = c
	s.add(probe.Event{Kind: probe.KindBegin})
	add()
	s.add(probe.Event{Kind: probe.KindEnd, Took: s.now - began})
	s.check = ""
	for i := range s.events[from:] {
		s.events[from+i].Try = t
	}
}

func (s *script) portsTLS(id int, outcomes ...hops.Outcome) {
	s.begin(probe.CheckPorts)
	s.secureSession(id)
	for i, o := range outcomes {
		port := 50020 + 10*i
		s.say(id, "> EPSV", fmt.Sprintf("229 Entering Extended Passive Mode (|||%d|)", port))
		at := fmt.Sprintf("%s:%d", serverIP, port)
		s.add(probe.Event{Kind: probe.KindAnnounce, Session: id, Addr: addr(at)})
		s.sample(id, at, o)
	}
}

func runTLSWell() *script {
	s := loginTLS()
	s.passiveTLS(2, probe.CheckEPSV, "229 Entering Extended Passive Mode (|||50012|)", serverIP+":50012", hops.Open)
	s.passiveTLS(3, probe.CheckPASV, "227 Entering Passive Mode (203,0,113,10,195,93).", serverIP+":50013", hops.Open)
	s.portsTLS(6, hops.Open, hops.Open, hops.Open)
	s.ordinaryClient(serverIP+":50033", hops.Open)
	s.try(probe.CheckEPSV, probe.TryUnresumed, func() {
		s.unresumed(8, "150 Here comes the directory listing.", "226 Directory send OK.")
	})
	return s
}

// unresumed is an EPSV try over a full handshake, up to these replies.
func (s *script) unresumed(id int, replies ...string) {
	s.secureSession(id)
	s.say(id, "> EPSV", "229 Entering Extended Passive Mode (|||50014|)")
	s.announce(serverIP + ":50014")
	s.dial(probe.AsAnnounced, serverIP+":50014", hops.Open)
	s.say(id, "> LIST", replies[0])
	s.tls(id, probe.AsAnnounced, serverIP+":50014", probe.TLS{Version: "TLS 1.3", Certificates: []probe.Certificate{certificate(), authority()}})
	s.data(probe.AsAnnounced, serverIP+":50014", 412, probe.OutcomeEOF)
	s.say(id, replies[1:]...)
}

func runTLSUntrusted() *script {
	s := reachTLS(shown("x509: certificate signed by unknown authority", certificate(signedByItself))).as("alice")
	s.skip("the password is not sent: the certificate cannot be verified", append([]probe.Check{probe.CheckLogin}, untested...)...)
	return s
}

func runTLSSessionReuse() *script {
	s := loginTLS()
	s.passiveTLS(2, probe.CheckEPSV, "229 Entering Extended Passive Mode (|||50012|)", serverIP+":50012", hops.Open)
	s.passiveTLS(3, probe.CheckPASV, "227 Entering Passive Mode (203,0,113,10,195,93).", serverIP+":50013", hops.Open)
	s.portsTLS(6, hops.Open, hops.Open, hops.Open)
	s.try(probe.CheckEPSV, probe.TryUnresumed, func() {
		s.unresumed(8, "150 Here comes the directory listing.", "522 SSL connection failed: session reuse required")
		s.add(probe.Event{Kind: probe.KindLost, Session: 8, Outcome: probe.OutcomeClosed})
	})
	return s
}

func runTLSBlindHelper() *script {
	s := loginTLS()
	s.passiveTLS(2, probe.CheckEPSV, "229 Entering Extended Passive Mode (|||50012|)", serverIP+":50012", hops.Timeout)
	s.passiveTLS(3, probe.CheckPASV, "227 Entering Passive Mode (203,0,113,10,195,93).", serverIP+":50013", hops.Timeout)
	s.activeTLS(4, probe.CheckEPRT, "EPRT |1|192.168.1.20|40021|", clientIP+":40021")
	s.activeTLS(5, probe.CheckPORT, "PORT 192,168,1,20,156,86", clientIP+":40022")
	s.portsTLS(6, hops.Timeout, hops.Timeout, hops.Timeout, hops.Timeout)
	s.ordinaryClient(serverIP+":50033", hops.Timeout)
	s.trace(serverIP+":50012", 3, hops.Timeout)
	for i, c := range []probe.Check{probe.CheckEPSV, probe.CheckPASV} {
		reply := []string{"229 Entering Extended Passive Mode (|||50080|)", "227 Entering Passive Mode (203,0,113,10,195,160)."}[i]
		s.try(c, probe.TryPlain, func() { s.plainPassive(20+i, c, reply, serverIP+":50080") })
	}
	return s
}

// plainPassive is a passive try without TLS that gives a listing.
func (s *script) plainPassive(id int, c probe.Check, reply, announced string) {
	s.open(id, fmt.Sprintf("%s:%d", clientIP, 40000+id), serverFTP)
	s.say(id, "220 (vsFTPd 3.0.5)", "> USER anonymous", "331 Please specify the password.", "> PASS ****", "230 Login successful.")
	s.add(probe.Event{Kind: probe.KindLogin, Session: id})
	s.say(id, "> "+strings.ToUpper(string(c)), reply)
	s.announce(announced)
	s.dial(probe.AsAnnounced, announced, hops.Open)
	s.say(id, "> LIST", "150 Here comes the directory listing.")
	s.data(probe.AsAnnounced, announced, 412, probe.OutcomeEOF)
	s.say(id, "226 Directory send OK.")
}
