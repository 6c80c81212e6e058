package netlab

import (
	"bytes"
	"net/netip"

	"ftpcheck/probe/wire"
)

// inspector looks at each segment of one direction of a connection, and may
// change it or keep it.
type inspector interface {
	read(data []byte) (instead []byte, passes bool)
}

// inspectors are those of a router for one direction of a connection, in the
// order in which they see a packet: a helper stands behind the filter.
func (h *Host) inspectors(p *path, s step, reply bool) []inspector {
	toward := p.from.toward
	if reply {
		toward = opposite(toward)
	}
	var all []inspector
	for _, b := range h.boxes {
		switch {
		case b.Kind == BoxSwallow && toward == towardServer:
			all = append(all, swallower(b.Value))
		case b.Kind == BoxRewrite && toward == towardClient && reply && s.pre.dst.Port() == helperPort:
			all = append(all, rewriter{netip.MustParseAddr(b.Value)}) // Validate has read it
		}
	}
	if h.watches(s) {
		all = append(all, h.helperFor(p, s, reply))
	}
	return all
}

// swallower drops the segments that begin with it, of any connection.
type swallower string

func (s swallower) read(data []byte) ([]byte, bool) {
	return data, !bytes.HasPrefix(data, []byte(s))
}

// rewriter puts another address into the 227 replies that begin a segment. It
// does nothing for the data connection, and sees nothing in encrypted replies.
type rewriter struct{ addr netip.Addr }

func (r rewriter) read(data []byte) ([]byte, bool) {
	line, rest, whole := bytes.Cut(data, []byte("\r\n"))
	if !whole || !bytes.HasPrefix(line, []byte("227 ")) {
		return data, true
	}
	announced, at, err := wire.ParsePASV(string(line))
	if err != nil {
		return data, true
	}
	end := netip.AddrPortFrom(r.addr, announced.Port())
	return []byte(rewrite227(string(line), at, end) + "\r\n" + string(rest)), true
}

// rewrite227 returns a 227 reply with another end in the place of its own.
func rewrite227(line string, at wire.Span, end netip.AddrPort) string {
	return line[:at.From] + wire.FormatPORT(end) + portNumbers.ReplaceAllString(line[at.To:], "")
}
