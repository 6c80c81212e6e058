package ftpd

import (
	"net"
	"time"
)

// Patience with connections that have arrived and are not accepted yet: what
// the client sends next on the control connection may be read before.
const (
	acceptTime = time.Millisecond // for the next one of them
	acceptMost = 200              // times, on a busy machine
)

// lastCall returns when l has accepted what has arrived so far, so that it can
// be closed without losing sight of a connection.
func lastCall(l net.Listener) {
	time.Sleep(acceptTime)
	for n := 0; n < acceptMost && backlogged(l); n++ {
		time.Sleep(acceptTime)
	}
}
