package netlab

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"

	"ftpcheck/probe/wire"
)

// expectation is a data connection that an FTP helper has seen announced. It
// is used up by the first SYN that fits.
type expectation struct {
	master *helperSide
	src    netip.Addr     // who will connect
	dst    netip.AddrPort // to which end, as it stands in the SYN
	port   uint16         // the announced port, which the other end listens on
}

// helperPort is the control port at which a helper reads along.
const helperPort = 21

// watches reports whether the helper reads a connection that takes this step.
func (h *Host) watches(s step) bool { return h.helper && s.pre.dst.Port() == helperPort }

// helperSide is what a helper knows about one direction of a control connection.
type helperSide struct {
	host    *Host
	here    tuple // of the packets of this direction as they come in
	there   tuple // of the packets of the other direction as they come in
	reply   bool  // the server sends
	midLine bool  // the last segment ended within a line
}

// helperFor returns the function that reads, and with NAT rewrites, what
// passes in one direction of a control connection, as nf_conntrack_ftp and
// nf_nat_ftp do in Linux.
func (h *Host) helperFor(s step, reply bool) func([]byte) []byte {
	side := &helperSide{host: h, here: s.pre, there: s.post.reversed(), reply: reply}
	if reply {
		side.here, side.there = side.there, side.here
	}
	return side.read
}

// read looks at the beginning of each segment that begins a line, and only
// there: a command that comes second in a segment passes unseen.
func (s *helperSide) read(data []byte) []byte {
	atStart := !s.midLine
	s.midLine = !bytes.HasSuffix(data, []byte("\n"))
	line, rest, whole := bytes.Cut(data, []byte("\n"))
	if !atStart || !whole {
		return data
	}
	text := strings.TrimRight(string(line), "\r")
	announced, rewrite := s.parse(text)
	// Only the sender's own address is believed: anything else could open
	// the firewall for a third party.
	if rewrite == nil || announced.Addr() != s.here.src.Addr() {
		return data
	}
	dst := s.expect(announced.Port())
	if s.here == s.there.reversed() {
		return data // no NAT here, nothing to rewrite
	}
	return slices.Concat([]byte(rewrite(dst)+"\r\n"), rest)
}

// parse returns the announced end and how to write another one in its place;
// the function is nil when the line announces nothing.
func (s *helperSide) parse(line string) (netip.AddrPort, func(netip.AddrPort) string) {
	verb, arg := wire.ParseCommand(line)
	switch {
	case !s.reply && verb == "PORT":
		end, err := wire.ParsePORT(arg)
		return end, onlyIf(err, func(a netip.AddrPort) string { return "PORT " + wire.FormatPORT(a) })
	case !s.reply && verb == "EPRT":
		end, err := wire.ParseEPRT(arg)
		return end, onlyIf(err, func(a netip.AddrPort) string { return "EPRT " + wire.FormatEPRT(a) })
	case s.reply && strings.HasPrefix(line, "227 "):
		end, at, err := wire.ParsePASV(line)
		return end, onlyIf(err, func(a netip.AddrPort) string { return line[:at.From] + wire.FormatPORT(a) + line[at.To:] })
	case s.reply && strings.HasPrefix(line, "229 "):
		port, at, err := wire.ParseEPSV(line)
		end := netip.AddrPortFrom(s.here.src.Addr(), port)
		return end, onlyIf(err, func(a netip.AddrPort) string {
			return line[:at.From] + strings.Replace(line[at.From:at.To], portText(end), portText(a), 1) + line[at.To:]
		})
	}
	return netip.AddrPort{}, nil
}

func onlyIf(err error, f func(netip.AddrPort) string) func(netip.AddrPort) string {
	if err != nil {
		return nil
	}
	return f
}

func portText(a netip.AddrPort) string {
	_, port, _ := strings.Cut(a.String(), "]")
	if port == "" {
		port = a.String()
	}
	return port[strings.LastIndexByte(port, ':')+1:]
}

// expect notes the announced connection and returns the end to announce. A
// control connection has one expectation at a time, the latest.
func (s *helperSide) expect(port uint16) netip.AddrPort {
	s.host.net.mu.Lock()
	defer s.host.net.mu.Unlock()
	e := &expectation{master: s, src: s.there.src.Addr(), dst: netip.AddrPortFrom(s.there.dst.Addr(), port), port: port}
	others := s.host.expected[:0:0]
	for _, other := range s.host.expected {
		if other.master != s {
			others = append(others, other)
		}
	}
	for taken(others, e) {
		e.dst = netip.AddrPortFrom(e.dst.Addr(), e.dst.Port()+1)
	}
	s.host.expected = append(others, e)
	return e.dst
}

// taken reports whether another control connection expects the same.
func taken(others []*expectation, e *expectation) bool {
	return slices.ContainsFunc(others, func(o *expectation) bool { return o.src == e.src && o.dst == e.dst })
}

// claim returns the expectation that a SYN fulfils, and removes it.
func (h *Host) claim(t tuple) *expectation {
	for i, e := range h.expected {
		if e.src == t.src.Addr() && e.dst == t.dst {
			h.expected = slices.Delete(h.expected, i, i+1)
			return e
		}
	}
	return nil
}

// dnat and snat translate the expected connection as the control connection
// is translated.
func (e *expectation) dnat(netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(e.master.here.src.Addr(), e.port)
}

func (e *expectation) snat(src netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(e.master.here.dst.Addr(), src.Port())
}
