package report

import (
	"fmt"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// Addresses of the runs: a client behind NAT and a server with a public address.
const (
	clientIP  = "192.168.1.20"
	serverIP  = "203.0.113.10"
	serverFTP = serverIP + ":21"
)

// runs are whole runs, as a prober would have recorded them.
var runs = map[string]func() *script{
	"all-well":            runAllWell,
	"private-address":     runPrivateAddress,
	"data-filtered":       runDataFiltered,
	"name-not-found":      runNameNotFound,
	"control-filtered":    runControlFiltered,
	"not-ftp":             runNotFTP,
	"login-rejected":      runLoginRejected,
	"hostile-words":       runHostileWords,
	"ipv6":                runIpv6,
	"interrupted":         runInterrupted,
	"interrupted-healthy": runInterruptedHealthy,
	"tls-well":            runTLSWell,
	"tls-untrusted":       runTLSUntrusted,
	"tls-session-reuse":   runTLSSessionReuse,
	"tls-blind-helper":    runTLSBlindHelper,
	"sweep":               runSweep,
	"mtu-black-hole":      runBlackHole,
	"peer-rewritten":      runPeerRewritten,
}

// greeted is a run up to the greeting.
func greeted(host string) *script {
	s := newScript(host)
	s.begin(probe.CheckName)
	s.now += 12 * msec
	s.lookup(serverIP)
	s.path()
	s.begin(probe.CheckControl)
	s.dial(probe.AsControl, serverFTP, hops.Open)
	s.open(1, clientIP+":40000", serverFTP)
	s.say(1, "220 (vsFTPd 3.0.5)")
	return s
}

// reach is a run up to the login: vsftpd on a server four hops away.
func reach(host string) *script {
	s := greeted(host)
	s.begin(probe.CheckLogin)
	s.trace(serverFTP, 3, hops.Open)
	s.say(1, "> USER anonymous", "331 Please specify the password.", "> PASS ****", "230 Login successful.")
	s.add(probe.Event{Kind: probe.KindLogin, Session: 1})
	s.say(1, "> STAT", "211-FTP server status:", "     Connected to 203.0.113.2", "211 End of status")
	return s
}

// session opens a control session of a check's own.
func (s *script) session(id int, c probe.Check, local, peer string) {
	s.begin(c)
	s.open(id, local, peer)
	s.say(id, "220 (vsFTPd 3.0.5)", "> USER anonymous", "331 Please specify the password.", "> PASS ****", "230 Login successful.")
	s.add(probe.Event{Kind: probe.KindLogin, Session: id})
}

// passive is one passive try: the dialogue, and a listing if the announced
// address opens. A zero outcome of the control host means that it is the same.
func (s *script) passive(id int, c probe.Check, reply, announced string, o, host hops.Outcome) {
	s.session(id, c, fmt.Sprintf("%s:%d", clientIP, 40000+id), serverFTP)
	s.say(id, "> "+strings.ToUpper(string(c)), reply)
	s.announce(announced)
	s.dial(probe.AsAnnounced, announced, o)
	_, port, _ := strings.Cut(announced, ":")
	over, as := announced, probe.AsAnnounced
	if host != "" {
		over, as = serverIP+":"+port, probe.AsControlHost
		s.dial(as, over, host)
	}
	if o == hops.Open || host == hops.Open {
		s.say(id, "> LIST", "150 Here comes the directory listing.")
		s.data(as, over, 412, probe.OutcomeEOF)
		s.say(id, "226 Directory send OK.")
	}
}

// activeRefused is one active try that the server refuses.
func (s *script) activeRefused(id int, c probe.Check, command, announced string) {
	s.session(id, c, fmt.Sprintf("%s:%d", clientIP, 40000+id), serverFTP)
	s.listen(announced)
	s.say(id, "> "+command, "500 Illegal PORT command.")
}

// activeWorks is one active try that ends in a listing.
func (s *script) activeWorks(id int, c probe.Check, command, announced, from string) {
	s.session(id, c, fmt.Sprintf("%s:%d", clientIP, 40000+id), serverFTP)
	s.listen(announced)
	s.say(id, "> "+command, "200 PORT command successful. Consider using PASV.", "> LIST")
	s.arrive(from, announced)
	s.say(id, "150 Here comes the directory listing.")
	s.data(probe.AsActive, from, 412, probe.OutcomeEOF)
	s.say(id, "226 Directory send OK.")
}

// ports samples three announcements, with the given outcomes.
func (s *script) ports(id int, outcomes ...hops.Outcome) {
	s.session(id, probe.CheckPorts, fmt.Sprintf("%s:%d", clientIP, 40000+id), serverFTP)
	for i, o := range outcomes {
		port := 50020 + 10*i
		s.say(id, "> EPSV", fmt.Sprintf("229 Entering Extended Passive Mode (|||%d|)", port))
		at := fmt.Sprintf("%s:%d", serverIP, port)
		s.add(probe.Event{Kind: probe.KindAnnounce, Session: id, Addr: addr(at)})
		s.sample(id, at, o)
	}
}

// trace is the hop search towards a port of the server, over three routers.
func (s *script) trace(to string, last int, end hops.Outcome) {
	for ttl, from := range []string{"192.168.1.1", "203.0.113.1", "198.51.100.2"} {
		if ttl+1 > last {
			break
		}
		s.hop(to, ttl+1, hops.Expired, from)
	}
	s.hop(to, last+1, end, "")
}

func runAllWell() *script {
	s := reach("ftp.example.com")
	s.passive(2, probe.CheckEPSV, "229 Entering Extended Passive Mode (|||50012|)", serverIP+":50012", hops.Open, "")
	s.passive(3, probe.CheckPASV, "227 Entering Passive Mode (203,0,113,10,195,93).", serverIP+":50013", hops.Open, "")
	s.activeWorks(4, probe.CheckEPRT, "EPRT |1|192.168.1.20|40021|", clientIP+":40021", serverIP+":20")
	s.activeWorks(5, probe.CheckPORT, "PORT 192,168,1,20,156,86", clientIP+":40022", serverIP+":20")
	s.ports(6, hops.Open, hops.Open, hops.Open)
	s.ordinaryClient(serverIP+":50033", hops.Open)
	return s
}

func runPrivateAddress() *script {
	s := reach("ftp.example.com")
	s.passive(2, probe.CheckEPSV, "229 Entering Extended Passive Mode (|||50012|)", serverIP+":50012", hops.Open, "")
	s.passive(3, probe.CheckPASV, "227 Entering Passive Mode (10,0,0,5,195,93).", "10.0.0.5:50013", hops.Timeout, hops.Open)
	s.activeRefused(4, probe.CheckEPRT, "EPRT |1|192.168.1.20|40021|", clientIP+":40021")
	s.activeRefused(5, probe.CheckPORT, "PORT 192,168,1,20,156,86", clientIP+":40022")
	s.ports(6, hops.Open, hops.Open, hops.Open)
	s.ordinaryClient(serverIP+":50033", hops.Open)
	return s
}

func runDataFiltered() *script {
	s := reach("ftp.example.com")
	s.passive(2, probe.CheckEPSV, "229 Entering Extended Passive Mode (|||50012|)", serverIP+":50012", hops.Timeout, "")
	s.passive(3, probe.CheckPASV, "227 Entering Passive Mode (203,0,113,10,195,93).", serverIP+":50013", hops.Timeout, "")
	s.activeRefused(4, probe.CheckEPRT, "EPRT |1|192.168.1.20|40021|", clientIP+":40021")
	s.activeRefused(5, probe.CheckPORT, "PORT 192,168,1,20,156,86", clientIP+":40022")
	s.ports(6, hops.Timeout, hops.Timeout, hops.Timeout)
	s.ordinaryClient(serverIP+":50033", hops.Timeout)
	s.trace(serverIP+":50012", 3, hops.Timeout)
	return s
}

var untested = []probe.Check{probe.CheckEPSV, probe.CheckPASV, probe.CheckEPRT, probe.CheckPORT, probe.CheckPorts, probe.CheckClient}

func runNameNotFound() *script {
	s := newScript("ftp.example.con")
	s.begin(probe.CheckName)
	s.add(probe.Event{Kind: probe.KindLookup, Outcome: probe.OutcomeNotFound, Text: "no such host"})
	s.skip("the name has no address to connect to", append([]probe.Check{probe.CheckControl, probe.CheckLogin, probe.CheckPath}, untested...)...)
	return s
}

func runControlFiltered() *script {
	s := newScript(serverIP)
	s.begin(probe.CheckName)
	s.lookup(serverIP)
	s.path()
	s.begin(probe.CheckControl)
	s.dial(probe.AsControl, serverFTP, hops.Timeout)
	s.skip("no control connection", append([]probe.Check{probe.CheckLogin}, untested...)...)
	s.trace(serverFTP, 1, hops.Timeout)
	s.trace(serverIP+":23603", 3, hops.Refused)
	return s
}

func runNotFTP() *script {
	s := newScript(serverIP)
	s.begin(probe.CheckName)
	s.lookup(serverIP)
	s.begin(probe.CheckControl)
	s.dial(probe.AsControl, serverFTP, hops.Open)
	s.open(1, clientIP+":40000", serverFTP)
	s.add(probe.Event{Kind: probe.KindLost, Session: 1, Outcome: probe.OutcomeForeign, Text: "ssh: SSH-2.0-OpenSSH_9.2p1", Took: 31 * msec})
	s.skip("no control connection", append([]probe.Check{probe.CheckLogin}, untested...)...)
	return s
}

func runLoginRejected() *script {
	s := newScript(serverIP)
	s.begin(probe.CheckName)
	s.lookup(serverIP)
	s.begin(probe.CheckControl)
	s.dial(probe.AsControl, serverFTP, hops.Open)
	s.open(1, clientIP+":40000", serverFTP)
	s.say(1, "220 ProFTPD Server (lab) [203.0.113.10]")
	s.begin(probe.CheckLogin)
	s.say(1, "> USER anonymous", "331 Password required for anonymous", "> PASS ****", "530 Login incorrect.")
	s.skip("the login failed", untested...)
	return s
}

func runHostileWords() *script {
	s := newScript(serverIP)
	s.begin(probe.CheckName)
	s.lookup(serverIP)
	s.begin(probe.CheckControl)
	s.dial(probe.AsControl, serverFTP, hops.Open)
	s.open(1, clientIP+":40000", serverFTP)
	s.say(1, "220 \x1b]0;owned\x07\x1b[2J\u202efdp.exe \xff\xfe caf\u00e9 "+strings.Repeat("A", 500))
	s.begin(probe.CheckLogin)
	s.say(1, "> USER anonymous", "331 ok", "> PASS ****", "530 \x9b31m\r\nRESULT PASS x problems=0 "+strings.Repeat("\U0001f4a5", 100))
	s.skip("the login failed", untested...)
	return s
}

func runIpv6() *script {
	const peer, local = "[2001:db8:2::10]", "[2001:db8:1::10]"
	s := newScript("2001:db8:2::10")
	s.begin(probe.CheckName)
	s.lookup("2001:db8:2::10")
	s.begin(probe.CheckControl)
	s.dial(probe.AsControl, peer+":21", hops.Open)
	s.open(1, local+":40000", peer+":21")
	s.say(1, "220-Welcome", "220 ready")
	s.begin(probe.CheckLogin)
	s.say(1, "> USER anonymous", "230 User logged in.")
	s.add(probe.Event{Kind: probe.KindLogin, Session: 1})
	s.session(2, probe.CheckEPSV, local+":40001", peer+":21")
	s.say(2, "> EPSV", "229 Entering Extended Passive Mode (|||50012|)")
	s.announce(peer + ":50012")
	s.dial(probe.AsAnnounced, peer+":50012", hops.Refused)
	s.session(3, probe.CheckPASV, local+":40002", peer+":21")
	s.say(3, "> PASV", "425 You cannot use PASV on IPv6 connections. Use EPSV instead.")
	return s
}

func runInterrupted() *script {
	s := reach("ftp.example.com")
	s.passive(2, probe.CheckEPSV, "229 Entering Extended Passive Mode (|||50012|)", serverIP+":50012", hops.Timeout, "")
	s.end()
	s.check = probe.CheckPASV
	s.add(probe.Event{Kind: probe.KindBegin})
	s.check = ""
	s.outcome = probe.OutcomeCancelled
	return s
}

func runInterruptedHealthy() *script {
	s := reach("ftp.example.com")
	s.outcome = probe.OutcomeCancelled
	return s
}
