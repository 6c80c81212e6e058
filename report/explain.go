package report

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed explain/*.md explain/topics/*.md
var pages embed.FS

// Topic is a page of Explain.
type Topic struct {
	Name string // a finding's code, or a subject such as nat
	Line string // what it is about, in one line
	Code bool   // Name is a code
}

// Topics lists the subjects, then every code in the order of the rule table.
func Topics() []Topic {
	var topics []Topic
	entries, _ := pages.ReadDir("explain/topics") // embedded: cannot fail
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".md")
		page, _ := pages.ReadFile("explain/topics/" + e.Name())
		title, _, _ := strings.Cut(string(page), "\n")
		topics = append(topics, Topic{name, strings.TrimPrefix(title, "# "), false})
	}
	for _, c := range Codes() {
		topics = append(topics, Topic{c.Code, c.Title, true})
	}
	return topics
}

// Explain returns the page about a code or a subject, ready to print. For an
// unknown one the error names those that come near.
func Explain(topic string) (string, error) {
	topic = strings.ToLower(strings.TrimSpace(topic))
	for _, t := range Topics() {
		if t.Name != topic {
			continue
		}
		for _, dir := range []string{"explain/", "explain/topics/"} {
			if page, err := pages.ReadFile(dir + topic + ".md"); err == nil {
				return unfence(string(page)), nil
			}
		}
	}
	err := fmt.Errorf("no page about %q", topic)
	if near := nearTopics(topic); len(near) > 0 {
		err = fmt.Errorf("no page about %q; near: %s", topic, strings.Join(near, ", "))
	}
	return "", err
}

// unfence drops the fences of code blocks, which mean nothing on a terminal.
func unfence(page string) string {
	var b strings.Builder
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "```") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// nearTopics returns up to five names that share a word or most letters with
// what was asked for.
func nearTopics(asked string) []string {
	const most = 5
	words := strings.FieldsFunc(asked, func(r rune) bool { return r == '-' || r == ' ' || r == '_' })
	var near []string
	for _, t := range Topics() {
		parts := strings.Split(t.Name, "-")
		shares := slices.ContainsFunc(words, func(w string) bool {
			return slices.ContainsFunc(parts, func(p string) bool { return w == p || len(w) > 2 && edits(w, p) <= len(w)/3 })
		})
		if shares || edits(asked, t.Name) <= len(t.Name)/3 {
			near = append(near, t.Name)
		}
	}
	slices.SortStableFunc(near, func(a, b string) int { return edits(asked, a) - edits(asked, b) })
	return near[:min(most, len(near))]
}

// edits is the number of insertions, deletions and replacements between two
// words (Levenshtein's distance). Long input is not worth comparing.
func edits(a, b string) int {
	const longest = 64
	if len(a) > longest {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
