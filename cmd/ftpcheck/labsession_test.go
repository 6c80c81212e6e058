//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ftpcheck/probe/netlab"
	"ftpcheck/testdata/scenarios"
)

// TestLabSession watches a firewall being opened, from a terminal: a real
// network, a real server, and somebody who changes the rules meanwhile.
func TestLabSession(t *testing.T) {
	program := openLab(t)
	all, err := netlab.Load(scenarios.Files)
	if err != nil {
		t.Fatal(err)
	}
	n := newLabNet(t, named(t, all, "range-dropped-at-server-gateway"))
	startServer(t, n, "vsftpd")
	p := openLabPane(t, n)

	p.runs(program + " tui --timeout 1s")
	p.shows("Which FTP server")
	p.types(newLabAddresses(n.scenario).target)
	p.keys("Tab")
	p.types("x")
	p.shows(`port .*is not`) // in the words of the command line
	p.keys("BSpace")
	p.hides(`port .*is not`)
	p.keys("Enter")
	p.shows(`FAIL +\d+ s$`)
	p.shows(`^ > PROBLEM  Connections to the passive`)
	p.shows(`-- PROBLEM .* data-filtered$`)
	p.shows(`^ epsv +\|-+X +:\d+ +FAIL`)

	p.keys("w")
	p.shows(`watch, next in \d+ s$`)
	if out, err := n.command(t.Context(), "sgw", "nft", "delete", "table", "inet", "fw").CombinedOutput(); err != nil {
		t.Fatalf("nft: %v\n%s", err, out)
	}
	p.shows(`\d\d:\d\d:\d\d +epsv: FAIL -> ok`)
	p.shows(`\d\d:\d\d:\d\d +data-filtered: gone`)
	p.shows(`^ epsv +\|-+>\| :\d+ +ok`)

	if err := n.filter("sgw"); err != nil {
		t.Fatal(err)
	}
	p.shows(`\d\d:\d\d:\d\d +epsv: ok -> FAIL`)
	p.shows(`watch, running +\d+ s$`)
	p.keys("Escape")
	p.shows("cancelled")
	for _, device := range []string{"cli", "srv"} {
		idle := func() (bool, error) {
			busy, err := hasSocket("21", "01")
			return !busy, err
		}
		if err := n.await(device, idle, nil); err != nil {
			t.Errorf("after a cancelled run %s still has a control connection: %v", device, err)
		}
	}
	p.keys("q")
	text, code := p.ended()
	if code != 1 || !strings.Contains(text, "\nRESULT FAIL ") || !strings.Contains(text, "cut short") {
		t.Errorf("exit code %d, shown:\n%s", code, text)
	}
}

// openLabPane is a terminal on the lab's client, of a user without privileges.
func openLabPane(t *testing.T, n *labNet) *pane {
	t.Helper()
	home := filepath.Join(n.folder, "home")
	if err := os.Mkdir(home, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(home, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	return openPaneIn(t, home, 120, 40, "ip", "netns", "exec", n.ns("cli"), "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
}

func named(t *testing.T, all []*netlab.Scenario, name string) *netlab.Scenario {
	t.Helper()
	for _, s := range all {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("there is no scenario %s", name)
	return nil
}
