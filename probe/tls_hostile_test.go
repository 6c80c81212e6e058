package probe_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/ftpd"
	"ftpcheck/report"
)

// shaken completes the handshake and then does as it likes.
func shaken(then func(secure *tls.Conn, raw net.Conn)) func(int, net.Conn) bool {
	return func(_ int, c net.Conn) bool {
		cert, err := ftpd.SelfSigned(peerAddress)
		if err != nil {
			panic(err)
		}
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{*cert}})
		if s.Handshake() == nil {
			then(s, c)
		}
		c.Close()
		return true
	}
}

// says sends some bytes, over and over, every so often, until nobody listens.
func says(what string, every time.Duration) func(int, net.Conn) bool {
	return func(_ int, c net.Conn) bool {
		for {
			if _, err := io.WriteString(c, what); err != nil {
				break
			}
			time.Sleep(every)
		}
		c.Close()
		return true
	}
}

// once sends some bytes and waits until the other end is gone.
func once(what string) func(int, net.Conn) bool {
	return func(i int, c net.Conn) bool {
		io.WriteString(c, what)
		return stall(i, c)
	}
}

// tlsTricks are what a server may do in place of a handshake, or after one.
var tlsTricks = map[string]func(int, net.Conn) bool{
	"silence":              stall,
	"an end at once":       func(_ int, c net.Conn) bool { c.Close(); return true },
	"plain text":           once("150 this is not TLS\r\n"),
	"a fatal alert":        once("\x15\x03\x03\x00\x02\x02\x28"),
	"endless warnings":     says("\x15\x03\x03\x00\x02\x01\x00", time.Millisecond),
	"endless empty data":   says("\x17\x03\x03\x00\x00", time.Millisecond),
	"endless records":      says("\x16\x03\x03\x00\x04\x00\x00\x00\x00", time.Millisecond),
	"a record byte a time": says("\x16", 5*time.Second),
	"half a record":        func(_ int, c net.Conn) bool { io.WriteString(c, "\x16\x03\x03\x40\x00\x02"); c.Close(); return true },
	"a huge message":       once("\x16\x03\x03\x40\x00\x02\xff\xff\xff"),
	"a drip after it": shaken(func(_ *tls.Conn, raw net.Conn) {
		says("\x17", 5*time.Second)(0, raw)
	}),
	"an end after it":   shaken(func(*tls.Conn, net.Conn) {}),
	"silence after it":  shaken(func(_ *tls.Conn, raw net.Conn) { stall(0, raw) }),
	"garbage after it":  shaken(func(_ *tls.Conn, raw net.Conn) { once("\x17\x03\x03\x00\x10aaaaaaaaaaaaaaaa")(0, raw) }),
	"an alert after it": shaken(func(_ *tls.Conn, raw net.Conn) { once("\x15\x03\x03\x00\x02\x02\x50")(0, raw) }),
	"no end after it":   shaken(func(s *tls.Conn, _ net.Conn) { says(strings.Repeat("x", 16<<10), time.Millisecond)(0, s) }),
	"half a record later": shaken(func(s *tls.Conn, raw net.Conn) {
		s.Write([]byte("x\r\n"))
		io.WriteString(raw, "\x17\x03\x03\x40\x00abc")
	}),
	"one byte a time": shaken(func(s *tls.Conn, _ net.Conn) { says("x", 5*time.Second)(0, s) }),
}

// Whatever a server does for TLS, on the control connection or on the data
// connections: the run ends in time, says so in plain text, and no password
// goes out in clear.
func TestTLSTricksEndInAFinding(t *testing.T) {
	for name, trick := range tlsTricks {
		for _, where := range []string{"control", "data", "implicit"} {
			p := &tlsPeer{}
			opt := probe.Options{}
			limit := 75 * time.Second
			switch where {
			case "data":
				p.data, limit = trick, 90*time.Second
			case "implicit":
				p.shake, p.implicit, opt.TLS = trick, true, probe.TLSImplicit
			default:
				p.shake = trick
			}
			for _, target := range []probe.Target{{}, alice} {
				name := where + ": " + name + ", user " + target.User
				ev, heard, all := p.check(t, target, opt, nil)
				if ev.Took > limit {
					t.Errorf("%s: took %v, want at most %v", name, ev.Took, limit)
				}
				for _, h := range heard {
					if target.User != "" && strings.HasPrefix(h.text, "PASS") && !h.encrypted {
						t.Errorf("%s: a password in clear", name)
					}
				}
				judged(t, name, ev, all, target.Password)
			}
		}
	}
}

// judged checks what every report and every recording has to be.
func judged(t *testing.T, name string, ev *probe.Evidence, all []probe.Event, secret string) {
	t.Helper()
	var text, record bytes.Buffer
	r := report.New(ev, report.Judge{})
	if err := report.WriteText(&text, r, report.TextOptions{Verbose: true}); err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) == 0 {
		t.Errorf("%s: no finding:\n%s", name, text.String())
	}
	if strings.ContainsFunc(text.String(), func(c rune) bool { return c < ' ' && c != '\n' || c > '~' }) {
		t.Errorf("%s: the report is not plain ASCII:\n%q", name, text.String())
	}
	for _, e := range all {
		if err := probe.WriteEvent(&record, e); err != nil {
			t.Fatal(err)
		}
	}
	if secret != "" && (strings.Contains(record.String(), secret) || strings.Contains(text.String(), secret)) {
		t.Errorf("%s: the password is recorded", name)
	}
	n := 0
	for _, err := range probe.ReadEvents(&record) {
		if n++; err != nil {
			t.Errorf("%s: the recording cannot be read back: %v", name, err)
		}
	}
	if n != len(all) {
		t.Errorf("%s: %d of %d events read back", name, n, len(all))
	}
}
