package netlab

import (
	"bytes"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"
)

// inspector looks at each segment of one direction of a connection, and may
// change it or keep it.
type inspector interface {
	read(data []byte) (instead []byte, passes bool)
}

// placed is an inspector in a router, counted from the end whose segments it
// reads, from 1.
type placed struct {
	inspector
	router int
}

func placedAt(router int, list []inspector) (all []placed) {
	for _, i := range list {
		all = append(all, placed{i, router})
	}
	return all
}

// inspectors are those of a router for one direction of a connection, in the
// order in which they see a packet: a helper stands behind the filter.
func (h *Host) inspectors(p *path, s step, reply bool) []inspector {
	toward := p.from.toward
	if reply {
		toward = opposite(toward)
	}
	control := s.pre.dst.Port() == helperPort
	command, answer := control && !reply && toward == towardServer, control && reply && toward == towardClient
	var all []inspector
	for _, b := range h.boxes {
		switch {
		case b.Kind == BoxSwallow && toward == towardServer:
			all = append(all, swallower(b.Value))
		case b.Kind == BoxAlter && !control:
			all = append(all, alterer{})
		case command && edits[b.Kind].command != nil:
			all = append(all, editor{edits[b.Kind].command, b.Value})
		case answer && edits[b.Kind].reply != nil:
			all = append(all, editor{edits[b.Kind].reply, b.Value})
		}
	}
	if h.watches(s) {
		all = append(all, h.helperFor(p, s, reply))
	}
	return all
}

// mutes reports whether the router lets no ICMP message about packets of this
// sender through.
func (h *Host) mutes(sender netip.AddrPort) bool {
	return sender.Addr().Unmap().Is4() && slices.ContainsFunc(h.boxes, func(b Box) bool { return b.Kind == BoxMute })
}

// pipe is what a slow router lets through in one direction; none when it is
// not slow.
func (h *Host) pipe(toward string) []*pipe {
	if p := h.pipes[toward]; p != nil {
		return []*pipe{p}
	}
	return nil
}

// swallower drops the segments that begin with it, of any connection.
type swallower string

func (s swallower) read(data []byte) ([]byte, bool) {
	return data, !bytes.HasPrefix(data, []byte(s))
}

// alterer changes one byte of each segment.
type alterer struct{}

// altered is which byte of a segment is changed, counted from 0.
const altered = 15

func (alterer) read(data []byte) ([]byte, bool) {
	if len(data) > altered {
		data[altered] = 'X'
	}
	return data, true
}

// cutter ends the first connection in which a command begins so.
type cutter struct {
	begins []byte
	silent bool // neither end is told; else the client gets a RST
	done   atomic.Bool
}

// cutBy returns the cutter on the way that ends the connection at this segment.
func (c *conn) cutBy(data []byte) *cutter {
	for _, k := range c.cutters {
		if bytes.HasPrefix(data, k.begins) && k.done.CompareAndSwap(false, true) {
			return k
		}
	}
	return nil
}

// cut ends the connection for the sender of the segment, or without a word for
// both.
func (c *conn) cut(k *cutter, now time.Time) {
	if k.silent {
		c.lost, c.peer.lost = true, true
		return
	}
	c.stalled, c.resetAt = true, c.arrival(now, 0)
	c.both.wake()
}
