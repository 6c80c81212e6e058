package wire

import (
	"fmt"
	"net/netip"
	"strings"
)

// ParsePASV finds the address and port in a 227 reply line. As RFC 1123
// 4.1.2.6 asks, it relies on nothing but the numbers: the first six that only
// commas, and spaces beside them, separate. at is the part that holds the
// address, "10,0,0,5"; with a *SyntaxError it is the part that is wrong.
func ParsePASV(text string) (addr netip.AddrPort, at Span, err error) {
	start, serr := announcement(text, "227")
	if serr != nil {
		return addr, Span{serr.From, serr.To}, serr
	}
	numbers := sixNumbers(text, start)
	if len(numbers) < 2 {
		serr = &SyntaxError{Text: text, From: start, To: len(text), Why: "no address: six numbers separated by commas are needed"}
		return addr, Span{serr.From, serr.To}, serr
	}
	addr, serr = hostPort(text, numbers)
	if serr != nil {
		return addr, Span{serr.From, serr.To}, serr
	}
	return addr, Span{numbers[0].From, numbers[3].To}, nil
}

// FormatPASV returns the text of a 227 reply, without the code. An address
// that is not IPv4 has no place in it and becomes 0,0,0,0.
func FormatPASV(addr netip.AddrPort) string {
	return "Entering Passive Mode (" + FormatPORT(addr) + ")."
}

// ParseEPSV finds the port in a 229 reply line (RFC 2428 3): in parentheses,
// after three delimiters and before a fourth one, all the same character. at
// is the port number, or with a *SyntaxError the part that is wrong.
func ParseEPSV(text string) (port uint16, at Span, err error) {
	start, fault := announcement(text, "229")
	if fault != nil {
		return 0, Span{fault.From, fault.To}, fault
	}
	meant := false // fault is about parentheses that do not just hold words
	for i := start; i < len(text); i++ {
		if text[i] != '(' {
			continue
		}
		port, at, serr := extendedPort(text, i)
		if serr == nil {
			return port, at, nil
		}
		if !meant {
			fault = serr
			meant = i+1 < len(text) && isDelimiter(text[i+1]) && !isWord(text[i+1])
		}
	}
	if fault == nil {
		fault = &SyntaxError{Text: text, From: start, To: len(text), Why: "no port: (|||port|) is needed"}
	}
	return 0, Span{fault.From, fault.To}, fault
}

// FormatEPSV returns the text of a 229 reply, without the code.
func FormatEPSV(port uint16) string {
	return fmt.Sprintf("Entering Extended Passive Mode (|||%d|)", port)
}

// announcement checks the code of a reply line and returns where its text
// begins. Old servers write "227 =127,0,0,1,4,1".
func announcement(text, code string) (start int, err *SyntaxError) {
	if got, _ := replyCode([]byte(text)); got == 0 || text[:3] != code {
		return 0, &SyntaxError{Text: text, To: min(3, len(text)), Why: "the reply code is not " + code}
	}
	return min(4, len(text)), nil
}

// sixNumbers returns the first run of exactly six numbers in text[start:], or
// else the longest run, for the error message.
func sixNumbers(text string, start int) []Span {
	var best []Span
	for i := start; i < len(text); {
		if !isDigit(text[i]) {
			i++
			continue
		}
		run := numberRun(text, i)
		if len(run) == 6 {
			return run
		}
		if len(run) > len(best) {
			best = run
		}
		i = run[len(run)-1].To
	}
	return best
}

// numberRun returns the numbers from text[i], a digit, on that commas and
// spaces beside them separate.
func numberRun(text string, i int) []Span {
	var run []Span
	for {
		from := i
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		run = append(run, Span{from, i})
		rest := strings.TrimLeft(text[i:], " ")
		if !strings.HasPrefix(rest, ",") {
			return run
		}
		rest = strings.TrimLeft(rest[1:], " ")
		if rest == "" || !isDigit(rest[0]) {
			return run
		}
		i = len(text) - len(rest)
	}
}

// extendedPort parses "(<d><d><d>port<d>)" at text[open].
func extendedPort(text string, open int) (uint16, Span, *SyntaxError) {
	fail := func(from, to int, why string) (uint16, Span, *SyntaxError) {
		return 0, Span{}, &SyntaxError{Text: text, From: from, To: to, Why: why}
	}
	s := text[open+1:]
	end := len(text)
	if i := strings.IndexByte(s, ')'); i >= 0 {
		end = open + 1 + i + 1
	}
	if len(s) < 3 || !isDelimiter(s[0]) {
		return fail(open, end, "three delimiters and a port are needed in the parentheses")
	}
	d := s[0]
	if s[1] != d || s[2] != d {
		return fail(open, end, "protocol and address must be empty: (|||port|)")
	}
	from := open + 4
	n := strings.IndexByte(text[from:], d)
	if n < 0 {
		return fail(open, end, "no delimiter after the port")
	}
	at := Span{from, from + n}
	port, serr := portNumber(text, at)
	if serr != nil {
		return 0, Span{}, serr
	}
	if to := at.To + 1; to == len(text) || text[to] != ')' {
		return fail(open, to, "no closing parenthesis after the last delimiter")
	}
	return port, at, nil
}

// isDelimiter reports whether RFC 2428 2 allows b as delimiter.
func isDelimiter(b byte) bool { return 33 <= b && b <= 126 }

func isWord(b byte) bool {
	return isDigit(b) || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}
