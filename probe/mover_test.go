package probe

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// mover over one real connection, and its other end. Real, because what the
// system does with unread bytes is the point.
func realMover(t *testing.T) (mover, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); server.Close() })
	server.SetDeadline(time.Now().Add(20 * time.Second))
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	s := &session{run: newRun(&Prober{})}
	return mover{session: s, conn: conn, raw: conn, done: make(chan struct{}), taken: new(atomic.Bool), touch: func() {}, over: time.Now().Add(time.Minute)}, server
}

// A server may send something over an upload that nobody asked for: OpenSSL
// sends two session tickets after a handshake of TLS 1.3. The upload is
// complete all the same.
func TestUploadOutlivesWhatTheServerSends(t *testing.T) {
	m, server := realMover(t)
	arrived := make(chan int64)
	go func() {
		server.Write([]byte("tickets"))
		time.Sleep(20 * time.Millisecond) // the sender is done by then, or waits for room
		n, err := io.Copy(io.Discard, server)
		if err != nil {
			t.Error(err)
		}
		server.Close()
		arrived <- n
	}()
	n, outcome := m.write(largeUpload)
	m.conn.Close()
	if got := <-arrived; n != largeUpload || got != n || outcome != OutcomeEOF {
		t.Errorf("sent %d bytes, %s; %d of %d arrived", n, outcome, got, int64(largeUpload))
	}
}

// What the server took and never ended is a stall, not an upload.
func TestUploadThatTheServerDoesNotEnd(t *testing.T) {
	m, _ := realMover(t)
	m.raw.SetDeadline(time.Now().Add(50 * time.Millisecond))
	if n, outcome := m.write(smallUpload); n != smallUpload || outcome != OutcomeTimeout {
		t.Errorf("%d bytes, %s; want a timeout", n, outcome)
	}
}

// A reset after an upload is the end of one that the server confirmed, and a
// failure of one that it did not.
func TestUploadThatEndsInAReset(t *testing.T) {
	for _, confirmed := range []bool{true, false} {
		m, server := realMover(t)
		done := make(chan struct{})
		m.done = done
		m.taken.Store(confirmed)
		go func() {
			io.ReadFull(server, make([]byte, smallUpload))
			close(done) // the reply is here
			server.(*net.TCPConn).SetLinger(0)
			server.Close()
		}()
		want := OutcomeReset
		if confirmed {
			want = OutcomeEOF
		}
		if n, outcome := m.write(smallUpload); n != smallUpload || outcome != want {
			t.Errorf("confirmed %v: %d bytes, %s, want %s", confirmed, n, outcome, want)
		}
	}
}
