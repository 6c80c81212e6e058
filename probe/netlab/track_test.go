package netlab

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
)

// TestHole: a SYN that got through the server's NAT and no farther lets one of
// the other side in, from where it was to go, to where it came from, and
// nowhere else. The answer to that one reaches nobody. The rows were measured in
// Linux network namespaces of the same shape.
func TestHole(t *testing.T) {
	const (
		isp      = "11/0 198.51.100.1"
		everyNew = "1024-65535"
	)
	drop := func(at, ports, state string) []Rule {
		return []Rule{{At: at, Toward: towardServer, Ports: ports, State: state, Do: doDrop}}
	}
	tests := []struct {
		name    string
		client  Client
		rules   []Rule
		ttl     int
		ended   string // the server's SYN
		from    uint16 // of the client's
		later   time.Duration
		came    bool
		outcome string // for the client
	}{
		{"no rule", Client{}, nil, 2, isp, 45000, 0, true, "silent"},
		{"the NAT drops what is new", Client{}, drop("sgw", everyNew, stateNew), 2, isp, 45000, 0, true, "silent"},
		{"the NAT drops all", Client{}, drop("sgw", everyNew, ""), 2, isp, 45000, 0, false, "silent"},
		{"a filter in front has no state", Client{}, drop("isp", everyNew, stateNew), 2, isp, 45000, 0, false, "silent"},
		{"that filter has seen the SYN", Client{}, drop("isp", everyNew, stateNew), 3, "11/0 203.0.113.2", 45000, 0, true, "silent"},
		{"the SYN got to the NAT and no farther", Client{}, nil, 1, "11/0 10.0.0.1", 45000, 0, false, "refused"},
		{"from another port", Client{}, nil, 2, isp, 45001, 0, false, "refused"},
		{"long ago", Client{}, nil, 2, isp, 45000, synSentLife + time.Second, false, "refused"},
		{"the client is behind NAT, too", Client{NAT: true}, nil, 2, isp, 45000, 0, true, "silent"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, Scenario{Client: tt.client, Server: Server{NAT: true, Forward: []string{"21"}}, Rules: tt.rules})
				defer l.Close()
				client := addrOf(tt.client.public())
				here := netip.MustParseAddrPort("10.0.0.10:50000")
				if got := attempt(t.Context(), l.Server(), netip.AddrPortFrom(client, 45000).String(), probe.DialOptions{Local: here, TTL: tt.ttl}); got != tt.ended {
					t.Errorf("the server's SYN: %s, want %s", got, tt.ended)
				}
				time.Sleep(tt.later)
				accept(t, l.hosts["srv"], "0.0.0.0:50000")
				own := netip.AddrPortFrom(addrOf(l.scenario.addresses().client[0]), tt.from)
				if got := attempt(t.Context(), l.Client(), "198.51.100.2:50000", probe.DialOptions{Local: own}); got != tt.outcome {
					t.Errorf("the client's SYN: %s, want %s", got, tt.outcome)
				}
				want := probe.HalfOpening{Local: here, From: netip.AddrPortFrom(client, tt.from)}
				half, _ := l.hosts["srv"].HalfOpen()
				if came := len(half) == 1 && half[0] == want; came != tt.came || len(half) > 1 {
					t.Errorf("at the server: %v, want %v: %v", half, want, tt.came)
				}
			})
		})
	}
}

// public is the address at which the server sees the client.
func (c Client) public() string {
	if c.NAT {
		return "203.0.113.2/30"
	}
	return "203.0.113.66/26"
}
