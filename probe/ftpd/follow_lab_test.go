package ftpd_test

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
	"ftpcheck/probe/netlab"
	"ftpcheck/probe/wire"
)

// TestPATHAcrossNetworks: the replies of the control connection are answered hop
// by hop, whatever new connections meet, and the session goes on.
func TestPATHAcrossNetworks(t *testing.T) {
	egress := []netlab.Rule{{At: "sgw", Toward: "client", State: "new", Do: "drop"}}
	for _, tt := range []struct {
		name     string
		scenario netlab.Scenario
		want     string
		within   time.Duration
	}{
		{"nothing new gets out", netlab.Scenario{Rules: egress}, "x x x open", 200 * time.Millisecond},
		{"the same over TLS", netlab.Scenario{Rules: egress, Server: netlab.Server{TLS: &netlab.TLS{Mode: "explicit"}}}, "x x x open", 200 * time.Millisecond},
		{"NAT at both ends", netlab.Scenario{Client: netlab.Client{NAT: true}, Server: netlab.Server{NAT: true}}, "x x x open", 200 * time.Millisecond},
		{"IPv6", netlab.Scenario{Client: netlab.Client{IPv6Only: true}, Server: netlab.Server{IPv6: true}}, "x x x open", 200 * time.Millisecond},
		{"no messages", netlab.Scenario{Boxes: []netlab.Box{{At: "sgw", Kind: netlab.BoxMute}}}, "x - - open", 1500 * time.Millisecond},
		{"a proxy", netlab.Scenario{Boxes: []netlab.Box{{At: "isp", Kind: netlab.BoxProxy}}}, "x open", 200 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := visitIn(t, &tt.scenario)
				began := time.Now()
				var got exchange.Followed
				v.site(exchange.Path, "", &got)
				if took := time.Since(began); took > tt.within {
					t.Errorf("took %v", took)
				}
				if words := stepWords(got.Steps); words != tt.want {
					t.Errorf("%s, want %s", words, tt.want)
				}
				v.ask("NOOP", "200")
				var seen exchange.Seen
				v.site(exchange.Ask, "", &seen)
				if words := stepWords(seen.Sessions[0].Path); words != tt.want {
					t.Errorf("the record says %s, want %s", words, tt.want)
				}
			})
		})
	}
}

// visitIn begins a visit, over TLS where the server has it.
func visitIn(t *testing.T, s *netlab.Scenario) *labVisit {
	t.Helper()
	if s.Server.TLS == nil {
		return beginVisit(t, *s)
	}
	s.About, s.Server.Peer = t.Name(), true
	lab, err := netlab.Build(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lab.Close)
	v := &labVisit{t: t, lab: lab, conn: dial(t, lab, netip.AddrPortFrom(netip.MustParseAddr(lab.Target().Host), 21))}
	ask(t, v.conn, "", "220")
	ask(t, v.conn, "AUTH TLS", "234")
	v.conn = tls.Client(v.conn, &tls.Config{InsecureSkipVerify: true})
	v.read = wire.NewReader(v.conn, wire.DefaultLimits)
	v.read.SkipGreeting()
	v.ask("USER ftp", "331")
	v.ask("PASS x", "230")
	v.site(exchange.Begin, "1", &v.Hello)
	return v
}

// stepWords are the outcomes in the order of the TTLs from 1.
func stepWords(steps []exchange.Step) string {
	var words []string
	for i, s := range steps {
		word, known := map[hops.Outcome]string{hops.Expired: "x", hops.Timeout: "-", hops.Open: "open"}[s.Outcome]
		if s.TTL != i+1 || !known {
			word = fmt.Sprintf("%+v", s)
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
