package probe

import "testing"

// A low limit on open files makes a sweep slow, not serial.
func TestFlightsWithinFileLimit(t *testing.T) {
	for _, test := range []struct{ limit, want int }{
		{0, 1}, {2, 1}, {64, 32}, {100, 50}, {256, 192}, {1024, 960}, {20000, 1000},
	} {
		if got := flights(test.limit); got != test.want {
			t.Errorf("limit %d: %d dials, want %d", test.limit, got, test.want)
		}
	}
}
