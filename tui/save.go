package tui

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"ftpcheck/report"

	tea "charm.land/bubbletea/v2"
)

// prompt asks for the name of a file, and whether to overwrite one.
type prompt struct {
	report    *report.Report
	name      field
	overwrite bool // the question is whether to overwrite
}

// extensions names the formats for people.
func extensions() string {
	var all []string
	for _, f := range report.Formats {
		if f.Extension != "" {
			all = append(all, f.Extension)
		}
	}
	return strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1]
}

// askPath begins to ask under which name to save the report.
func (m *Model) askPath() {
	r := m.done()
	if r == nil {
		m.say("there is nothing to save yet: the run has not ended, esc cancels it")
		return
	}
	m.prompt = &prompt{report: r}
	m.prompt.name.set("ftpcheck.txt")
}

func (m *Model) promptKey(msg tea.KeyPressMsg) tea.Cmd {
	p := m.prompt
	switch {
	case msg.String() == "esc":
		m.prompt = nil
		m.say("not saved")
	case p.overwrite && msg.String() == "y":
		m.saveAs(true)
	case p.overwrite:
		p.overwrite = false
	case msg.String() == "enter":
		m.saveAs(false)
	default:
		p.name.key(msg)
	}
	return nil
}

// saveAs writes the report in the format that the file's extension names.
func (m *Model) saveAs(overwrite bool) {
	name := m.prompt.name.String()
	format, ok := report.FormatOf(name)
	if !ok {
		m.say(fmt.Sprintf("the name must end in %s, which says the format", extensions()))
		return
	}
	r := m.prompt.report
	where, err := m.work.Save(name, overwrite, func(w io.Writer) error {
		return format.Write(w, r, report.TextOptions{Verbose: true})
	})
	switch {
	case errors.Is(err, ErrExists):
		m.prompt.overwrite = true
	case err != nil:
		m.prompt.overwrite = false
		m.say(err.Error())
	default:
		m.prompt = nil
		m.say("saved as " + where + m.which(r))
	}
}

// which says so where a report is not the one on the screen, or is on some of
// the checks alone.
func (m *Model) which(r *report.Report) string {
	text := ""
	if r != m.report {
		text = ", of an earlier run"
	}
	if r.Interrupted || r == m.whole {
		return text
	}
	return fmt.Sprintf("%s, on %d checks alone: r runs all", text, len(r.Checks))
}

// copyTicket puts the report as a ticket into the terminal's clipboard.
func (m *Model) copyTicket() tea.Cmd {
	r := m.done()
	if r == nil {
		m.say("there is nothing to copy yet: the run has not ended, esc cancels it")
		return nil
	}
	var b strings.Builder
	if err := report.WriteMarkdown(&b, r, false); err != nil {
		m.say(err.Error())
		return nil
	}
	m.say("ticket sent to the clipboard (OSC 52)" + m.which(r) + "; not there? s saves it as .md")
	return tea.SetClipboard(b.String())
}
