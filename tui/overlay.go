package tui

import (
	"ftpcheck/report"
)

// overlay is what covers list and detail, and what it is called.
func (m *Model) overlay() (name string, lines []string) {
	switch m.over {
	case doHelp:
		return "KEYS", helpOf(keyTable, m.width)
	case doTranscript:
		return logTranscript, m.transcriptLines()
	case doPath:
		return "PATH", m.pathLines(min(m.width, 100))
	case doPorts:
		return "PORT MAP", m.portLines()
	case doChanges:
		return "CHANGES", m.changeLines()
	}
	return "", nil
}

// log is the pane at the bottom: what changed, if anything did or a watch is
// on; else what was said.
func (m *Model) log() (name string, lines []string) {
	if m.watch.on || len(m.changes) > 0 {
		return "CHANGES", m.changeLines()
	}
	return logTranscript, m.transcriptLines()
}

const logTranscript = "TRANSCRIPT"

// transcriptLines are all that was said, with times.
func (m *Model) transcriptLines() []string {
	if m.report == nil || len(m.report.Transcript) == 0 {
		return []string{" nothing was said yet"}
	}
	return report.TranscriptLines(m.report.Transcript, m.width-1)
}

func (m *Model) changeLines() []string {
	var lines []string
	for _, c := range m.changes {
		for i, l := range report.Wrap(c.words(), m.width-4) {
			indent := " "
			if i > 0 {
				indent = "   "
			}
			lines = append(lines, indent+l)
		}
	}
	switch {
	case len(lines) > 0:
	case m.runs > 1:
		lines = append(lines, " nothing has changed from run to run")
	default:
		lines = append(lines, " there is no second run yet: w watches, r runs all again")
	}
	return lines
}

func (m *Model) pathLines(width int) []string {
	if m.pathOf != width {
		m.pathOf, m.path = width, off(report.PathDiagram(m.ev, width-2, m.style.word))
	}
	if len(m.path) == 0 {
		return []string{" no connection was tried yet"}
	}
	return m.path
}

func (m *Model) portLines() []string {
	lines := off(report.PortMapLines(m.ev, m.width-2, m.style.word))
	if len(lines) == 0 {
		return []string{" no data port was tried yet"}
	}
	return lines
}

// off moves lines off the left edge.
func off(lines []string) []string {
	for i, l := range lines {
		if l != "" {
			lines[i] = " " + l
		}
	}
	return lines
}
