package probe_test

import (
	"strings"
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
		again int // hops asked once more
	}{
		"all well":             {nil, 0, 0},
		"nothing new gets out": {[]netlab.Rule{{At: "sgw", Toward: "client", State: "new", Do: "drop"}}, 1, 1},
		"nothing new gets in":  {[]netlab.Rule{{At: "cgw", Toward: "client", State: "new", Do: "drop"}}, 1, 0},
	} {
		ev, all := simulate(t, both(func(s *netlab.Scenario) { s.Rules = test.rules }), probe.Options{Timeout: time.Second})
		asked, again, told := 0, 0, 0
		for _, e := range all {
			if e.Kind == probe.KindSend && e.Text == "SITE FTPCHECK PATH" {
				asked++
			}
			if e.Kind == probe.KindSend && strings.Contains(e.Text, "no farther than hop") {
				again++
			}
		}
		for _, s := range ev.Peer.Seen.Sessions {
			if len(s.Path) > 0 {
				told++
			}
		}
		if asked != test.want || told != test.want || again != test.again {
			t.Errorf("%s: asked %d times, and told of %d sessions, want %d; %d hops once more, want %d", name, asked, told, test.want, again, test.again)
		}
		replays(t, all)
	}
}
