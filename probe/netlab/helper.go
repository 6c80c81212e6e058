package netlab

import (
	"bytes"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ftpcheck/probe/wire"
)

// expectation is a data connection that an FTP helper has seen announced. It
// is used up by the first SYN that fits.
type expectation struct {
	control *path          // of the control connection on which it was announced
	src     netip.Addr     // who will connect
	dst     netip.AddrPort // to which end, as it stands in the SYN
	real    netip.AddrPort // the end that really listens
	as      netip.Addr     // the source address that it is to see
}

// helperPort is the control port at which a helper reads along.
const helperPort = 21

// watches reports whether the helper reads a connection that takes this step.
func (h *Host) watches(s step) bool { return h.helper && s.pre.dst.Port() == helperPort }

// helperSide is where a helper reads: one direction of one control connection.
type helperSide struct {
	host    *Host
	control *path
	here    tuple // of the packets of this direction, as they come in
	there   tuple // of the packets of the other direction, as they come in
	reply   bool  // the server sends
	midLine bool  // the last segment ended within a line
}

// helperFor returns the helper that reads, and with NAT rewrites, what passes
// in one direction of a control connection, as nf_conntrack_ftp and nf_nat_ftp
// do in Linux.
func (h *Host) helperFor(p *path, s step, reply bool) *helperSide {
	side := &helperSide{host: h, control: p, here: s.pre, there: s.post.reversed(), reply: reply}
	if reply {
		side.here, side.there = side.there, side.here
	}
	side.midLine = true // what it has not seen end is no line
	return side
}

// read looks at the beginning of each segment that begins a line, and only
// there: a command that comes second in a segment passes unseen, and so does
// the first line of all. A segment that looks like an announcement but cannot
// be read does not pass: the helper drops it, and hopes for a longer one.
func (s *helperSide) read(data []byte) (instead []byte, passes bool) {
	begins := !s.midLine
	s.midLine = !bytes.HasSuffix(data, []byte("\n"))
	if !begins || !s.announces(data) {
		return data, true
	}
	line, rest, whole := strings.Cut(string(data), "\r")
	announced, rewrite := s.parse(line)
	if !whole || rewrite == nil || announced.Addr().Is4() != s.here.src.Addr().Is4() {
		return data, false
	}
	// Only the sender's own address is believed: any other would open the
	// firewall for a third party.
	if announced.Addr() != s.here.src.Addr() {
		return data, true
	}
	end := s.expect(announced)
	if s.here == s.there.reversed() {
		return data, true // no NAT here, nothing to rewrite
	}
	return []byte(rewrite(end) + "\r" + rest), true
}

// announces reports whether a segment begins like a line that a helper looks
// for, or could be the beginning of one.
func (s *helperSide) announces(data []byte) bool {
	verbs := []string{"PORT", "EPRT"}
	if s.reply {
		verbs = []string{"227 ", "229 "}
	}
	return slices.ContainsFunc(verbs, func(v string) bool {
		n := min(len(v), len(data))
		return strings.EqualFold(v[:n], string(data[:n]))
	})
}

// parse returns the announced end and how to write another one in its place;
// the function is nil when the line cannot be read.
func (s *helperSide) parse(line string) (announced netip.AddrPort, rewrite func(netip.AddrPort) string) {
	var err error
	var at wire.Span
	verb, arg, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "PORT":
		announced, err = wire.ParsePORT(arg)
		rewrite = func(a netip.AddrPort) string { return verb + " " + wire.FormatPORT(a) }
	case "EPRT":
		announced, err = wire.ParseEPRT(arg)
		rewrite = func(a netip.AddrPort) string { return verb + " " + wire.FormatEPRT(a) }
	case "227":
		announced, at, err = wire.ParsePASV(line)
		rewrite = func(a netip.AddrPort) string { return rewrite227(line, at, a) }
	case "229":
		var port uint16
		port, at, err = wire.ParseEPSV(line)
		announced = netip.AddrPortFrom(s.here.src.Addr(), port)
		rewrite = func(a netip.AddrPort) string {
			return line[:at.From] + strconv.Itoa(int(a.Port())) + line[at.To:]
		}
	default:
		return netip.AddrPort{}, nil
	}
	if err != nil {
		return netip.AddrPort{}, nil
	}
	return announced, rewrite
}

// portNumbers are the two that follow the address in a 227 reply.
var portNumbers = regexp.MustCompile(`^ *, *\d+ *, *\d+`)

// expect notes the announced connection and returns the end to announce in its
// place. A control connection has one expectation at a time, the latest.
func (s *helperSide) expect(announced netip.AddrPort) netip.AddrPort {
	s.host.net.mu.Lock()
	defer s.host.net.mu.Unlock()
	e := &expectation{
		control: s.control, src: s.there.src.Addr(), dst: netip.AddrPortFrom(s.there.dst.Addr(), announced.Port()),
		real: announced, as: s.here.dst.Addr(),
	}
	others := slices.DeleteFunc(s.host.expected, func(o *expectation) bool { return o.control == s.control })
	for slices.ContainsFunc(others, func(o *expectation) bool { return o.src == e.src && o.dst == e.dst }) {
		e.dst = netip.AddrPortFrom(e.dst.Addr(), e.dst.Port()+1)
	}
	s.host.expected = append(others, e)
	return e.dst
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
