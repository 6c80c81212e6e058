//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"ftpcheck/probe/netlab"
)

// devices are the five namespaces of a lab, from the client to the server.
var devices = []string{"cli", "cgw", "isp", "sgw", "srv"}

// labNet is one scenario's network in namespaces of its own.
type labNet struct {
	prefix   string // of the namespaces: prefix-cli, prefix-cgw, …
	folder   string // for the servers' files; every account may enter it
	scenario *netlab.Scenario
}

var labCount atomic.Int32

// newLabNet builds the scenario's network. It is removed when the test ends,
// whatever becomes of it.
func newLabNet(t *testing.T, s *netlab.Scenario) *labNet {
	t.Helper()
	n := &labNet{prefix: fmt.Sprintf("ftpc%dx%d", os.Getpid(), labCount.Add(1)), scenario: s}
	n.folder = filepath.Join(labFolders, n.prefix)
	t.Cleanup(func() {
		if !labKept() {
			n.remove()
		}
	})
	if err := errors.Join(os.Mkdir(n.folder, 0o755), n.build()); err != nil {
		t.Fatalf("building the network: %v", err)
	}
	return n
}

// ns returns the name of a device's namespace.
func (n *labNet) ns(device string) string { return n.prefix + "-" + device }

// build makes namespaces, links, addresses, routes, rules and names, in this order.
func (n *labNet) build() error {
	var add []string
	for _, d := range devices {
		add = append(add, "netns add "+n.ns(d))
	}
	if err := ipBatch("", add); err != nil {
		return err
	}
	for _, d := range devices { // before the links, which take the namespace's defaults
		if err := n.enter(d, func() error { return setSysctls(d) }); err != nil {
			return err
		}
	}
	if err := ipBatch("", n.links()); err != nil {
		return err
	}
	for _, d := range devices {
		if err := errors.Join(ipBatch(n.ns(d), append(n.addresses(d), blackHoles(n.scenario, d)...)), n.filter(d)); err != nil {
			return err
		}
	}
	return errors.Join(n.names(), n.awaitLinks())
}

// filter loads the rule set of a device.
func (n *labNet) filter(device string) error {
	rules := nftRules(n.scenario, device)
	if rules == "" {
		return nil
	}
	cmd := n.command(context.Background(), device, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(rules)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("nft on %s: %w\n%s\n%s", device, err, out, rules)
	}
	return nil
}

// awaitLinks waits until every link works: the kernel notices up to a second
// late that both ends are up, and IPv6 does nothing until then.
func (n *labNet) awaitLinks() error {
	for _, d := range devices {
		running := func() (bool, error) {
			all, err := net.Interfaces()
			return !slices.ContainsFunc(all, func(i net.Interface) bool {
				return i.Flags&net.FlagUp != 0 && i.Flags&net.FlagRunning == 0
			}), err
		}
		if err := n.await(d, running, nil); err != nil {
			return fmt.Errorf("links of %s: %w", d, err)
		}
	}
	return nil
}

// links returns the ip commands that make the wires between the namespaces.
func (n *labNet) links() []string {
	var lines []string
	link := func(dev, ns, peer, peerNS string) {
		lines = append(lines, fmt.Sprintf("link add %s netns %s type veth peer name %s netns %s", dev, n.ns(ns), peer, n.ns(peerNS)))
	}
	if n.scenario.Client.OnServer {
		link("eth0", "cli", "port1", "sgw")
	} else {
		link("eth0", "cli", "lan", "cgw")
	}
	link("wan", "cgw", "left", "isp")
	link("right", "isp", "wan", "sgw")
	if n.scenario.Client.OnServer {
		link("port0", "sgw", "eth0", "srv") // sgw joins the ports to a bridge
	} else {
		link("lan", "sgw", "eth0", "srv")
	}
	return lines
}

// addresses returns the ip commands that bring a device's interfaces up.
func (n *labNet) addresses(device string) []string {
	a := newLabAddresses(n.scenario)
	up := func(devs ...string) (lines []string) {
		for _, d := range append([]string{"lo"}, devs...) {
			lines = append(lines, "link set "+d+" up")
		}
		return lines
	}
	switch device {
	case "cli":
		lines := up("eth0")
		if !n.scenario.Client.IPv6Only {
			lines = append(lines, "addr add "+a.client+" dev eth0", "route add default via "+a.clientGateway)
		}
		if n.scenario.Client.IPv6 || n.scenario.Client.IPv6Only {
			lines = append(lines, "addr add "+a.client6+" dev eth0", "route add default via "+a.clientGateway6)
		}
		return lines
	case "cgw":
		if n.scenario.Client.OnServer {
			return up("wan")
		}
		return append(up("lan", "wan"),
			"addr add "+a.clientGateway+a.clientMask+" dev lan", "addr add 203.0.113.2/30 dev wan",
			"addr add 2001:db8:1::1/64 dev lan", "addr add 2001:db8:a::2/64 dev wan",
			"route add default via 203.0.113.1", "route add default via 2001:db8:a::1")
	case "isp":
		lines := append(up("left", "right"),
			"addr add 203.0.113.1/30 dev left", "addr add 198.51.100.1/30 dev right",
			"addr add 2001:db8:a::1/64 dev left", "addr add 2001:db8:b::1/64 dev right",
			"route add 203.0.113.0/24 via 203.0.113.2", "route add 198.51.100.0/24 via 198.51.100.2",
			"route add 2001:db8:1::/64 via 2001:db8:a::2", "route add 2001:db8:2::/64 via 2001:db8:b::2")
		// A provider carries no private addresses: most drop them silently.
		for _, private := range []string{"10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"} {
			lines = append(lines, "route add blackhole "+private)
		}
		return lines
	case "sgw":
		lines := up("wan", "lan")
		if n.scenario.Client.OnServer {
			lines = append([]string{"link add lan type bridge", "link set port0 master lan", "link set port1 master lan"},
				up("wan", "lan", "port0", "port1")...)
		}
		return append(lines,
			"addr add "+a.serverGateway+a.serverMask+" dev lan", "addr add 198.51.100.2/30 dev wan",
			"addr add 2001:db8:2::1/64 dev lan", "addr add 2001:db8:b::2/64 dev wan",
			"route add default via 198.51.100.1", "route add default via 2001:db8:b::1")
	default: // srv
		lines := append(up("eth0"), "addr add "+a.server+" dev eth0", "route add default via "+a.serverGateway)
		if from := activeFrom(n.scenario); from != "" {
			lines = append(lines, "addr add "+from+a.serverMask+" dev eth0")
		}
		if n.scenario.Server.IPv6 {
			lines = append(lines, "addr add 2001:db8:2::10/64 dev eth0", "route add default via 2001:db8:2::1")
		}
		return lines
	}
}

// names writes the files of /etc that differ on the two hosts: what
// ftp.example.com is for the client, and on the server the machine's own name,
// which some servers look up when they start, and an account called ftp whose
// home holds the files to serve. The command "ip netns exec" binds them over
// the system's own.
func (n *labNet) names() error {
	a := newLabAddresses(n.scenario)
	hostname, err := os.Hostname()
	if err != nil {
		return err
	}
	server, _, _ := strings.Cut(a.server, "/")
	local, resolver := "127.0.0.1 localhost\n", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"
	client := local
	for _, addr := range a.names {
		client += addr + " ftp.example.com\n"
	}
	account := ""
	if user := n.scenario.Server.User; user != "" {
		account = user + ":x:2121:2121::" + filepath.Join(n.folder, "files") + ":/bin/sh\n"
	}
	files := map[string]string{
		"cli/hosts": client, "cli/resolv.conf": resolver,
		"srv/hosts": local + server + " " + hostname + "\n", "srv/resolv.conf": resolver,
		"srv/passwd": "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/false\n" +
			"ftp:x:2121:2121::" + filepath.Join(n.folder, "files") + ":/bin/false\n" + account,
		"srv/pam.d/ftpcheck": "auth required pam_permit.so\naccount required pam_permit.so\n",
		"srv/group":          "root:x:0:\nnogroup:x:65534:\nftp:x:2121:\n",
	}
	for name, text := range files {
		path := filepath.Join("/etc/netns", n.prefix+"-"+name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			return err
		}
	}
	return nil
}
