package probe_test

import (
	"net"
	"testing"

	"ftpcheck/probe"
)

// A session that lists twice, as with --parallel 1, is in the directory already.
func TestRelativePathIsEnteredOnce(t *testing.T) {
	entered := map[int]bool{}
	ev, _, _ := scripted(t, hello, func(id int, _ net.Conn, line string) (string, bool) {
		if line != "CWD pub" {
			return "", false
		}
		if entered[id] {
			return "550 no such directory\r\n", true
		}
		entered[id] = true
		return "250 ok\r\n", true
	}, probe.Target{Path: "pub"}, probe.Options{Parallel: 1, Checks: probe.Passive})
	for _, m := range probe.Passive {
		if !ev.Modes[m].Listed() {
			t.Errorf("%s did not list", m)
		}
	}
}
