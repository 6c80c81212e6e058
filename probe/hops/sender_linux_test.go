package hops

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"
)

// TestResetIsLeftToTheReader: that a connection was reset is still known to who
// reads from it, whatever was asked before.
func TestResetIsLeftToTheReader(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	s := SenderOf(conn)
	if err := s.SetTTL(1); err != nil {
		t.Fatal(err)
	}
	other.(*net.TCPConn).SetLinger(0)
	other.Close()
	for until := time.Now().Add(5 * time.Second); s.Heard() != Reset && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	if o := s.Heard(); o != Reset {
		t.Errorf("heard %q", o)
	}
	s.SetTTL(0)
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reading ends with %v", err)
	}
}
