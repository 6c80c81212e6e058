package report

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"ftpcheck/probe"
)

// githubCommand is a line that GitHub's runner obeys.
var githubCommand = regexp.MustCompile(`^::(error|warning|notice) title=([a-z0-9-]+)::([^\r\n]+)$`)

// githubText prints the report, and reads it as the runner does.
func githubText(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteGitHub(&b, r, false); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	last := len(lines) - 1
	if !strings.HasPrefix(lines[last], "RESULT ") {
		t.Errorf("the last line is %q", lines[last])
	}
	if strings.Contains(b.String(), "##") {
		t.Errorf("a command of the older form:\n%s", b.String())
	}
	errors := 0
	for i, l := range lines[:last] {
		c := githubCommand.FindStringSubmatch(l)
		if c == nil {
			t.Fatalf("no workflow command: %q", l)
		}
		if c[1] == "error" {
			errors++
		}
		if i >= len(r.Findings) {
			continue
		}
		f := r.Findings[i]
		text := strings.NewReplacer("%0A", "\n", "%0D", "\r", "%25", "%").Replace(c[3])
		if c[2] != f.Code || !strings.HasPrefix(text, noCommand(ASCII(f.Title))+"\n") || !strings.HasSuffix(text, "ftpcheck explain "+f.Code) {
			t.Errorf("%s: %q", f.Code, text)
		}
	}
	if r.Exit == ExitPass && errors > 0 || r.Exit == ExitFail && errors == 0 {
		t.Errorf("%d errors, and the exit code is %d", errors, r.Exit)
	}
	return b.String()
}

// TestGitHubLevels: what counts as a failure is an error.
func TestGitHubLevels(t *testing.T) {
	run := runs["private-address"]().evidence()
	for _, test := range []struct {
		judge Judge
		want  string
	}{
		{Judge{}, "error passive-address-private, warning active-behind-nat"},
		{Judge{Strict: true}, "error passive-address-private, error active-behind-nat"},
		{Judge{Require: []probe.Check{probe.CheckPASV, probe.CheckPORT, probe.CheckIdle, probe.CheckEPSV}},
			"error passive-address-private, warning active-behind-nat, error required, error required, error required"},
	} {
		var got []string
		for l := range strings.Lines(githubText(t, New(run, test.judge))) {
			if c := githubCommand.FindStringSubmatch(strings.TrimSuffix(l, "\n")); c != nil {
				got = append(got, c[1]+" "+c[2])
			}
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("%+v: %s, want %s", test.judge, strings.Join(got, ", "), test.want)
		}
	}
}

// TestGitHubIsNotCommanded: a server's words start no command, and end none
// early.
func TestGitHubIsNotCommanded(t *testing.T) {
	evil := []string{
		"::stop-commands::x", "\n::set-output name=a::b", "\r\n::error::owned", "%0A::error::owned", "##[error]owned", "###[group]", "##vso[task.x]y",
		"a::b", "title=x::y,file=/etc/passwd", "\u2028::error::owned", "\x85::error::owned", "100%",
	}
	for _, words := range evil {
		r := New(runs["private-address"]().evidence(), Judge{})
		r.Target.Host = words
		for i := range r.Findings {
			evilFinding(&r.Findings[i], words)
		}
		text := githubText(t, r)
		if n := strings.Count(text, "\n"); n != len(r.Findings)+1 {
			t.Errorf("%q: %d lines:\n%s", words, n, text)
		}
		plain := noCommand(ASCII(words))
		if want := strings.ReplaceAll(plain, "%", "%25"); !strings.Contains(text, want) {
			t.Errorf("%q: no %q in\n%s", words, want, text)
		}
	}
}

// evilFinding puts words wherever a finding may have some of the server's.
func evilFinding(f *Finding, words string) {
	f.Title, f.Effect, f.Story, f.RuledOut = words, words, []string{words}, []string{words, "Not " + words}
	f.Quote = []Quote{{Line: probe.Line{Number: 1, Dir: probe.KindRecv, Text: words}, From: 0, To: 3, Label: words}}
	f.Fixes = []Fix{{Who: ServerAdmin, Do: words, Examples: []Example{{For: words, Text: words + "\n" + words}}}}
	f.Where = &Where{Side: SideServer, Address: words}
}

// TestGitHubOfRandomEvidence: every run gives commands and a result.
func TestGitHubOfRandomEvidence(t *testing.T) {
	for seed := range uint64(500) {
		n := noise{rand.New(rand.NewPCG(seed, 0))}
		t.Run(fmt.Sprint(seed), func(t *testing.T) { githubText(t, New(n.evidence(), n.judge())) })
	}
}

// judge is one of those that a command line may ask for.
func (n noise) judge() Judge {
	j := Judge{Strict: n.IntN(2) == 0}
	for range n.IntN(3) {
		j.Require = append(j.Require, n.check())
	}
	return j
}
