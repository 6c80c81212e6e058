package probe_test

import (
	"net"
	"testing"

	"ftpcheck/probe"
)

// A 421 says that the server closes: the next mode gets a session of its own.
func TestServiceClosing(t *testing.T) {
	ev, _, _ := scripted(t, hello, func(_ int, c net.Conn, line string) (string, bool) {
		if line == "EPSV" {
			c.Write([]byte("421 closing\r\n"))
			c.Close()
		}
		return "", line == "EPSV"
	}, probe.Target{}, probe.Options{Parallel: 1, Checks: probe.Passive})
	if m := ev.Modes[probe.CheckPASV]; m.Lost != nil || !m.Listed() {
		t.Errorf("PASV after a 421 to EPSV: %+v", m)
	}
}
