package probe_test

import (
	"net"
	"testing"

	"ftpcheck/probe"
)

// A server that closes at QUIT without a 221 has not lost the session.
func TestClosingAtQuitIsNoLoss(t *testing.T) {
	_, _, all := scripted(t, hello, func(_ int, c net.Conn, line string) (string, bool) {
		if line == "QUIT" {
			c.Close()
			return "", true
		}
		return "", false
	}, probe.Target{}, probe.Options{Parallel: 1, Checks: []probe.Check{probe.CheckLogin}})
	for _, e := range all {
		if e.Kind == probe.KindLost {
			t.Errorf("%+v", e)
		}
	}
}
