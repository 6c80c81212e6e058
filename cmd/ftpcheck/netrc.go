package main

import (
	"fmt"
	"strings"
)

// netrcEntry is one machine or default entry of a .netrc file.
type netrcEntry struct {
	Machine     string // empty in the default entry
	Login       string
	Password    string
	HasPassword bool
}

// parseNetrc reads the format of ftp(1): words between white space, quoted
// where a word contains some, comments from # where a keyword is due. Bodies
// of macdef entries are skipped whatever they contain. Errors name the line,
// never its content.
func parseNetrc(text string) ([]netrcEntry, error) {
	var entries []netrcEntry
	r := netrcReader{text: text}
	for {
		word, err := r.keyword()
		if err != nil || word == "" {
			return entries, err
		}
		switch word {
		case "default":
			entries = append(entries, netrcEntry{})
			continue
		case "macdef":
			r.skipMacro()
			continue
		case "machine", "login", "password", "account":
		default:
			continue // as ftp programs do: an unknown word means nothing
		}
		value, err := r.value()
		if err != nil {
			return entries, err
		}
		if word == "machine" {
			entries = append(entries, netrcEntry{Machine: value})
			continue
		}
		if len(entries) == 0 {
			return nil, fmt.Errorf("line %d: %s before the first machine", r.line(r.pos), word)
		}
		last := &entries[len(entries)-1]
		switch word {
		case "login":
			last.Login = value
		case "password":
			last.Password, last.HasPassword = value, true
		}
	}
}

// findNetrc returns the first entry for host and, unless it is empty, login.
func findNetrc(entries []netrcEntry, host, login string) (netrcEntry, bool) {
	for _, e := range entries {
		if e.Machine != "" && !strings.EqualFold(e.Machine, host) {
			continue
		}
		if e.Login == "" || login != "" && e.Login != login {
			continue
		}
		return e, true
	}
	return netrcEntry{}, false
}

// netrcReader cuts the text into words.
type netrcReader struct {
	text string
	pos  int
}

const netrcSpace = " \t\r\n"

// line is the number of the line in which pos lies.
func (r *netrcReader) line(pos int) int { return 1 + strings.Count(r.text[:pos], "\n") }

// keyword returns the next word that is not a comment; "" at the end.
func (r *netrcReader) keyword() (string, error) {
	for {
		r.skip(netrcSpace)
		if r.pos == len(r.text) {
			return "", nil
		}
		if r.text[r.pos] != '#' {
			return r.word()
		}
		if end := strings.IndexByte(r.text[r.pos:], '\n'); end >= 0 {
			r.pos += end
		} else {
			r.pos = len(r.text)
		}
	}
}

// value returns the word that a keyword needs after it.
func (r *netrcReader) value() (string, error) {
	r.skip(netrcSpace)
	if r.pos == len(r.text) {
		return "", fmt.Errorf("line %d: the last word needs another one after it", r.line(r.pos))
	}
	return r.word()
}

func (r *netrcReader) skip(set string) {
	for r.pos < len(r.text) && strings.IndexByte(set, r.text[r.pos]) >= 0 {
		r.pos++
	}
}

// word reads a plain or a quoted word, which begins at r.pos.
func (r *netrcReader) word() (string, error) {
	if r.text[r.pos] != '"' {
		start := r.pos
		for r.pos < len(r.text) && strings.IndexByte(netrcSpace, r.text[r.pos]) < 0 {
			r.pos++
		}
		return r.text[start:r.pos], nil
	}
	start := r.pos
	var word strings.Builder
	for r.pos++; r.pos < len(r.text); r.pos++ {
		c := r.text[r.pos]
		switch {
		case c == '"':
			r.pos++
			return word.String(), nil
		case c == '\n':
			return "", fmt.Errorf("line %d: a quote has no end", r.line(start))
		case c == '\\' && r.pos+1 < len(r.text):
			r.pos++
			word.WriteByte(r.text[r.pos])
		default:
			word.WriteByte(c)
		}
	}
	return "", fmt.Errorf("line %d: a quote has no end", r.line(start))
}

// skipMacro skips a macro's name and body, which ends at an empty line.
func (r *netrcReader) skipMacro() {
	for first := true; r.pos < len(r.text); first = false {
		line, _, _ := strings.Cut(r.text[r.pos:], "\n")
		if !first && strings.TrimSuffix(line, "\r") == "" {
			return
		}
		r.pos = min(r.pos+len(line)+1, len(r.text))
	}
}
