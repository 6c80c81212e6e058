//go:build !linux

package hops

import "net"

// senderOf needs a system that tells of ICMP messages on an established
// connection.
func senderOf(net.Conn) Sender { return nil }
