package probe_test

import (
	"strings"
	"testing"

	"ftpcheck/probe"
)

// Neither path, user nor password can carry a command of its own.
func TestNoCommandIsSmuggled(t *testing.T) {
	for _, target := range []probe.Target{
		{Path: "pub\r\nDELE x"},
		{Path: "pub\nDELE x"},
		{User: "u\r\nDELE x", Password: "p"},
		{User: "u", Password: "p\r\nDELE x"},
	} {
		_, sent, _ := scripted(t, hello, plain, target, probe.Options{})
		for _, line := range sent {
			if strings.Contains(line, "DELE") {
				t.Errorf("sent %q", line)
			}
		}
	}
}
