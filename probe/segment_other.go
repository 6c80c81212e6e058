//go:build !linux

package probe

import "net"

// segmentOf returns how many bytes of data a full segment of the connection
// carries; 0: the system does not tell.
func segmentOf(net.Conn) int { return 0 }

// queued returns how many bytes were written and are not acknowledged; known is
// false: the system does not tell.
func queued(net.Conn) (n int, known bool) { return 0, false }
