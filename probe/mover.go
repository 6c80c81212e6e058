package probe

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// mover moves the bytes of one data connection.
type mover struct {
	session *session
	conn    net.Conn // raw, or TLS over it
	raw     net.Conn
	done    <-chan struct{} // closed when nothing more is due
	taken   *atomic.Bool    // valid once done: the server confirmed the transfer
	touch   func()          // called when bytes have moved
	over    time.Time       // the end of all patience
	sum     hash.Hash       // of the bytes; nil: not taken
}

// newSum returns what takes the checksum of a data connection, in a session of
// which the opposite end tells its own.
func (s *session) newSum() hash.Hash {
	if !s.known {
		return nil
	}
	return sha256.New()
}

// moved notes bytes that came or went.
func (m mover) moved(b []byte) {
	if m.sum != nil {
		m.sum.Write(b)
	}
}

// checksum is that of all bytes moved, in hexadecimal; empty: not taken.
func (m mover) checksum() string {
	if m.sum == nil {
		return ""
	}
	return hex.EncodeToString(m.sum.Sum(nil))
}

// maxTransfer bounds the time of one transfer, however it moves.
const maxTransfer = 10 * time.Minute

// read reads to the end, or until it has read most bytes.
func (m mover) read(most int64) (n int64, outcome Outcome) {
	buf := make([]byte, 32<<10)
	for n < most {
		got, err := m.conn.Read(buf)
		n += int64(got)
		m.moved(buf[:got])
		if err != nil {
			if outcome = ending(err); outcome == OutcomeClosed {
				outcome = endOf(m.conn)
			}
			return n, outcome
		}
		m.progress()
	}
	return n, OutcomeLimit
}

// write sends that many bytes and their end, which tells the server that the
// file is complete.
func (m mover) write(send int64) (n int64, outcome Outcome) {
	block := make([]byte, 16<<10)
	for i := range block {
		block[i] = "ftpcheck\n"[i%9]
	}
	for n < send {
		wrote, err := m.conn.Write(block[:min(int64(len(block)), send-n)])
		n += int64(wrote)
		m.moved(block[:wrote])
		if err != nil {
			return n, ending(err)
		}
		m.progress()
	}
	return n, m.finish()
}

// finish ends our direction and waits for the server to end the other one: it
// has everything then. A TLS 1.3 server has sent tickets, and closing on unread
// bytes is a reset (RFC 1122 4.2.2.13), which loses the rest of the file.
func (m mover) finish() Outcome {
	err := m.closeWrite()
	if err == nil {
		stop := m.watchQueue()
		_, err = io.Copy(io.Discard, io.LimitReader(m.raw, maxParting))
		stop()
	}
	select {
	case <-m.done: // what the server said of it counts, and ended our wait
		if m.taken.Load() || err == nil || ending(err) != OutcomeReset {
			return OutcomeEOF
		}
	default:
	}
	if err != nil {
		return ending(err)
	}
	return OutcomeEOF
}

// watchQueue takes it for progress that the system's queue gets shorter: on a slow
// link much of the file still stands there when all has been written.
func (m mover) watchQueue() (stop func()) {
	last, known := queued(m.raw)
	if !known {
		return func() {}
	}
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(queueTick)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			if n, _ := queued(m.raw); n < last {
				last = n
				m.progress()
			}
		}
	})
	return func() { close(done); watching.Wait() }
}

const queueTick = 250 * time.Millisecond

func (m mover) closeWrite() error {
	if c, ok := m.conn.(*secured); ok {
		if err := c.CloseWrite(); err != nil {
			return err
		}
	}
	if c, ok := m.raw.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// maxParting bounds what is read after an upload, in bytes.
const maxParting = 64 << 10

// progress gives a transfer of the transfer check new time: it may be long, as
// long as it moves. A listing has one limit for all of it.
func (m mover) progress() {
	m.touch()
	if m.session.step == 0 {
		return
	}
	until := time.Now().Add(m.session.patience())
	if until.After(m.over) {
		until = m.over
	}
	m.raw.SetDeadline(until)
	m.session.extend(until)
	select {
	case <-m.done: // it may have been closed before the deadline was moved
		m.raw.SetDeadline(time.Now())
	default:
	}
}
