//go:build linux

package main

import (
	"errors"
	"net"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe/exchange"
)

// visitor is a client that is scripted by a test.
type visitor struct {
	t     *testing.T
	conn  *textproto.Conn
	raw   net.Conn
	hello exchange.Hello
}

// siteReply is a reply; code 0 is the end of the connection.
type siteReply struct {
	code int
	text string
}

// logIn connects to the server from a device, and logs in.
func (n *labNet) logIn(t *testing.T, device string) *visitor {
	t.Helper()
	v := &visitor{t: t}
	err := n.enter(device, func() (err error) {
		v.raw, err = net.DialTimeout("tcp", labServerIP+":21", 5*time.Second)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.raw.Close() })
	v.conn = textproto.NewConn(v.raw)
	for _, step := range []struct {
		command string
		code    int
	}{{"", 220}, {"USER anonymous", 331}, {"PASS x", 230}} {
		if reply := v.say(step.command); reply.code != step.code {
			t.Fatalf("%s: %d %s", step.command, reply.code, reply.text)
		}
	}
	return v
}

// visit does the same, and begins a visit.
func (n *labNet) visit(t *testing.T, device string) *visitor {
	t.Helper()
	v := n.logIn(t, device)
	v.say("SITE FTPCHECK BEGIN "+strconv.Itoa(exchange.Version)).body(t, &v.hello)
	return v
}

// say sends a command and returns the reply to it; without a command, the
// next reply.
func (v *visitor) say(command string) siteReply {
	v.t.Helper()
	_ = v.raw.SetDeadline(time.Now().Add(30 * time.Second))
	if command != "" {
		_ = v.conn.PrintfLine("%s", command)
	}
	code, text, err := v.conn.ReadResponse(0)
	if err != nil && code == 0 {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			v.t.Errorf("%.60s: no answer in 30 s", command)
		}
		return siteReply{}
	}
	return siteReply{code, text}
}

func (v *visitor) ask(verb exchange.Verb, request any) siteReply {
	v.t.Helper()
	command := "SITE " + exchange.Feature + " " + string(verb)
	if request == nil {
		return v.say(command)
	}
	text, err := exchange.Encode(request)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.say(command + " " + text)
}

func (v *visitor) refused(command string) {
	v.t.Helper()
	if reply := v.say(command); reply.code < 500 {
		v.t.Errorf("%s: %d %s", command, reply.code, reply.text)
	}
}

// body decodes the body of a reply: all but its first and last line.
func (r siteReply) body(t *testing.T, v any) {
	t.Helper()
	lines := strings.Split(r.text, "\n")
	if r.code != 211 || len(lines) < 3 {
		t.Fatalf("no body: %d %.200s", r.code, r.text)
	}
	if err := exchange.Decode(strings.Join(lines[1:len(lines)-1], ""), v); err != nil {
		t.Fatal(err)
	}
}
