//go:build linux

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ftpcheck/probe/netlab"
)

// labAddresses are the addresses of a scenario's hosts.
type labAddresses struct {
	client, clientMask, clientGateway string
	client6, clientGateway6           string
	server, serverMask, serverGateway string
	target                            string   // of the run, when it is not the name
	names                             []string // of ftp.example.com
}

func newLabAddresses(s *netlab.Scenario) labAddresses {
	a := labAddresses{
		client: "203.0.113.66/26", clientMask: "/26", clientGateway: "203.0.113.65",
		client6: "2001:db8:1::10/64", clientGateway6: "2001:db8:1::1",
		server: "198.51.100.66/26", serverMask: "/26", serverGateway: "198.51.100.65",
		target: "198.51.100.66",
	}
	if s.Server.NAT {
		a.server, a.serverMask, a.serverGateway = "10.0.0.10/24", "/24", "10.0.0.1"
		a.target = "198.51.100.2"
	}
	switch {
	case s.Client.OnServer && s.Server.NAT:
		a.client, a.clientMask, a.clientGateway = "10.0.0.20/24", "/24", a.serverGateway
		a.client6, a.clientGateway6 = "2001:db8:2::20/64", "2001:db8:2::1"
	case s.Client.OnServer:
		a.client, a.clientMask, a.clientGateway = "198.51.100.67/26", "/26", a.serverGateway
		a.client6, a.clientGateway6 = "2001:db8:2::20/64", "2001:db8:2::1"
	case s.Client.NAT:
		a.client, a.clientMask, a.clientGateway = "192.168.1.10/24", "/24", "192.168.1.1"
	}
	a.names = s.Server.Names
	if a.names == nil {
		a.names = []string{a.target}
		if s.Server.IPv6 {
			a.names = append(a.names, "2001:db8:2::10")
		}
	}
	if s.Client.IPv6Only {
		a.target = "2001:db8:2::10"
	}
	if s.Client.OnServer {
		a.target, _, _ = strings.Cut(a.server, "/")
	}
	return a
}

// nftRules returns the rule set of one device, empty when it has none.
func nftRules(s *netlab.Scenario, device string) string {
	var b strings.Builder
	b.WriteString(nftNAT(s, device))
	if slices.Contains(s.Helper, device) {
		b.WriteString(nftHelper)
	}
	b.WriteString(nftBoxes(s, device))
	b.WriteString(nftFirewall(s, device))
	return b.String()
}

const nftHelper = `table inet helper {
  ct helper ftp-std {
    type "ftp" protocol tcp
  }
  chain pre {
    type filter hook prerouting priority -150;
    tcp dport 21 ct helper set "ftp-std"
  }
}
`

// nftNAT returns the address translation of the two gateways.
func nftNAT(s *netlab.Scenario, device string) string {
	var pre, post []string
	switch device {
	case "cgw":
		if from := s.Client.DataFrom; from != "" {
			post = append(post, fmt.Sprintf(`oifname "wan" tcp dport != 21 snat ip to %s`, from))
		}
		if s.Client.NAT {
			post = append(post, `oifname "wan" masquerade`)
		}
	case "sgw":
		if s.Server.NAT {
			forward := s.Server.Forward
			if forward == nil {
				forward = []string{fmt.Sprint(controlPort(s)), passiveRange(s)}
			}
			in := `iifname "wan"`
			if s.Server.Hairpin {
				in = "ip daddr 198.51.100.2"
				post = append(post, `iifname "lan" oifname "lan" masquerade`)
			}
			pre = append(pre, fmt.Sprintf("%s tcp dport { %s } dnat ip to 10.0.0.10", in, strings.Join(forward, ", ")))
			post = append(post, `oifname "wan" masquerade`)
		}
		if s.Server.SourceNAT {
			post = append(post, `oifname "lan" masquerade`)
		}
	case "srv":
		if from := activeFrom(s); from != "" {
			post = append(post, `oifname "eth0" tcp sport 20 snat ip to `+from)
		}
	}
	return nftTable("ip nat", [][2]string{
		{"pre", "type nat hook prerouting priority -100;"},
		{"post", "type nat hook postrouting priority 100;"},
	}, [][]string{pre, post})
}

// nftFirewall returns the rules of one device. A router applies them to what
// it passes on and to what is addressed to itself.
func nftFirewall(s *netlab.Scenario, device string) string {
	var in, out, through []string
	for _, r := range s.Rules {
		if r.At != device {
			continue
		}
		for _, toward := range []string{"server", "client"} {
			if r.Toward != "" && r.Toward != toward {
				continue
			}
			match := nftMatch(r)
			switch {
			case device == "cli" && toward == "server", device == "srv" && toward == "client":
				out = append(out, `oifname "eth0" `+match)
			case device == "cli" || device == "srv":
				in = append(in, `iifname "eth0" `+match)
			default:
				match = fmt.Sprintf("iifname %q %s", arrivesOn(device, toward), match)
				through = append(through, match)
				in = append(in, match)
			}
		}
	}
	return nftTable("inet fw", [][2]string{
		{"in", "type filter hook input priority 0;"},
		{"through", "type filter hook forward priority 0;"},
		{"out", "type filter hook output priority 0;"},
	}, [][]string{in, through, out})
}

// arrivesOn returns the interface on which packets toward one end reach a router.
func arrivesOn(router, toward string) string {
	client, server := "lan", "wan" // cgw: the interface at the client's and at the server's side
	switch router {
	case "isp":
		client, server = "left", "right"
	case "sgw":
		client, server = "wan", "lan"
	}
	if toward == "server" {
		return client
	}
	return server
}

// nftMatch returns one rule in nft's language.
func nftMatch(r netlab.Rule) string {
	words := []string{"meta nfproto ipv4", "meta l4proto tcp"}
	if r.IPv6 {
		words[0] = "meta nfproto ipv6"
	}
	if r.Ports != "" {
		words = append(words, "tcp dport "+r.Ports)
	}
	if r.From != "" {
		words = append(words, "tcp sport "+r.From)
	}
	if r.State != "" {
		words = append(words, "ct state "+r.State)
	}
	if r.OneIn != 0 {
		// A hash of the connection's ends is as good as a die, as its own port is
		// chosen at random, and it falls the same for each of its packets.
		ip := map[bool]string{false: "ip", true: "ip6"}[r.IPv6]
		words = append(words, fmt.Sprintf("jhash %s saddr . %s daddr . tcp sport . tcp dport mod %d 0", ip, ip, r.OneIn))
	}
	switch r.Do {
	case "reset":
		words = append(words, "reject with tcp reset")
	case "accept", "drop":
		words = append(words, r.Do)
	default:
		words = append(words, "reject with icmpx type "+r.Do)
	}
	return strings.Join(words, " ")
}

// nftTable returns a table with those chains that have rules.
func nftTable(name string, chains [][2]string, rules [][]string) string {
	var b strings.Builder
	for i, c := range chains {
		if len(rules[i]) > 0 {
			fmt.Fprintf(&b, "  chain %s_ {\n    %s\n    %s\n  }\n", c[0], c[1], strings.Join(rules[i], "\n    "))
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "table " + name + " {\n" + b.String() + "}\n"
}

// activeFrom returns the second address of a server whose active data
// connections come from there. No real server has a setting for that, so the
// server's own NAT does it.
func activeFrom(s *netlab.Scenario) string {
	for _, fault := range s.Server.Faults {
		if from, found := strings.CutPrefix(fault, "active-from="); found {
			return from
		}
	}
	return ""
}

func controlPort(s *netlab.Scenario) uint16 {
	if s.Server.Port == 0 {
		return 21
	}
	return s.Server.Port
}

func passiveRange(s *netlab.Scenario) string {
	if s.Server.Passive == "" {
		return "50000-50100"
	}
	return s.Server.Passive
}

func TestNFTRules(t *testing.T) {
	s := &netlab.Scenario{
		Client: netlab.Client{NAT: true},
		Server: netlab.Server{NAT: true},
		Rules: []netlab.Rule{
			{At: "sgw", Toward: "server", Ports: "50000-50100", Do: "admin-prohibited"},
			{At: "isp", From: "20", State: "new", IPv6: true, Do: "drop"},
			{At: "cli", Toward: "client", State: "related", Do: "accept"},
			{At: "srv", Toward: "server", Ports: "50000-50100", OneIn: 2, Do: "reset"},
		},
	}
	want := map[string]string{
		"cli": `table inet fw {
  chain in_ {
    type filter hook input priority 0;
    iifname "eth0" meta nfproto ipv4 meta l4proto tcp ct state related accept
  }
}
`,
		"srv": `table inet fw {
  chain in_ {
    type filter hook input priority 0;
    iifname "eth0" meta nfproto ipv4 meta l4proto tcp tcp dport 50000-50100 jhash ip saddr . ip daddr . tcp sport . tcp dport mod 2 0 reject with tcp reset
  }
}
`,
		"cgw": `table ip nat {
  chain post_ {
    type nat hook postrouting priority 100;
    oifname "wan" masquerade
  }
}
`,
		"isp": `table inet fw {
  chain in_ {
    type filter hook input priority 0;
    iifname "left" meta nfproto ipv6 meta l4proto tcp tcp sport 20 ct state new drop
    iifname "right" meta nfproto ipv6 meta l4proto tcp tcp sport 20 ct state new drop
  }
  chain through_ {
    type filter hook forward priority 0;
    iifname "left" meta nfproto ipv6 meta l4proto tcp tcp sport 20 ct state new drop
    iifname "right" meta nfproto ipv6 meta l4proto tcp tcp sport 20 ct state new drop
  }
}
`,
		"sgw": `table ip nat {
  chain pre_ {
    type nat hook prerouting priority -100;
    iifname "wan" tcp dport { 21, 50000-50100 } dnat ip to 10.0.0.10
  }
  chain post_ {
    type nat hook postrouting priority 100;
    oifname "wan" masquerade
  }
}
table inet fw {
  chain in_ {
    type filter hook input priority 0;
    iifname "wan" meta nfproto ipv4 meta l4proto tcp tcp dport 50000-50100 reject with icmpx type admin-prohibited
  }
  chain through_ {
    type filter hook forward priority 0;
    iifname "wan" meta nfproto ipv4 meta l4proto tcp tcp dport 50000-50100 reject with icmpx type admin-prohibited
  }
}
`,
	}
	for device, text := range want {
		if got := nftRules(s, device); got != text {
			t.Errorf("%s:\n%s\nwant:\n%s", device, got, text)
		}
	}
}
