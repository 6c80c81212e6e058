package report

import (
	"net/netip"
	"slices"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// TestLookAlikes: what looks the same as a cause is told with it, and keeps it
// from being certain. Words stand in the finding, its certainty, its title and
// its place among them.
func TestLookAlikes(t *testing.T) {
	half := []part{samples(hops.Open, false, 50001, 50004, 50009, 50020), samples(hops.Timeout, true, 50060, 50070, 50088, 50099)}
	proxied := []part{client("198.51.100.7"), twoEnds("192.0.2.9", madeServer), epsv(50000, hops.Timeout)}
	tests := []struct {
		name  string
		parts []part
		code  string
		words string // separated by "; "
		not   string
	}{
		{"part of a range ends at the NAT device, or before it", slices.Concat(half, []part{natPath, path(netipPort(50060), "x192.168.1.1", "x198.51.100.1", "-")}),
			"data-range-partly-blocked", "sure likely; Not ruled out: a filter on hop 2 (198.51.100.1)", ""},
		{"a search meets a random refusal at random", []part{samples(hops.Open, false, 50001, 50020, 50060), samples(hops.Refused, true, 50010, 50030, 50070), controlPath,
			path(netipPort(50010), "x192.168.1.1", "x198.51.100.1", "r")}, "data-intermittent", "place unknown", "place path"},
		{"a random rejection names its sender", []part{samples(hops.Open, false, 50001, 50020, 50060), samples(hops.Rejected, true, 50010, 50030, 50070), controlPath, rejectedBy("198.51.100.1")},
			"data-intermittent", "place path", ""},
		{"most ports are rejected nearer than another one gets", []part{samples(hops.Rejected, false, 50001, 50010, 50020), samples(hops.Timeout, false, 50060), controlPath,
			path(netipPort(50001), "!192.168.1.1"), path(netipPort(50060), "x192.168.1.1", "-"), rejectedBy("192.168.1.1")}, "data-rejected", "sure possible; no answer: 1, rejected: 3", "only a few such messages"},
		{"most ports are rejected where another one ends", []part{samples(hops.Rejected, false, 50001, 50010, 50020), samples(hops.Timeout, false, 50060), controlPath,
			path(netipPort(50001), "x192.168.1.1", "!198.51.100.1"), path(netipPort(50060), "x192.168.1.1", "-"), rejectedBy("198.51.100.1")}, "data-rejected", "sure likely; only a few such messages", ""},
		{"most ports are rejected, and another one later", []part{samples(hops.Rejected, false, 50001, 50010, 50020), samples(hops.Timeout, false, 50060), controlPath,
			path(netipPort(50001), "x192.168.1.1", "!198.51.100.1"), path(netipPort(50060), "x192.168.1.1", "!198.51.100.1"), rejectedBy("198.51.100.1")}, "data-rejected", "sure certain; only a few such messages", ""},
		{"the ports of one command open, those of the other do not", []part{epsv(50040, hops.Timeout), samples(hops.Timeout, true, 50010, 50020, 50030), commanded("EPSV"), pasv("203.0.113.10:50013", "", hops.Open)},
			"data-range-partly-blocked", "sure possible; reads one of EPSV and PASV only", ""},
		{"the ports of either command open or not", []part{epsv(50040, hops.Open), samples(hops.Timeout, true, 50010, 50020, 50030), samples(hops.Open, false, 50050, 50060, 50070), commanded("EPSV"), pasv("203.0.113.10:50043", "", hops.Open)},
			"data-range-partly-blocked", "sure certain", "reads one of"},
		{"EPSV is listed and not understood", []part{features("EPSV", "PASV"), refused(probe.CheckEPSV, 500, "Unknown command."), pasv("203.0.113.10:50013", "", hops.Open)},
			"command-masked", "sure likely; a server that lists what it does not do", ""},
		{"the server objects to the address that it sees", []part{client("198.51.100.7"), says("STAT", "211-", "     Connected to 198.51.100.7", "211 End"),
			refused(probe.CheckEPRT, 500, "Illegal EPRT command."), refused(probe.CheckPORT, 500, "Illegal PORT command.")}, "active-disabled", "sure possible; changes PORT and EPRT", "The address is not the reason"},
		{"a malformed reply may be spoilt on the way", []part{malformed("Entering Passive Mode (203,0,113,10,", "4 numbers")}, "passive-reply-malformed", "Not decided: the server, or a device", ""},
		{"what follows gets lost, and the handshake does not", []part{client("198.51.100.7"), twoEnds("198.51.100.7", madeServer), epsv(50000, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout, *line(150, "Here.")),
			passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Open, exchange.Knock{From: knock("198.51.100.7:41000").From, Half: true})}, "data-silent", "", "Something accepts every port"},
		{"data from our own address, the control connection from a proxy's", append(proxied, passiveTry(probe.CheckEPSV, epsvSent, epsvSent, hops.Timeout,
			exchange.Knock{From: knock("198.51.100.7:41000").From, Half: true})), "data-filtered", "Answers from the passive ports vanish", "nothing arrived there"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkClaims(t, tt.parts, tt.code, tt.words, tt.not)
		})
	}
}

// commanded says which command announced the sampled ports.
func commanded(command string) part {
	return func(ev *probe.Evidence) {
		for _, s := range ev.Samples {
			s.Command = command
		}
	}
}

// rejectedBy makes the rejections of the sampled ports come from a device.
func rejectedBy(addr string) part {
	return func(ev *probe.Evidence) {
		for _, s := range ev.Samples {
			if s.Dial.Outcome == hops.Rejected {
				s.Dial.ICMP = &hops.ICMP{Type: 3, Code: 13, From: netip.MustParseAddr(addr)}
			}
		}
	}
}
