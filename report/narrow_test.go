package report

import (
	"net/netip"
	"strings"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// pushed are pieces of a direction that were to get as far as each hop, in the
// form of path: large ones of 1448 bytes and small ones of 64.
func pushed(down bool, large, small string) part {
	return func(ev *probe.Evidence) {
		outcomes := map[rune]probe.Outcome{'x': hops.Expired, '-': hops.Timeout, 'o': hops.Open, 'r': hops.Reset}
		for bytes, fates := range map[int]string{1448: large, 64: small} {
			for i, sign := range fates {
				port := uint16(50040 + len(ev.Peer.Sizes))
				s := probe.Size{Down: down, Port: netip.AddrPortFrom(ev.Sessions[0].Peer.Addr(), port), Bytes: bytes, TTL: i + 1, Outcome: outcomes[sign]}
				if sign == ' ' { // it was not asked
					continue
				}
				if down {
					s.Outcome = hops.Reset
					ev.Peer.Seen.Ports = append(ev.Peer.Seen.Ports, exchange.Port{Session: 1, Command: "LISTEN", SendTTL: i + 1,
						Local:  netip.AddrPortFrom(ev.Peer.Hellos[1].Server.Addr(), port),
						Knocks: []exchange.Knock{{From: ev.Peer.Hellos[1].Client, Fate: outcomes[sign], Carried: &exchange.Carried{For: "SEND", Sent: int64(bytes)}}}})
				}
				ev.Peer.Sizes = append(ev.Peer.Sizes, s)
			}
		}
	}
}

// TestWhereLargePacketsGetLost, with a server 4 hops away.
func TestWhereLargePacketsGetLost(t *testing.T) {
	const up, down = false, true
	hole := func(down bool) part {
		return func(ev *probe.Evidence) {
			for _, p := range []part{piece(down, 1448, false), piece(down, 1200, false), piece(down, 900, true)} {
				p(ev)
			}
		}
	}
	control := path(madeServer+":21", "x192.168.1.1", "x198.51.100.1", "x198.51.100.2", "o")
	quiet := path(madeServer+":21", "x192.168.1.1", "-", "x198.51.100.2", "o")
	tests := []struct {
		name  string
		parts []part
		want  Where
		link  string // as named in the first fix; "": none
	}{
		{"up, at the client's router", []part{control, hole(up), pushed(up, "x--", "xxxo")}, Where{SideClient, true, 1, 4, "192.168.1.1"}, "hop 1 (192.168.1.1) and hop 2 (198.51.100.1)"},
		{"up, on the path", []part{control, hole(up), pushed(up, "xx-", "xxxo")}, Where{SidePath, true, 2, 4, "198.51.100.1"}, "hop 2 (198.51.100.1) and hop 3 (198.51.100.2)"},
		{"up, in front of the server", []part{control, hole(up), pushed(up, "xxx", "xxxo")}, Where{SideServer, true, 3, 4, "198.51.100.2"}, "hop 3 (198.51.100.2) and the server"},
		{"up, in front of the first hop", []part{control, hole(up), pushed(up, "---", "xxxo")}, Where{SideClient, true, 0, 4, ""}, "this client and hop 1 (192.168.1.1)"},
		{"down, at the server's router", []part{control, hole(down), pushed(down, "x--", "xxxo")}, Where{SideServer, true, 3, 4, "198.51.100.2"}, "hop 2 (198.51.100.1) and hop 3 (198.51.100.2)"},
		{"down, on the path", []part{control, hole(down), pushed(down, "xx-", "xxxo")}, Where{SidePath, true, 2, 4, "198.51.100.1"}, "hop 1 (192.168.1.1) and hop 2 (198.51.100.1)"},
		{"down, in front of this client", []part{control, hole(down), pushed(down, "xxx", "xxxo")}, Where{SideClient, true, 1, 4, "192.168.1.1"}, "this client and hop 1 (192.168.1.1)"},

		{"both ways, in front of the server", []part{control, hole(up), hole(down), pushed(up, "xxx", "xxxo"), pushed(down, "---", "xxxo")}, Where{SideServer, true, 3, 4, "198.51.100.2"}, "hop 3 (198.51.100.2) and the server"},
		{"both ways, a link between two sides", []part{control, hole(up), hole(down), pushed(up, "xx-", "xxxo"), pushed(down, "x--", "xxxo")}, Where{SideUnknown, true, 2, 4, "198.51.100.1"}, "hop 2 (198.51.100.1) and hop 3 (198.51.100.2)"},
		{"both ways, each at a place of its own", []part{control, hole(up), hole(down), pushed(up, "x--", "xxxo"), pushed(down, "x--", "xxxo")}, Where{SideUnknown, false, 0, 4, ""}, ""},
		{"both ways, one place is known", []part{control, hole(up), hole(down), pushed(up, "xx-", "xxxo")}, Where{SidePath, true, 2, 4, "198.51.100.1"}, "hop 2 (198.51.100.1) and hop 3 (198.51.100.2)"},

		{"a hop that never answers hides the link", []part{quiet, hole(up), pushed(up, "x--", "x-xo")}, Where{SideUnknown, true, 1, 4, "192.168.1.1"}, "hop 1 (192.168.1.1) and hop 3 (198.51.100.2)"},
		{"the far hops were not asked", []part{control, hole(up), pushed(up, "x", "xxxo")}, Where{SideUnknown, true, 1, 4, "192.168.1.1"}, "hop 1 (192.168.1.1) and the server"},
		{"a hop forgot to answer the large piece", []part{control, hole(up), pushed(up, "-x-", "xxxo")}, Where{SidePath, true, 2, 4, "198.51.100.1"}, "hop 2 (198.51.100.1) and hop 3 (198.51.100.2)"},
		{"no hop answers", []part{control, hole(up), pushed(up, "---", "---o")}, Where{Side: SideUnknown, Of: 4}, ""},
		{"nobody asked", []part{control, hole(up), pushed(up, "", "xxxo")}, Where{Side: SideUnknown, Of: 4}, ""},
		{"the data ports are farther away", []part{control, hole(up), pushed(up, "xx-", "xxxx")}, Where{Side: SideUnknown, Of: 4}, ""},
		{"something answers nearer", []part{control, hole(up), pushed(up, "x--", "xooo")}, Where{Side: SideUnknown, Of: 4}, ""},
		{"a large piece got through", []part{control, hole(up), pushed(up, "xxo", "xxxo")}, Where{Side: SideUnknown, Of: 4}, ""},
		{"the server's distance is not known", []part{hole(up), pushed(up, "xx-", "xxxo")}, Where{Side: SideUnknown}, ""},
		{"the other direction", []part{control, hole(up), pushed(down, "xx-", "xxxo")}, Where{Side: SideUnknown, Of: 4}, ""},
		{"a stranger's piece", []part{control, hole(down), pushed(down, "xx-", "xxxo"), strangers}, Where{Side: SideUnknown, Of: 4}, ""},
	}
	owners := map[Side]Owner{SideClient: ClientNetwork, SidePath: PathOwner, SideServer: ServerNetwork, SideUnknown: PathOwner}
	for _, tt := range tests {
		f := Diagnose(made(append(append([]part{}, direct...), tt.parts...)...))[0]
		if f.Code != "mtu-black-hole" || *f.Where != tt.want || f.Owner != owners[tt.want.Side] || f.Fixes[0].Who != f.Owner {
			t.Errorf("%s: %s of %s for %s at %+v, want %+v", tt.name, f.Code, f.Owner, f.Fixes[0].Who, *f.Where, tt.want)
		}
		if _, named, _ := strings.Cut(f.Fixes[0].Do, "between "); !strings.HasPrefix(named, tt.link+", a VPN") && (named != "" || tt.link != "") {
			t.Errorf("%s: %q, want %q", tt.name, f.Fixes[0].Do, tt.link)
		}
	}
}

// strangers makes all that came to the other end come from elsewhere.
func strangers(ev *probe.Evidence) {
	for _, p := range ev.Peer.Seen.Ports {
		for i := range p.Knocks {
			p.Knocks[i].From = netip.MustParseAddrPort("192.0.2.66:41000")
		}
	}
}
