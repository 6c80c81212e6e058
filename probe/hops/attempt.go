// Package hops makes single TCP connection attempts and says what became of
// each: the outcome, how long it took, and, where the kernel tells, which
// device on the way answered with which ICMP message. With a limited TTL the
// same attempt finds the hop at which packets die.
//
// It never sends a byte of payload and never judges what an outcome means.
package hops

import (
	"net/netip"
	"time"
)

// Outcome is what became of one TCP connection attempt. The zero value means
// that it was not tested.
type Outcome string

const (
	Open        Outcome = "open"        // the three-way handshake completed
	Refused     Outcome = "refused"     // a RST, or nothing listens; no ICMP message named a sender
	Reset       Outcome = "reset"       // the connection opened and was then torn down by a RST
	Timeout     Outcome = "timeout"     // nothing came back within the limit
	Rejected    Outcome = "rejected"    // ICMP "prohibited" or "port unreachable": a device refuses (RFC 792, RFC 1812 5.2.7.1)
	Unreachable Outcome = "unreachable" // ICMP "host/net unreachable", or this machine has no route
	Expired     Outcome = "expired"     // ICMP "time exceeded": the hop at this TTL saw the packet (RFC 792)
)

// ICMP is one ICMP error about a connection attempt, as read from the
// socket's error queue (Linux ip(7), IP_RECVERR).
type ICMP struct {
	Type uint8      `json:"type"` // ICMP or ICMPv6 type
	Code uint8      `json:"code"` // ICMP or ICMPv6 code
	From netip.Addr `json:"from"` // the device that sent it
}

// Attempt is what one connection attempt observed.
type Attempt struct {
	Outcome Outcome
	ICMP    *ICMP          // nil when no ICMP message was seen or the system cannot tell
	Local   netip.AddrPort // our end of it; invalid when it never got one
	Took    time.Duration  // from the first SYN to the outcome
	Err     string         // the system's own words when the outcome is not Open
}
