package hops

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// labUser is the user nobody, who has no privilege at all.
var labUser = syscall.Credential{Uid: 65534, Gid: 65534}

var (
	labHosts = []string{"cli", "cgw", "isp", "sgw", "srv"}

	// labLinks: the wan of one host is the lan of the next.
	labLinks = [][2]string{{"cli wan", "cgw lan"}, {"cgw wan", "isp lan"}, {"isp wan", "sgw wan"}, {"sgw lan", "srv lan"}}

	labAddresses = []string{
		"cli wan 192.168.1.10/24 2001:db8:1::10/64",
		"cgw lan 192.168.1.1/24 2001:db8:1::1/64",
		"cgw wan 203.0.113.2/30 2001:db8:a::2/64",
		"isp lan 203.0.113.1/30 2001:db8:a::1/64",
		"isp wan 198.51.100.1/30 2001:db8:b::1/64",
		"sgw wan 198.51.100.2/30 2001:db8:b::2/64",
		"sgw lan 10.0.0.1/24 2001:db8:2::1/64",
		"srv lan 10.0.0.10/24 2001:db8:2::10/64",
	}
	labRoutes = []string{
		"cli default via 192.168.1.1", "cli default via 2001:db8:1::1",
		"cgw default via 203.0.113.1", "cgw default via 2001:db8:a::1",
		"isp 2001:db8:1::/64 via 2001:db8:a::2", "isp 2001:db8:2::/64 via 2001:db8:b::2",
		"sgw default via 198.51.100.1", "sgw default via 2001:db8:b::1",
		"srv default via 10.0.0.1", "srv default via 2001:db8:2::1",
	}
	// Rate limits off: every row asks the same routers.
	labSysctls = map[string]string{
		"net/ipv4/ip_forward":          "1",
		"net/ipv6/conf/all/forwarding": "1",
		"net/ipv4/icmp_ratelimit":      "0",
		"net/ipv6/icmp/ratelimit":      "0",
	}
)

// newLab builds the namespaces and removes them when the test ends. Without
// root or the tools the test is skipped, or fails with FTPCHECK_LAB=require.
func newLab(t *testing.T) *lab {
	t.Helper()
	if missing := labMissing(); missing != "" {
		if os.Getenv("FTPCHECK_LAB") == "require" {
			t.Fatalf("the kernel lab needs %s", missing)
		}
		t.Skipf("the kernel lab needs %s", missing)
	}
	l := &lab{prefix: fmt.Sprintf("hops%d%s-", os.Getpid(), strings.ToLower(strings.TrimPrefix(t.Name(), "TestLab")))}
	for _, host := range labHosts {
		t.Cleanup(func() { exec.Command("ip", "netns", "del", l.name(host)).Run() })
		l.run(t, "ip", "netns", "add", l.name(host))
		l.run(t, "ip", "-n", l.name(host), "link", "set", "lo", "up")
	}
	for _, link := range labLinks {
		a, ifa, _ := strings.Cut(link[0], " ")
		b, ifb, _ := strings.Cut(link[1], " ")
		l.run(t, "ip", "link", "add", "name", ifa, "netns", l.name(a), "type", "veth", "peer", "name", ifb, "netns", l.name(b))
	}
	for _, line := range labAddresses {
		w := strings.Fields(line)
		l.run(t, "ip", "-n", l.name(w[0]), "addr", "add", w[2], "dev", w[1])
		l.run(t, "ip", "-n", l.name(w[0]), "addr", "add", w[3], "dev", w[1], "nodad")
		l.run(t, "ip", "-n", l.name(w[0]), "link", "set", w[1], "up")
	}
	for _, host := range labHosts[1:4] {
		l.inside(t, host, func() error {
			for name, value := range labSysctls {
				if err := os.WriteFile(filepath.Join("/proc/sys", name), []byte(value), 0); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for _, line := range labRoutes {
		w := strings.Fields(line)
		l.run(t, append([]string{"ip", "-n", l.name(w[0]), "route", "add"}, w[1:]...)...)
	}
	l.filter(t)
	for _, port := range []int{21, 50000} {
		l.listen(t, "srv", port)
	}
	l.listen(t, "cgw", 2121)
	l.binary = labBinary(t)
	return l
}

// filter loads the rules of every host.
func (l *lab) filter(t *testing.T) {
	t.Helper()
	for host, rules := range labRules {
		l.nft(t, host, rules)
	}
}

func (l *lab) nft(t *testing.T, host, rules string) {
	t.Helper()
	l.inside(t, host, func() error {
		cmd := exec.Command("nft", "-f", "-")
		cmd.Stdin = strings.NewReader(rules)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("nft: %v\n%s", err, out)
		}
		return nil
	})
}

func labMissing() string {
	if os.Geteuid() != 0 {
		return "root"
	}
	for _, tool := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(tool); err != nil {
			return tool
		}
	}
	return ""
}

// labBinary copies this test to where nobody may execute it: the directory
// that go test builds in is closed to others.
func labBinary(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "hops")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "hops.test")
	if err := os.WriteFile(name, b, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}
