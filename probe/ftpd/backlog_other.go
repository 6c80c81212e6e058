//go:build !unix

package ftpd

import "net"

// backlogged cannot tell where the system does not.
func backlogged(net.Listener) bool { return false }
