package report

import (
	"fmt"
	"strings"

	"ftpcheck/probe/netlab"
)

// faultKind puts one fault into a network and claims what it causes. It
// reports false, and changes nothing, where the network cannot have it.
type faultKind struct {
	name string
	add  func(*world) bool
}

var faultKinds = []faultKind{
	{"data ports blocked", blockDataPorts},
	{"half of the data ports blocked", blockHalf},
	{"data ports blocked at random", blockAtRandom},
	{"answers from data ports dropped", dropDataAnswers},
	{"active connections blocked", blockActive},
	{"answers to active connections dropped", dropActiveAnswers},
	{"control port blocked", blockControl},
	{"passive ports not forwarded", forgetForward},
	{"half of the passive ports forwarded", forwardHalf},
	{"wrong address announced", announceWrong},
	{"firewall opens what its helper reads", relyOnHelper},
	{"source address of clients rewritten", rewriteSource},
	{"data from another address", dataFromElsewhere},
	{"IPv6 blocked", blockIPv6},
	{"server misbehaves", misbehave},
	{"server's TLS misbehaves", misbehaveTLS},
	{"dialogue changed or cut", changeDialogue},
	{"payload changed or lost", changePayload},
	{"control connection forgotten when idle", forgetIdle},
}

// refusals are what a firewall can do besides dropping.
var refusals = []string{"reset", "admin-prohibited", "host-unreachable", "port-unreachable"}

func (w *world) refuses() string {
	if w.odds(2) {
		return "drop"
	}
	return w.one(refusals...)
}

// blockedAs claims what connections to data ports look like that end so.
func (w *world) blockedAs(do string, at int) {
	if do == "drop" {
		w.claim("data-filtered", at)
	} else {
		w.claim("data-rejected", at)
	}
	if do != "drop" && at >= sgw {
		w.lookAlike(at, "data-refused")
	}
	if w.scenario.Server.NAT {
		w.lookAlike(at, "data-not-forwarded")
	}
}

func blockDataPorts(w *world) bool {
	at, do := w.IntN(len(deviceNames)), w.refuses()
	w.rule(netlab.Rule{At: deviceNames[at], Toward: "server", Ports: w.scenario.Server.Passive, State: w.one("", "new"), Do: do})
	w.blockedAs(do, at)
	return true
}

func blockHalf(w *world) bool {
	at := w.IntN(len(deviceNames))
	from := 50045 + w.IntN(30)
	ports := fmt.Sprintf("%d-50100", from)
	if w.odds(2) {
		ports = fmt.Sprintf("50020-%d", from)
	}
	w.rule(netlab.Rule{At: deviceNames[at], Toward: "server", Ports: ports, Do: w.refuses()})
	w.claim("data-range-partly-blocked", at)
	w.partly(at)
	return true
}

// partly claims what a sample of ports may look like of which some are blocked.
func (w *world) partly(at int) {
	w.chance = true
	w.lookAlike(at, "data-range-partly-blocked", "data-intermittent", "data-filtered", "data-rejected", "data-refused", "data-not-forwarded")
}

func blockAtRandom(w *world) bool {
	at := w.IntN(len(deviceNames))
	w.rule(netlab.Rule{At: deviceNames[at], Toward: "server", Ports: w.scenario.Server.Passive, State: "new", OneIn: 2, Do: w.one("drop", "reset")})
	w.claim("data-intermittent", at)
	w.partly(at)
	return true
}

func dropDataAnswers(w *world) bool {
	at := w.IntN(len(deviceNames))
	w.rule(netlab.Rule{At: deviceNames[at], Toward: "client", From: w.scenario.Server.Passive, Do: "drop"})
	w.claim("data-filtered", at)
	w.lookAlike(at, "data-not-forwarded")
	return true
}

// blockActive stops the server's connections. Which side the provider's router
// belongs to is anybody's guess.
func blockActive(w *world) bool {
	at := w.IntN(len(deviceNames))
	source := w.one("", "20")
	w.rule(netlab.Rule{At: deviceNames[at], Toward: "client", State: "new", From: source, Do: w.refuses()})
	if at <= isp {
		w.claim("active-inbound-blocked", at)
	}
	if at >= isp {
		w.claim("active-server-egress-blocked", at)
	}
	w.lookAlike(at, "active-inbound-blocked")
	if source == "20" { // that the others arrive proves that they are blocked, not by whom
		w.claim("active-inbound-blocked", nowhere)
	}
	return true
}

func dropActiveAnswers(w *world) bool {
	if !strings.Contains(strings.Join(w.scenario.Run.Args, " "), "--active-ports") {
		return false
	}
	at := w.IntN(len(deviceNames))
	w.rule(netlab.Rule{At: deviceNames[at], Toward: "server", From: "50020-50100", Do: "drop"})
	w.claim("active-inbound-blocked", at)
	return true
}

func blockControl(w *world) bool {
	at, do := w.IntN(len(deviceNames)), w.refuses()
	w.rule(netlab.Rule{At: deviceNames[at], Toward: "server", Ports: "21", Do: do})
	switch do {
	case "drop":
		w.claim("control-filtered", at)
	case "reset":
		w.claim("control-rejected", at)
		w.lookAlike(at, "control-refused")
	default:
		w.claim("control-rejected", at)
	}
	return true
}

func forgetForward(w *world) bool {
	s := &w.scenario.Server
	if !s.NAT || len(s.Forward) != 2 {
		return false
	}
	if s.Forward = []string{"21"}; w.odds(2) {
		s.Forward = append(s.Forward, "40020-40100")
	}
	w.claim("data-not-forwarded", sgw)
	w.lookAlike(sgw, "data-refused", "data-rejected", "data-filtered")
	return true
}

func forwardHalf(w *world) bool {
	s := &w.scenario.Server
	if !s.NAT || len(s.Forward) != 2 {
		return false
	}
	s.Forward = []string{"21", fmt.Sprintf("50020-%d", 50045+w.IntN(30))}
	w.claim("data-range-partly-blocked", sgw)
	w.partly(sgw)
	return true
}

func announceWrong(w *world) bool {
	if w.scenario.Client.IPv6Only {
		return false // an IPv6 connection has no 227
	}
	wrong := []struct{ address, code string }{
		{"10.9.8.7", "passive-address-private"}, {"192.0.2.77", "passive-address-foreign"},
		{"127.0.0.1", "passive-address-unusable"}, {"0.0.0.0", "passive-address-unusable"},
	}
	if w.scenario.Server.NAT {
		wrong[0].address = "10.0.0.10"
	}
	it := wrong[w.IntN(len(wrong))]
	w.scenario.Server.Announce = it.address
	w.claim(it.code, srv)
	return true
}

// relyOnHelper is the firewall that lets a data connection pass when its helper
// has read of it. With TLS it reads nothing.
func relyOnHelper(w *world) bool {
	s := w.scenario
	if s.Client.IPv6Only || w.helps("sgw") || s.Server.NAT && s.Server.Announce != "" {
		return false
	}
	s.Helper = append(s.Helper, "sgw")
	s.Rules = append(s.Rules,
		netlab.Rule{At: "sgw", Toward: "server", Ports: "21", Do: "accept"},
		netlab.Rule{At: "sgw", Toward: "server", State: "related", Do: "accept"},
		netlab.Rule{At: "sgw", Toward: "server", State: "new", Do: w.one("drop", "reset", "admin-prohibited")})
	if s.Server.TLS != nil {
		w.claim("helper-blind-to-tls", sgw)
	}
	return true
}

// rewriteSource makes the server take all clients for its router, whose address
// is not the one that they announce.
func rewriteSource(w *world) bool {
	s := &w.scenario.Server
	if !s.NAT || s.SourceNAT {
		return false
	}
	s.SourceNAT = true
	w.claim("server-side-source-nat", sgw)
	return true
}

func dataFromElsewhere(w *world) bool {
	s := w.scenario
	if !s.Client.NAT || !s.Server.Peer {
		return false
	}
	s.Client.DataFrom = "203.0.113.9"
	w.claim("data-source-rejected", cgw)
	return true
}

// blockIPv6 gives the server a name with addresses of both families.
func blockIPv6(w *world) bool {
	s := w.scenario
	if s.Client.IPv6Only || s.Run.Target != "" {
		return false
	}
	at := w.IntN(len(deviceNames))
	s.Client.IPv6, s.Server.IPv6, s.Run.Target = true, true, "name"
	s.Rules = append(s.Rules, netlab.Rule{At: deviceNames[at], Toward: "server", IPv6: true, Do: w.refuses()})
	w.claim("address-family-broken", at)
	return true
}
