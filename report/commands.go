package report

import "regexp"

// Build systems obey commands that they find in the log of a step, whoever
// wrote them. A server's words are no such thing.
var (
	// ##[command], which GitHub's runner and Azure's agent obey anywhere in a
	// line, and ##vso[command], ##teamcity[command]
	bracketCommand = regexp.MustCompile(`##([A-Za-z]*\[)`)
	// ::command::, which GitHub's runner obeys at the beginning of a line
	colonCommand = regexp.MustCompile(`^(\s*):(:.*::)`)
)

// noCommand breaks up commands in what stands within a line.
func noCommand(s string) string { return bracketCommand.ReplaceAllString(s, `#\x23$1`) }

// logLine breaks up commands in a line.
func logLine(line string) string {
	return colonCommand.ReplaceAllString(noCommand(line), `$1\x3a$2`)
}
