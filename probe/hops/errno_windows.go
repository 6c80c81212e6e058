package hops

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// errnoOutcomes says what an error of connect means. Package syscall's
// ECONNREFUSED and its like are numbers of Go's own on Windows, which
// Winsock never returns.
var errnoOutcomes = map[syscall.Errno]Outcome{
	windows.WSAECONNREFUSED:  Refused,
	windows.WSAECONNRESET:    Reset,
	windows.WSAECONNABORTED:  Reset,
	windows.WSAETIMEDOUT:     Timeout,
	windows.WSAEHOSTUNREACH:  Unreachable,
	windows.WSAEHOSTDOWN:     Unreachable,
	windows.WSAENETUNREACH:   Unreachable,
	windows.WSAENETDOWN:      Unreachable,
	windows.WSAEAFNOSUPPORT:  Unreachable,
	windows.WSAEADDRNOTAVAIL: Unreachable,
	windows.WSAEACCES:        Rejected, // an outbound rule of the Windows firewall
}
