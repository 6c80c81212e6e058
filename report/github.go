package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteGitHub prints each finding as a workflow command, which GitHub Actions
// shows as an annotation, and the result at the end. What makes the run a
// failure is an error. Verbose adds all examples of a fix.
func WriteGitHub(w io.Writer, r *Report, verbose bool) error {
	b := bufio.NewWriter(w)
	for _, f := range r.Findings {
		words := append([]string{ASCII(f.Title), ""}, belowHead(f, verbose)...)
		writeCommand(b, r.annotation(f), f.Code, strings.Join(words, "\n"))
	}
	if r.Exit == ExitFail {
		for _, c := range r.unmet() {
			writeCommand(b, "error", "required", r.unmetText(c))
		}
	}
	fmt.Fprintln(b, noCommand(resultLine(r, undecorated)))
	return b.Flush()
}

// belowHead sets all of a finding but its head, in the words of the text
// report.
func belowHead(f Finding, verbose bool) []string {
	p, lines := newPage(lineWidth, nil)
	p.verbose = verbose
	p.writeBelowHead(f)
	return *lines
}

// annotation is the command for a finding.
func (r *Report) annotation(f Finding) string {
	switch {
	case r.counts(f):
		return "error"
	case f.Severity == Warning:
		return "warning"
	}
	return "notice"
}

// writeCommand prints one workflow command on one line. The escapes are those
// that GitHub's runner decodes.
func writeCommand(w io.Writer, command, title, text string) {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	fmt.Fprintf(w, "::%s title=%s::%s\n", command, property.Replace(noCommand(title)), data.Replace(noCommand(text)))
}

// noCommand breaks up what begins a command of the older form, ##[command],
// which the runner obeys anywhere in a line. The newer one, ::command::, has to
// begin the line, and no text from elsewhere does.
func noCommand(s string) string { return strings.ReplaceAll(s, "##", `#\x23`) }
