package report

import (
	"cmp"
	"fmt"
	"strings"
)

// Indents in the text report.
const (
	storyIndent = 6
	quoteIndent = storyIndent + quoteDeeper
	quoteDeeper = 4 // than the story
)

func (p *page) writeFinding(f Finding) {
	for _, l := range headLines(f, p.width, p.word) {
		p.line("%s", l)
	}
	p.line("")
	p.writeBelowHead(f)
	p.line("")
}

// writeBelowHead sets all of a finding but its head.
func (p *page) writeBelowHead(f Finding) {
	for i, paragraph := range f.Story {
		p.paragraph(paragraph)
		if i == 0 {
			p.writeQuotes(f.Quote)
		}
	}
	if len(f.Story) == 0 {
		p.writeQuotes(f.Quote)
	}
	if f.Severity != Note { // a note is short
		p.labelled("Where", whereText(f.Where))
		p.labelled("Effect", f.Effect)
		p.writeFixes(f.Fixes)
		p.labelled("Sure", string(f.Certainty))
		p.writeRuledOut(f.RuledOut)
	}
	p.labelled("More", "ftpcheck explain "+f.Code)
}

// writeRuledOut lists what the cause is not, then what is left open.
func (p *page) writeRuledOut(what []string) {
	closed, open := splitRuledOut(what)
	p.list("Not", closed)
	p.list("But", open)
}

// splitRuledOut tells what is ruled out from what is left open, which begins
// with "Not ".
func splitRuledOut(what []string) (closed, open []string) {
	for _, w := range what {
		if strings.HasPrefix(w, "Not ") {
			open = append(open, w)
		} else {
			closed = append(closed, w)
		}
	}
	return closed, open
}

// headLines are the head of a finding: the code is the last word of the first
// line, and a title that does not fit goes on below. A narrow page has the code
// on a line of its own.
func headLines(f Finding, width int, paint func(string) string) []string {
	word := strings.ToUpper(string(f.Severity))
	room := width - 1 - len("--     ") - len(word) - len(f.Code)
	deep := strings.Repeat(" ", len("--   ")+len(word))
	if room < leastTitle {
		lines := wrap(ASCII(f.Title), width-len(deep))
		for i := range lines {
			lines[i] = deep + lines[i]
		}
		lines[0] = "-- " + paint(word) + lines[0][len("-- ")+len(word):]
		return append(lines, strings.Repeat(" ", max(min(len(deep), width-len(f.Code)), 0))+f.Code)
	}
	title := wrap(ASCII(f.Title), room-2)
	lines := []string{fmt.Sprintf("-- %s  %s %s %s", paint(word), title[0], dashes(room-len(title[0])), f.Code)}
	for _, more := range title[1:] {
		lines = append(lines, deep+more)
	}
	return lines
}

// leastTitle is how much room the title needs beside the code.
const leastTitle = 16

// writeQuotes prints transcript lines with the part that matters underlined.
func (p *page) writeQuotes(quotes []Quote) {
	for _, q := range quotes {
		for _, l := range quoteLines(q, min(p.indent+quoteDeeper, p.width/20+p.indent), p.width) {
			p.line("%s", l)
		}
	}
	if len(quotes) > 0 {
		p.line("")
	}
}

// quoteLines are a transcript line and, below it, the mark under the part that
// matters.
func quoteLines(q Quote, indent, width int) []string {
	head := fmt.Sprintf("%*s%2d %s ", indent, "", q.Line.Number, arrowOf(q.Line.Dir))
	raw := q.Line.Text
	from := min(max(q.From, 0), len(raw))
	to := min(max(q.To, from), len(raw))
	text := ASCII(raw)
	start, end := len(ASCII(raw[:from])), len(ASCII(raw[:to]))
	room := width - len(head)
	if end > room-3 && len(text) > room { // show the part that matters
		cut := max(min(start-10, len(text)-room+3), 0)
		text = "..." + text[cut:]
		start, end = start-cut+3, end-cut+3
	}
	text = clip(text, room)
	start, end = min(start, len(text)), min(end, len(text))
	lines := []string{head + text}
	if end <= start {
		return lines
	}
	under := strings.Repeat(" ", len(head)+start) + strings.Repeat("^", end-start)
	label := ASCII(q.Label)
	if len(under)+1+len(label) <= width {
		return append(lines, join(under, " ", label))
	}
	lines = append(lines, under)
	for _, l := range wrap(label, room) {
		lines = append(lines, strings.Repeat(" ", max(0, min(len(head)+start, width-len(l))))+l)
	}
	return lines
}

// OwnerTitle is the name of the person who can fix something, for people.
func OwnerTitle(o Owner) string {
	switch o {
	case ClientUser:
		return "You"
	case ClientNetwork:
		return "Client's network"
	case PathOwner:
		return "Network in between"
	case ServerNetwork:
		return "Server's network"
	case ServerAdmin:
		return "Server administrator"
	}
	return ""
}

// whereText locates a finding on the way; empty when nothing is known of it.
func whereText(w *Where) string {
	if w == nil {
		return ""
	}
	side := map[Side]string{
		SideClient: "at the client's side",
		SidePath:   "between the two sides",
		SideServer: "at the server's side",
	}[w.Side]
	if !w.HopKnown {
		return join(side, ", ", w.Address)
	}
	text := "before the first hop"
	switch {
	case w.AfterHop > 0:
		text = fmt.Sprintf("after hop %d", w.AfterHop)
	case w.Of == 1:
		place := map[Side]string{SideClient: "on this machine", SideServer: "at the server"}[w.Side]
		return join(cmp.Or(place, "on this machine, or at the server"), ", ", w.Address)
	case w.Of == 0 && w.Side == SideUnknown:
		return join("unknown: not even the first hop answered", ", ", w.Address)
	}
	if w.Of > 0 {
		text += fmt.Sprintf(" of %d", w.Of)
	}
	if w.Address != "" {
		text += " (" + w.Address + ")"
	}
	return join(text, ", ", side)
}

// Colours of the words that carry a state. They only decorate.
var colours = map[string]string{
	"ok": "32", "PASS": "32", "warn": "33", "WARNING": "33",
	"works": "32", "fails": "31", "FAIL": "31", "PROBLEM": "31", "ERROR": "31", "skip": "2", "NOTE": "36",
}

// paintANSI paints a state word.
func paintANSI(w string) string {
	c := colours[w]
	if c == "" {
		return w
	}
	return "\x1b[" + c + "m" + w + "\x1b[0m"
}

// paintEnd paints the last word of a diagram line.
func (t *Text) paintEnd(line string) string {
	i := strings.LastIndexByte(line, ' ') + 1
	return line[:i] + t.word(line[i:])
}

// wrap breaks text at blanks into lines of at most width columns. A longer
// word is cut.
func wrap(text string, width int) []string {
	var lines []string
	width = max(width, 1)
	for len(text) > width {
		cut := strings.LastIndexByte(text[:width+1], ' ')
		if cut <= 0 || strings.TrimLeft(text[:cut], " ") == "" {
			cut = width
		}
		lines = append(lines, strings.TrimRight(text[:cut], " "))
		text = strings.TrimLeft(text[cut:], " ")
	}
	return append(lines, text)
}
