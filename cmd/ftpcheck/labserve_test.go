//go:build linux

package main

import (
	"bytes"
	"context"
	"os"
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

// TestLabServeSummary: one person at the server learns whether nothing arrives
// or the answers are lost, without the other's report.
func TestLabServeSummary(t *testing.T) {
	program := openLab(t)
	const ports = "50000-50007"
	tests := []struct {
		name string
		rule netlab.Rule
		want string
	}{
		{"nothing arrives", netlab.Rule{At: "sgw", Toward: "server", Ports: ports, Do: "drop"}, ": nothing arrived\n"},
		{"answers are lost", netlab.Rule{At: "cgw", Toward: "client", From: ports, Do: "drop"}, ": a SYN arrived and was answered, the client never sent the third packet\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := newLabNet(t, &netlab.Scenario{
				Rules: []netlab.Rule{tt.rule},
				Run:   netlab.Run{Args: []string{"--checks", "name,control,login,epsv", "--timeout", "2s"}},
			})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var out lockedBuilder
			cmd := n.command(ctx, "srv", program, "serve", "--anonymous", "--passive", ports)
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			out.await(t, `at the other side:\n\n +(ftpcheck)`)
			runProgram(t, n, program)
			summary := out.await(t, `(?s)has left: 1 session.*?(\n +passive .*)\n`)
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
			if !strings.Contains(out.String(), tt.want) || !strings.Contains(summary, "port: at 0 a connection arrived") {
				t.Errorf("no %q in:\n%s", tt.want, out.String())
			}
		})
	}
}
