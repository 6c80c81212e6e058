package main

import (
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// roff is a manual page in the making: source for the macros of man(7).
type roff struct{ strings.Builder }

// plain escapes text. Every hyphen is written as a minus, so that what is
// copied from the page is what has to be typed.
var plain = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `~`, `\(ti`, `^`, `\(ha`, "`", `\(ga`)

var (
	longFlag    = regexp.MustCompile(`\\-\\-[a-z]+(\\-[a-z]+)*`)
	placeholder = regexp.MustCompile("`([^`]+)`")
	upperCase   = regexp.MustCompile(`\b[A-Z]+\b`)
)

func bold(s string) string   { return `\fB` + plain.Replace(s) + `\fR` }
func italic(s string) string { return `\fI` + plain.Replace(s) + `\fR` }

// prose escapes running text, with flags in bold and what stands between
// backquotes in italic type.
func prose(s string) string {
	var b strings.Builder
	at := 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(s, -1) {
		b.WriteString(plain.Replace(s[at:m[0]]) + italic(s[m[2]:m[3]]))
		at = m[1]
	}
	b.WriteString(plain.Replace(s[at:]))
	return longFlag.ReplaceAllString(b.String(), `\fB$0\fR`)
}

// text writes escaped lines as they stand, none of which is taken for a macro.
func (r *roff) text(escaped string) {
	for line := range strings.Lines(escaped) {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			r.WriteString(`\&`)
		}
		r.WriteString(strings.TrimSuffix(line, "\n") + "\n")
	}
}

// fill writes running text, escaped, in lines of the source that are not long.
// Each sentence begins a line: roff knows its end by that.
func (r *roff) fill(escaped string) {
	line := ""
	for word := range strings.FieldsSeq(escaped) {
		if line != "" && (strings.HasSuffix(line, ".") || len(line)+1+len(word) > 80) {
			r.text(line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	r.text(line)
}

// macro writes a macro, and its arguments, which are escaped.
func (r *roff) macro(name string, args ...string) {
	r.WriteString("." + name)
	for _, a := range args {
		r.WriteString(` "` + strings.ReplaceAll(a, `"`, `\(dq`) + `"`)
	}
	r.WriteString("\n")
}

func (r *roff) item(tag, text string) {
	r.macro("TP")
	r.text(tag)
	r.fill(text)
}

// paragraphs writes text whose paragraphs are separated by empty lines.
func (r *roff) paragraphs(text string) {
	for i, p := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			r.macro("PP")
		}
		r.fill(prose(p))
	}
}

// example writes lines as they stand.
func (r *roff) example(text string) {
	r.macro("nf")
	for line := range strings.Lines(text) {
		r.text(strings.ReplaceAll(plain.Replace(strings.TrimPrefix(line, "  ")), "'", `\(aq`))
	}
	r.macro("fi")
}

// synopsis is how a command is called: what is typed as it stands is bold.
func synopsis(cmd *cobra.Command) string {
	words := strings.Fields(cmd.Use)
	if cmd.HasParent() {
		words = append([]string{cmd.Root().Name()}, words...)
	}
	for i, w := range words {
		if strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") == "" {
			words[i] = bold(w)
		} else {
			words[i] = upperCase.ReplaceAllString(plain.Replace(w), `\fI$0\fR`)
		}
	}
	return strings.Join(words, " ")
}

// flag describes a flag.
func (r *roff) flag(f *pflag.Flag) {
	tag := bold("--" + f.Name)
	if f.Shorthand != "" {
		tag = bold("-"+f.Shorthand) + ", " + tag
	}
	value, _ := pflag.UnquoteUsage(f)
	if value != "" {
		tag += " " + italic(value)
	}
	text := prose(f.Usage)
	switch f.DefValue {
	case "", "false", "0", "0s", "[]":
	default:
		text += " (default " + plain.Replace(f.DefValue) + ")"
	}
	r.item(tag, text)
}

// flags describes the flags of a command, and names those that common has too.
func (r *roff) flags(cmd *cobra.Command, common *pflag.FlagSet) {
	var shared []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		switch same := common.Lookup(f.Name); {
		case f.Name == "help" && cmd.HasParent():
		case same != nil && same != f && same.Usage == f.Usage && same.DefValue == f.DefValue:
			shared = append(shared, bold("--"+f.Name))
		default:
			r.flag(f)
		}
	})
	if len(shared) > 0 {
		r.macro("PP")
		r.fill("As under OPTIONS: " + strings.Join(shared, ", ") + ".")
	}
}

// command describes a command.
func (r *roff) command(cmd *cobra.Command, common *pflag.FlagSet) {
	r.macro("SS", plain.Replace(cmd.Name()))
	about := cmd.Long
	if about == "" {
		about = cmd.Short + "."
	}
	r.paragraphs(about)
	for _, sub := range cmd.Commands() {
		r.item(bold(sub.Name()), prose(sub.Short+"."))
	}
	r.flags(cmd, common)
}
