package report

import (
	"io"
	"slices"
	"strings"
)

// Format is a way to write a report down.
type Format struct {
	Name      string // as --format names it
	Extension string // of a file in this format; empty: it is for no file
	Write     func(io.Writer, *Report, TextOptions) error
}

// Formats are all formats, the usual one first.
var Formats = []Format{
	{"text", ".txt", WriteText},
	{"json", ".json", func(w io.Writer, r *Report, _ TextOptions) error { return WriteJSON(w, r) }},
	{"junit", ".xml", func(w io.Writer, r *Report, o TextOptions) error { return WriteJUnit(w, r, o.Verbose) }},
	{"github", "", func(w io.Writer, r *Report, o TextOptions) error { return WriteGitHub(w, r, o.Verbose) }},
	{"markdown", ".md", func(w io.Writer, r *Report, o TextOptions) error { return WriteMarkdown(w, r, o.Verbose) }},
	{"html", ".html", func(w io.Writer, r *Report, o TextOptions) error { return WriteHTML(w, r, o.Verbose) }},
}

// FormatOf returns the format that the file's extension names.
func FormatOf(file string) (Format, bool) {
	file = strings.ToLower(file)
	at := slices.IndexFunc(Formats, func(f Format) bool { return f.Extension != "" && strings.HasSuffix(file, f.Extension) })
	if at < 0 {
		return Format{}, false
	}
	return Formats[at], true
}
