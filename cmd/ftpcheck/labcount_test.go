//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// count begins to count the packets that a device sends and that match.
func (n *labNet) count(t *testing.T, device string, matches ...string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("table ip watch {\n")
	for i := range matches {
		fmt.Fprintf(&b, "  counter c%d { }\n", i)
	}
	b.WriteString("  chain out_ {\n    type filter hook output priority 300;\n")
	for i, m := range matches {
		fmt.Fprintf(&b, "    oifname \"eth0\" %s counter name c%d\n", m, i)
	}
	b.WriteString("  }\n}\n")
	cmd := n.command(context.Background(), device, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(b.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("nft: %v\n%s\n%s", err, out, b.String())
	}
}

// counts are the numbers of packets, in the order of count.
func (n *labNet) counts(t *testing.T, device string) []int {
	t.Helper()
	out, err := n.command(context.Background(), device, "nft", "-j", "list", "counters", "table", "ip", "watch").Output()
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Nftables []struct {
			Counter *struct {
				Name    string
				Packets int
			}
		}
	}
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, item := range list.Nftables {
		if item.Counter != nil {
			found[item.Counter.Name] = item.Counter.Packets
		}
	}
	counts := make([]int, len(found))
	for i := range counts {
		counts[i] = found[fmt.Sprintf("c%d", i)]
	}
	return counts
}
