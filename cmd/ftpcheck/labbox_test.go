//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
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
		case netlab.BoxIdle:
			err = n.enter(b.At, func() error { return forgetIdle(labTime(t, b.Value)) })
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

// blackHoles returns the ip commands that narrow a device's end of a link.
func blackHoles(s *netlab.Scenario, device string) (lines []string) {
	for _, b := range s.Boxes {
		if b.Kind != netlab.BoxBlackHole {
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

// nftBoxes returns the rules of the boxes at one device.
func nftBoxes(s *netlab.Scenario, device string) string {
	var pre, in, through, out []string
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
		case netlab.BoxSwallow:
			through = append(through, fmt.Sprintf("%s tcp dport %d @ih,0,%d %#x drop", server, controlPort(s), 8*len(b.Value), b.Value))
		case netlab.BoxRewrite:
			through = append(through, nftRewrite(s, client, b.Value))
		}
	}
	return nftTable("ip boxes", [][2]string{
		{"pre", "type nat hook prerouting priority -101;"},
		{"in", "type filter hook input priority -1;"},
		{"through", "type filter hook forward priority -1;"},
		{"out", "type filter hook output priority -1;"},
	}, [][]string{pre, in, through, out})
}

// nftRewrite writes another address into a 227 reply. The kernel can replace
// bytes, not insert any: both addresses must be written with as many.
func nftRewrite(s *netlab.Scenario, iif, to string) string {
	const before = "227 Entering Passive Mode ("
	commas := func(addr string) string { return strings.ReplaceAll(addr, ".", ",") }
	from := commas(netip.MustParsePrefix(newLabAddresses(s).server).Addr().String())
	return fmt.Sprintf("%s tcp sport %d @ih,0,32 %#x @ih,%d,%d %#x @ih,%d,%d set %#x", iif, controlPort(s), before[:4],
		8*len(before), 8*len(from), from, 8*len(before), 8*len(from), commas(to))
}

func TestNFTBoxes(t *testing.T) {
	s := &netlab.Scenario{Boxes: []netlab.Box{
		{At: "cgw", Kind: netlab.BoxProxy},
		{At: "isp", Kind: netlab.BoxBlackHole, Value: "1000"},
		{At: "isp", Kind: netlab.BoxSwallow, Value: "PASV"},
		{At: "sgw", Kind: netlab.BoxFalseOpen},
		{At: "sgw", Kind: netlab.BoxIdle, Value: "3s"},
		{At: "sgw", Kind: netlab.BoxRewrite, Value: "203.0.113.199"},
	}}
	want := map[string][]string{
		"cgw": {`iifname "lan" tcp dport 21 redirect to :2121`},
		"isp": {
			`iifname "left" tcp dport 21 @ih,0,32 0x50415356 drop`,
			`icmp type destination-unreachable icmp code frag-needed drop`,
		},
		"sgw": {
			`iifname "wan" tcp dport != 21 redirect to :2122`,
			`meta l4proto tcp ct state invalid drop`,
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
}
