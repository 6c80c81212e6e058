//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ftpcheck/probe/netlab"
)

// Ports on which a box itself listens.
const (
	proxyPort     = 2121
	falseOpenPort = 2122
)

// startBoxes starts what runs in the boxes of the network, and sets what no
// rule of nft can.
func startBoxes(t *testing.T, n *labNet) {
	t.Helper()
	for _, b := range n.scenario.Boxes {
		var err error
		switch b.Kind {
		case netlab.BoxProxy:
			server := joinPort(newLabAddresses(n.scenario).target, controlPort(n.scenario))
			err = n.relay(t, b.At, proxyPort, func(c net.Conn) (up net.Conn, err error) {
				err = n.enter(b.At, func() error {
					up, err = net.DialTimeout("tcp", server, 5*time.Second)
					return err
				})
				return up, err
			})
		case netlab.BoxFalseOpen:
			err = n.relay(t, b.At, falseOpenPort, nil)
		case netlab.BoxIdle, netlab.BoxIdleFirst:
			err = n.enter(b.At, func() error { return forgetIdle(labTime(t, b.Value)) })
		case netlab.BoxSlow:
			err = errors.Join(n.slowDown(b.At, "server", b.Value), n.slowDown(b.At, "client", b.Value))
		}
		if err != nil {
			t.Fatalf("%s at %s: %v", b.Kind, b.At, err)
		}
	}
}

// forgetIdle has the connection tracking of this namespace forget a silent
// connection after d, and not take up again one that it does not know.
func forgetIdle(d time.Duration) error {
	const dir = "/proc/sys/net/netfilter/nf_conntrack_tcp_"
	return errors.Join(
		os.WriteFile(dir+"timeout_established", fmt.Append(nil, math.Ceil(d.Seconds())), 0o644),
		os.WriteFile(dir+"loose", []byte("0"), 0o644))
}

// slowDown lets a device pass so many bytes a second ("bps", to tc) toward one
// end. What waits for more than a second is dropped.
func (n *labNet) slowDown(device, toward, rate string) error {
	out, err := exec.Command("tc", "-n", n.ns(device), "qdisc", "add", "dev", arrivesOn(device, map[string]string{"server": "client", "client": "server"}[toward]),
		"root", "tbf", "rate", rate+"bps", "burst", "5kb", "latency", "1s").CombinedOutput()
	if err != nil {
		return fmt.Errorf("tc: %w: %s", err, out)
	}
	return nil
}

// relay accepts connections on a device until the test ends, and passes them
// on to what onward dials. Without onward it accepts, and that is all.
func (n *labNet) relay(t *testing.T, device string, port int, onward func(net.Conn) (net.Conn, error)) error {
	l, err := n.listen(device, fmt.Sprintf("0.0.0.0:%d", port))
	if err != nil {
		return err
	}
	var open sync.Map // of net.Conn; an open one would keep the namespace
	keep := func(c net.Conn) net.Conn { open.Store(c, nil); return c }
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			keep(c)
			if onward == nil {
				continue
			}
			running.Go(func() {
				defer c.Close()
				if up, err := onward(c); err == nil {
					join(c, keep(up))
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		open.Range(func(c, _ any) bool { _ = c.(net.Conn).Close(); return true })
		running.Wait()
	})
	return nil
}

// join copies both ways until both sides have ended.
func join(a, b net.Conn) {
	defer b.Close()
	var copying sync.WaitGroup
	for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
		copying.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			_ = way[0].(*net.TCPConn).CloseWrite()
		})
	}
	copying.Wait()
}

// blackHoles returns the ip commands that narrow a device's end of a link, or
// its routes in one direction. Both ends of a link must agree on its mtu: one
// drops what is longer than its own when it comes, too.
func blackHoles(s *netlab.Scenario, device string) (lines []string) {
	for _, b := range s.Boxes {
		if b.Kind != netlab.BoxBlackHole {
			continue
		}
		if b.Toward != "" {
			lines = append(lines, narrowRoutes(b, device)...)
			continue
		}
		switch toward := map[string]string{"cgw": "isp", "isp": "sgw"}[b.At]; device {
		case b.At:
			lines = append(lines, "link set "+arrivesOn(device, "client")+" mtu "+b.Value)
		case toward:
			lines = append(lines, "link set "+arrivesOn(device, "server")+" mtu "+b.Value)
		}
	}
	return lines
}

// narrowRoutes returns the commands for the provider's router.
func narrowRoutes(b netlab.Box, device string) []string {
	routes := map[string][]string{
		"server": {"198.51.100.0/24 via 198.51.100.2", "2001:db8:2::/64 via 2001:db8:b::2"},
		"client": {"203.0.113.0/24 via 203.0.113.2", "2001:db8:1::/64 via 2001:db8:a::2"},
	}
	var lines []string
	if device != b.At {
		return nil
	}
	for _, route := range routes[b.Toward] {
		lines = append(lines, "route change "+route+" mtu lock "+b.Value)
	}
	return append(lines, map[string]string{ // where NAT hides the rest
		"server": "route add 198.51.100.2 dev right",
		"client": "route add 203.0.113.2 dev left",
	}[b.Toward]+" mtu lock "+b.Value)
}

// nftBoxes returns the rules of the boxes at one device.
func nftBoxes(s *netlab.Scenario, device string) string {
	var first, pre, in, through, out []string
	for _, b := range s.Boxes {
		if b.Kind == netlab.BoxBlackHole && len(blackHoles(s, device)) > 0 {
			out = append(out, "icmp type destination-unreachable icmp code frag-needed drop")
		}
		if b.At != device {
			continue
		}
		server := fmt.Sprintf("iifname %q", arrivesOn(device, "server"))
		client := fmt.Sprintf("iifname %q", arrivesOn(device, "client"))
		switch b.Kind {
		case netlab.BoxProxy:
			pre = append(pre, fmt.Sprintf("%s tcp dport %d redirect to :%d", server, controlPort(s), proxyPort))
		case netlab.BoxFalseOpen:
			pre = append(pre, fmt.Sprintf("%s tcp dport != %d redirect to :%d", server, controlPort(s), falseOpenPort))
		case netlab.BoxIdle:
			through = append(through, "meta l4proto tcp ct state invalid drop")
		case netlab.BoxIdleFirst:
			first = append(first, "meta l4proto tcp ct state invalid drop")
		case netlab.BoxMute:
			through = append(through, "meta l4proto icmp drop")
		case netlab.BoxSwallow:
			through = append(through, fmt.Sprintf("%s tcp dport %d %s drop", server, controlPort(s), nftText(0, b.Value)))
		default:
			through = append(through, nftReaders(s, b, server, client)...)
		}
	}
	chains := [][2]string{
		{"first", "type filter hook prerouting priority -150;"}, // after connection tracking
		{"pre", "type nat hook prerouting priority -101;"},
		{"in", "type filter hook input priority -1;"},
		{"through", "type filter hook forward priority -1;"},
		{"out", "type filter hook output priority -1;"},
	}
	return nftTable("ip boxes", chains, [][]string{first, pre, in, through, out}) + nftTable("ip6 boxes", chains, nftBoxes6(s, device))
}

// nftBoxes6 are the rules of the boxes that do not read along, for IPv6.
func nftBoxes6(s *netlab.Scenario, device string) [][]string {
	var first, through, out []string
	if !s.Server.IPv6 {
		return make([][]string, 5)
	}
	for _, b := range s.Boxes {
		switch {
		case b.Kind == netlab.BoxBlackHole && len(blackHoles(s, device)) > 0:
			out = append(out, "icmpv6 type packet-too-big drop")
		case b.At != device:
		case b.Kind == netlab.BoxIdle:
			through = append(through, "meta l4proto tcp ct state invalid drop")
		case b.Kind == netlab.BoxIdleFirst:
			first = append(first, "meta l4proto tcp ct state invalid drop")
		}
	}
	return [][]string{first, nil, nil, through, out}
}

func TestNFTBoxes(t *testing.T) {
	s := &netlab.Scenario{Boxes: []netlab.Box{
		{At: "cgw", Kind: netlab.BoxProxy},
		{At: "isp", Kind: netlab.BoxBlackHole, Value: "1000"},
		{At: "isp", Kind: netlab.BoxSwallow, Value: "PASV"},
		{At: "sgw", Kind: netlab.BoxFalseOpen},
		{At: "sgw", Kind: netlab.BoxIdle, Value: "3s"},
		{At: "sgw", Kind: netlab.BoxMute},
		{At: "sgw", Kind: netlab.BoxRewrite, Value: "203.0.113.199"},
		{At: "cgw", Kind: netlab.BoxRewritePort, Value: "49876"},
		{At: "cgw", Kind: netlab.BoxRewriteActive, Value: "203.0.113.99"},
		{At: "cgw", Kind: netlab.BoxRewriteActivePort, Value: "61540"},
		{At: "cgw", Kind: netlab.BoxTruncate, Value: "PORT"},
		{At: "cgw", Kind: netlab.BoxMask, Value: "SITE FTPCHECK BEGIN"},
		{At: "cgw", Kind: netlab.BoxAlter},
		{At: "cgw", Kind: netlab.BoxCutReset, Value: "NOOP"},
		{At: "cgw", Kind: netlab.BoxCutSilent, Value: "NOOP"},
	}}
	want := map[string][]string{
		"cgw": {
			`iifname "lan" tcp dport 21 redirect to :2121`,
			`iifname "wan" tcp sport 21 @ih,0,32 0x32323720 @ih,328,56 set 0x3139342c323132`,
			`iifname "wan" tcp sport 21 @ih,0,32 0x32323920 @ih,312,40 set 0x3439383736`,
			`iifname "lan" tcp dport 21 @ih,0,40 0x504f525420 @ih,40,96 set 0x3230332c302c3131332c3939`,
			`iifname "lan" tcp dport 21 @ih,0,64 0x45505254207c317c @ih,64,96 set 0x3230332e302e3131332e3939`,
			`iifname "lan" tcp dport 21 @ih,0,40 0x504f525420 @ih,144,56 set 0x3234302c313030`,
			`iifname "lan" tcp dport 21 @ih,0,64 0x45505254207c317c @ih,168,40 set 0x3631353430`,
			`iifname "lan" tcp dport 21 @ih,0,40 0x504f525420 @ih,144,56 set 0x20202020202020`,
			`iifname "lan" tcp dport 21 @ih,0,128 0x5349544520465450434845434b204245 @ih,128,24 0x47494e @ih,0,128 set 0x58585858585858585858585858585858 @ih,128,24 set 0x585858`,
			`meta l4proto tcp ct original proto-dst != 21 @ih,120,8 set 0x58`,
			`iifname "lan" tcp dport 21 @ih,0,32 0x4e4f4f50 limit rate 1/day burst 1 packets reject with tcp reset`,
			`iifname "lan" tcp dport 21 @ih,0,32 0x4e4f4f50 limit rate 1/day burst 1 packets ct mark set 1`,
			`ct mark 1 drop`,
		},
		"isp": {
			`iifname "left" tcp dport 21 @ih,0,32 0x50415356 drop`,
			`icmp type destination-unreachable icmp code frag-needed drop`,
		},
		"sgw": {
			`iifname "wan" tcp dport != 21 redirect to :2122`,
			`meta l4proto tcp ct state invalid drop`,
			`meta l4proto icmp drop`,
			`iifname "lan" tcp sport 21 @ih,0,32 0x32323720 @ih,216,104 0x3139382c35312c3130302c3636 @ih,216,104 set 0x3230332c302c3131332c313939`,
			`icmp type destination-unreachable icmp code frag-needed drop`,
		},
		"srv": nil,
	}
	for device, rules := range want {
		var got []string
		for line := range strings.Lines(nftBoxes(s, device)) {
			if line = strings.TrimSpace(line); line != "}" && !strings.HasSuffix(line, "{") && !strings.HasPrefix(line, "type ") {
				got = append(got, line)
			}
		}
		if !slices.Equal(got, rules) {
			t.Errorf("%s:\n%s\nwant\n%s", device, strings.Join(got, "\n"), strings.Join(rules, "\n"))
		}
	}
	if got, want := fmt.Sprint(blackHoles(s, "isp"), blackHoles(s, "sgw"), blackHoles(s, "cgw")), "[link set right mtu 1000] [link set wan mtu 1000] []"; got != want {
		t.Errorf("links: %s, want %s", got, want)
	}
	up := &netlab.Scenario{Boxes: []netlab.Box{{At: "isp", Kind: netlab.BoxBlackHole, Value: "1300", Toward: "server"}}}
	want2 := "[route change 198.51.100.0/24 via 198.51.100.2 mtu lock 1300 route change 2001:db8:2::/64 via 2001:db8:b::2 mtu lock 1300 route add 198.51.100.2 dev right mtu lock 1300] []"
	if got := fmt.Sprint(blackHoles(up, "isp"), blackHoles(up, "sgw")); got != want2 {
		t.Errorf("routes: %s, want %s", got, want2)
	}
}
