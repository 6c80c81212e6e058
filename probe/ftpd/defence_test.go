package ftpd

import (
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestManyClients: 500 at once list and download, and nothing is left over.
func TestManyClients(t *testing.T) {
	const clients = 500
	before := runtime.NumGoroutine()
	r := serve(t, Options{MaxSessions: clients, MaxPerAddress: clients})
	want := strings.Join(lines(func(f File) string { return f.Name }), "\r\n") + "\r\n"
	file, _ := find("1KiB.bin")
	content, err := io.ReadAll(file.content())
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	allIn := newBarrier(clients)
	most := watchMemory(t)
	for range clients {
		all.Go(func() {
			c, err := callOn(r.addr)
			if c != nil {
				defer c.Close()
			}
			allIn.wait() // so that all of them are there at once
			if err != nil {
				t.Errorf("login: %v", err)
				return
			}
			if got, err := c.fetch("NLST"); err != nil || got != want {
				t.Errorf("NLST: %q, %v", got, err)
			}
			if got, err := c.fetch("RETR 1KiB.bin"); err != nil || got != string(content) {
				t.Errorf("RETR: %d bytes, %v", len(got), err)
			}
		})
	}
	all.Wait()
	if used := most(); used > 100<<20 {
		t.Errorf("used %d MiB, clients included", used>>20)
	}
	if n := len(r.logged(WhatTransfer)); n != 2*clients {
		t.Errorf("the log tells of %d transfers, want %d", n, 2*clients)
	}
	r.stop()
	if n := len(r.logged(WhatLeave)); n != clients {
		t.Errorf("the log tells of %d sessions that ended, want %d", n, clients)
	}
	r.server.guests.check(t)
	if n := len(r.server.ports.taken); n != 0 {
		t.Errorf("%d ports are still taken", n)
	}
	eventually(t, "as many goroutines as before", func() bool { return runtime.NumGoroutine() <= before })
}

// check fails unless nobody is left.
func (g *guests) check(t *testing.T) {
	t.Helper()
	if len(g.all) != 0 || len(g.in) != 0 {
		t.Errorf("%d sessions and %d logins are left", len(g.all), len(g.in))
	}
}

// TestIdleConnectionsAndScan: a thousand connections that say nothing, and a
// scan of the passive range, do not keep a real client from being served.
func TestIdleConnectionsAndScan(t *testing.T) {
	const idle = 1000
	passive := freeRange(t, 20)
	r := serve(t, Options{MaxSessions: 200, MaxPerAddress: 150, Passive: passive})
	logged := r.login(t) // was here before them, and stays
	for i := range idle {
		from := []string{"127.0.0.1", "127.0.0.2"}[i%2]
		conn := dialFrom(t, from, r.addr)
		defer conn.Close()
	}
	done := make(chan struct{})
	var scanner sync.WaitGroup
	scanner.Go(func() { scan(done, passive.Low, passive.High) })
	for range 20 {
		c := r.login(t)
		data := dialTCP(t, c.passive())
		c.ask("RETR 1KiB.bin", "150")
		if got := mustRead(t, data); len(got) != 1024 {
			t.Errorf("got %d bytes", len(got))
		}
		c.wants("226")
		c.ask("QUIT", "221")
	}
	close(done)
	scanner.Wait()
	logged.ask("NOOP", "200")
	r.server.guests.mu.Lock()
	defer r.server.guests.mu.Unlock()
	if n := len(r.server.guests.all); n > 200 {
		t.Errorf("%d sessions, more than MaxSessions", n)
	}
}

// scan connects to every port and leaves, from an address of its own, until
// done.
func scan(done chan struct{}, low, high uint16) {
	from := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 3)}
	for {
		for port := low; port <= high; port++ {
			select {
			case <-done:
				return
			default:
			}
			to := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(port)}
			if conn, err := net.DialTCP("tcp4", from, to); err == nil {
				conn.Close()
			}
		}
	}
}

// TestLimits: sessions that have logged in are not pushed out; the newcomer is
// told.
func TestLimits(t *testing.T) {
	r := serve(t, Options{MaxSessions: 3, MaxPerAddress: 2})
	r.login(t)
	r.login(t)
	c := r.connect(t)
	c.wants(tooManyHere)
	c.ends()
	newClient(t, dialFrom(t, "127.0.0.2", r.addr)).hold("< 220\n> USER ftp\n< 331\n> PASS x\n< 230")
	c = newClient(t, dialFrom(t, "127.0.0.3", r.addr))
	c.wants(tooMany)
	c.ends()
}

// TestFloodMakesRoomItself: when the house is full, the address that fills it
// with sessions that do not log in gives way, not another one's that is older.
func TestFloodMakesRoomItself(t *testing.T) {
	r := serve(t, Options{MaxSessions: 10, MaxPerAddress: 9})
	shy := r.connect(t)
	shy.wants("220")
	for range 30 {
		newClient(t, dialFrom(t, "127.0.0.2", r.addr)).wants("220")
	}
	newClient(t, dialFrom(t, "127.0.0.3", r.addr)).wants("220")
	shy.hold("> USER ftp\n< 331\n> PASS x\n< 230")
}

// TestBounce: the server connects to nobody but its client.
func TestBounce(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.2:0")
	if err != nil {
		t.Skipf("127.0.0.2 is not an address here: %v", err)
	}
	defer l.Close()
	victim := addrPort(l.Addr())
	c := serve(t, Options{}).login(t)
	c.ask("PORT "+portOf(victim), "500 Illegal PORT command.")
	c.ask("EPRT |1|127.0.0.2|"+itoa(victim.Port())+"|", "500 Illegal EPRT command.")
	c.ask("LIST", "425 Use PORT or PASV first.")
	l.(*net.TCPListener).SetDeadline(time.Now().Add(100 * time.Millisecond))
	if conn, err := l.Accept(); err == nil {
		conn.Close()
		t.Error("the server connected to a third party")
	}
}

// barrier lets nobody through before n have come.
type barrier struct{ all sync.WaitGroup }

func newBarrier(n int) *barrier {
	b := &barrier{}
	b.all.Add(n)
	return b
}

func (b *barrier) wait() {
	b.all.Done()
	b.all.Wait()
}

// watchMemory samples what the process has in use; the returned function gives
// the most that was seen.
func watchMemory(t *testing.T) func() uint64 {
	base := inUse()
	done := make(chan struct{})
	result := make(chan uint64)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		var most uint64
		for {
			select {
			case <-tick.C:
				most = max(most, inUse())
			case <-done:
				result <- most - min(most, base)
				return
			}
		}
	}()
	return func() uint64 {
		close(done)
		most := <-result
		t.Logf("memory: %d MiB", most>>20)
		return most
	}
}

func inUse() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
