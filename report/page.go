package report

import (
	"fmt"
	"strings"
)

// page sets text in lines of a width. The text report and the detail on the
// screen show a finding by the same page, so that their words are the same.
type page struct {
	width   int
	indent  int  // of a finding's story
	verbose bool // all examples of a fix
	paint   func(string) string
	emit    func(line string)
}

// labelWidth is the width of "Effect" and its kin, after the indent.
const labelWidth = 8

// newPage returns a page for the screen, and the lines that are set on it.
func newPage(width int, paint func(string) string) (*page, *[]string) {
	var lines []string
	p := &page{width: max(width, leastWidth), verbose: true, paint: paint}
	p.emit = func(l string) { lines = append(lines, l) }
	return p, &lines
}

// leastWidth is the narrowest page on which a label still has text beside it.
const leastWidth = 24

// FindingLines sets one finding in lines of at most width columns, in the
// words of the text report. paint decorates the words that carry a state; nil
// leaves them alone.
func FindingLines(f Finding, width int, paint func(string) string) []string {
	p, lines := newPage(width, paint)
	p.writeFinding(f)
	return *lines
}

// line sets one line without trailing blanks.
func (p *page) line(format string, args ...any) {
	p.emit(strings.TrimRight(fmt.Sprintf(format, args...), " "))
}

// word decorates a word that carries a state.
func (p *page) word(w string) string {
	if p.paint == nil {
		return w
	}
	return p.paint(w)
}

func (p *page) paragraph(text string) {
	for _, l := range wrap(ASCII(strings.Join(strings.Fields(text), " ")), p.width-p.indent) {
		p.line("%*s%s", p.indent, "", l)
	}
	p.line("")
}

// labelled sets "Effect  text" and aligns what follows.
func (p *page) labelled(label, text string) {
	if text == "" {
		return
	}
	indent := p.indent + labelWidth
	for i, l := range wrap(ASCII(strings.Join(strings.Fields(text), " ")), p.width-indent) {
		if i > 0 {
			label = ""
		}
		p.line("%*s%-*s%s", p.indent, "", labelWidth, label, l)
	}
}

// list sets the items behind one label.
func (p *page) list(label string, items []string) {
	for _, item := range items {
		p.labelled(label, item)
		label = " " // a blank label keeps the column
	}
}

// undecorated leaves a word as it is.
func undecorated(word string) string { return word }
