//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

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

// labNames is the form of every namespace and folder that the lab makes: it
// carries the process id, so that a later run can remove what a killed one left.
var labNames = regexp.MustCompile(`^ftpc(\d+)x\d+(-[a-z]+)?$`)

// labFolders is where the labs' folders are made. The path to t.TempDir is
// closed to the accounts that the servers and the program run under.
const labFolders = "/var/tmp"

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
		if err := errors.Join(ipBatch(n.ns(d), n.addresses(d)), n.filter(d)); err != nil {
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

// await asks again and again, in a device's namespace, until something is so.
// It gives up after 10 s and when ended closes.
func (n *labNet) await(device string, so func() (bool, error), ended <-chan struct{}) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(10 * time.Second)
	for {
		reached := false
		err := n.enter(device, func() (err error) {
			reached, err = so()
			return err
		})
		if err != nil || reached {
			return err
		}
		select {
		case <-tick.C:
		case <-ended:
			return errors.New("ended too early")
		case <-limit:
			return errors.New("not so after 10 s")
		}
	}
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
	files := map[string]string{
		"cli/hosts": client, "cli/resolv.conf": resolver,
		"srv/hosts": local + server + " " + hostname + "\n", "srv/resolv.conf": resolver,
		"srv/passwd": "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/false\n" +
			"ftp:x:2121:2121::" + filepath.Join(n.folder, "files") + ":/bin/false\n",
		"srv/group": "root:x:0:\nnogroup:x:65534:\nftp:x:2121:\n",
	}
	for name, text := range files {
		path := filepath.Join("/etc/netns", n.prefix+"-"+name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			return err
		}
	}
	return nil
}

// setSysctls must run in the device's namespace: /proc/sys/net shows the
// namespace of the thread that opens it.
func setSysctls(device string) error {
	settings := map[string]string{
		// Duplicate address detection would leave IPv6 addresses unusable for a second.
		"ipv6/conf/all/accept_dad": "0", "ipv6/conf/default/accept_dad": "0",
		"ipv6/conf/default/dad_transmits": "0",
	}
	if device != "cli" && device != "srv" {
		settings["ipv4/ip_forward"] = "1"
		settings["ipv6/conf/all/forwarding"] = "1"
	}
	for name, value := range settings {
		err := os.WriteFile("/proc/sys/net/"+name, []byte(value), 0o644)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// command prepares a command in a device's namespace, in its own process group.
func (n *labNet) command(ctx context.Context, device string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", n.ns(device)}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// enter runs f with the calling thread in a device's namespace. The thread
// ends with f, because it could not serve any other goroutine afterwards.
func (n *labNet) enter(device string, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		file, err := os.Open(filepath.Join("/var/run/netns", n.ns(device)))
		if err == nil {
			err = unix.Setns(int(file.Fd()), unix.CLONE_NEWNET)
			file.Close()
		}
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

// listen opens a listening socket on a device. A socket stays in the namespace
// in which it was made, whoever uses it.
func (n *labNet) listen(device, addr string) (l net.Listener, err error) {
	err = n.enter(device, func() error {
		l, err = net.Listen("tcp", addr)
		return err
	})
	return l, err
}

// remove ends every process in the namespaces and deletes them.
func (n *labNet) remove() {
	for _, d := range devices {
		removeNamespace(n.ns(d))
	}
	_ = os.RemoveAll(n.folder)
}

func removeNamespace(name string) {
	pids, _ := exec.Command("ip", "netns", "pids", name).Output()
	for _, field := range strings.Fields(string(pids)) {
		if pid, err := strconv.Atoi(field); err == nil && pid != os.Getpid() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	_ = exec.Command("ip", "netns", "del", name).Run()
	_ = os.RemoveAll(filepath.Join("/etc/netns", name))
}

// sweepLabs removes what test processes have left that no longer live.
func sweepLabs() {
	dead := func(name string) bool {
		m := labNames.FindStringSubmatch(name)
		if m == nil {
			return false
		}
		pid, err := strconv.Atoi(m[1])
		return err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
	}
	namespaces, _ := os.ReadDir("/var/run/netns")
	for _, e := range namespaces {
		if dead(e.Name()) {
			removeNamespace(e.Name())
		}
	}
	folders, _ := os.ReadDir(labFolders)
	for _, e := range folders {
		if dead(e.Name()) {
			_ = os.RemoveAll(filepath.Join(labFolders, e.Name()))
		}
	}
	_ = os.Remove("/etc/netns") // only when it is empty
}

// ipBatch runs ip commands in one process, in namespace ns unless it is empty.
func ipBatch(ns string, lines []string) error {
	args := []string{"-batch", "-"}
	if ns != "" {
		args = append([]string{"-n", ns}, args...)
	}
	cmd := exec.Command("ip", args...)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}
