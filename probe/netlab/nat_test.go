package netlab

import (
	"testing"
	"testing/synctest"

	"ftpcheck/probe"
)

// From where the server sees its client, by the translations on the way.
func TestSourceSeenByServer(t *testing.T) {
	tests := []struct {
		name          string
		scenario      Scenario
		control, data string
	}{
		{"no NAT", Scenario{}, "203.0.113.66", "203.0.113.66"},
		{"client's NAT", Scenario{Client: Client{NAT: true}}, "203.0.113.2", "203.0.113.2"},
		{"another address for data", Scenario{Client: Client{NAT: true, DataFrom: "203.0.113.9"}}, "203.0.113.2", "203.0.113.9"},
		{"masquerade towards the server", Scenario{Client: Client{NAT: true}, Server: Server{NAT: true, SourceNAT: true}}, "10.0.0.1", "10.0.0.1"},
		{"hairpin", Scenario{Client: Client{OnServer: true}, Server: Server{NAT: true, Hairpin: true}}, "10.0.0.1", "10.0.0.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, tt.scenario)
				defer l.Close()
				public := tt.scenario.addresses().public.String()
				for port, want := range map[string]string{":21": tt.control, ":50000": tt.data} {
					_, s := dialThrough(t, l, public+port)
					if got := s.remote.IP.String(); got != want {
						t.Errorf("port %s: from %s, want %s", port, got, want)
					}
				}
			})
		})
	}
}

// A stateful firewall lets in what belongs to a connection from inside, a
// stateless one needs a rule for it.
func TestFirewallState(t *testing.T) {
	tests := []struct {
		name  string
		rules []Rule
		out   string // client to server
		in    string // server to client
	}{
		{"stateful: nothing new comes in", []Rule{{At: "cgw", Toward: towardClient, State: "new", Do: doDrop}}, "open", "silent"},
		{"stateless: no answer comes in either", []Rule{{At: "cgw", Toward: towardClient, Do: doDrop}}, "silent", "silent"},
		{"first match wins", []Rule{
			{At: "cgw", Toward: towardClient, From: "21", Do: doAccept},
			{At: "cgw", Toward: towardClient, Do: doReset},
		}, "open", "refused"},
		{"both directions", []Rule{{At: "isp", Ports: "21", Do: doAdminProhibited}}, "3/13 203.0.113.1", "open"},
		{"the client's own firewall, outbound", []Rule{{At: "cli", Toward: towardServer, Ports: "21", Do: doDrop}}, "silent", "open"},
		{"the client's own firewall, inbound", []Rule{{At: "cli", Toward: towardClient, State: "new", Do: doReset}}, "open", "refused"},
		{"IPv6 rules leave IPv4 alone", []Rule{{At: "isp", IPv6: true, Do: doDrop}}, "open", "open"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, Scenario{Rules: tt.rules})
				defer l.Close()
				accept(t, l.hosts["srv"], "0.0.0.0:21")
				accept(t, l.hosts["cli"], "0.0.0.0:45000")
				if got := attempt(t.Context(), l.Client(), "198.51.100.66:21", probe.DialOptions{}); got != tt.out {
					t.Errorf("out: %s, want %s", got, tt.out)
				}
				if got := attempt(t.Context(), l.Server(), "203.0.113.66:45000", probe.DialOptions{}); got != tt.in {
					t.Errorf("in: %s, want %s", got, tt.in)
				}
			})
		})
	}
}
