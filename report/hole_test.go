package report

import (
	"net/netip"
	"strings"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

const holePort = 50001

// dug is a hole from holePort to a port of ours: how the other end's SYN ended,
// and what came to the port when we dialled it from there.
func dug(o probe.Outcome, knocks ...exchange.Knock) part {
	return func(ev *probe.Evidence) {
		h := ev.Peer.Hellos[1]
		there, here := netip.AddrPortFrom(h.Server.Addr(), holePort), netip.AddrPortFrom(h.Client.Addr(), 45000)
		ev.Peer.Seen.Dials = append(ev.Peer.Seen.Dials, exchange.Dialing{Session: 1, Command: "DIAL", TTL: 2, From: there, To: here, At: 5000, Outcome: o})
		ev.Peer.Seen.Ports = append(ev.Peer.Seen.Ports, exchange.Port{Session: 1, Command: "LISTEN", Local: there, Opened: 5100, Knocks: knocks})
		d := madeDial(probe.AsHole, netipPort(holePort), hops.Timeout)
		d.Check, d.Local = probe.CheckPeer, netip.AddrPortFrom(ev.Sessions[0].Local.Addr(), 45000)
		ev.Peer.Holes = append(ev.Peer.Holes, d)
	}
}

// TestHole: what comes in by a hole makes a missing forward certain, and says
// nothing else about any port.
func TestHole(t *testing.T) {
	behind := []part{client("198.51.100.7"), twoEnds("198.51.100.7", "10.0.0.10")}
	silent := append(behind, epsv(50012, hops.Timeout), natPath, path(netipPort(50012), "x192.168.1.1", "x198.51.100.1", "-", "-"),
		listenedOn(holePort, hops.Timeout), listenedOn(50002, hops.Timeout))
	refused := append(behind, epsv(50012, hops.Refused), natPath, path(netipPort(50012), "x192.168.1.1", "x198.51.100.1", "r", "r"),
		listenedOn(holePort, hops.Refused), listenedOn(50002, hops.Refused))
	filter := append(behind, epsv(50012, hops.Timeout), natPath, path(netipPort(50012), "x192.168.1.1", "x198.51.100.1", "x"+madeServer, "-"),
		listenedOn(holePort, hops.Timeout), listenedOn(50002, hops.Timeout))
	ours := knock("198.51.100.7:45000")
	half := exchange.Knock{From: ours.From, Half: true}
	tests := []struct {
		name  string
		base  []part
		more  []part
		want  string
		words string // in the finding
	}{
		{"none was dug", silent, nil, "likely server data-not-forwarded", "Not ruled out: a filter on hop 2"},
		{"it led in, by half", silent, []part{dug(hops.Expired, half)}, "certain server data-not-forwarded", "port 50001 arrived at the server"},
		{"it led in", refused, []part{dug(hops.Expired, ours)}, "certain server data-not-forwarded", "Not told apart"},
		{"no router told of the SYN", silent, []part{dug(hops.Timeout, half)}, "certain server data-not-forwarded", ""},
		{"it led nowhere", silent, []part{dug(hops.Expired)}, "likely server data-not-forwarded", "brought nothing either"},
		{"it led nowhere, as far as is told", silent, []part{dug(hops.Expired), cutRecord}, "likely server data-not-forwarded", ""},
		{"the SYN got to this machine", silent, []part{dug(hops.Refused, half)}, "likely server data-not-forwarded", ""},
		{"somebody else came", silent, []part{dug(hops.Expired, knock("192.0.2.9:45000"))}, "likely server data-not-forwarded", "brought nothing either"},
		{"we came from another port", silent, []part{dug(hops.Expired, knock("198.51.100.7:45001"))}, "likely server data-not-forwarded", "brought nothing either"},
		{"we came, and were turned away", silent, []part{dug(hops.Expired, exchange.Knock{From: ours.From, Refused: true})}, "likely server data-not-forwarded", ""},
		{"another port was reached by half as well", silent, []part{dug(hops.Expired, half), listenedOn(50003, hops.Timeout, half)}, "likely server data-not-forwarded", ""},
		{"the NAT device forwards, and its filter drops", filter, []part{dug(hops.Expired, half)}, "certain server data-filtered", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ev := made(append(append([]part{}, tt.base...), tt.more...)...)
			found := Diagnose(ev)
			if got := briefSided(found); got != tt.want {
				t.Fatalf("got  %q\nwant %q", got, tt.want)
			}
			if text := strings.Join(append(found[0].Story, found[0].RuledOut...), "\n"); !strings.Contains(text, tt.words) {
				t.Errorf("%q is missing in\n%s", tt.words, text)
			}
			m := PortMapOf(ev)
			if m == nil {
				return // nothing is known of any port
			}
			for _, r := range m.ToServer {
				if r.From <= holePort && holePort <= r.To && (r.State == PortHalfway || r.State == PortArrived) {
					t.Errorf("the port map says %s of port %d", r.State, holePort)
				}
			}
			if len(m.ToClient) > 0 {
				t.Errorf("a hole is no attempt at a port of ours: %+v", m.ToClient)
			}
		})
	}
}
