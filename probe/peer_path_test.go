package probe_test

import (
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/netlab"
)

// The opposite end is asked to follow its replies once, and only where its
// connections do not get here.
func TestRepliesAreFollowedInNeed(t *testing.T) {
	for name, test := range map[string]struct {
		rules []netlab.Rule
		want  int
	}{
		"all well":             {nil, 0},
		"nothing new gets out": {[]netlab.Rule{{At: "sgw", Toward: "client", State: "new", Do: "drop"}}, 1},
	} {
		ev, all := simulate(t, both(func(s *netlab.Scenario) { s.Rules = test.rules }), probe.Options{Timeout: time.Second})
		asked, told := 0, 0
		for _, e := range all {
			if e.Kind == probe.KindSend && e.Text == "SITE FTPCHECK PATH" {
				asked++
			}
		}
		for _, s := range ev.Peer.Seen.Sessions {
			if len(s.Path) > 0 {
				told++
			}
		}
		if asked != test.want || told != test.want {
			t.Errorf("%s: asked %d times, and told of %d sessions, want %d", name, asked, told, test.want)
		}
		replays(t, all)
	}
}
