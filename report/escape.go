package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape makes text of unknown origin safe to show on a terminal: printable
// runes stay as they are, all others become \x1b, \r, \u202e and the like. A
// backslash is left alone, so escaping twice changes nothing.
func Escape(s string) string {
	return escape(s, unicode.IsPrint)
}

// ASCII is Escape for the plain ASCII report: a rune outside ASCII is written
// as \u00e9.
func ASCII(s string) string {
	return escape(s, func(r rune) bool { return r < utf8.RuneSelf && unicode.IsPrint(r) })
}

func escape(s string, keep func(rune) bool) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case keep(r):
			b.WriteRune(r)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		i += n
	}
	return b.String()
}

// validUTF8 returns s with each byte that is not part of UTF-8 written as
// \xff, and a function that maps a byte offset of s to one of the result.
func validUTF8(s string) (string, func(int) int) {
	if utf8.ValidString(s) {
		return s, func(at int) int { return min(max(at, 0), len(s)) }
	}
	valid := func(s string) string {
		return escape(s, func(rune) bool { return true })
	}
	return valid(s), func(at int) int {
		whole := 0 // an offset inside a rune counts as the rune's beginning
		for whole < len(s) {
			_, n := utf8.DecodeRuneInString(s[whole:])
			if whole+n > at {
				break
			}
			whole += n
		}
		return len(valid(s[:whole]))
	}
}

// clip shortens s, already escaped, to width columns.
func clip(s string, width int) string {
	if len(s) <= width {
		return s
	}
	return s[:max(width-3, 0)] + "..."
}
