package ftpd

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/wire"
)

// The account of test servers, beside anonymous.
const (
	testUser     = "ann"
	testPassword = "correct horse"
)

// running is a server on loopback.
type running struct {
	addr   netip.AddrPort
	server *Server
	stop   func() // returns when everything has ended

	mu  sync.Mutex
	log []Entry
}

// serve runs a server on a free loopback port until the test ends.
func serve(t testing.TB, opt Options) *running {
	t.Helper()
	if opt.Listen == nil {
		opt.Listen = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
	}
	r := &running{}
	opt.Anonymous = true
	opt.User, opt.Password = testUser, testPassword
	ready := make(chan netip.AddrPort, 1)
	opt.Ready = func(a []netip.AddrPort) { ready <- a[0] }
	also := opt.Log
	opt.Log = func(e Entry) {
		r.mu.Lock()
		r.log = append(r.log, e)
		r.mu.Unlock()
		if also != nil {
			also(e)
		}
	}
	s, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	r.server = s
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, probe.System{}) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(r.stop)
	select {
	case r.addr = <-ready:
	case err := <-done:
		done <- nil
		t.Fatal(err)
	}
	return r
}

// logged returns the texts of all entries of one class so far.
func (r *running) logged(what What) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var texts []string
	for _, e := range r.log {
		if e.What == what {
			texts = append(texts, e.Text)
		}
	}
	return texts
}

// client is the test's own end of a control connection.
type client struct {
	t    testing.TB
	conn net.Conn
	read *wire.Reader
}

// connect opens a control connection and does not read the greeting.
func (r *running) connect(t testing.TB) *client {
	t.Helper()
	return newClient(t, dialTCP(t, r.addr))
}

func newClient(t testing.TB, conn net.Conn) *client {
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	return &client{t: t, conn: conn, read: wire.NewReader(conn, wire.DefaultLimits)}
}

func dialTCP(t testing.TB, to netip.AddrPort) net.Conn {
	t.Helper()
	conn, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// login opens a control connection and logs in as anonymous.
func (r *running) login(t testing.TB) *client {
	t.Helper()
	c := r.connect(t)
	c.wants("220")
	c.ask("USER anonymous", "331")
	c.ask("PASS x@example.com", "230")
	return c
}

func (c *client) send(line string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, line+"\r\n"); err != nil {
		c.t.Fatalf("send %q: %v", line, err)
	}
}

// wants reads a reply that begins with want, and returns its lines.
func (c *client) wants(want string) string {
	c.t.Helper()
	reply, err := c.read.ReadReply(nil)
	got := strings.Join(reply.Strings(), "\n")
	if err != nil {
		c.t.Fatalf("after %q, waiting for %q: %v", got, want, err)
	}
	if !strings.HasPrefix(got, want) {
		c.t.Fatalf("got reply %q, want %q", got, want)
	}
	return got
}

// ask sends a command and wants a reply.
func (c *client) ask(line, want string) string {
	c.t.Helper()
	c.send(line)
	return c.wants(want)
}

// ends fails unless the server closes the connection now.
func (c *client) ends() {
	c.t.Helper()
	if reply, err := c.read.ReadReply(nil); err == nil {
		c.t.Fatalf("the session goes on: %q", reply.Strings())
	} else if ne, ok := err.(net.Error); ok && ne.Timeout() {
		c.t.Fatal("the session goes on in silence")
	}
}

// passive asks for a port and returns where it is.
func (c *client) passive() netip.AddrPort {
	c.t.Helper()
	addr, _, err := wire.ParsePASV(c.ask("PASV", "227"))
	if err != nil {
		c.t.Fatal(err)
	}
	return addr
}

// listen opens an active client's data port and returns it as PORT wants it.
func listen(t testing.TB) (net.Listener, string) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, "PORT " + wire.FormatPORT(addrPort(l.Addr()))
}

// eventually waits for a fact that another goroutine is about to make true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("never: %s", what)
		}
	}
}

func mustRead(t testing.TB, conn net.Conn) string {
	t.Helper()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	b, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func urlOf(addr netip.AddrPort, file string) string {
	return fmt.Sprintf("ftp://%v/%s", addr, file)
}
