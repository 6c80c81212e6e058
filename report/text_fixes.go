package report

import "strings"

func (p *page) writeFixes(fixes []Fix) {
	label := "Fix"
	for _, f := range fixes {
		p.labelled(label, join(OwnerTitle(f.Who), ": ", f.Do))
		if label == "Fix" {
			label = " " // a blank label keeps the column
		}
		width := 0
		shown, rest := f.Examples, ""
		if !p.verbose {
			shown, rest = fewExamples(f.Examples)
		}
		for _, e := range shown {
			width = max(width, len(ASCII(e.For)))
		}
		for _, e := range shown {
			p.writeExample(e, width)
		}
		if rest != "" {
			p.writeExample(Example{Text: "(-v prints the lines for " + rest + ", too)"}, 0)
		}
	}
}

// fewExamples are the first ones of a long list, and the names of the rest.
func fewExamples(all []Example) (shown []Example, rest string) {
	const most, longList = 4, 6
	if len(all) < longList {
		return all, ""
	}
	var names []string
	for _, e := range all[most:] {
		names = append(names, e.For)
	}
	last := len(names) - 1
	return all[:most], strings.Join(names[:last], ", ") + " and " + names[last]
}

// writeExample prints the fix for one product beside its name, or below it
// where it is too wide for that.
func (p *page) writeExample(e Example, width int) {
	indent := p.indent + labelWidth + 2
	text := strings.Split(strings.TrimRight(e.Text, "\n"), "\n")
	column := indent
	if e.For != "" {
		column += width + 3
	}
	for _, l := range text {
		if column+len(ASCII(l)) > p.width {
			if e.For != "" {
				p.line("%*s%s", indent, "", clip(ASCII(e.For), p.width-indent))
				e.For = ""
			}
			column = indent + 2
			break
		}
	}
	for i, l := range text {
		name := ""
		if i == 0 {
			name = ASCII(e.For)
		}
		for j, part := range wrapHanging(ASCII(l), p.width-column) {
			if j > 0 {
				name = ""
			}
			p.line("%*s%-*s%s", indent, "", column-indent, name, part)
		}
	}
}

// wrapHanging is wrap for one command: what does not fit stands deeper than
// the next command would.
func wrapHanging(text string, width int) []string {
	const hang = "    "
	lines := wrap(text, width)
	if len(lines) == 1 {
		return lines
	}
	lines = lines[:1]
	for _, l := range wrap(strings.TrimLeft(text[len(lines[0]):], " "), width-len(hang)) {
		lines = append(lines, hang+l)
	}
	return lines
}
