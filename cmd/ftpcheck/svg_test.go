package main

import (
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// cell is the size of a character in a picture, in pixels.
const (
	cellWidth  = 8.4 // of most monospaced fonts at cellFont
	cellHeight = 17
	cellFont   = 14
)

// The colours of a picture: those of a dark terminal.
const (
	paper = "#0d1117"
	ink   = "#d0d7de"
)

var sixteen = [16]string{
	"#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4",
	"#8b949e", "#ff7b72", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#f0f6fc",
}

// look is how characters are shown (ECMA-48 8.3.117, SGR).
type look struct {
	colour              string // empty: ink
	bold, under, turned bool   // turned: ink and paper change places
}

// span is a piece of a line that looks the same all over.
type span struct {
	at   int // column
	text string
	look look
}

var sgr = regexp.MustCompile("\x1b\\[([0-9;]*)m")

// spansOf reads a line with its escape sequences. The look goes on from line
// to line.
func spansOf(line string, now *look) []span {
	var spans []span
	column := 0
	add := func(text string) {
		if text != "" {
			spans = append(spans, span{column, text, *now})
			column += len([]rune(text))
		}
	}
	for {
		at := sgr.FindStringSubmatchIndex(line)
		if at == nil {
			add(line)
			return spans
		}
		add(line[:at[0]])
		now.apply(line[at[2]:at[3]])
		line = line[at[1]:]
	}
}

// apply carries out one SGR sequence. Backgrounds are not among what the
// screen uses.
func (l *look) apply(parameters string) {
	list := strings.Split(parameters, ";")
	for i := 0; i < len(list); i++ {
		n, _ := strconv.Atoi(list[i])
		switch {
		case n == 0:
			*l = look{}
		case n == 1:
			l.bold = true
		case n == 22:
			l.bold = false
		case n == 4 || n == 24:
			l.under = n == 4
		case n == 7 || n == 27:
			l.turned = n == 7
		case n >= 30 && n <= 37:
			l.colour = sixteen[n-30]
		case n >= 90 && n <= 97:
			l.colour = sixteen[n-90+8]
		case n == 38 && i+2 < len(list) && list[i+1] == "5":
			number, _ := strconv.Atoi(list[i+2])
			l.colour = sixteen[number%16]
			if number >= 232 { // the greys of 256 colours
				l.colour = fmt.Sprintf("#%02[1]x%02[1]x%02[1]x", 8+10*(number-232))
			}
			i += 2
		case n == 39:
			l.colour = ""
		}
	}
}

// svgOf draws a screen with its escape sequences. Text stays text.
func svgOf(screen string, width, height int, title string) string {
	var b strings.Builder
	w, h := float64(width+2)*cellWidth, (height+1)*cellHeight
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %d\" font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"%d\">\n", w, h, cellFont)
	fmt.Fprintf(&b, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" rx=\"6\" fill=\"%s\"/>\n", html.EscapeString(title), paper)
	var now look
	for i, line := range strings.Split(strings.TrimRight(screen, "\n"), "\n") {
		y := float64(i+1)*cellHeight + 5
		spans := spansOf(line, &now)
		for _, s := range spans {
			if s.look.turned {
				fmt.Fprintf(&b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n",
					float64(s.at+1)*cellWidth, y-cellFont+1, float64(len([]rune(s.text)))*cellWidth, cellHeight, s.look.ink())
			}
		}
		fmt.Fprintf(&b, "<text y=\"%.1f\" xml:space=\"preserve\">", y)
		for _, s := range spans {
			b.WriteString(s.svg())
		}
		b.WriteString("</text>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (l look) ink() string {
	if l.colour == "" {
		return ink
	}
	return l.colour
}

func (s span) svg() string {
	fill := s.look.ink()
	if s.look.turned {
		fill = paper
	}
	style := ""
	if s.look.bold {
		style += ` font-weight="bold"`
	}
	if s.look.under {
		style += ` text-decoration="underline"`
	}
	n := len([]rune(s.text))
	return fmt.Sprintf(`<tspan x="%.1f" textLength="%.1f" fill="%s"%s>%s</tspan>`, float64(s.at+1)*cellWidth, float64(n)*cellWidth, fill, style, html.EscapeString(s.text))
}

var svgSpan = regexp.MustCompile(`<tspan x="([0-9.]+)"[^>]* fill="(#[0-9a-f]+)"[^>]*>([^<]*)</tspan>`)

// svgText is the text of a picture, and the pieces of it that are coloured to
// say something: frames and what is under the cursor are not.
func svgText(svg string) (screen, coloured string) {
	var lines, pieces []string
	for line := range strings.Lines(svg) {
		if !strings.HasPrefix(line, "<text ") {
			continue
		}
		text := ""
		for _, m := range svgSpan.FindAllStringSubmatch(line, -1) {
			piece := html.UnescapeString(m[3])
			text += piece
			if m[2] != ink && m[2] != paper && !strings.ContainsAny(piece, "─│┤┬") {
				pieces = append(pieces, m[2]+" "+piece)
			}
		}
		lines = append(lines, text)
	}
	return strings.Join(lines, "\n") + "\n", strings.Join(pieces, "\n")
}

func TestSVG(t *testing.T) {
	const screen = " plain \x1b[1m\x1b[91mFAIL\x1b[0m <&>\n\x1b[7m > row\x1b[0m\x1b[38;5;8m│\x1b[39mlast\n"
	svg := svgOf(screen, 20, 2, "a screen")
	text, coloured := svgText(svg)
	if want := " plain FAIL <&>\n > row│last\n"; text != want {
		t.Errorf("text %q, want %q", text, want)
	}
	if want := sixteen[9] + " FAIL"; coloured != want {
		t.Errorf("coloured %q, want %q", coloured, want)
	}
	for _, want := range []string{
		`<tspan x="67.2" textLength="33.6" fill="#ff7b72" font-weight="bold">FAIL</tspan>`,
		`<tspan x="8.4" textLength="50.4" fill="#0d1117"> &gt; row</tspan>`,
		`<rect x="8.4" y="26.0" width="50.4" height="17" fill="#d0d7de"/>`,
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s in\n%s", want, svg)
		}
	}
}
