package report

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEveryCodeHasAPage holds pages and rule table together: each page opens
// with its finding as the report prints it.
func TestEveryCodeHasAPage(t *testing.T) {
	var codes []string
	plain := func(s string) string { return s }
	for _, c := range Codes() {
		codes = append(codes, c.Code)
		page, err := pages.ReadFile("explain/" + c.Code + ".md")
		if err != nil {
			t.Error(err)
			continue
		}
		head := strings.Join(headLines(Finding{Code: c.Code, Severity: c.Severity, Title: c.Title}, lineWidth, plain), "\n")
		opening := "```text\n" + head + "\n\n"
		if *update {
			_, body, _ := strings.Cut(string(page), "\n\n")
			store(t, "explain/"+c.Code+".md", opening+body)
		} else if !strings.HasPrefix(string(page), opening+"          ") {
			t.Errorf("%s.md does not open with the sample\n%s", c.Code, head)
		}
		for _, part := range []string{"\n## What it means\n", "\n## How ftpcheck decides\n", "\n## What to do\n", "\n## By hand\n"} {
			if !strings.Contains(string(page), part) {
				t.Errorf("%s.md has no %q", c.Code, strings.TrimSpace(part))
			}
		}
		endsByHand(t, c.Code, string(page))
	}
	files, err := fs.Glob(pages, "explain/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if code := strings.TrimSuffix(strings.TrimPrefix(f, "explain/"), ".md"); !slices.Contains(codes, code) {
			t.Errorf("%s explains a code that no rule has", f)
		}
	}
}

// endsByHand requires that a page's last section is one of commands to type,
// with curl, openssl or an FTP program among them.
func endsByHand(t *testing.T, name, page string) {
	t.Helper()
	_, last, found := strings.Cut(page, "\n## By hand\n")
	if !found || strings.Contains(last, "\n## ") {
		t.Errorf("%s does not end with what to try by hand", name)
	}
	if !regexp.MustCompile(`(?m)^  .*\b(curl|openssl|ftpcheck|getent|dig|lftp)\b`).MatchString(last) {
		t.Errorf("%s names no command with which to confirm it by hand:\n%s", name, last)
	}
}

func TestTopics(t *testing.T) {
	for _, name := range []string{"active-and-passive", "client-programs", "containers", "data-ports-and-load-balancers",
		"helpers", "idle-timeouts", "mtu", "nat", "opposite-end", "port-range", "session-reuse", "tls"} {
		page, err := Explain(name)
		if err != nil {
			t.Error(err)
		} else if !strings.Contains(page, "curl ") {
			t.Errorf("%s has nothing to try by hand", name)
		}
	}
}

func TestPagesFitATerminal(t *testing.T) {
	for _, topic := range Topics() {
		page, err := Explain(topic.Name)
		if err != nil {
			t.Error(err)
			continue
		}
		lines := strings.Split(strings.TrimSuffix(page, "\n"), "\n")
		if len(lines) < 25 || len(lines) > 65 {
			t.Errorf("%s has %d lines", topic.Name, len(lines))
		}
		for i, l := range lines {
			if len(l) > 80 || l != ASCII(l) || l != strings.TrimRight(l, " ") {
				t.Errorf("%s:%d: %q is wide, not plain ASCII, or ends in blanks", topic.Name, i+1, l)
			}
		}
		if topic.Line == "" || strings.HasPrefix(topic.Line, "#") {
			t.Errorf("%s is about %q", topic.Name, topic.Line)
		}
	}
}

// TestPagesNameOtherPages finds references that lead nowhere.
func TestPagesNameOtherPages(t *testing.T) {
	for _, topic := range Topics() {
		page, _ := Explain(topic.Name)
		for rest := page; ; {
			_, after, found := strings.Cut(rest, "ftpcheck explain ")
			if !found {
				break
			}
			rest = after
			name := strings.TrimRight(strings.Fields(after)[0], ".,;:)")
			if _, err := Explain(name); err != nil {
				t.Errorf("%s refers to %v", topic.Name, err)
			}
		}
	}
}

func TestExplainNamesNearPages(t *testing.T) {
	tests := []struct{ asked, near string }{
		{"data-filterd", "data-filtered"},
		{"hairpin", "passive-hairpin"},
		{"Helper", "helpers"},
		{"passive", "active-and-passive"},
		{"pasv_on_ipv6", "pasv-on-ipv6"},
	}
	for _, tt := range tests {
		_, err := Explain(tt.asked)
		if err == nil {
			t.Errorf("there is a page about %q", tt.asked)
			continue
		}
		if !strings.Contains(err.Error(), tt.near) {
			t.Errorf("%v: %q is not named", err, tt.near)
		}
	}
	for _, unknown := range []string{"", "zzzzzzzzzzzz", strings.Repeat("x", 1<<16), "../escape.go"} {
		if page, err := Explain(unknown); err == nil || page != "" {
			t.Errorf("a page about %.20q", unknown)
		}
	}
	if page, err := Explain(" NAT\n"); err != nil || !strings.Contains(page, "RFC 1918") {
		t.Errorf("case and blanks matter: %v", err)
	}
}
