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
func (p *path) hang(l *listener, life time.Duration) {
	h := p.end
	h.forgetHalf(time.Now())
	h.half = append(h.half, halfOpening{on: l, local: p.got.dst, from: p.got.src, until: time.Now().Add(life)})
}

// answerLost reports whether the answer to the SYN that took this path gets
// lost, and takes note of it where something listens.
func (n *Net) answerLost(p *path, l *listener) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if l == nil {
		return p.crossed || !p.carries(true)
	}
	back := p.trail(true)
	back.ttl = l.answer
	switch {
	case back.shortens() && back.expires() && !back.legs[back.ttl-1].mute:
		p.hang(l, 2*back.legs[back.ttl-1].delay)
	case back.shortens() || p.crossed || !p.carries(true):
		p.hang(l, synAckLife)
	default:
		return false
	}
	return true
}

// LimitAnswers does what hops.LimitAnswers does, as in Linux over IPv4 alone.
func (l *listener) LimitAnswers(ttl int) bool {
	l.host.net.mu.Lock()
	defer l.host.net.mu.Unlock()
	if l.addr.Addr().Is6() {
		return false
	}
	l.answer = ttl
	return true
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
