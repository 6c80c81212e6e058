package report

import (
	"strconv"
	"strings"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// edges are the searches of both ends along the connection that died: each step
// is its TTL, with x where a hop answered and r for a RST.
func edges(up, down string) part {
	read := func(text string) (steps []probe.Hop) {
		for word := range strings.FieldsSeq(text) {
			ttl, _ := strconv.Atoi(strings.TrimRight(word, "xr"))
			o := hops.Timeout
			switch {
			case strings.HasSuffix(word, "x"):
				o = hops.Expired
			case strings.HasSuffix(word, "r"):
				o = hops.Reset
			}
			steps = append(steps, probe.Hop{TTL: ttl, Outcome: o})
		}
		return steps
	}
	return func(ev *probe.Evidence) {
		ev.Sessions[0].Up, ev.Sessions[0].Down = read(up), read(down)
	}
}

// answeredThere makes the hops up to n, as the other end counts, answer its own
// search.
func answeredThere(n int) part {
	return func(ev *probe.Evidence) {
		var d exchange.Dialing
		for ttl := 1; ttl <= n; ttl++ {
			d.Steps = append(d.Steps, exchange.Step{TTL: ttl, Outcome: hops.Expired})
		}
		ev.Peer.Seen.Dials = append(ev.Peer.Seen.Dials, d)
	}
}

// TestWhereItDied: what both ends find of a dead connection, with the server 6
// hops away, means one place or none.
func TestWhereItDied(t *testing.T) {
	far := path(madeServer+":21", "x192.168.1.1", "x198.51.100.1", "x198.51.100.5", "x198.51.100.9", "x203.0.113.1", "o")
	farNAT := path(madeServer+":21", "x192.168.1.1", "x198.51.100.1", "x198.51.100.5", "x198.51.100.9", "x"+madeServer, "o")
	tests := []struct {
		name     string
		base     []part
		path     part
		up, down string
		there    int // so many hops answer the other end
		want     Side
		after    int // -1: not known
	}{
		{"our router, before it looks at the TTL", direct, far, "3 1 1", "3x 4x 5 4x 5", 5, SideClient, 0},
		{"our router, after", direct, far, "3 2 1x 2", "3x 5x", 5, SideClient, 1},
		{"our NAT device, which resets what comes to it", natted, far, "3 2 1x 2", "3x 4x 5r", 4, SideUnknown, 1}, // nothing is known of its hop 5
		{"our NAT device, which answered there before", natted, far, "3 2 1x 2", "3x 4x 5r", 5, SideClient, 1},
		{"our NAT device, which drops", natted, far, "3 2 1x 2", "3x 4x 5 4x 5", 5, SideClient, 1},
		{"our provider's NAT device", natted, far, "3 1x 2 1x 2", "3x 4 3x 4", 5, SidePath, 1},
		{"the path, before", direct, far, "3 1x 2 1x 2", "3x 4 3x 4", 5, SidePath, 1},
		{"the path, after", direct, far, "3x 4 3x 4", "3x 4 3x 4", 5, SidePath, 3},
		{"between two hops of the path", direct, far, "3x 4 3x 4", "2x 3 2x 3", 5, SidePath, 3},
		{"the server's router, before", direct, far, "3x 4x 5 4x 5", "3 1 1", 5, SideServer, 4},
		{"the server's router, after", direct, far, "3x 5x", "3 1x 2 1x 2", 5, SideServer, 5},
		{"the server's NAT device", direct, farNAT, "3x 4x 5 4x 5", "3 1x 2 1x 2", 5, SideServer, 4},
		{"this end alone: hop 1, or hop 2 before it answers", direct, far, "3 1x 2 1x 2", "", 5, SideUnknown, 1},
		{"this end alone, before hop 1", direct, far, "3 1 1", "", 5, SideClient, 0},
		{"this end alone, behind the last hop", direct, far, "3x 4x 5x", "", 5, SideServer, 5},
		{"this end alone, in the middle", direct, far, "3x 4 3x 4", "", 5, SidePath, 3},
		{"no ICMP reaches the server", direct, far, "3x 4x 5 4x 5", "3 1 1", 0, SideUnknown, 4},
		{"they contradict each other", direct, far, "3 1 1", "3 1 1", 5, SideUnknown, -1},
		{"silent once only", direct, far, "3 1x 2", "3x 5x", 5, SideUnknown, -1},
		{"no answer in between", direct, far, "1x 3 2 2", "3x 5x", 5, SideUnknown, -1},
		{"nothing searched", direct, far, "", "3x 5x", 5, SideUnknown, -1},
		{"the server's distance is not known", direct, ran(probe.CheckPath), "3 2 1x 2", "3x 5x", 5, SideUnknown, -1},
	}
	for _, tt := range tests {
		parts := append(append([]part{}, tt.base...), tt.path, idled(hops.Timeout), theirSession(0, "", false), edges(tt.up, tt.down), answeredThere(tt.there))
		var f *Finding
		for _, x := range Diagnose(made(parts...)) {
			if x.Code == "control-idle-timeout" {
				f = &x
			}
		}
		if f == nil {
			t.Fatalf("%s: not found", tt.name)
		}
		after := -1
		if f.Where.HopKnown {
			after = f.Where.AfterHop
		}
		if f.Where.Side != tt.want || after != tt.after || f.Certainty != Certain {
			t.Errorf("%s: %s, %s after hop %d, want %s after %d\n%s", tt.name, f.Certainty, f.Where.Side, after, tt.want, tt.after, strings.Join(append(f.Story, f.RuledOut...), "\n"))
		}
		owner := map[Side]Owner{SideClient: ClientNetwork, SidePath: PathOwner, SideServer: ServerNetwork, SideUnknown: PathOwner}[tt.want]
		if f.Owner != owner || f.Fixes[0].Who != owner {
			t.Errorf("%s: owner %s, first fix for %s, want %s", tt.name, f.Owner, f.Fixes[0].Who, owner)
		}
		if open := strings.Contains(strings.Join(f.RuledOut, "\n"), notDecidedWhere); open != (tt.want == SideUnknown) {
			t.Errorf("%s: %q", tt.name, f.RuledOut)
		}
	}
}

// TestAnArrivedCommandDiedNowhere on its way: its answer did.
func TestAnArrivedCommandDiedNowhere(t *testing.T) {
	parts := append(append([]part{}, direct...), controlPath, idled(hops.Timeout), theirSession(0, "", true), edges("2x 3x", "2x 3 2x 3"), answeredThere(3))
	if f := Diagnose(made(parts...))[0]; f.Where.HopKnown || f.Where.Side != SideUnknown {
		t.Errorf("%+v", f.Where)
	}
}
