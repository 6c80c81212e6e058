package report

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// TestPlaceOfChange: a device that changes a line stands behind the last hop at
// which the line is whole. "w" is a hop that quotes it so, "c" one that quotes
// it changed, "s" one that quotes too little, "-" a silent one.
func TestPlaceOfChange(t *testing.T) {
	const whole, changed, short = "PORT 198,51,100,7,156,65", "PORT 10,9,9,9,156,65", "PORT 198,51"
	for _, tc := range []struct {
		quotes string // by distance from us, of a server 4 hops away
		want   string
	}{
		{"w c c", "client 1/4 192.168.1.1 client-network"},
		{"w w c", "path 2/4 198.51.100.1 path"},
		{"w w w", "server 3/4 203.0.113.1 server-network"},
		{"w s c", "unknown"},
		{"- w c", "path 2/4 198.51.100.1 path"},
		{"c c c", "client 0/4 client-network"},
		{"w - w", "server 3/4 203.0.113.1 server-network"},
		{"w", "unknown"},
		{"s s s", "unknown"},
		{"- - -", "unknown"},
		{"c w w", "unknown"}, // it is changed now and then
		{"", "unknown"},
	} {
		t.Run(tc.quotes, func(t *testing.T) {
			quotes := func(ev *probe.Evidence) {
				names := strings.Fields("192.168.1.1 198.51.100.1 203.0.113.1")
				for i, word := range strings.Fields(tc.quotes) {
					q := probe.Quoted{Line: whole, TTL: i + 1, Outcome: hops.Timeout}
					if text, ok := map[string]string{"w": whole, "c": changed, "s": short}[word]; ok {
						q.Outcome, q.From, q.Quote = hops.Expired, netip.MustParseAddr(names[i]), text
						if word != "s" {
							q.Quote += "\r\n"
						}
					}
					ev.Peer.Quotes = append(ev.Peer.Quotes, q)
				}
			}
			f := findingOf(t, slices.Concat(direct, []part{waited(probe.CheckPORT), controlPath, activeTry(probe.CheckPORT, portSent, changed, hops.Timeout), quotes}), "active-command-rewritten")
			if got := placeText(f); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

// TestPlaceOfChangedReply turns the other end's count round.
func TestPlaceOfChangedReply(t *testing.T) {
	path := func(ev *probe.Evidence) {
		s := &ev.Peer.Seen.Sessions[0]
		s.Piece = []byte(pasvSent + "\r\n")
		for i, quote := range []string{pasvSent, pasvOther, pasvOther} {
			ttl := i + 1
			s.Path = append(s.Path, exchange.Step{TTL: ttl, Outcome: hops.Expired, Quote: []byte(quote + "\r\n"),
				ICMP: &hops.ICMP{Type: 11, From: netip.AddrFrom4([4]byte{192, 0, 2, byte(ttl)})}})
		}
	}
	f := findingOf(t, slices.Concat(direct, []part{pasv(madeServer+":49864", "", hops.Refused), epsv(50012, hops.Open), controlPath,
		passiveTry(probe.CheckPASV, pasvSent, pasvOther, hops.Refused), path}), "passive-reply-rewritten")
	if got, want := placeText(f), "server 3/4 192.0.2.1 server-network"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := strings.Join(f.Story, " "), "the server's line is whole at hop 3 (192.0.2.1), and changed at hop 2 (192.0.2.2)."; !strings.Contains(got, want) {
		t.Errorf("%q is not in %q", want, got)
	}
}

// findingOf returns the finding with this code.
func findingOf(t *testing.T, parts []part, code string) *Finding {
	t.Helper()
	for _, f := range Diagnose(made(parts...)) {
		if f.Code == code {
			return &f
		}
	}
	t.Fatalf("no %s", code)
	return nil
}

// placeText is "path 2/4 198.51.100.1 path": side, hop, address and owner.
func placeText(f *Finding) string {
	if f.Where.Side == SideUnknown {
		return string(SideUnknown)
	}
	return strings.Join(strings.Fields(fmt.Sprintf("%s %d/%d %s %s", f.Where.Side, f.Where.AfterHop, f.Where.Of, f.Where.Address, f.Owner)), " ")
}
