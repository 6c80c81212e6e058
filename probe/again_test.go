package probe_test

import (
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"ftpcheck/probe"
)

// A refusal for the moment is asked about once more, any other is not
// (RFC 959 4.2.1).
func TestAskedAgain(t *testing.T) {
	tests := []struct {
		refusal string
		asked   int
		listed  bool
	}{
		{"425 EPSV: Address already in use\r\n", 2, true},
		{"550 Permission denied.\r\n", 1, false},
		{"421 Service not available.\r\n", 1, false},
	}
	for _, tt := range tests {
		var once sync.Once
		refuse := func(_ int, _ net.Conn, line string) (reply string, ok bool) {
			if line == "EPSV" {
				once.Do(func() { reply, ok = tt.refusal, true })
			}
			return reply, ok
		}
		ev, sent, _ := scripted(t, hello, refuse, probe.Target{}, probe.Options{Checks: []probe.Check{probe.CheckName, probe.CheckControl, probe.CheckLogin, probe.CheckEPSV}})
		asked := len(slices.DeleteFunc(sent, func(line string) bool { return !strings.HasSuffix(line, " EPSV") }))
		if listed := ev.Modes[probe.CheckEPSV].Listed(); asked != tt.asked || listed != tt.listed {
			t.Errorf("%q: asked %d times, listed %v; want %d, %v", tt.refusal, asked, listed, tt.asked, tt.listed)
		}
	}
}
