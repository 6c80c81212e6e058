//go:build !windows

package hops

import "syscall"

// errnoOutcomes says what an error of connect(2) means when no ICMP message
// explains it.
var errnoOutcomes = map[syscall.Errno]Outcome{
	syscall.ECONNREFUSED:  Refused,
	syscall.ECONNRESET:    Reset,
	syscall.EPIPE:         Reset, // Linux: FIN, then RST, before we looked
	syscall.ETIMEDOUT:     Timeout,
	syscall.EHOSTUNREACH:  Unreachable,
	syscall.EHOSTDOWN:     Unreachable,
	syscall.ENETUNREACH:   Unreachable,
	syscall.ENETDOWN:      Unreachable,
	syscall.EAFNOSUPPORT:  Unreachable, // IPv6 is switched off
	syscall.EADDRNOTAVAIL: Unreachable, // no source address towards there
	syscall.EACCES:        Rejected,    // this machine's own policy forbids it
	syscall.EPERM:         Rejected,
}
