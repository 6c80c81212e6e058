package report

import (
	"slices"
	"testing"
)

// truth is one cause that is true in a network. at is the device that does it.
type truth struct {
	code string
	at   int
	sure Certainty // the most that may be said of it
}

// nowhere is the place of what is no device's doing.
const nowhere = -1

// claim notes a cause that may be called certain.
func (w *world) claim(code string, at int) { w.claims = append(w.claims, truth{code, at, Certain}) }

// lookAlike notes codes that the network looks like, and that are not the
// cause: they may be named, and never as certain.
func (w *world) lookAlike(at int, codes ...string) {
	for _, code := range codes {
		w.claims = append(w.claims, truth{code, at, Likely})
	}
}

// allows reports whether a claim covers the finding.
func (c truth) allows(f Finding) bool {
	switch {
	case c.code != f.Code, c.sure != Certain && f.Certainty == Certain:
		return false
	case c.at == nowhere, f.Where == nil, f.Certainty != Certain:
		return true
	}
	return c.covers(f.Where)
}

// covers reports whether a finding's place is the device's. Its last answering
// hop is the device, whose forward filter drops, or the one before it; seen from
// the other end, the one behind it. Where the side is left open, routers may be
// silent between that hop and the device.
func (c truth) covers(at *Where) bool {
	sides := []Side{SideClient, SideClient, SidePath, SideServer, SideServer}
	if at.HopKnown && at.AfterHop > c.at+1 {
		return false
	}
	if at.Side == SideUnknown {
		return true
	}
	if at.Side != sides[c.at] || at.HopKnown && at.AfterHop < c.at-1 {
		return false
	}
	return at.Address == "" || slices.ContainsFunc([]int{c.at - 1, c.at, c.at + 1}, func(d int) bool {
		return d >= 0 && d < len(deviceAddresses) && slices.Contains(deviceAddresses[d], at.Address)
	})
}

// deviceAddresses are all that a device can be known by. A server behind NAT is
// known by its gateway's.
var deviceAddresses = [][]string{
	cli: {"192.168.1.10", "203.0.113.66", "2001:db8:1::10"},
	cgw: {"192.168.1.1", "203.0.113.65", "203.0.113.2", "2001:db8:1::1", "2001:db8:a::2"},
	isp: {"203.0.113.1", "198.51.100.1", "2001:db8:a::1", "2001:db8:b::1"},
	sgw: {"198.51.100.2", "10.0.0.1", "198.51.100.65", "2001:db8:b::2", "2001:db8:2::1"},
	srv: {"198.51.100.66", "10.0.0.10", "198.51.100.2", "2001:db8:2::10"},
}

// TestTruthOfClaims: what is not true does not pass for it.
func TestTruthOfClaims(t *testing.T) {
	filtered := truth{"data-filtered", isp, Certain}
	tests := []struct {
		name  string
		claim truth
		f     Finding
		want  bool
	}{
		{"the device", filtered, Finding{Code: "data-filtered", Certainty: Certain, Where: &Where{SidePath, true, 2, 4, "203.0.113.1"}}, true},
		{"the hop before", filtered, Finding{Code: "data-filtered", Certainty: Certain, Where: &Where{SidePath, true, 1, 4, "203.0.113.65"}}, true},
		{"side left open", filtered, Finding{Code: "data-filtered", Certainty: Certain, Where: &Where{SideUnknown, true, 1, 4, ""}}, true},
		{"without a place", filtered, Finding{Code: "data-filtered", Certainty: Certain}, true},
		{"another cause", filtered, Finding{Code: "data-rejected", Certainty: Certain}, false},
		{"another side", filtered, Finding{Code: "data-filtered", Certainty: Certain, Where: &Where{SideServer, true, 2, 4, ""}}, false},
		{"too far", filtered, Finding{Code: "data-filtered", Certainty: Certain, Where: &Where{SidePath, true, 4, 4, ""}}, false},
		{"too near", filtered, Finding{Code: "data-filtered", Certainty: Certain, Where: &Where{SidePath, true, 0, 4, ""}}, false},
		{"another device's address", filtered, Finding{Code: "data-filtered", Certainty: Certain, Where: &Where{SidePath, true, 2, 4, "198.51.100.66"}}, false},
		{"likely somewhere else", filtered, Finding{Code: "data-filtered", Certainty: Likely, Where: &Where{Side: SideServer}}, true},
		{"a look-alike", truth{"data-filtered", isp, Likely}, Finding{Code: "data-filtered", Certainty: Likely}, true},
		{"a look-alike called certain", truth{"data-filtered", isp, Likely}, Finding{Code: "data-filtered", Certainty: Certain}, false},
	}
	for _, tt := range tests {
		if got := tt.claim.allows(tt.f); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
