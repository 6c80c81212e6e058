package report

import (
	"cmp"
	"fmt"
	"strings"
)

// Indents of a finding's block.
const (
	storyIndent = 6
	quoteIndent = 10
	labelWidth  = 8 // of "Effect" and its kin, after storyIndent
)

func (t *Text) writeFinding(f Finding) {
	for _, l := range headLines(f, t.word) {
		t.line("%s", l)
	}
	t.line("")
	for i, p := range f.Story {
		t.paragraph(p)
		if i == 0 {
			t.writeQuotes(f.Quote)
		}
	}
	if len(f.Story) == 0 {
		t.writeQuotes(f.Quote)
	}
	if f.Severity != Note { // a note is short
		t.labelled("Where", whereText(f.Where))
		t.labelled("Effect", f.Effect)
		t.writeFixes(f.Fixes)
		t.labelled("Sure", string(f.Certainty))
		t.writeRuledOut(f.RuledOut)
	}
	t.labelled("More", "ftpcheck explain "+f.Code)
	t.line("")
}

// writeRuledOut lists what the cause is not, then what is left open.
func (t *Text) writeRuledOut(what []string) {
	closed, open := splitRuledOut(what)
	t.list("Not", closed)
	t.list("But", open)
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

// list writes the items behind one label.
func (t *Text) list(label string, items []string) {
	for _, item := range items {
		t.labelled(label, item)
		label = " " // a blank label keeps the column
	}
}

// headWidth is the width of a finding's first line.
const headWidth = 79

// headLines are the head of a finding: the code is the last word of the first
// line, and a title that does not fit goes on below.
func headLines(f Finding, paint func(string) string) []string {
	word := strings.ToUpper(string(f.Severity))
	room := headWidth - len("--     ") - len(word) - len(f.Code)
	title := wrap(ASCII(f.Title), room-2)
	head := fmt.Sprintf("-- %s  %s %s %s", paint(word), title[0], dashes(room-len(title[0])), f.Code)
	lines := []string{head}
	for _, more := range title[1:] {
		lines = append(lines, strings.Repeat(" ", len("--   ")+len(word))+more)
	}
	return lines
}

func (t *Text) paragraph(p string) {
	for _, l := range wrap(ASCII(strings.Join(strings.Fields(p), " ")), lineWidth-storyIndent) {
		t.line("%*s%s", storyIndent, "", l)
	}
	t.line("")
}

// labelled writes "Effect  text" and aligns what follows.
func (t *Text) labelled(label, text string) {
	if text == "" {
		return
	}
	indent := storyIndent + labelWidth
	for i, l := range wrap(ASCII(strings.Join(strings.Fields(text), " ")), lineWidth-indent) {
		if i > 0 {
			label = ""
		}
		t.line("%*s%-*s%s", storyIndent, "", labelWidth, label, l)
	}
}

// writeQuotes prints transcript lines with the part that matters underlined.
func (t *Text) writeQuotes(quotes []Quote) {
	for _, q := range quotes {
		for _, l := range quoteLines(q) {
			t.line("%s", l)
		}
	}
	if len(quotes) > 0 {
		t.line("")
	}
}

func quoteLines(q Quote) []string {
	head := fmt.Sprintf("%*s%2d %s ", quoteIndent, "", q.Line.Number, arrowOf(q.Line.Dir))
	raw := q.Line.Text
	from := min(max(q.From, 0), len(raw))
	to := min(max(q.To, from), len(raw))
	text := ASCII(raw)
	start, end := len(ASCII(raw[:from])), len(ASCII(raw[:to]))
	room := lineWidth - len(head)
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
	if len(under)+1+len(label) <= lineWidth {
		return append(lines, join(under, " ", label))
	}
	lines = append(lines, under)
	for _, l := range wrap(label, room) {
		lines = append(lines, strings.Repeat(" ", max(0, min(len(head)+start, lineWidth-len(l))))+l)
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

// word paints a state word when colours are on.
func (t *Text) word(w string) string {
	c := colours[w]
	if !t.opt.Color || c == "" {
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
