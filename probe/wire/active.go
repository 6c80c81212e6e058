package wire

import (
	"fmt"
	"net/netip"
	"strings"
)

// ParsePORT parses the argument of PORT, "h1,h2,h3,h4,p1,p2" (RFC 959 4.1.2).
func ParsePORT(arg string) (netip.AddrPort, error) {
	var numbers []Span
	for from := 0; from <= len(arg); {
		to := len(arg)
		if i := strings.IndexByte(arg[from:], ','); i >= 0 {
			to = from + i
		}
		numbers = append(numbers, Span{from, to})
		from = to + 1
	}
	addr, serr := hostPort(arg, numbers)
	if serr != nil {
		return netip.AddrPort{}, serr
	}
	return addr, nil
}

// FormatPORT returns the argument of PORT. An address that is not IPv4 has no
// place in it and becomes 0,0,0,0.
func FormatPORT(addr netip.AddrPort) string {
	var h [4]byte
	if a := addr.Addr().Unmap(); a.Is4() {
		h = a.As4()
	}
	return fmt.Sprintf("%d,%d,%d,%d,%d,%d", h[0], h[1], h[2], h[3], addr.Port()>>8, addr.Port()&255)
}

// ParseEPRT parses the argument of EPRT, "|1|10.0.0.5|50013|" or with protocol
// 2 and an IPv6 address, with any delimiter (RFC 2428 2).
func ParseEPRT(arg string) (netip.AddrPort, error) {
	none := netip.AddrPort{}
	if arg == "" || !isDelimiter(arg[0]) {
		return none, &SyntaxError{Text: arg, To: min(1, len(arg)), Why: "a delimiter is needed first"}
	}
	fields := strings.Split(arg, arg[:1])
	if len(fields) != 5 || fields[4] != "" {
		return none, &SyntaxError{Text: arg, To: len(arg), Why: "|protocol|address|port| is needed"}
	}
	proto := Span{1, 1 + len(fields[1])}
	host := Span{proto.To + 1, proto.To + 1 + len(fields[2])}
	if fields[1] != "1" && fields[1] != "2" {
		return none, &SyntaxError{Text: arg, From: proto.From, To: proto.To, Why: "the protocol is neither 1 (IPv4) nor 2 (IPv6)", Err: ErrProtocol}
	}
	addr, err := netip.ParseAddr(fields[2])
	switch {
	case err != nil || addr.Zone() != "":
		return none, &SyntaxError{Text: arg, From: host.From, To: host.To, Why: "not an address"}
	case addr.Is4() != (fields[1] == "1"):
		return none, &SyntaxError{Text: arg, From: host.From, To: host.To, Why: "the address is not of the protocol that is named"}
	}
	port, serr := portNumber(arg, Span{host.To + 1, host.To + 1 + len(fields[3])})
	if serr != nil {
		return none, serr
	}
	return netip.AddrPortFrom(addr.Unmap(), port), nil
}

// FormatEPRT returns the argument of EPRT.
func FormatEPRT(addr netip.AddrPort) string {
	a, proto := addr.Addr().Unmap().WithZone(""), 2
	if a.Is4() {
		proto = 1
	}
	return fmt.Sprintf("|%d|%s|%d|", proto, a, addr.Port())
}

// hostPort reads the six numbers of PORT and of a 227.
func hostPort(text string, numbers []Span) (netip.AddrPort, *SyntaxError) {
	none := netip.AddrPort{}
	var b [6]byte
	for i, at := range numbers {
		n, ok := decimal(text[at.From:at.To], 255)
		if !ok {
			return none, &SyntaxError{Text: text, From: at.From, To: at.To, Why: clip(text[at.From:at.To]) + " is not a byte (0-255)"}
		}
		if i < len(b) {
			b[i] = byte(n)
		}
	}
	last := numbers[len(numbers)-1]
	if len(numbers) != 6 {
		return none, &SyntaxError{Text: text, From: numbers[0].From, To: last.To, Why: fmt.Sprintf("%d numbers where 6 are needed", len(numbers))}
	}
	port := uint16(b[4])<<8 | uint16(b[5])
	if port == 0 {
		return none, &SyntaxError{Text: text, From: numbers[4].From, To: last.To, Why: "port 0 cannot be connected to"}
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[:4])), port), nil
}

// portNumber reads the decimal port of a 229 and of EPRT.
func portNumber(text string, at Span) (uint16, *SyntaxError) {
	s := text[at.From:at.To]
	n, ok := decimal(s, 65535)
	if !ok || n == 0 {
		return 0, &SyntaxError{Text: text, From: at.From, To: at.To, Why: clip(s) + " is not a port (1-65535)"}
	}
	return uint16(n), nil
}

// decimal reads digits only, up to most; leading zeros mean nothing.
func decimal(s string, most int) (n int, ok bool) {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		if n = n*10 + int(s[i]-'0'); n > most {
			return 0, false
		}
	}
	return n, s != ""
}

// clip makes a wrong number fit for a message: short and printable.
func clip(s string) string {
	const most = 12
	short := s[:min(most, len(s))]
	for _, r := range short {
		if r <= ' ' || r > '~' {
			return "this"
		}
	}
	switch {
	case s == "":
		return "nothing"
	case len(s) > most:
		return short + "..."
	}
	return short
}
