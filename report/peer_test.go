package report

import (
	"strings"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

const (
	pasvSent  = "227 Entering Passive Mode (203,0,113,10,195,80)" // port 50000
	pasvOther = "227 Entering Passive Mode (203,0,113,10,194,200)"
	pasvInner = "227 Entering Passive Mode (10,0,0,10,195,80)"
	epsvSent  = "229 Entering Extended Passive Mode (|||50000|)"
	portSent  = "PORT 198,51,100,7,156,65" // port 40001
	natSent   = "PORT 192,168,1,10,156,65"
)

// direct is a pair without NAT; natted a client behind NAT.
var (
	direct = []part{client("198.51.100.7"), twoEnds("198.51.100.7", madeServer)}
	natted = []part{twoEnds("198.51.100.200", madeServer)}
)

// answersLost is a network in which answers from the passive ports vanish, and
// replies over the control connection do not.
var answersLost = append(append([]part{}, direct...), epsv(50000, hops.Timeout), controlPath,
	passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Timeout, exchange.Knock{From: knock("198.51.100.7:41000").From, Half: true}),
	repliesFollowed("x", "x", "x", "o"))

// repliesOver forgets what became of those replies.
func repliesOver(ev *probe.Evidence) { ev.Peer.Seen.Sessions[0].Path = nil }

// ownLost is a network in which our answers to the server's connections vanish.
var ownLost = append(append([]part{}, direct...), waited(probe.CheckPORT), path(madeServer+":21", "x192.168.1.1", "x198.51.100.1", "x203.0.113.1", "o"), dialledBack(40002, 20, hops.Timeout), byHalf(40002, 20))

// split is a control port that answers at hop 2, and a port of the server's own
// farther away: the server sees that connection come from here, and the control
// connection from elsewhere.
var split = []part{client("198.51.100.7"), twoEnds("192.0.2.9", madeServer), epsv(50000, hops.Open),
	path(madeServer+":21", "x192.168.1.1", "o"), path(netipPort(50000), "x", "x203.0.113.1", "x", "o"),
	listenedOn(50000, hops.Open, exchange.Knock{From: knock("198.51.100.7:41000").From, Refused: true})}

// TestBothEnds: what one end sent, compared with what the other received.
func TestBothEnds(t *testing.T) {
	in := func(base []part, more ...part) []part { return append(append([]part{}, base...), more...) }
	here := knock("198.51.100.7:41000")
	tests := []struct {
		name  string
		parts []part
		want  string // codes, with the certainty of the first and its side
	}{
		{"all well", in(direct, append(well[:len(well)-1:len(well)-1],
			passiveTry(probe.CheckPASV, pasvSent, pasvSent, hops.Open, here), passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Open, here), activeTry(probe.CheckPORT, portSent, portSent, hops.Open),
			listenedOn(50001, hops.Open, here), dialledBack(40002, 20, hops.Open), piece(true, 1448, true), piece(false, 1448, true))...), ""},
		{"nothing but a greeting of the exchange", direct, ""},

		{"another port arrived", in(direct, pasv(madeServer+":49864", "", hops.Refused), epsv(50012, hops.Open), passiveTry(probe.CheckPASV, pasvSent, pasvOther, hops.Refused)), "certain unknown passive-reply-rewritten"},
		{"another address arrived", in(direct, pasv("198.51.100.9:50000", hops.Timeout, hops.Open), passiveTry(probe.CheckPASV, pasvSent, "227 Entering Passive Mode (198,51,100,9,195,80)", hops.Timeout)), "certain unknown passive-reply-rewritten"},
		{"half of it arrived", in(direct, malformed("Entering Passive Mode (203,0,", "cut"), passiveTry(probe.CheckPASV, pasvSent, "227 Entering Passive Mode (203,0,", "")), "certain unknown passive-reply-rewritten"},
		{"another port arrived, and works", in(direct, pasv(madeServer+":49864", "", hops.Open), passiveTry(probe.CheckPASV, pasvSent, pasvOther, hops.Open, here)), "certain unknown passive-reply-rewritten"},
		{"the server's private address was corrected", in([]part{client("198.51.100.7"), twoEnds("198.51.100.7", "10.0.0.10")}, pasv(madeServer+":50000", "", hops.Open), passiveTry(probe.CheckPASV, pasvInner, pasvSent, hops.Open, here)), "certain server helper-in-path"},
		{"the private address is the server's own word", in(direct, pasv("10.0.0.10:50000", hops.Timeout, hops.Open), passiveTry(probe.CheckPASV, pasvInner, pasvInner, hops.Open, here)), "certain server passive-address-private"},

		{"PORT arrived with another address", in(direct, waited(probe.CheckPORT), activeTry(probe.CheckPORT, portSent, "PORT 10,9,9,9,156,65", hops.Timeout)), "certain unknown active-command-rewritten"},
		{"PORT arrived cut off", in(direct, refused(probe.CheckPORT, 501, "Syntax error."), activeTry(probe.CheckPORT, portSent, "PORT 198,51", "")), "certain unknown active-command-rewritten"},
		{"PORT arrived with another port, others get through", in(direct, waited(probe.CheckPORT), activeTry(probe.CheckPORT, portSent, "PORT 198,51,100,7,9,9", hops.Refused), dialledBack(40002, 20, hops.Open)), "certain unknown active-command-rewritten"},
		{"PORT translated by the NAT, and works", in(natted, arrived(probe.CheckPORT, madeServer+":20"), activeTry(probe.CheckPORT, natSent, "PORT 198,51,100,200,9,9", hops.Open)), "certain client helper-in-path"},
		{"PORT refused, and arrived as sent", in(natted, refused(probe.CheckPORT, 500, "No."), activeTry(probe.CheckPORT, natSent, natSent, "")), "certain client active-behind-nat"},

		{"the server's packets die here", in(direct, waited(probe.CheckPORT), controlPath, activeTry(probe.CheckPORT, portSent, portSent, hops.Timeout), dialledBack(40002, 20, hops.Timeout, "x", "x", "x192.168.1.1", "-")), "certain client active-inbound-blocked"},
		{"the server's packets die on the path", in(direct, waited(probe.CheckPORT), controlPath, dialledBack(40002, 20, hops.Timeout, "x", "x198.51.100.1", "-", "-")), "certain path active-inbound-blocked"},
		{"the server's packets die there", in(direct, waited(probe.CheckPORT), controlPath, dialledBack(40002, 20, hops.Timeout, "x203.0.113.1", "-", "-", "-")), "likely server active-server-egress-blocked"},
		{"a device there rejects the server's packets", in(direct, waited(probe.CheckPORT), controlPath, dialledBack(40002, 20, hops.Rejected, "!203.0.113.1")), "certain server active-server-egress-blocked"},
		{"the server's packets die here, or our answers", in(direct, waited(probe.CheckPORT), controlPath, tellsNoHalf, dialledBack(40002, 20, hops.Timeout, "x", "x", "x192.168.1.1", "-")), "likely client active-inbound-blocked"},
		{"our answers die", in(direct, waited(probe.CheckPORT), controlPath, dialledBack(40002, 20, hops.Timeout, "x", "x", "x192.168.1.1", "-"), byHalf(40002, 20)), "certain unknown active-inbound-blocked"},
		{"our answers die, and no ICMP gets to the server", in(direct, waited(probe.CheckPORT), controlPath, dialledBack(40002, 20, hops.Timeout, "-", "-", "-", "-"), byHalf(40002, 20)), "certain unknown active-inbound-blocked"},
		{"our answers die at this machine", in(ownLost, expiringHere(20, "-", "-", "-", "-")), "certain client active-inbound-blocked"},
		{"our answers die at our gateway", in(ownLost, expiringHere(20, "x", "-", "-", "-")), "certain client active-inbound-blocked"},
		{"our answers die on the path", in(ownLost, expiringHere(20, "x", "x", "-", "-")), "certain path active-inbound-blocked"},
		{"our answers die at the server's side", in(ownLost, expiringHere(20, "x", "x", "x", "-")), "certain server active-inbound-blocked"},
		{"our answers die, and only those to other ports were followed", in(ownLost, expiringHere(45000, "x", "-", "-", "-")), "certain unknown active-inbound-blocked"},
		{"our answers die, one got there meanwhile", in(ownLost, expiringHere(20, "x", "x", "-", "o")), "certain unknown active-inbound-blocked"},
		{"our answers die, and not all were tried", in(ownLost, expiringHere(20, "x", "x", "?", "-")), "certain unknown active-inbound-blocked"},
		{"our answers die, and the system does not tell", in(ownLost, expiringHere(20, "x", "x", "-", "-"), untoldHere), "certain unknown active-inbound-blocked"},
		{"our answers die behind a router that answers nobody", in(direct, waited(probe.CheckPORT), path(madeServer+":21", "x", "-", "x", "o"), dialledBack(40002, 20, hops.Timeout), byHalf(40002, 20), expiringHere(20, "x", "-", "-", "-")), "certain unknown active-inbound-blocked"},
		{"our answers to high ports die, and port 20 is blocked", in(direct, waited(probe.CheckPORT), dialledBack(40002, 20, hops.Timeout), dialledBack(40002, 45000, hops.Timeout), byHalf(40002, 45000)), "likely unknown active-inbound-blocked"},
		{"the server's packets died once, and arrived once", in(direct, waited(probe.CheckPORT), activeTry(probe.CheckPORT, portSent, portSent, hops.Open)), "possible unknown active-inbound-blocked"},
		{"the server's packets do not leave it", in(direct, waited(probe.CheckPORT), controlPath, dialledBack(40002, 20, hops.Timeout, "-", "-", "-", "-")), "likely server active-server-egress-blocked"},
		{"they die there, its replies do not", in(direct, waited(probe.CheckPORT), controlPath, dialledBack(40002, 20, hops.Timeout, "x203.0.113.1", "-", "-", "-"), alongReplies("x", "x", "x", "o")), "certain server active-server-egress-blocked"},
		{"they do not leave it, its replies do", in(direct, waited(probe.CheckPORT), controlPath, dialledBack(40002, 20, hops.Timeout, "-", "-", "-", "-"), alongReplies("x", "-", "x", "o")), "certain server active-server-egress-blocked"},
		{"they seemed to die there, messages got lost", in(direct, waited(probe.CheckPORT), controlPath, dialledBack(40002, 20, hops.Timeout, "x203.0.113.1", "-", "-", "-"), alongReplies("x", "x", "x", "o"), askedAgain(2), askedAgain(3)), "certain client active-inbound-blocked"},
		{"they die there, one hop alone answers its replies", in(direct, waited(probe.CheckPORT), controlPath, dialledBack(40002, 20, hops.Timeout, "x203.0.113.1", "-", "-", "-"), alongReplies("x", "x", "-", "o")), "likely server active-server-egress-blocked"},
		{"the next hop never answers", in(direct, waited(probe.CheckPORT), controlPath, dialledBack(40002, 20, hops.Timeout, "x203.0.113.1", "-", "-", "-"), alongReplies("x", "-", "x", "o")), "likely unknown active-inbound-blocked"},
		{"no hop answers its replies either", in(direct, waited(probe.CheckPORT), controlPath, dialledBack(40002, 20, hops.Timeout, "-", "-", "-", "-"), alongReplies("-", "-", "-", "o")), "likely unknown active-inbound-blocked"},
		{"its replies were not acknowledged in time", in(direct, waited(probe.CheckPORT), controlPath, dialledBack(40002, 20, hops.Timeout, "-", "-", "-", "-"), alongReplies("-", "-", "-")), "likely unknown active-inbound-blocked"},
		{"rejected somewhere behind silent hops", in(direct, waited(probe.CheckPORT), controlPath, dialledBack(40002, 20, hops.Rejected, "x203.0.113.1", "-", "-", "!192.0.2.9")), "likely unknown active-inbound-blocked"},
		{"rejected where its replies are answered", in(direct, waited(probe.CheckPORT), controlPath, dialledBack(40002, 20, hops.Rejected, "x203.0.113.1", "-", "-", "!192.0.2.9"), alongReplies("x", "x", "x", "o")), "certain server active-server-egress-blocked"},
		{"the server's distance is not known", in(direct, waited(probe.CheckPORT), dialledBack(40002, 20, hops.Timeout, "-", "-", "-", "-")), "likely unknown active-inbound-blocked"},
		{"only port 20 gets through", in(direct, waited(probe.CheckPORT), dialledBack(40002, 20, hops.Open), dialledBack(40003, 45000, hops.Timeout)), "certain unknown active-inbound-blocked"},
		{"a port on which nobody listened here", in(direct, waited(probe.CheckPORT), controlPath, dialledBack(40002, 20, hops.Timeout, "-"), forgetListens), "likely unknown active-inbound-blocked"},

		{"nothing arrived at the passive port", in(direct, epsv(50000, hops.Timeout), controlPath, path(netipPort(50000), "x", "x", "x", "-"), passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Timeout), listenedOn(50001, hops.Timeout)), "certain server data-filtered"},
		{"it arrived, and the answer did not", in(direct, epsv(50000, hops.Timeout), passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Timeout, exchange.Knock{From: here.From, Half: true})), "certain unknown data-filtered"},
		{"answers die, and something else never came", in(answersLost, controlPath, path(netipPort(50000), "x", "x", "x", "-"), listenedOn(50001, hops.Timeout)), "likely unknown data-filtered"},
		{"answers die at the client's gateway", in(answersLost, expiring("x", "x", "x", "-")), "certain client data-filtered"},
		{"answers die on the path", in(answersLost, expiring("x", "x", "-", "-")), "certain path data-filtered"},
		{"answers die at the server's gateway", in(answersLost, expiring("x", "-", "-", "-")), "certain server data-filtered"},
		{"answers do not leave the server", in(answersLost, expiring("-", "-", "-", "-")), "certain server data-filtered"},
		{"answers die somewhere, and those that go all the way left nothing", in(answersLost, expiring("x", "-", "-", "-"), allWayGone), "certain unknown data-filtered"},
		{"answers die behind a router that answers nobody", in(answersLost, repliesOver, repliesFollowed("x", "-", "x", "o"), expiring("x", "-", "-", "-")), "certain unknown data-filtered"},
		{"answers die, and replies were not followed", in(answersLost, repliesOver, expiring("x", "-", "-", "-")), "certain unknown data-filtered"},
		{"answers die behind a router that does not answer each", in(answersLost, expiring("-", "x", "-", "-")), "certain unknown data-filtered"},
		{"answers die behind a router that answers nobody, and the next one does", in(answersLost, repliesOver, repliesFollowed("-", "x", "x", "o"), expiring("-", "x", "-", "-")), "certain path data-filtered"},
		{"answers die on a way back that is longer", in(answersLost, repliesOver, repliesFollowed("x", "x", "x", "x", "o"), expiring("x", "x", "x", "-")), "certain unknown data-filtered"},
		{"answers die at the server's side, and the way back is longer", in(answersLost, repliesOver, repliesFollowed("x", "x", "x", "x", "o"), expiring("x", "-", "-", "-")), "certain server data-filtered"},
		{"answers that were not asked for", in(answersLost, expiring("x", "?", "-", "-")), "certain unknown data-filtered"},
		{"answers expire farther away than this client", in(answersLost, expiring("x", "x", "x", "x")), "certain unknown data-filtered"},
		{"an answer got here meanwhile", in(answersLost, expiring("x", "x", "o", "-")), "certain unknown data-filtered"},
		{"answers expired twice, and once they did not", in(answersLost, expiring("x", "x", "-", "-"), expiring("x", "-", "-", "-")), "certain unknown data-filtered"},
		{"the record of expired answers was cut", in(answersLost, expiring("x", "-", "-", "-"), cutRecord), "certain unknown data-filtered"},
		{"refused, and nothing arrived where it listened", in(direct, epsv(50000, hops.Refused), controlPath, path(netipPort(50000), "x", "x", "x", "r"), passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Refused)), "certain server data-rejected"},
		{"refused, because it did not listen", in(direct, epsv(50000, hops.Refused), passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Refused), neverListened), "certain server data-refused"},
		{"opens here, and never arrives", in(direct, epsv(50000, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout, *line(150, "Here.")), passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Open)), "certain unknown data-false-open"},
		{"opens here, and the record was cut", in(direct, epsv(50000, hops.Open), passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Open), cutRecord), ""},
		{"the data comes from elsewhere", in(direct, epsv(50000, hops.Open), ending(probe.CheckEPSV, 0, probe.OutcomeEOF, *line(425, "No.")), passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Open, exchange.Knock{From: knock("198.51.100.8:41000").From, Refused: true})), "certain server data-source-rejected"},
		{"a stranger knocks, and the data comes", in(direct, epsv(50000, hops.Open), passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Open, exchange.Knock{From: knock("192.0.2.66:41000").From, Refused: true}, here)), ""},
		{"a stranger knocks by half", in(direct, epsv(50000, hops.Timeout), passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Timeout, exchange.Knock{From: knock("192.0.2.66:41000").From, Half: true}), listenedOn(50001, hops.Timeout)), "certain unknown data-filtered"},
		{"ports open only when they are announced", in(direct, epsv(50000, hops.Open), listenedOn(50000, hops.Timeout), listenedOn(50001, hops.Timeout)), "certain unknown helper-in-path"},
		{"only announced ports lead there, others open for nobody", in(direct, epsv(50000, hops.Open), passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Open, here), listenedOn(50000, hops.Open), listenedOn(50001, hops.Open)), "certain unknown helper-in-path"},
		{"every port opens for nobody", in(direct, epsv(50000, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout, *line(150, "Here.")), passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Open), listenedOn(50000, hops.Open), listenedOn(50001, hops.Open)), "certain unknown data-false-open"},
		{"half of the ports on request", in(direct, epsv(50000, hops.Open), samples(hops.Open, false, 50002, 50004), listenedOn(50001, hops.Open, here), listenedOn(50060, hops.Timeout), listenedOn(50070, hops.Timeout), listenedOn(50080, hops.Timeout), listenedOn(50090, hops.Timeout)), "certain unknown data-range-partly-blocked"},

		{"the check peer alone, nothing arrives", in(direct, activeTry(probe.CheckPORT, portSent, portSent, hops.Timeout), controlPath, dialledBack(40002, 20, hops.Timeout, "-", "-", "-", "-"), givenUp(probe.CheckPORT)), "likely server active-server-egress-blocked"},
		{"silent, and it sent nothing", in(direct, epsv(50000, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout, *line(150, "Here.")), passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Open, here), heldBackAfter(0)), "certain server data-silent"},
		{"silent, and it sent little", in(direct, epsv(50000, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout, *line(150, "Here.")), passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Open, here), heldBackAfter(300)), "certain unknown data-silent"},
		{"PASV was lost on the way there", in(direct, stalledAt("PASV", hops.Timeout), unansweredTry("")), "certain unknown control-stalled"},
		{"the answer to PASV was lost", in(direct, stalledAt("PASV", hops.Timeout), unansweredTry(pasvSent)), "certain unknown control-stalled"},
		{"the proxy is nearer than its own ports", in([]part{client("198.51.100.7"), twoEnds("198.51.100.7", madeServer)}, epsv(50000, hops.Open), path(madeServer+":21", "x192.168.1.1", "x198.51.100.1", "o"), path(netipPort(50000), "x", "x", "x203.0.113.1", "o"), listenedOn(50000, hops.Open, here)), "certain unknown control-intercepted"},
		{"the replies end at the device that the server sees", in(split, dialledBack(40002, 20, hops.Refused, "x", "r"), alongReplies("x", "o")), "certain unknown control-intercepted"},
		{"the replies end behind the device that the server sees", in(split, dialledBack(40002, 20, hops.Refused, "x", "r"), alongReplies("x", "x", "o")), "likely unknown control-intercepted"},
		{"the replies' end is not known", in(split, dialledBack(40002, 20, hops.Refused, "x", "r")), "likely unknown control-intercepted"},
		{"the device that the server sees may be nearer", in(split, dialledBack(40002, 20, hops.Refused, "-", "r"), alongReplies("x", "o")), "likely unknown control-intercepted"},
		{"one port on request", in(direct, listenedOn(50001, hops.Open, here), listenedOn(50060, hops.Timeout)), "possible unknown cause-not-found"},

		{"half of the ports on request, and a transfer met one", in(direct, epsv(50000, hops.Open), listenedOn(50001, hops.Open, here), listenedOn(50002, hops.Open, here), listenedOn(50060, hops.Timeout), listenedOn(50070, hops.Timeout), listenedOn(50080, hops.Timeout), blockedStep(50070)), "likely unknown data-range-partly-blocked"},
		{"the data was changed", in(direct, epsv(50000, hops.Open), passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Open, here), sums(probe.CheckEPSV, "aa", "bb")), "certain unknown payload-changed"},
		{"the data was not changed", in(direct, epsv(50000, hops.Open), passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Open, here), sums(probe.CheckEPSV, "aa", "aa")), ""},
		{"large packets to us vanish", in(direct, piece(true, 1448, false), piece(true, 1200, false), piece(true, 900, true), piece(false, 1448, true)), "certain unknown mtu-black-hole"},
		{"large packets from us vanish", in(direct, piece(false, 1448, false), piece(false, 900, true)), "likely unknown mtu-black-hole"},
		{"a large packet passed, and a small one did not", in(direct, piece(true, 900, false), piece(true, 1448, true)), ""},
		{"the greeting was masked", in(direct, greetedThere("220 (ftpcheck)\r\n")), "certain unknown control-intercepted"},
		{"the server sees its router", []part{client("198.51.100.7"), twoEnds("10.0.0.1", "10.0.0.10")}, "certain server server-side-source-nat"},

		{"the other end lives on", in(direct, idled(hops.Timeout), theirSession(0, "", false)), "certain unknown control-idle-timeout"},
		{"the other end lives on, and a longer silence was survived", in(direct, idled(hops.Timeout), theirSession(0, "", false), survived(time.Hour)), "possible unknown control-idle-timeout"},
		{"a transfer stalled, and a full segment got here", in(direct, epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout, *line(150, "Here.")), withSmallSegments(probe.CheckEPSV, 0, 5120, probe.OutcomeEOF), piece(true, 1448, true)), "likely unknown mtu-black-hole"},
		{"the other end lives on, behind the one NAT", in(natted, idled(hops.Timeout), theirSession(0, "", false)), "certain unknown control-idle-timeout"},
		{"the other end lives on, ours was reset in the silence", in(direct, idled(hops.Reset), saidNothing, theirSession(0, "", false)), "certain unknown control-idle-timeout"},
		{"the other end hung up without a word", in(direct, idled(hops.Reset), theirSession(20000, exchange.EndTimeout, false)), "certain server control-idle-timeout"},
		{"the command arrived, its answer did not", in(direct, idled(hops.Timeout), theirSession(0, "", true)), "certain unknown control-idle-timeout"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := Diagnose(made(tt.parts...))
			if got := briefSided(found); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// briefSided prints the first finding's certainty and side, and every code.
func briefSided(found []Finding) string {
	if len(found) == 0 {
		return ""
	}
	side := SideUnknown
	if w := found[0].Where; w != nil {
		side = w.Side
	}
	return strings.Replace(brief(found), " ", " "+string(side)+" ", 1)
}

func forgetListens(ev *probe.Evidence) { ev.Peer.Listens = nil }

func neverListened(ev *probe.Evidence) { ev.Peer.Seen.Ports = nil }

func cutRecord(ev *probe.Evidence) { ev.Peer.Seen.Cut = true }

// greetedThere is the greeting as the other end sent it.
func greetedThere(sent string) part {
	return func(ev *probe.Evidence) {
		h := ev.Peer.Hellos[1]
		h.Greeting = []byte(sent)
		ev.Peer.Hellos[1] = h
	}
}

// idled is a control connection that was dead after 30 s of silence.
func idled(o probe.Outcome) part {
	return func(ev *probe.Evidence) {
		ran(probe.CheckIdle)(ev)
		ev.Sessions[0].Exchanges = append(ev.Sessions[0].Exchanges, &probe.Exchange{Check: probe.CheckIdle, Command: "NOOP"})
		ev.Idle = []probe.Silence{{Session: 1, Took: 30 * time.Second, Outcome: o}}
	}
}

// theirSession is what the other end saw of it: how long after the last command
// it ended, 0 when it lives, and whether the NOOP arrived.
func theirSession(ended exchange.Millis, how exchange.Ending, noop bool) part {
	return func(ev *probe.Evidence) {
		s := &ev.Peer.Seen.Sessions[0]
		s.Heard, s.How = 1000, how
		if ended > 0 {
			s.Ended = s.Heard + ended
		}
		if noop {
			s.Lines = append(s.Lines, exchange.Line{Raw: []byte("NOOP")})
		}
	}
}

// heldBackAfter stalls the try: so many bytes left the other end, none arrived.
func heldBackAfter(sent int64) part {
	return func(ev *probe.Evidence) {
		sums(probe.CheckEPSV, "", "")(ev)
		m := ev.Try(probe.CheckEPSV, probe.TryPeer)
		m.Dials[0].Data = &probe.Data{Outcome: hops.Timeout, Took: time.Second}
		m.List.Replies = m.List.Replies[:1]
		ev.Peer.Seen.Ports[0].Knocks[0].Carried = &exchange.Carried{For: "LIST", Sent: sent}
	}
}

// unansweredTry is PASV without a reply, of which the other end says that it
// answered so; "" when it says that nothing came.
func unansweredTry(answered string) part {
	return func(ev *probe.Evidence) {
		passiveTry(probe.CheckPASV, answered, "", "")(ev)
		m := ev.Try(probe.CheckPASV, probe.TryPeer)
		m.Reply, m.Malformed = nil, ""
		m.Lost = &probe.Loss{Check: probe.CheckPASV, Command: "PASV", Outcome: hops.Timeout, Took: time.Second}
		if answered == "" {
			ev.Peer.Seen.Ports, ev.Peer.Seen.Sessions[1].Lines = nil, nil
		}
	}
}

// givenUp ends an active try by the server's word that it could not connect.
func givenUp(c probe.Check) part {
	return func(ev *probe.Evidence) {
		ev.Try(c, probe.TryPeer).List = &probe.Exchange{Check: c, Command: "LIST", Replies: []probe.Reply{*line(425, "Failed to establish connection.")}}
	}
}

// saidNothing: the connection died before we spoke again.
func saidNothing(ev *probe.Evidence) { ev.Sessions[0].Exchanges = nil }

// blockedStep is a transfer whose data port did not answer.
func blockedStep(port uint16) part {
	return func(ev *probe.Evidence) {
		ran(probe.CheckTransfer)(ev)
		d := madeDial(probe.AsAnnounced, netipPort(int(port)), hops.Timeout)
		d.Check = probe.CheckTransfer
		ev.Tries = append(ev.Tries, &probe.Mode{Check: probe.CheckTransfer, Step: 1, Session: 1, Command: "EPSV", Reply: line(229, "ok"), Announced: d.To, Dials: []probe.Dial{d}, Ended: true})
	}
}
