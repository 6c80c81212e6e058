package netlab

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// newLab builds a scenario in which only the test itself listens.
func newLab(t *testing.T, s Scenario) *Lab {
	t.Helper()
	s.Server.Faults = []string{faultNone}
	l, err := Build(&s)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// accept listens on a host and closes every connection that comes.
func accept(t *testing.T, h *Host, addr string) {
	t.Helper()
	l, err := h.Listen(t.Context(), netip.MustParseAddrPort(addr))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
}

// attempt dials and says in a few words what came of it.
func attempt(ctx context.Context, n probe.Network, to string, opt probe.DialOptions) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	a := hops.Closing(n.Dial(ctx, netip.MustParseAddrPort(to), opt))
	switch {
	case a.ICMP != nil:
		return fmt.Sprintf("%d/%d %v", a.ICMP.Type, a.ICMP.Code, a.ICMP.From)
	case a.Outcome == hops.Timeout:
		return "silent"
	}
	return string(a.Outcome)
}

// The rows were measured in Linux network namespaces of the same shape: an
// attempt without a TTL limit, then with TTL 1, 2, 3 and 4.
func TestAnswersByTTL(t *testing.T) {
	const (
		cgw  = "11/0 192.168.1.1"
		isp  = "11/0 203.0.113.1"
		sgw  = "11/0 198.51.100.2"
		data = "198.51.100.2:50000"
		ctrl = "198.51.100.2:21"
	)
	block := func(at, do string) []Rule {
		return []Rule{{At: at, Toward: towardServer, Ports: "50000-50100", Do: do}}
	}
	tests := []struct {
		name    string
		rules   []Rule
		forward []string
		proxy   bool
		to      string
		want    []string
	}{
		{"control port", nil, nil, false, ctrl, []string{"open", cgw, isp, sgw, "open"}},
		{"not forwarded by sgw", nil, []string{"21"}, false, data, []string{"refused", cgw, isp, "refused", "refused"}},
		{"dropped by isp", block("isp", doDrop), nil, false, data, []string{"silent", cgw, isp, "silent", "silent"}},
		{"reset by cgw", block("cgw", doReset), nil, false, data, []string{"refused", cgw, "refused", "refused", "refused"}},
		{"prohibited by sgw", block("sgw", doAdminProhibited), nil, false, data, []string{"3/13 198.51.100.2", cgw, isp, sgw, "3/13 198.51.100.2"}},
		{"host unreachable, says cgw", block("cgw", doHostUnreachable), nil, false, data, []string{"3/1 192.168.1.1", cgw, "3/1 192.168.1.1", "3/1 192.168.1.1", "3/1 192.168.1.1"}},
		{"dropped by srv", block("srv", doDrop), nil, false, data, []string{"silent", cgw, isp, sgw, "silent"}},
		{"transparent proxy at cgw", nil, nil, true, ctrl, []string{"open", "open", "open", "open", "open"}},
		// A rejection by the server itself comes with the address that its
		// gateway translates it to.
		{"port unreachable, says srv", block("srv", doPortUnreachable), nil, false, data, []string{"3/3 198.51.100.2", cgw, isp, sgw, "3/3 198.51.100.2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, Scenario{Client: Client{NAT: true}, Server: Server{NAT: true, Forward: tt.forward}, Rules: tt.rules})
				defer l.Close()
				accept(t, l.hosts["srv"], "0.0.0.0:21")
				accept(t, l.hosts["srv"], "0.0.0.0:50000")
				if tt.proxy {
					l.hosts["cgw"].dnat = []natRule{{in: "lan", ports: []probe.PortRange{{Low: 21, High: 21}}, port: 2121}}
					accept(t, l.hosts["cgw"], "0.0.0.0:2121")
				}
				var got []string
				for ttl := range 5 {
					got = append(got, attempt(t.Context(), l.Client(), tt.to, probe.DialOptions{TTL: ttl}))
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("got  %q\nwant %q", got, tt.want)
				}
			})
		})
	}
}

func TestAnswersByTTLOverIPv6(t *testing.T) {
	tests := []struct {
		do   string
		want []string
	}{
		{doAccept, []string{"open", "3/0 2001:db8:1::1", "3/0 2001:db8:a::1", "3/0 2001:db8:b::2", "open"}},
		{doAdminProhibited, []string{"1/1 2001:db8:a::1", "3/0 2001:db8:1::1", "3/0 2001:db8:a::1", "1/1 2001:db8:a::1", "1/1 2001:db8:a::1"}},
		{doPortUnreachable, []string{"1/4 2001:db8:a::1", "3/0 2001:db8:1::1", "3/0 2001:db8:a::1", "1/4 2001:db8:a::1", "1/4 2001:db8:a::1"}},
		{doHostUnreachable, []string{"1/3 2001:db8:a::1", "3/0 2001:db8:1::1", "3/0 2001:db8:a::1", "1/3 2001:db8:a::1", "1/3 2001:db8:a::1"}},
	}
	for _, tt := range tests {
		t.Run(tt.do, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, Scenario{
					Client: Client{NAT: true, IPv6: true}, Server: Server{NAT: true, IPv6: true},
					Rules: []Rule{{At: "isp", Toward: towardServer, IPv6: true, Do: tt.do}},
				})
				defer l.Close()
				accept(t, l.hosts["srv"], "[::]:21")
				var got []string
				for ttl := range 5 {
					got = append(got, attempt(t.Context(), l.Client(), "[2001:db8:2::10]:21", probe.DialOptions{TTL: ttl}))
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("got  %q\nwant %q", got, tt.want)
				}
			})
		})
	}
}

// Where addresses lead that are not the server's.
func TestRouting(t *testing.T) {
	inside := Scenario{Client: Client{OnServer: true}, Server: Server{NAT: true}}
	hairpin := inside
	hairpin.Server.Hairpin = true
	outside := Scenario{Client: Client{NAT: true}, Server: Server{NAT: true}}
	tests := []struct {
		name     string
		scenario Scenario
		to       string
		want     string
		took     time.Duration
	}{
		{"private: the provider drops it", outside, "10.0.0.10:21", "silent", 5 * time.Second},
		{"public and unknown: the provider has no route", outside, "192.0.2.7:21", "3/0 203.0.113.1", 4 * latency},
		{"a neighbour that does not exist", inside, "10.0.0.99:21", "3/1 10.0.0.20", arpTimeout},
		{"another family than the client has", outside, "[2001:db8:2::10]:21", "unreachable", 0},
		{"the public address from inside", inside, "198.51.100.2:21", "refused", 2 * latency},
		{"the same with a hairpin", hairpin, "198.51.100.2:21", "open", 4 * latency},
		{"the client's own closed port", outside, "192.168.1.10:5", "refused", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, tt.scenario)
				defer l.Close()
				accept(t, l.hosts["srv"], "0.0.0.0:21")
				began := time.Now()
				if got := attempt(t.Context(), l.Client(), tt.to, probe.DialOptions{}); got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				if took := time.Since(began); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
			})
		})
	}
}
