package report

import (
	"strings"

	"ftpcheck/probe"
)

// quote returns the transcript line that stands at index among the lines of
// its check, or nothing.
func (v *view) quote(c probe.Check, index int) []Quote {
	if index < 0 {
		return nil
	}
	for _, l := range v.ev.Transcript() {
		if l.Check != c {
			continue
		}
		if index == 0 {
			return []Quote{{Line: l}}
		}
		index--
	}
	return nil
}

// quoteReply quotes a reply's last line, after the command that it answers.
func (v *view) quoteReply(c probe.Check, r *probe.Reply) []Quote {
	if r == nil {
		return nil
	}
	var quotes []Quote
	run := v.ev.Checks[c]
	if before := r.Line - len(r.Lines); run != nil && before >= 0 && before < len(run.Lines) && run.Lines[before].Dir == probe.KindSend {
		quotes = v.quote(c, before)
	}
	return append(quotes, v.quote(c, r.Line)...)
}

// markSpan underlines a span of the last quoted line where it fits.
func markSpan(quotes []Quote, from, to int, label string) []Quote {
	if n := len(quotes); n > 0 {
		q := &quotes[n-1]
		if 0 <= from && from < to && to <= len(q.Line.Text) {
			q.From, q.To, q.Label = from, to, label
		}
	}
	return quotes
}

// sentence cleans server text for use within a sentence, and bounds it. Escaping is the printers' work.
func sentence(s string) string {
	const most = 160
	s = strings.TrimSpace(s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + " [cut]"
	}
	return s
}
