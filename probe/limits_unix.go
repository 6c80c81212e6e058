//go:build unix

package probe

import "syscall"

// fileLimit is how many files the process may have open (RLIMIT_NOFILE), as
// far as a sweep can use them.
func fileLimit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 256 // the least that a system of today allows
	}
	return int(min(uint64(limit.Cur), maxFlights+fileReserve))
}
