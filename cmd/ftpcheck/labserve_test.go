//go:build linux

package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe/netlab"
)

// TestLabServeLike has the program imitate a real server beside it, and the
// client check the imitation.
func TestLabServeLike(t *testing.T) {
	program := openLab(t)
	n := newLabNet(t, &netlab.Scenario{Server: netlab.Server{
		Port: 2121, Passive: "50000-50007", Announce: "198.51.100.7",
		Config: map[string][]string{"vsftpd": {"ftpd_banner=Company FTP"}},
	}})
	startServer(t, n, "vsftpd")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out bytes.Buffer
	cmd := n.command(ctx, "srv", program, "serve", "--listen", ":2122", "--anonymous", "--like", "127.0.0.1:2121", "--for", "2s")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{
		"took over the greeting\n", "took over the announced address 198.51.100.7\n", "took over the passive ports 5000",
		"lines of FEAT\n", "did not take over REST, TVFS of FEAT\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}
