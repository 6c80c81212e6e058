package tui

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/report"
)

// detail is what there is to say about the selected row.
func (m *Model) detail() []string {
	r, ok := m.selected()
	if !ok {
		return nil
	}
	width := m.detailWidth()
	if r.finding != nil {
		lines := report.FindingLines(*r.finding, width, m.style.word)
		if r.word == "-" {
			lines = append([]string{"In an earlier run:", ""}, lines...)
		}
		return m.marked(lines)
	}
	lines := report.CheckDetail(m.ev, r.check, m.elapsed(), width, m.style.word)
	if m.ev.Checks[r.check] == nil {
		lines = append(lines, m.why(r.check))
		if was, known := m.known.lines[r.check]; known {
			lines = append(lines, "", "Before:")
			lines = append(lines, report.Wrap(report.Word(was.State)+"  "+was.Summary, width)...)
		}
	}
	for _, f := range m.findings() {
		if slices.Contains(f.Checks, r.check) {
			word := strings.ToUpper(string(f.Severity))
			lines = append(lines, m.style.word(word)+clip(fmt.Sprintf("  %s", report.ASCII(f.Title)), width-len(word)))
		}
	}
	return m.marked(lines)
}

// widestText is the width up to which the eye finds the next line.
const widestText = 100

func (m *Model) detailWidth() int {
	if l := m.layout(); l.wide && !m.alone {
		return min(l.detailWidth-1, widestText)
	}
	return min(m.width-2, widestText)
}

// marked moves lines off the edge, and decorates the marks under a quote.
func (m *Model) marked(lines []string) []string {
	for i, l := range lines {
		if bare := strings.TrimLeft(l, " "); strings.HasPrefix(bare, "^") {
			lines[i] = l[:len(l)-len(bare)] + m.style.in(m.style.mark, bare)
		}
	}
	return off(lines)
}
