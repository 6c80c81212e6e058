package probe

import (
	"slices"
	"testing"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// TestSilentHops: hops that answer replies, behind the last one that answered a
// search that ended in silence.
func TestSilentHops(t *testing.T) {
	steps := func(signs string) (list []exchange.Step) {
		outcomes := map[rune]Outcome{'x': hops.Expired, '-': hops.Timeout, 'r': hops.Refused, 'o': hops.Open}
		for i, sign := range signs {
			list = append(list, exchange.Step{TTL: i + 1, Outcome: outcomes[sign]})
		}
		return list
	}
	for _, tt := range []struct {
		name, search, replies string
		want                  []int
	}{
		{"all of them answer the search", "xxx---", "xxxo", nil},
		{"two are silent", "x-----", "xxxo", []int{2, 3}},
		{"one of them is silent for replies", "x-----", "xx-o", []int{2}},
		{"a silent one in front of one that answers", "-x----", "xxxo", []int{3}},
		{"it ended in a refusal", "xr", "xxxo", nil},
		{"no replies were followed", "x-----", "", nil},
	} {
		tried := []exchange.Dialing{{}, {Steps: steps(tt.search)}}
		if got := silentHops(tried, steps(tt.replies)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
