package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

func TestMarkdownText(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"plain words, 10.0.0.5:50013", "plain words, 10.0.0.5:50013"},
		{"pasv_address", `pasv\_address`},
		{"a|b", `a\|b`},
		{"![x](http://h/i.png)", `\!\[x\](http\://h/i.png)`},
		{"<script>&amp;</script>", `\<script\>\&amp;\</script\>`},
		{"`code`", "\\`code\\`"},
		{"# heading", `\# heading`},
		{"- item", `\- item`},
		{"1. item", `1\. item`},
		{"10.0.0.5 timed out", "10.0.0.5 timed out"},
		{"===", `\===`},
		{"www.example.com and WWW.x", `www\.example.com and WWW\.x`},
		{"ask @everyone", `ask \@everyone`},
		{"two\r\nlines", "two lines"},
		{"esc \x1b[2J", `esc \\x1b\[2J`},
		{`a\`, `a\\`},
	}
	for _, tt := range tests {
		if got := mdText(tt.raw); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.raw, got, tt.want)
		}
	}
}

func TestMarkdownCode(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"a=b", "`a=b`"},
		{"a`b", "``a`b``"},
		{"``x", "``` ``x ```"},
		{"", "`  `"},
	}
	for _, tt := range tests {
		if got := mdCode(tt.raw); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.raw, got, tt.want)
		}
	}
}

// A server's words stand where they are quoted, and nowhere do they begin a
// heading, a table row, a link, a fence or HTML.
func TestMarkdownIsNotInjected(t *testing.T) {
	evil := []string{"```", "~~~~", "# owned", "| a | b |", "<img src=x>", "[x](http://evil)", "````text", "\n# owned\n"}
	run := runs["hostile-words"]()
	r := New(run.evidence(), Judge{})
	for _, words := range evil {
		for i := range r.Findings {
			f := &r.Findings[i]
			f.Story = []string{words}
			f.Title, f.Effect, f.RuledOut = words, words, []string{words}
			f.Quote = append(f.Quote, Quote{Line: r.Transcript[0]})
			f.Quote[len(f.Quote)-1].Line.Text = words
			f.Fixes = []Fix{{Who: ServerAdmin, Do: words, Examples: []Example{{For: words, Text: words}}}}
		}
		for i := range r.Checks {
			r.Checks[i].Summary = words
		}
		text := markdownOf(t, r, true)
		headings := regexp.MustCompile(`(?m)^# .*`).FindAllString(outsideFences(t, text), -1)
		if len(headings) != 1 {
			t.Errorf("%q: headings %q", words, headings)
		}
		if outside := regexp.MustCompile("(?m)^- .*: `.*`$").ReplaceAllString(outsideFences(t, text), ""); regexp.MustCompile(`(^|[^\\])<|(^|[^\\])\]\(|[^\\]://`).MatchString(outside) {
			t.Errorf("%q becomes markup:\n%s", words, outside)
		}
	}
}

// outsideFences drops code blocks, as CommonMark reads them: a fence ends at
// one of the same character that is at least as long.
func outsideFences(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	fence := ""
	for line := range strings.Lines(text) {
		bare := strings.TrimSpace(line)
		ticks := len(bare) - len(strings.TrimLeft(bare, "`"))
		switch {
		case fence == "" && ticks >= 3:
			fence = bare[:ticks]
		case fence != "" && ticks >= len(fence) && bare == bare[:ticks]:
			fence = ""
		case fence == "":
			b.WriteString(line)
		}
	}
	if fence != "" {
		t.Errorf("a code block does not end:\n%s", text)
	}
	return b.String()
}

// markdownOf prints a report and checks that it is plain ASCII.
func markdownOf(t *testing.T, r *Report, verbose bool) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteMarkdown(&b, r, verbose); err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Bytes() {
		if c != '\n' && (c < 0x20 || c > 0x7e) {
			t.Fatalf("byte %#x in the output, which is not printable ASCII", c)
		}
	}
	return b.String()
}

func TestClientsTableAlone(t *testing.T) {
	r := New(runs["private-address"]().evidence(), Judge{})
	var b bytes.Buffer
	if err := WriteClientsMarkdown(&b, r.Clients); err != nil {
		t.Fatal(err)
	}
	if rows := strings.Count(b.String(), "\n| "); rows != len(r.Clients)+1 {
		t.Errorf("%d rows, want one for each of %d policies and the head:\n%s", rows, len(r.Clients), b.String())
	}
	if !strings.Contains(b.String(), "| fails | PASV at the announced address | wget;") {
		t.Errorf("wget does not fail:\n%s", b.String())
	}
}
