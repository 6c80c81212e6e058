package ftpd

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"net"

	"ftpcheck/probe/exchange"
)

// meter is a data connection whose bytes are counted, before TLS.
type meter struct {
	net.Conn
	sent, received int64
	sum            hash.Hash // of the bytes either way; nil: not taken
	ended          bool      // the other end's last byte was read
}

func (m *meter) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	m.received += int64(n)
	m.add(b[:n])
	m.ended = m.ended || err == io.EOF
	return n, err
}

func (m *meter) Write(b []byte) (int, error) {
	n, err := m.Conn.Write(b)
	m.sent += int64(n)
	m.add(b[:n])
	return n, err
}

func (m *meter) add(b []byte) {
	if m.sum != nil {
		m.sum.Write(b)
	}
}

// tell fills in what the connection carried, and how it ended when err was the
// last that was heard of it.
func (m *meter) tell(e *Entry, err error) {
	e.Sent, e.Received = m.sent, m.received
	if m.sum != nil {
		e.Sum = hex.EncodeToString(m.sum.Sum(nil))
	}
	switch {
	case err != nil:
		e.How = endOf(err)
	case m.ended:
		e.How = exchange.EndClosed
	default:
		e.How = exchange.EndOurs
	}
}

// takeSum makes the meter take the checksum.
func (m *meter) takeSum() { m.sum = sha256.New() }
