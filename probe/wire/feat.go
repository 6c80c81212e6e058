package wire

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Features are the extensions that a server offers (RFC 2389 3.2): keyword in
// upper case to parameters. Parameters of a keyword that is listed more than
// once are joined with semicolons, as in "AUTH TLS;SSL".
type Features map[string]string

// Has reports whether the keyword is listed, in whatever case.
func (f Features) Has(name string) bool {
	_, ok := f[upper(name)]
	return ok
}

// ParseFEAT reads the lines of a FEAT reply. The first and last one frame the
// list. Besides " MDTM" it accepts a missing space and a repeated "211-".
func ParseFEAT(lines []string) Features {
	f := Features{}
	for i, line := range lines {
		code, more := replyCode([]byte(line))
		if i == 0 || code != 0 && !more {
			continue
		}
		if code != 0 {
			line = line[4:]
		}
		line = strings.TrimSpace(line)
		end := strings.IndexFunc(line+" ", unicode.IsSpace)
		name, params := upper(line[:end]), strings.TrimSpace(line[end:])
		if name != "" {
			f[name] = join(f[name], params)
		}
	}
	return f
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return strings.TrimSuffix(a, ";") + ";" + b
}

// Lines returns the FEAT reply that lists the features, in order of keyword.
func (f Features) Lines() []string {
	lines := []string{"211-Features:"}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		lines = append(lines, strings.TrimRight(" "+name+" "+f[name], " "))
	}
	return append(lines, "211 End")
}

// OfferTLS reports whether AUTH with TLS or SSL is listed (RFC 4217 6). IIS
// lists all mechanisms in one line.
func (f Features) OfferTLS() bool {
	how := upper(f["AUTH"])
	return f.Has("AUTH") && (how == "" || strings.Contains(how, "TLS") || strings.Contains(how, "SSL"))
}
