package report

import (
	"cmp"
	"fmt"
)

// verdictWord is a verdict for people.
func verdictWord(v Verdict) string { return string(cmp.Or(v, "not tested")) }

// writeClients prints which programs work, one policy after the other.
func (t *Text) writeClients(r *Report) {
	if len(r.Clients) == 0 {
		return
	}
	t.line("CLIENTS")
	t.line("")
	t.line("  Ways to open data connections, the programs that use them unless told")
	t.line("  otherwise and, in brackets, the settings that change that.")
	t.line("")
	for _, p := range r.Clients {
		t.row(verdictWord(p.Verdict), p.Title, 0)
		t.row("", p.Why, 0)
		for _, c := range p.Programs {
			text := fmt.Sprintf("%s (%s)", c.Name, c.Setting)
			if c.Verdict != p.Verdict {
				text = verdictWord(c.Verdict) + ": " + text
			}
			t.row("", text, 2)
		}
	}
	t.line("")
}

// row prints a verdict and, in the second column, text that may wrap.
func (t *Text) row(word, text string, indent int) {
	const column = 14
	for i, l := range wrap(ASCII(text), lineWidth-column-indent) {
		if i > 0 {
			word = ""
		}
		t.line("  %s%*s%s", t.word(word), column-2+indent-len(word), "", l)
	}
}
