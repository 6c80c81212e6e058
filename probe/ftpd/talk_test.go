package ftpd

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestTalk holds conversations: "> " is sent, "< " is how the reply begins,
// "." means that the server closes.
func TestTalk(t *testing.T) {
	login := "> USER anonymous\n< 331\n> PASS x\n< 230\n"
	tests := []struct{ name, talk string }{
		{"named user", "> USER ann\n< 331\n> PASS correct horse\n< 230\n> PWD\n< 257 \"/\" \n> QUIT\n< 221\n."},
		{"not before login", "> LIST\n< 530\n> PASV\n< 530\n> PASS x\n< 503\n> FEAT\n< 211-\n> ABOR\n< 530"},
		{"only one directory", login + "> CWD /\n< 250\n> CWD ./../.\n< 250\n> CDUP\n< 250\n> CWD /pub\n< 550\n> LIST /pub\n< 550"},
		{"types", login + "> TYPE I\n< 200\n> type a\n< 200\n> TYPE L 8\n< 200\n> TYPE E\n< 504\n> MODE S\n< 200\n> MODE B\n< 504\n> STRU F\n< 200\n> STRU R\n< 504"},
		{"about files", login + "> SIZE 64MiB.bin\n< 213 67108864\n> SIZE /0B.bin\n< 213 0\n> SIZE x\n< 550\n> MDTM 1KiB.bin\n< 213 20260102030405\n> MDTM x\n< 550\n" +
			"> RETR x\n< 550\n> STOR a/b\n< 553\n> MLST 1KiB.bin\n< 250-Listing 1KiB.bin\n type=file;size=1024;"},
		{"what we are", login + "> SYST\n< 215 UNIX Type: L8\n> NOOP\n< 200\n> HELP\n< 214-\n> SITE HELP\n< 214\n> SITE x\n< 500\n> OPTS UTF8 ON\n< 200\n> OPTS x\n< 501"},
		{"our address as seen", login + "> STAT\n< 211-FTP server status:\n     Connected to 127.0.0.1\n> STAT /\n< 213-"},
		{"no data connection", login + "> LIST\n< 425 Use PORT or PASV first.\n> ABOR\n< 226"},
		{"EPSV of a family", login + "> EPSV 1\n< 229\n> EPSV 2\n< 522 Network protocol not supported, use (1)\n> EPSV x\n< 522"},
		{"EPSV ALL", login + "> EPSV ALL\n< 200\n> PASV\n< 500\n> PORT 127,0,0,1,200,1\n< 500\n> EPRT |1|127.0.0.1|50000|\n< 500\n> EPSV\n< 229"},
		{"bounce", login + "> PORT 192,0,2,1,200,1\n< 500 Illegal PORT command.\n> PORT 127,0,0,1,0,25\n< 500 Illegal PORT\n> PORT 127,0,0,2,200,1\n< 500 Illegal PORT\n" +
			"> PORT 1,2,3\n< 500 Illegal PORT\n> EPRT |1|192.0.2.1|50000|\n< 500 Illegal EPRT\n> EPRT |2|::1|50000|\n< 522\n> EPRT |3|x|1|\n< 522\n> LIST\n< 425"},
		{"unchangeable", login + "> DELE 1KiB.bin\n< 550\n> DELE /\n< 550\n> DELE\n< 550\n> APPE x\n< 502\n> REST 5\n< 502\n> MKD x\n< 502\n> AUTH TLS\n< 502\n> XYZZY\n< 500"},
		{"long line", "> NOOP " + strings.Repeat("x", 5000) + "\n< 500 Line too long.\n> NOOP\n< 200"},
		{"too much nonsense", strings.Repeat("> XYZZY\n< 500\n", maxBad+1) + "< 421\n."},
	}
	r := serve(t, Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := r.connect(t)
			c.wants("220 (ftpcheck)")
			c.hold(tt.talk)
		})
	}
}

// hold speaks the client's part of a conversation and checks the server's. A
// line with no mark continues the reply above it.
func (c *client) hold(talk string) {
	c.t.Helper()
	lines := strings.Split(talk, "\n")
	for i := 0; i < len(lines); i++ {
		switch line := lines[i]; {
		case strings.HasPrefix(line, "> "):
			c.send(line[2:])
		case strings.HasPrefix(line, "< "):
			want := line[2:]
			for i+1 < len(lines) && strings.HasPrefix(lines[i+1], " ") {
				i++
				want += "\n" + lines[i]
			}
			c.wants(want)
		case line == ".":
			c.ends()
		}
	}
}

func TestHelpNamesEveryVerb(t *testing.T) {
	shown := map[string]bool{}
	for _, v := range strings.Fields(verbs + tlsVerbs) {
		shown[v] = true
	}
	for v := range commands {
		if !shown[v] {
			t.Errorf("HELP does not name %s", v)
		}
		delete(shown, v)
	}
	for v := range shown {
		t.Errorf("HELP names %s, which does not exist", v)
	}
}

func TestSecondPASVClosesTheFirst(t *testing.T) {
	c := serve(t, Options{}).login(t)
	first := c.passive()
	second := c.passive()
	if conn, err := netDial(first); err == nil {
		conn.Close()
		t.Errorf("%v still listens", first)
	}
	data := dialTCP(t, second)
	c.ask("NLST", "150")
	if got := mustRead(t, data); !strings.HasPrefix(got, "0B.bin\r\n") {
		t.Errorf("NLST sent %q", got)
	}
	c.wants("226")
}

// TestUploads: a session may ask for what it has stored, and remove it.
func TestUploads(t *testing.T) {
	r := serve(t, Options{})
	c := r.login(t)
	for i := range maxUploads + 1 {
		data := dialTCP(t, c.passive())
		c.ask(fmt.Sprintf("STOR up%d", i), "150")
		data.Write(make([]byte, 100+i))
		data.Close()
		c.wants("226")
	}
	c.hold("> SIZE up0\n< 550\n> SIZE up1\n< 213 101\n> SIZE /up16\n< 213 116\n> RETR up16\n< 550\n" +
		"> DELE /up16\n< 250\n> SIZE up16\n< 550\n> DELE up16\n< 550")
	other := r.login(t)
	other.ask("SIZE up1", "550")
	other.ask("DELE up1", "550")
}

func TestABOREndsATransfer(t *testing.T) {
	c := serve(t, Options{}).login(t)
	data := dialTCP(t, c.passive())
	defer data.Close()
	c.ask("RETR 64MiB.bin", "150") // which nobody reads
	c.send("\xff\xf4\xff\xf2ABOR")
	c.wants("426")
	c.wants("226 ABOR")
	c.ask("NOOP", "200")
}

func TestActiveComesFromPort20(t *testing.T) {
	c := serve(t, Options{}).login(t)
	l, command := listen(t)
	c.ask(command, "200")
	c.ask("LIST", "150")
	data, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if got := mustRead(t, data); !strings.Contains(got, "64MiB.bin") {
		t.Errorf("LIST sent %q", got)
	}
	c.wants("226")
	from := addrPort(data.RemoteAddr())
	if mayBind20() && from.Port() != 20 {
		t.Errorf("data came from %v", from)
	}
}

func TestPASVOnIPv6(t *testing.T) {
	if l, err := netListen("[::1]:0"); err != nil {
		t.Skip("no IPv6 here")
	} else {
		l.Close()
	}
	r := serve(t, Options{Listen: []netip.AddrPort{netip.MustParseAddrPort("[::1]:0")}})
	c := r.login(t)
	c.ask("PASV", "425 You cannot use PASV on IPv6 connections. Use EPSV instead.")
	c.ask("EPSV 1", "522 Network protocol not supported, use (2)")
	c.ask("EPRT |1|127.0.0.1|50000|", "522")
	c.ask("EPSV 2", "229")
}

func TestPassiveRangeRunsOut(t *testing.T) {
	r := serve(t, Options{Passive: freeRange(t, 2)})
	a, b, c := r.login(t), r.login(t), r.login(t)
	a.passive()
	b.passive()
	c.ask("PASV", "425 Cannot open a data port")
	a.ask("QUIT", "221")
	a.ends()
	c.passive()
}

// TestStranger: a data connection from another address than the client's is
// closed, and the client that never comes is told.
func TestStranger(t *testing.T) {
	c := serve(t, Options{}).login(t)
	other := dialFrom(t, "127.0.0.2", c.passive())
	c.ask("LIST", "425 Security: Bad IP connecting.")
	other.Close()

	port := c.passive() // a stranger who comes first does not keep the client out
	other = dialFrom(t, "127.0.0.2", port)
	defer other.Close()
	data := dialTCP(t, port)
	c.ask("NLST", "150")
	mustRead(t, data)
	c.wants("226")
}

// TestScannedDataPort: somebody at the client's own address connects to its
// port first and leaves.
func TestScannedDataPort(t *testing.T) {
	r := serve(t, Options{})
	c := r.login(t)
	port := c.passive()
	dialTCP(t, port).Close()
	data := dialTCP(t, port)
	eventually(t, "two arrivals", func() bool { return len(r.logged(WhatArrive)) == 2 })
	c.ask("NLST", "150")
	if got := mustRead(t, data); got == "" {
		t.Error("the listing went elsewhere")
	}
	c.wants("226")
}

func TestNothingArrives(t *testing.T) {
	r := serve(t, Options{DataTimeout: 50 * time.Millisecond})
	c := r.login(t)
	c.passive()
	c.ask("LIST", "425 Failed to establish connection.")
	eventually(t, "it is logged", func() bool { return len(r.logged(WhatAbsent)) == 1 })
}

func TestIdleSessionsEnd(t *testing.T) {
	c := serve(t, Options{LoginTimeout: 50 * time.Millisecond}).connect(t)
	c.wants("220")
	c.wants("421 Timeout.")
	c.ends()
	c = serve(t, Options{Idle: 50 * time.Millisecond}).login(t)
	c.wants("421 Timeout.")
	c.ends()
}

func TestStopSaysGoodbye(t *testing.T) {
	r := serve(t, Options{})
	c := r.login(t)
	r.stop()
	c.wants("421 Server is going down")
	c.ends()
	r = serve(t, Options{Life: 50 * time.Millisecond})
	c = r.connect(t)
	c.wants("220")
	c.wants("421 Server is going down")
}

func TestPanicEndsOnlyItsSession(t *testing.T) {
	r := serve(t, Options{Log: func(e Entry) {
		if e.What == WhatLogin {
			panic("boom")
		}
	}})
	c, other := r.connect(t), r.connect(t)
	c.wants("220")
	other.wants("220")
	c.ask("USER ftp", "331")
	c.ask("PASS x", "421 Internal error")
	c.ends()
	other.ask("NOOP", "200")
}
