//go:build !unix

package ftpd

import "net"

// inlineUrgentData does nothing where the system does not offer it.
func inlineUrgentData(net.Conn) {}
