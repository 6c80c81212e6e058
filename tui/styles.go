package tui

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// styles decorate. Words and shapes carry every state without them.
type styles struct {
	plain bool
	ascii bool                      // rules of ASCII characters
	words map[string]lipgloss.Style // by the word that carries a state
	rule  lipgloss.Style
	title lipgloss.Style
	faint lipgloss.Style
	mark  lipgloss.Style // of what is underlined in a quote
	here  lipgloss.Style // the row under the cursor
}

// newStyles are the styles for a dark or a light background.
func newStyles(o Options, dark bool) styles {
	if o.Plain {
		return styles{plain: true, ascii: o.ASCII}
	}
	pick := lipgloss.LightDark(dark)
	style := func(light, dark string) lipgloss.Style {
		return lipgloss.NewStyle().Foreground(pick(lipgloss.Color(light), lipgloss.Color(dark)))
	}
	good, doubt, bad, calm := style("#116329", "10"), style("#7d4e00", "11"), style("#a40e26", "9"), style("#0550ae", "14")
	quiet := style("#57606a", "245") // not 8: some themes make that their background
	return styles{
		ascii: o.ASCII,
		words: map[string]lipgloss.Style{
			"ok": good, "PASS": good, "works": good, "open": good,
			"warn": doubt, "WARNING": doubt, "refused": doubt, "no arrival": doubt,
			"FAIL": bad.Bold(true), "fails": bad, "PROBLEM": bad.Bold(true), "ERROR": bad.Bold(true), "silent": bad, "rejected": bad,
			"skip": quiet, "-": quiet, "NOTE": calm, "....": calm,
		},
		rule:  quiet,
		title: lipgloss.NewStyle().Bold(true),
		faint: quiet,
		mark:  bad,
		here:  lipgloss.NewStyle().Reverse(true),
	}
}

// word decorates a word that carries a state.
func (s styles) word(w string) string {
	if style, ok := s.words[w]; ok {
		return style.Render(w)
	}
	return w
}

// in decorates text, without the blanks at its ends.
func (s styles) in(style lipgloss.Style, text string) string {
	if s.plain || strings.TrimSpace(text) == "" {
		return text
	}
	return style.Render(text)
}

// glyph is a character of a rule, or its stand-in where the locale has none.
func (s styles) glyph(fine, plain string) string {
	if s.ascii {
		return plain
	}
	return fine
}

// across is a rule from edge to edge, with a name in it.
func (s styles) across(width int, name string) string {
	dash := s.glyph("─", "-")
	if name == "" {
		return s.in(s.rule, strings.Repeat(dash, width))
	}
	name = clip(name, width-4)
	return s.in(s.rule, dash) + " " + s.in(s.title, name) + " " + s.in(s.rule, strings.Repeat(dash, max(width-3-len(name), 0)))
}
