package tui

import (
	"fmt"
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
		return m.marked(report.FindingLines(*r.finding, width, m.style.word))
	}
	lines := report.CheckDetail(m.ev, r.check, m.elapsed(), width, m.style.word)
	for _, f := range m.findings() {
		for _, c := range f.Checks {
			if c == r.check {
				lines = append(lines, clip(fmt.Sprintf("%s  %s", strings.ToUpper(string(f.Severity)), report.ASCII(f.Title)), width))
			}
		}
	}
	return m.marked(lines)
}

func (m *Model) detailWidth() int {
	l := m.layout()
	if m.alone || l.detailWidth == 0 {
		return m.width - 2
	}
	if l.wide {
		return l.detailWidth - 1
	}
	return l.detailWidth - 2
}

// marked moves lines off the edge, and decorates the marks under a quote.
func (m *Model) marked(lines []string) []string {
	for i, l := range lines {
		if bare := strings.TrimLeft(l, " "); strings.HasPrefix(bare, "^") {
			l = l[:len(l)-len(bare)] + m.style.in(m.style.mark, bare)
		}
		if l != "" {
			lines[i] = " " + l
		}
	}
	return lines
}
