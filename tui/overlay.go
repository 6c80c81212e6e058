package tui

import (
	"fmt"

	"ftpcheck/report"
)

// overlay is what covers list and detail.
func (m *Model) overlay() []string {
	switch m.over {
	case doHelp:
		return m.helpLines()
	case doTranscript:
		return m.transcriptLines()
	case doPath:
		return m.pathLines(min(m.width-2, 100))
	case doPorts:
		return m.portLines()
	case doChanges:
		return m.changeLines()
	}
	return nil
}

// heading is the first line of a pane.
func (m *Model) heading(text string, f focus) string {
	if m.focus == f && m.over == doNone && f != onOverlay {
		text = ">" + text
	} else {
		text = " " + text
	}
	return m.style.in(m.style.title, text)
}

func (m *Model) helpLines() []string {
	lines := []string{m.heading("KEYS", onOverlay), ""}
	for _, b := range keyTable {
		for i, l := range report.Wrap(b.long, m.width-15) {
			name := b.name
			if i > 0 {
				name = ""
			}
			lines = append(lines, fmt.Sprintf(" %-12s %s", name, l))
		}
	}
	return lines
}

// transcriptLines are all that was said, with times.
func (m *Model) transcriptLines() []string {
	lines := []string{m.heading("TRANSCRIPT", onLog)}
	if m.report == nil {
		return lines
	}
	return append(lines, report.TranscriptLines(m.report.Transcript, m.width-2)...)
}

// log is the pane at the bottom: what changes while it is watched, else what
// was said.
func (m *Model) log() []string {
	if m.watch.on || len(m.changes) > 0 {
		return m.changeLines()
	}
	return m.transcriptLines()
}

func (m *Model) changeLines() []string {
	lines := []string{m.heading("CHANGES", onLog)}
	if len(m.changes) == 0 {
		why := "no two runs have been compared yet: w watches, r runs all again"
		if m.before != nil {
			why = "nothing has changed from run to run"
		}
		return append(lines, " "+clip(why, m.width-2))
	}
	for _, c := range m.changes {
		lines = append(lines, " "+clip(report.ASCII(c.words()), m.width-2))
	}
	return lines
}

func (m *Model) pathLines(width int) []string {
	lines := []string{m.heading("PATH", onOverlay), ""}
	for _, l := range report.PathDiagram(m.ev, width-1, m.style.word) {
		lines = append(lines, " "+l)
	}
	if len(lines) == 2 {
		lines = append(lines, " no connection was tried yet")
	}
	return lines
}

func (m *Model) portLines() []string {
	lines := []string{m.heading("PORT MAP", onOverlay), ""}
	for _, l := range report.PortMap(m.ev, m.width-2, m.style.word) {
		lines = append(lines, " "+l)
	}
	if len(lines) == 2 {
		lines = append(lines, " no data port was tried yet")
	}
	return lines
}
