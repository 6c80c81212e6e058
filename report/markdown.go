package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"ftpcheck/probe"
)

// WriteMarkdown prints the report as a ticket for those who can fix what is
// wrong: CommonMark with tables, plain ASCII, no HTML. Words of the server
// cannot become markup. Verbose adds the transcript.
func WriteMarkdown(w io.Writer, r *Report, verbose bool) error {
	m := &markdown{bufio.NewWriter(w)}
	m.line("# FTP check of %s: %s", mdText(HostPort(r.Target.Host, r.Target.Port)), r.Result)
	m.writeFacts(r)
	m.writeChecks(r)
	for _, f := range r.Findings {
		m.writeFinding(f)
	}
	m.writeClients(r.Clients)
	if verbose && len(r.Transcript) > 0 {
		m.line("\n## Transcript\n")
		m.block(transcriptLines(r.Transcript))
	}
	return m.w.Flush()
}

// WriteClientsMarkdown prints the table of which programs work.
func WriteClientsMarkdown(w io.Writer, clients []ClientPolicy) error {
	m := &markdown{bufio.NewWriter(w)}
	m.writeClients(clients)
	return m.w.Flush()
}

type markdown struct{ w *bufio.Writer }

func (m *markdown) line(format string, args ...any) { fmt.Fprintf(m.w, format+"\n", args...) }

func (m *markdown) writeFacts(r *Report) {
	m.line("\nChecked by ftpcheck %s at %s, as user %s.", mdText(r.Tool), r.Started.Format(time.RFC3339), mdText(r.Target.User))
	if s := r.Server.words(); s != "" {
		m.line("Server: %s.", mdText(s))
	}
	if c := r.Client.words(); c != "" {
		m.line("Client: %s.", mdText(c))
	}
}

func (m *markdown) writeChecks(r *Report) {
	m.line("\n| check | state | what was seen |")
	m.line("|---|---|---|")
	for _, l := range r.Checks {
		m.line("| %s | %s | %s |", l.Check, Word(l.State), mdText(l.words()))
	}
	if lines := diagram(r.Arrows, r.Client.Address, r.Server.Address); len(lines) > 0 {
		m.line("")
		m.block(lines)
	}
	if lines := portMapLines(r); len(lines) > 0 {
		m.line("")
		m.block(unindent(lines[1:]))
	}
}

// unindent takes the text report's indent away.
func unindent(lines []string) []string {
	var out []string
	for _, l := range lines {
		out = append(out, strings.TrimPrefix(l, strings.Repeat(" ", storyIndent)))
	}
	return out
}

func (m *markdown) writeFinding(f Finding) {
	m.line("\n## %s: %s", strings.ToUpper(string(f.Severity)), mdText(f.Title))
	m.line("\n%s", mdText(join(f.Code, ", ", whereText(f.Where))))
	for i, p := range f.Story {
		m.line("\n%s", mdText(p))
		if i == 0 {
			m.writeQuotes(f.Quote)
		}
	}
	if len(f.Story) == 0 {
		m.writeQuotes(f.Quote)
	}
	if f.Effect != "" {
		m.line("\n**Effect:** %s", mdText(f.Effect))
	}
	m.line("\n**Sure:** %s", f.Certainty)
	closed, open := splitRuledOut(f.RuledOut)
	m.writeList("Ruled out:", closed)
	m.writeList("Left open:", open)
	for _, x := range f.Fixes {
		m.writeFix(x)
	}
}

func (m *markdown) writeList(head string, items []string) {
	if len(items) == 0 {
		return
	}
	m.line("\n**%s**\n", head)
	for _, item := range items {
		m.line("- %s", mdText(item))
	}
}

func (m *markdown) writeFix(x Fix) {
	m.line("\n**%s:** %s", cmp.Or(OwnerTitle(x.Who), "Fix"), mdText(x.Do))
	if len(x.Examples) > 0 {
		m.line("")
	}
	for _, e := range x.Examples {
		var parts []string
		for l := range strings.SplitSeq(strings.TrimSpace(e.Text), "\n") {
			parts = append(parts, mdCode(l))
		}
		m.line("- %s", join(mdText(e.For), ": ", strings.Join(parts, " ")))
	}
}

func (m *markdown) writeQuotes(quotes []Quote) {
	var lines []string
	for _, q := range quotes {
		for _, l := range quoteLines(q, quoteIndent, lineWidth) {
			lines = append(lines, strings.TrimPrefix(l, strings.Repeat(" ", quoteIndent)))
		}
	}
	if len(lines) > 0 {
		m.line("")
		m.block(lines)
	}
}

func (m *markdown) writeClients(clients []ClientPolicy) {
	if len(clients) == 0 {
		return
	}
	m.line("\n## Which programs work\n")
	m.line("| verdict | way to connect | programs | because |")
	m.line("|---|---|---|---|")
	for _, p := range clients {
		var programs []string
		for _, c := range p.Programs {
			name := c.Name
			if c.Verdict != p.Verdict {
				name += " (" + verdictWord(c.Verdict) + ")"
			}
			programs = append(programs, name)
		}
		m.line("| %s | %s | %s | %s |", verdictWord(p.Verdict), mdText(p.Title), mdText(strings.Join(programs, "; ")), mdText(p.Why))
	}
}

func transcriptLines(transcript []probe.Line) []string {
	var lines []string
	for _, l := range transcript {
		lines = append(lines, fmt.Sprintf("%4d %7.3f %-8s %s %s", l.Number, l.At.Seconds(), l.Check, arrowOf(l.Dir), l.Text))
	}
	return lines
}

// mdCode writes one line as code, between more backticks than it has in a row.
func mdCode(s string) string {
	s = strings.TrimSpace(ASCII(s))
	ticks := "`"
	for strings.Contains(s, ticks) {
		ticks += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || s == "" {
		s = " " + s + " "
	}
	return ticks + s + ticks
}

// block writes lines as they are, behind a fence that is longer than any row
// of backticks in them.
func (m *markdown) block(lines []string) {
	fence := "```"
	for i, l := range lines {
		lines[i] = strings.TrimRight(ASCII(l), " ")
		for strings.Contains(lines[i], fence) {
			fence += "`"
		}
	}
	m.line("%stext\n%s\n%s", fence, strings.Join(lines, "\n"), fence)
}

var (
	mdInline = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`,
		"|", `\|`, "~", `\~`, "&", `\&`, "$", `\$`, "#", `\#`, "!", `\!`, "@", `\@`, "://", `\://`)
	mdStart = regexp.MustCompile(`^([-+=]|\d{1,9}[.)](?:\s|$))`)
	mdWWW   = regexp.MustCompile(`(?i)\bwww\.`)
)

// mdText writes text of unknown origin as one line of plain words: what
// Markdown would take for markup, a link or HTML gets a backslash.
func mdText(s string) string {
	s = ASCII(strings.Join(strings.Fields(s), " "))
	s = mdInline.Replace(s)
	s = mdWWW.ReplaceAllStringFunc(s, func(w string) string { return w[:3] + `\.` })
	return mdStart.ReplaceAllStringFunc(s, func(w string) string {
		at := strings.LastIndexAny(w, "-+=.)")
		return w[:at] + `\` + w[at:]
	})
}
