package report

import "testing"

// TestReplies reads the other end's search along its replies: the nearest
// acknowledgement counts, and what is acknowledged there reaches all farther hops.
func TestReplies(t *testing.T) {
	for _, tt := range []struct {
		name    string
		path    []string
		reached []bool // hops 1 to 5
		end     int
	}{
		{"never asked", nil, []bool{false, false, false, false, false}, 0},
		{"all answer", []string{"x", "x", "x", "o"}, []bool{true, true, true, true, true}, 4},
		{"some are silent", []string{"x", "-", "x", "-", "o"}, []bool{true, false, true, false, true}, 5},
		{"acknowledged late, and in the second try at once", []string{"x", "x", "x", "o", "o"}, []bool{true, true, true, true, true}, 4},
		{"cut short", []string{"x", "-"}, []bool{true, false, false, false, false}, 0},
	} {
		v := newView(made(client("198.51.100.7"), twoEnds("198.51.100.7", madeServer), alongReplies(tt.path...)))
		for i, want := range tt.reached {
			if got := v.repliesReach(i + 1); got != want {
				t.Errorf("%s: hop %d reached: %v, want %v", tt.name, i+1, got, want)
			}
		}
		if got := v.repliesEnd(); got != tt.end {
			t.Errorf("%s: end at %d, want %d", tt.name, got, tt.end)
		}
	}
}
