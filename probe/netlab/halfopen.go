package netlab

import (
	"net/netip"
	"time"

	"ftpcheck/probe"
)

var _ probe.HalfOpens = (*Host)(nil)

// synAckLife is how long Linux repeats its SYN ACK: five times, each wait
// twice the one before (tcp_synack_retries).
const synAckLife = 63 * time.Second

// halfOpening is a handshake of which the host does not get the third packet.
type halfOpening struct {
	on    *listener
	local netip.AddrPort
	from  netip.AddrPort
	until time.Time
}

// HalfOpen implements probe.HalfOpens.
func (h *Host) HalfOpen() (all []probe.HalfOpening, ok bool) {
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	h.forgetHalf(time.Now())
	for _, half := range h.half {
		all = append(all, probe.HalfOpening{Local: half.local, From: half.from})
	}
	return all, true
}

// hang notes that the SYN that took this path was answered, and that nothing
// comes of it. The network's lock is held.
func (p *path) hang(l *listener) {
	h := p.end
	h.forgetHalf(time.Now())
	h.half = append(h.half, halfOpening{on: l, local: p.got.dst, from: p.got.src, until: time.Now().Add(synAckLife)})
}

// hang takes the lock, and does nothing where nothing listens.
func (n *Net) hang(p *path, l *listener) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if l != nil {
		p.hang(l)
	}
}

// forgetHalf drops what is too old, or has lost its listener. The network's
// lock is held.
func (h *Host) forgetHalf(now time.Time) {
	var kept []halfOpening
	for _, half := range h.half {
		if now.Before(half.until) && h.listening(half.local) == half.on {
			kept = append(kept, half)
		}
	}
	h.half = kept
}
