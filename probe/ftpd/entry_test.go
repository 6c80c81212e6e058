package ftpd

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// entries returns all entries of one class so far.
func (r *running) entries(what What) []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []Entry
	for _, e := range r.log {
		if e.What == what {
			found = append(found, e)
		}
	}
	return found
}

// one returns the only entry of its class, as soon as it is there.
func (r *running) one(t *testing.T, what What) Entry {
	t.Helper()
	var found []Entry
	eventually(t, string(what), func() bool { found = r.entries(what); return len(found) > 0 })
	if len(found) != 1 {
		t.Fatalf("%d entries %q, want one: %+v", len(found), what, found)
	}
	return found[0]
}

// TestEntriesOfADownload: what a passive transfer leaves in the log, as facts.
func TestEntriesOfADownload(t *testing.T) {
	r := serve(t, Options{})
	c := r.login(t)
	port := c.passive()
	data := dialTCP(t, port)
	c.ask("RETR 1KiB.bin", "150")
	mustRead(t, data)
	c.wants("226")
	c.ask("QUIT", "221")
	leave := r.one(t, WhatLeave)
	if leave.Session != 1 || leave.Peer != addrPort(c.conn.LocalAddr()) || leave.How != exchange.EndQuit {
		t.Errorf("leave: %+v", leave)
	}
	if e := r.one(t, WhatOpen); e.Command != "PASV" || e.Local != port {
		t.Errorf("open: %+v", e)
	}
	if e := r.one(t, WhatAnnounce); e.Code != 227 || e.Addr != port || e.Text != string(e.Raw) {
		t.Errorf("announce: %+v", e)
	}
	from := addrPort(data.LocalAddr())
	if e := r.one(t, WhatArrive); e.Local != port || e.Remote != from || e.Refused {
		t.Errorf("arrive: %+v", e)
	}
	if e := r.one(t, WhatShut); e.Local != port {
		t.Errorf("shut: %+v", e)
	}
	got := r.one(t, WhatTransfer)
	got.Took, got.Time = 0, time.Time{}
	want := Entry{
		Session: 1, Peer: leave.Peer, What: WhatTransfer, Local: port, Remote: from, Command: "RETR", Path: "1KiB.bin",
		Code: 226, Sent: 1024, How: exchange.EndOurs, Text: "RETR 1KiB.bin: 1024 bytes",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("transfer:\n got %+v\nwant %+v", got, want)
	}
	if e := r.one(t, WhatGreet); string(e.Raw) != "220 (ftpcheck)\r\n" {
		t.Errorf("greet: %q", e.Raw)
	}
}

// TestEntriesOfActiveMode: PORT as it arrived, what became of it, and the dial.
func TestEntriesOfActiveMode(t *testing.T) {
	r := serve(t, Options{})
	c := r.login(t)
	l, command := listen(t)
	at := addrPort(l.Addr())
	c.ask("PORT 192,0,2,1,200,1", "500")
	c.ask(command, "200")
	l.Close() // and nothing listens any more
	c.ask("LIST", "425")
	announced := r.entries(WhatAnnounce)
	if e := announced[0]; e.Code != 500 || string(e.Raw) != "PORT 192,0,2,1,200,1" || e.Text != `PORT "192,0,2,1,200,1", refused: 500` {
		t.Errorf("a foreign address: %+v", e)
	}
	if e := announced[1]; e.Code != 200 || string(e.Raw) != command || e.Addr != at {
		t.Errorf("our own: %+v", e)
	}
	if e := r.one(t, WhatDial); e.Command != "PORT" || e.Remote != at || e.Outcome != hops.Refused {
		t.Errorf("dial: %+v", e)
	}
	if e := r.one(t, WhatTransfer); e.Code != 425 || e.Remote.IsValid() || e.Text != "LIST: no data connection" {
		t.Errorf("transfer: %+v", e)
	}
}

// TestCrossedOutCommandIsTold: what a device leaves of a command is no secret,
// and nothing behind it is told.
func TestCrossedOutCommandIsTold(t *testing.T) {
	r := serve(t, Options{})
	c := r.login(t)
	for _, line := range []string{"XXXX", "XXXX 1,2", "**** ", "XX", "XXXY", "hunter2"} {
		c.ask(line, "500")
	}
	var got []string
	for _, e := range r.entries(WhatHear) {
		if e.Command == "" {
			got = append(got, string(e.Raw))
		}
	}
	if want := []string{"XXXX", "XXXX", "****", "", "", ""}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestSecretsAreNotLogged: neither a password, nor one that was typed where a
// command belongs.
func TestSecretsAreNotLogged(t *testing.T) {
	const secret = "hunter2"
	r := serve(t, Options{})
	c := r.connect(t)
	c.wants("220")
	c.ask("USER "+secret, "331")
	c.ask("PASS "+secret, "530")
	c.ask(secret, "500")
	c.ask("USER ann", "331")
	c.ask("PASS "+testPassword, "230")
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.log {
		for _, s := range []string{secret, testPassword, "HUNTER2"} {
			if strings.Contains(fmt.Sprintf("%+v %q", e, e.Raw), s) {
				t.Errorf("the log tells a secret: %+v", e)
			}
		}
	}
}

// TestSetFaults: a session follows from its next command on; a name that does
// not exist changes nothing.
func TestSetFaults(t *testing.T) {
	r := serve(t, Options{Faults: []string{"refuse-pasv"}})
	c := r.login(t)
	c.ask("PASV", "550")
	if err := r.server.SetFaults([]string{"refuse-epsv", "announce-private"}); err != nil {
		t.Fatal(err)
	}
	c.ask("EPSV", "500")
	c.ask("PASV", "227 Entering Passive Mode (10,20,30,40,")
	if err := r.server.SetFaults([]string{"data-plain"}); err == nil {
		t.Error("a server without TLS took a fault of TLS")
	}
	if err := r.server.SetFaults([]string{"nonsense"}); err == nil {
		t.Error("an unknown fault was taken")
	}
	c.ask("EPSV", "500")
	if err := r.server.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	c.ask("EPSV", "229")
	if got := r.logged(WhatFaults); len(got) != 2 || got[0] != "refuse-epsv announce-private" {
		t.Errorf("logged %q", got)
	}
}
