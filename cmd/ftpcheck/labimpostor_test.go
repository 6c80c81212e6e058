//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
	"ftpcheck/probe/netlab"
)

const (
	tricks = "\x1b[2J\x1b]0;owned\x07\u009b1m\u202e"
	secret = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// TestLabHostileServer has servers claim to be ftpcheck's own and answer the
// exchange as they please. A run ends in time all the same, reaches nobody but
// the server, and prints nothing that a terminal would obey.
func TestLabHostileServer(t *testing.T) {
	program := openLab(t)
	big, err := bodyReply(make([]int, 8<<20)) // 16 MiB of JSON in a few lines
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		answer func(w io.Writer, verb exchange.Verb) error // an error ends the session
	}{
		{"lies", lie},
		{"length", func(w io.Writer, _ exchange.Verb) error {
			return sendBody(w, exchange.Seen{Sessions: make([]exchange.Session, 20_000), Dials: make([]exchange.Dialing, 20_000)})
		}},
		{"bomb", func(w io.Writer, _ exchange.Verb) error { return send(w, big) }},
		{"garbage", func(w io.Writer, _ exchange.Verb) error {
			return send(w, "211-FTPCHECK\r\n "+strings.Repeat("a", 72)+tricks+"\r\n211 End\r\n")
		}},
		{"flood", flood},
		{"drip", drip},
		{"silence", func(io.Writer, exchange.Verb) error { return nil }},
		{"end", func(io.Writer, exchange.Verb) error { return io.EOF }},
		{"no body", func(w io.Writer, _ exchange.Verb) error { return send(w, "211 "+tricks+"\r\n") }},
		{"preliminary", func(w io.Writer, _ exchange.Verb) error { return send(w, "150 soon\r\n") }},
		{"login", func(w io.Writer, _ exchange.Verb) error { return send(w, "530 "+tricks+"\r\n") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newLabNet(t, &netlab.Scenario{Run: netlab.Run{
				Args: []string{"--format", "text", "-v", "--timeout", "1s", "--reply-timeout", "1s"},
			}})
			var asked atomic.Int32
			n.impersonate(t, func(w io.Writer, verb exchange.Verb) error {
				asked.Add(1)
				return tt.answer(w, verb)
			})
			n.count(t, "cli", "ip daddr != "+labServerIP, "tcp flags & (syn | ack) == syn")
			out, exit, memory := runBounded(t, n, program)
			t.Logf("exit %d, %d MiB", exit, memory>>20)
			if asked.Load() == 0 {
				t.Error("it asked for nothing")
			}
			if exit != 0 && exit != 1 || !bytes.Contains(out, []byte("\nRESULT ")) {
				t.Errorf("exit %d", exit)
			}
			for _, bad := range []string{"\x1b", "\x07", "\u009b", "\u202e", secret} {
				if bytes.Contains(out, []byte(bad)) {
					t.Errorf("%q is in what it prints", bad)
				}
			}
			if counts := n.counts(t, "cli"); counts[0] != 0 || counts[1] > 500 {
				t.Errorf("%d packets went to others, %d connection attempts to the server", counts[0], counts[1])
			}
			if memory > 200<<20 && !slowed() {
				t.Errorf("it used %d MiB", memory>>20)
			}
			if t.Failed() {
				t.Logf("%q", out[max(0, len(out)-8000):])
			}
		})
	}
}

// runBounded runs the program in the client's namespace, and returns all that
// it prints, its exit code and its largest resident set in bytes.
func runBounded(t *testing.T, n *labNet, program string) (out []byte, exit, memory int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := n.command(ctx, "cli", asNobody(program, n)...)
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C: // what it used is gone with it, and rusage counts what this process used
			memory = max(memory, residentPeak(cmd.Process.Pid))
		case err := <-ended:
			if ctx.Err() != nil {
				t.Fatal("a run that should end in seconds has not ended in a minute")
			}
			if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
				t.Fatal(err)
			}
			return printed.Bytes(), cmd.ProcessState.ExitCode(), memory
		}
	}
}

// impersonate serves FTP as far as a run needs it, claims to be ftpcheck's own,
// and leaves the answers to SITE FTPCHECK to the test.
func (n *labNet) impersonate(t *testing.T, answer func(io.Writer, exchange.Verb) error) {
	t.Helper()
	l, err := n.listen("srv", ":21")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go n.impersonateOnce(c, answer)
		}
	}()
}

func (n *labNet) impersonateOnce(c net.Conn, answer func(io.Writer, exchange.Verb) error) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	replies := map[string]string{
		"USER": "331 Password", "PASS": "230 In", "SYST": "215 UNIX", "PWD": `257 "/"`, "NOOP": "200 OK", "TYPE": "200 OK",
		"FEAT": "211-Features:\r\n EPSV\r\n FTPCHECK 1\r\n211 End", "QUIT": "221 Bye",
	}
	var data net.Listener
	err := send(c, "220 ftpcheck\r\n")
	for lines := bufio.NewScanner(c); err == nil && lines.Scan(); {
		words := strings.Fields(lines.Text() + " -")
		switch verb := words[0]; {
		case verb == "EPSV":
			if data, err = n.listen("srv", ":0"); err == nil {
				defer data.Close()
				err = send(c, fmt.Sprintf("229 (|||%d|)\r\n", data.Addr().(*net.TCPAddr).Port))
			}
		case verb == "LIST" && data != nil:
			err = list(c, data)
		case verb == "SITE" && len(words) > 3 && words[1] == exchange.Feature:
			err = answer(c, exchange.Verb(words[2]))
		case replies[verb] != "":
			err = send(c, replies[verb]+"\r\n")
		default:
			err = send(c, "502 No\r\n")
		}
	}
}

func list(c net.Conn, data net.Listener) error {
	_ = data.(*net.TCPListener).SetDeadline(time.Now().Add(time.Second))
	d, err := data.Accept()
	if err != nil {
		return send(c, "425 Nobody came\r\n")
	}
	err = errors.Join(send(c, "150 Here\r\n"), send(d, "-rw-r--r-- 1 ftp ftp 120 Jan 01 2024 readme.txt\r\n"), d.Close())
	return errors.Join(err, send(c, "226 Done\r\n"))
}

func send(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

// sendBody sends a body as the real server does.
func sendBody(w io.Writer, body any) error {
	text, err := bodyReply(body)
	return errors.Join(err, send(w, text))
}

func bodyReply(body any) (string, error) {
	text, err := exchange.Encode(body)
	return "211-FTPCHECK\r\n" + strings.Join(exchange.Lines(text), "\r\n") + "\r\n211 End\r\n", err
}

// flood never ends a reply.
func flood(w io.Writer, _ exchange.Verb) error {
	line := "211-" + strings.Repeat("a", 1000) + "\r\n"
	for {
		if err := send(w, line); err != nil {
			return err
		}
	}
}

// drip never ends one either, and takes its time.
func drip(w io.Writer, _ exchange.Verb) error {
	for {
		if err := send(w, "211-a\r\n"); err != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// lie answers in good form, and nothing of it is true or sane.
func lie(w io.Writer, verb exchange.Verb) error {
	stranger := netip.MustParseAddrPort(labStranger + ":80")
	long := strings.Repeat(tricks, 100)
	carried := &exchange.Carried{For: tricks, Sent: -1, Received: 1 << 62, Sum: long, How: tricks, TLS: true, Resumed: true, Took: -5}
	icmp := &hops.ICMP{Type: 255, Code: 255, From: stranger.Addr()}
	port := exchange.Port{
		Session: -1, Command: tricks, Local: stranger, Opened: 1 << 60, Closed: -1,
		Knocks: slices.Repeat([]exchange.Knock{{From: stranger, At: -1, Half: true, Refused: true, Carried: carried}}, 5),
	}
	dial := exchange.Dialing{
		Session: 1 << 30, Command: tricks, To: stranger, From: stranger, Outcome: tricks, ICMP: icmp, Err: tricks, Carried: carried,
		Steps: slices.Repeat([]exchange.Step{{TTL: -1, Outcome: tricks, ICMP: icmp}}, 50),
	}
	switch verb {
	case exchange.Begin, exchange.Join:
		return sendBody(w, exchange.Hello{
			Version: 1, Tool: tricks, Token: secret, Session: 1, Client: stranger, Server: stranger, Greeting: []byte(long),
			Passive: exchange.Range{Low: 1, High: 65535}, Announce: stranger.Addr(), Traces: true, HalfOpen: true,
		})
	case exchange.Listen:
		low := port
		low.Local = netip.MustParseAddrPort(labServerIP + ":22")
		return sendBody(w, exchange.Listening{Ports: slices.Repeat([]exchange.Port{port, low, {}}, 50)})
	case exchange.Dial:
		return sendBody(w, exchange.Dialled{Dials: slices.Repeat([]exchange.Dialing{dial, {}}, 40)})
	}
	session := exchange.Session{
		Number: 1, Client: stranger, Server: stranger, Began: 1 << 60, Heard: -1, Ended: -1, How: tricks,
		Lines: slices.Repeat([]exchange.Line{{At: -1, Sent: true, Raw: []byte("227 (" + tricks)}, {Raw: []byte("PORT 1,2,3")}, {}}, 50),
	}
	return sendBody(w, exchange.Seen{
		Now: -1, Sessions: slices.Repeat([]exchange.Session{session, {}}, 10), Ports: slices.Repeat([]exchange.Port{port, {}}, 40),
		Dials: slices.Repeat([]exchange.Dialing{dial, {}}, 40), Cut: true,
	})
}
