package hops

import "net"

// LimitAnswers gives the SYN ACKs of a listener this IP TTL, from 1 to MaxHops,
// and reports whether it did. One that expires on the way ends the handshake
// before it is complete, as soon as the router there says so: nothing is left of
// it where the system shows such handshakes. Connections that are accepted have
// the same TTL at first; see SenderOf.
//
// It needs Linux, which takes no notice of it over IPv6.
func LimitAnswers(l net.Listener, ttl int) bool {
	if ttl < 1 || ttl > MaxHops {
		return false
	}
	if own, ok := l.(interface{ LimitAnswers(ttl int) bool }); ok {
		return own.LimitAnswers(ttl)
	}
	return limitAnswers(l, ttl)
}
