//go:build !linux

package probe

var _ HalfOpens = System{}

// HalfOpen cannot tell on this system.
func (System) HalfOpen() (all []HalfOpening, ok bool) { return nil, false }
