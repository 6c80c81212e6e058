package report

import "strings"

type (
	htmlFinding struct {
		Severity, Class, Code, Title string

		First        []string // the story before the quote
		Quote        []htmlLine
		Then         []string // and after it
		Where        string
		Effect       string
		Fixes        []htmlFix
		Sure         string
		Closed, Open []string // what was ruled out, and what was not
	}
	htmlLine struct {
		Text  string
		Under bool // it marks a part of the line above
	}
	htmlFix struct {
		Owner, Do string
		Examples  []Example
	}
)

func htmlFindingOf(f Finding) htmlFinding {
	h := htmlFinding{
		Severity: strings.ToUpper(string(f.Severity)), Class: string(f.Severity), Code: f.Code, Title: ASCII(f.Title),
		First: each(f.Story, ASCII),
	}
	if len(h.First) > 1 {
		h.First, h.Then = h.First[:1], h.First[1:]
	}
	for _, q := range f.Quote {
		for i, l := range quoteLines(q, 0, lineWidth) {
			h.Quote = append(h.Quote, htmlLine{l, i > 0})
		}
	}
	if f.Severity == Note { // a note is short
		return h
	}
	h.Where, h.Effect, h.Sure = ASCII(whereText(f.Where)), ASCII(f.Effect), string(f.Certainty)
	closed, open := splitRuledOut(f.RuledOut)
	h.Closed, h.Open = each(closed, ASCII), each(open, ASCII)
	for _, x := range f.Fixes {
		fix := htmlFix{Owner: OwnerTitle(x.Who), Do: ASCII(x.Do)}
		for _, e := range x.Examples {
			lines := strings.Split(strings.Trim(e.Text, "\n"), "\n")
			fix.Examples = append(fix.Examples, Example{ASCII(e.For), strings.Join(each(lines, ASCII), "\n")})
		}
		h.Fixes = append(h.Fixes, fix)
	}
	return h
}
