package ftpd

import (
	"crypto/tls"
	"runtime"
	"sync"
	"testing"
	"time"

	"ftpcheck/probe/wire"
)

// TestManyTLSClients: as TestManyClients, encrypted, while as many others have
// said AUTH TLS and never shake hands. Nothing is left over.
func TestManyTLSClients(t *testing.T) {
	const clients = 200
	before := runtime.NumGoroutine()
	r := serve(t, Options{MaxSessions: 2 * clients, MaxPerAddress: 2 * clients, TLS: &TLS{Mode: TLSExplicit}})
	for range clients {
		mute := r.connect(t)
		mute.wants("220")
		mute.ask("AUTH TLS", "234")
		defer mute.conn.Close()
	}
	most := watchMemory(t)
	var all sync.WaitGroup
	allIn := newBarrier(clients)
	for range clients {
		all.Go(func() {
			if err := visitTLS(r, allIn); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if used := most(); used > 100<<20 {
		t.Errorf("used %d MiB, clients included", used>>20)
	}
	r.stop()
	r.server.guests.check(t)
	eventually(t, "as many goroutines as before", func() bool { return runtime.NumGoroutine() <= before })
}

// visitTLS logs in over TLS and stays until all have done so.
func visitTLS(r *running, allIn *barrier) error {
	conn, err := netDial(r.addr)
	if err != nil {
		allIn.wait()
		return err
	}
	defer func() {
		allIn.wait()
		conn.Close()
	}()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	v := &caller{Conn: conn, read: wire.NewReader(conn, wire.DefaultLimits)}
	if _, err := v.ask("", "220"); err != nil {
		return err
	}
	if _, err := v.ask("AUTH TLS", "234"); err != nil {
		return err
	}
	secured := tls.Client(conn, clientConfig(0, nil))
	v = &caller{Conn: secured, read: wire.NewReader(secured, wire.DefaultLimits)}
	for _, step := range [][2]string{{"USER ftp", "331"}, {"PASS x", "230"}, {"PBSZ 0", "200"}, {"PROT P", "200"}} {
		if _, err := v.ask(step[0], step[1]); err != nil {
			return err
		}
	}
	return nil
}
