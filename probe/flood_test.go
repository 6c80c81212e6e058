package probe_test

import (
	"net"
	"strings"
	"testing"

	"ftpcheck/probe"
)

// A server that floods the control connection with short lines fills neither
// the memory nor a recording.
func TestFloodOfShortLinesIsBounded(t *testing.T) {
	for _, test := range []struct{ command, flood string }{
		{"LIST", strings.Repeat("150 x\r\n", 10000)},
		{"TYPE I", "200-\n" + strings.Repeat("\n", 100000)}, // sent by the ordinary client
	} {
		_, _, all := scripted(t, hello, func(_ int, c net.Conn, line string) (string, bool) {
			if line == test.command {
				c.Write([]byte(test.flood))
			}
			return "", line == test.command
		}, probe.Target{}, probe.Options{Checks: []probe.Check{probe.CheckEPSV, probe.CheckClient}})
		if len(all) > 5000 {
			t.Errorf("%s: %d events", test.command, len(all))
		}
	}
}
