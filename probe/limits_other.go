//go:build !unix

package probe

// fileLimit is how many sockets a sweep may have open: these systems set no
// limit of their own.
func fileLimit() int { return maxFlights + fileReserve }
