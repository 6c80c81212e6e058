package netlab

import (
	"net/netip"
	"strconv"
	"strings"

	"ftpcheck/probe/wire"
)

// editor changes the line that begins a segment, when all of it is there. It
// sees nothing in encrypted lines, and does nothing for the data connection.
type editor struct {
	edit  func(line, value string) string
	value string // of the box
}

func (e editor) read(data []byte) ([]byte, bool) {
	line, rest, whole := strings.Cut(string(data), "\r\n")
	if !whole {
		return data, true
	}
	return []byte(e.edit(line, e.value) + "\r\n" + rest), true
}

// edits are what the boxes do to commands and replies, by kind.
var edits = map[string]struct {
	command, reply func(line, value string) string
}{
	BoxMask:              {command: mask},
	BoxRewrite:           {reply: rewriteAddress},
	BoxRewritePort:       {reply: rewritePort},
	BoxRewriteActive:     {command: rewriteActive},
	BoxRewriteActivePort: {command: rewriteActivePort},
	BoxTruncate:          {truncateCommand, truncateReply},
}

func mask(line, value string) string {
	if rest, found := strings.CutPrefix(line, value); found {
		return strings.Repeat("X", len(value)) + rest
	}
	return line
}

func rewriteAddress(line, value string) string {
	announced, at, err := wire.ParsePASV(line)
	if err != nil || !strings.HasPrefix(line, "227 ") {
		return line
	}
	return rewrite227(line, at, netip.AddrPortFrom(netip.MustParseAddr(value), announced.Port())) // Validate has read it
}

// rewrite227 returns a 227 reply with another end in the place of its own.
func rewrite227(line string, at wire.Span, end netip.AddrPort) string {
	return line[:at.From] + wire.FormatPORT(end) + portNumbers.ReplaceAllString(line[at.To:], "")
}

func rewritePort(line, value string) string {
	if announced, at, err := wire.ParsePASV(line); err == nil && strings.HasPrefix(line, "227 ") {
		return rewrite227(line, at, netip.AddrPortFrom(announced.Addr(), portOf(value)))
	}
	if _, at, err := wire.ParseEPSV(line); err == nil && strings.HasPrefix(line, "229 ") {
		return line[:at.From] + value + line[at.To:]
	}
	return line
}

func rewriteActive(line, value string) string {
	return announce(line, func(end netip.AddrPort) netip.AddrPort {
		return netip.AddrPortFrom(netip.MustParseAddr(value), end.Port()) // Validate has read it
	})
}

func rewriteActivePort(line, value string) string {
	return announce(line, func(end netip.AddrPort) netip.AddrPort {
		return netip.AddrPortFrom(end.Addr(), portOf(value))
	})
}

// announce returns a PORT or EPRT command with another IPv4 end.
func announce(line string, other func(netip.AddrPort) netip.AddrPort) string {
	verb, arg, _ := strings.Cut(line, " ")
	if end, err := wire.ParsePORT(arg); err == nil && verb == "PORT" {
		return verb + " " + wire.FormatPORT(other(end))
	}
	if end, err := wire.ParseEPRT(arg); err == nil && verb == "EPRT" && end.Addr().Is4() {
		return verb + " " + wire.FormatEPRT(other(end))
	}
	return line
}

func portOf(text string) uint16 {
	n, _ := strconv.ParseUint(text, 10, 16) // Validate has read it
	return uint16(n)
}

func truncateReply(line, value string) string {
	_, at, err := wire.ParsePASV(line)
	if err != nil || value != "227" || !strings.HasPrefix(line, "227 ") {
		return line
	}
	return blankFrom(line, at.To+len(","))
}

func truncateCommand(line, value string) string {
	end, err := wire.ParsePORT(strings.TrimPrefix(line, "PORT "))
	if err != nil || value != "PORT" {
		return line
	}
	return blankFrom(line, len("PORT ")+len(end.Addr().String())+len(","))
}

// blankFrom returns the line with blanks from one byte on.
func blankFrom(line string, from int) string {
	return line[:from] + strings.Repeat(" ", len(line)-from)
}
