package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe"
)

// junitFile prints the report as JUnit, and holds it against what readers of
// such files rely on, and against the exit code.
func junitFile(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteJUnit(&b, r, false); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, c := range b.Bytes() {
		if c != '\n' && (c < 0x20 || c > 0x7e) {
			t.Fatalf("byte %#x in the output, which is not printable ASCII", c)
		}
	}
	junitShape(t, text)
	var all struct {
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Time     string `xml:"time,attr"`
		Suites   []struct {
			Tests    int    `xml:"tests,attr"`
			Failures int    `xml:"failures,attr"`
			Errors   int    `xml:"errors,attr"`
			Skipped  int    `xml:"skipped,attr"`
			Time     string `xml:"time,attr"`
			Out      string `xml:"system-out"`
			Cases    []struct {
				Name    string       `xml:"name,attr"`
				Skipped []struct{}   `xml:"skipped"`
				Error   []junitFault `xml:"error"`
				Failure []junitFault `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(b.Bytes(), &all); err != nil || len(all.Suites) != 1 {
		t.Fatalf("%d suites, %v", len(all.Suites), err)
	}
	s := all.Suites[0]
	var failed, faulty, skipped int
	var names []string
	faults := ""
	for _, c := range s.Cases {
		for _, f := range slices.Concat(c.Failure, c.Error) {
			faults += f.Text
		}
		failed, faulty, skipped = failed+len(c.Failure), faulty+len(c.Error), skipped+len(c.Skipped)
		if len(c.Failure)+len(c.Error)+len(c.Skipped) > 1 {
			t.Errorf("%s has several results", c.Name)
		}
		if slices.Contains(names, c.Name) {
			t.Errorf("%s stands twice", c.Name)
		}
		names = append(names, c.Name)
	}
	if s.Tests != len(s.Cases) || s.Failures != failed || s.Errors != faulty || s.Skipped != skipped {
		t.Errorf("the suite counts tests=%d failures=%d errors=%d skipped=%d, and has %d, %d, %d, %d", s.Tests, s.Failures, s.Errors, s.Skipped, len(s.Cases), failed, faulty, skipped)
	}
	if all.Tests != s.Tests || all.Failures != s.Failures || all.Errors != s.Errors || all.Time != s.Time || s.Time != fmt.Sprintf("%.3f", r.Took.Seconds()) {
		t.Errorf("the suites count %+v", all)
	}
	for i, c := range probe.Checks {
		if i >= len(names) || names[i] != string(c) {
			t.Fatalf("the cases are %q, want the checks first, in their order", names)
		}
	}
	if (r.Exit == ExitFail) != (failed > 0) || (r.Exit != ExitPass && r.Exit != ExitFail) != (faulty > 0) {
		t.Errorf("%d failures and %d errors with exit code %d", failed, faulty, r.Exit)
	}
	for _, f := range r.Findings {
		if r.Exit != ExitPass && r.counts(f) && !strings.Contains(faults, " "+f.Code+"\n") {
			t.Errorf("%s counts, and is no failure and no error", f.Code)
		}
		if !strings.Contains(s.Out, " "+f.Code+"\n") {
			t.Errorf("%s is lost", f.Code)
		}
	}
	return text
}

// junitElements are the elements that readers know: where they may stand, and
// with which attributes, in which order their children follow.
var junitElements = map[string]struct{ attributes, children string }{
	"":           {"", "testsuites"},
	"testsuites": {"name tests failures errors time", "testsuite"},
	"testsuite":  {"name tests failures errors skipped time timestamp hostname", "properties testcase system-out system-err"},
	"properties": {"", "property"},
	"property":   {"name value", ""},
	"testcase":   {"classname name time", "skipped error failure system-out"},
	"skipped":    {"message", ""},
	"error":      {"type message", ""},
	"failure":    {"type message", ""},
	"system-out": {"", ""},
	"system-err": {"", ""},
}

// junitShape reports elements and attributes out of place.
func junitShape(t *testing.T, text string) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(text))
	open, at := []string{""}, []int{0}
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		switch e := token.(type) {
		case xml.EndElement:
			open, at = open[:len(open)-1], at[:len(at)-1]
		case xml.StartElement:
			name, depth := e.Name.Local, len(open)-1
			place := slices.Index(strings.Fields(junitElements[open[depth]].children), name)
			if place < at[depth] {
				t.Fatalf("<%s> stands in <%s>, or too late", name, open[depth])
			}
			at[depth] = place
			var attributes []string
			for _, a := range e.Attr {
				attributes = append(attributes, a.Name.Local)
			}
			if got := strings.Join(attributes, " "); got != junitElements[name].attributes {
				t.Fatalf("<%s> has the attributes %s", name, got)
			}
			open, at = append(open, name), append(at, 0)
		}
	}
}

// junitCases are the cases with something other than success.
func junitCases(r *Report) string {
	var all []string
	for _, c := range junitOf(r, false).Cases {
		switch {
		case c.Failure != nil:
			all = append(all, c.Name+" fails: "+c.Failure.Type)
		case c.Error != nil:
			all = append(all, c.Name+" is in error: "+c.Error.Type)
		}
	}
	return strings.Join(all, ", ")
}

// TestJUnitBlames: which case has the failure.
func TestJUnitBlames(t *testing.T) {
	for _, test := range []struct {
		run   string
		judge Judge
		want  string
	}{
		{"all-well", Judge{}, ""},
		{"private-address", Judge{}, "pasv fails: passive-address-private"},
		{"private-address", Judge{Strict: true}, "pasv fails: passive-address-private, eprt fails: active-behind-nat, port fails: active-behind-nat"},
		{"private-address", Judge{Require: []probe.Check{probe.CheckPORT, probe.CheckIdle}},
			"pasv fails: passive-address-private, port fails: active-behind-nat, idle fails: required"},
		{"data-filtered", Judge{}, "epsv fails: data-filtered, pasv fails: data-filtered, ports fails: data-filtered, client fails: fail"},
		{"login-rejected", Judge{}, "login is in error: login-rejected"},
		{"control-filtered", Judge{}, "control is in error: control-filtered"},
		{"tls-untrusted", Judge{}, "run is in error: error"},
		{"interrupted", Judge{}, "epsv is in error: data-filtered, run is in error: interrupted"},
		{"interrupted-healthy", Judge{}, "run is in error: interrupted"},
	} {
		r := New(runs[test.run]().evidence(), test.judge)
		if got := junitCases(r); got != test.want {
			t.Errorf("%s, %+v:\ngot  %s\nwant %s", test.run, test.judge, got, test.want)
		}
		junitFile(t, r)
	}
}

// TestJUnitLosesNothing: what counts and belongs to no failed check has a case
// of its own, and what does not count fails none.
func TestJUnitLosesNothing(t *testing.T) {
	finding := Finding{Code: "x-y", Severity: Problem, Title: "T", Checks: []probe.Check{probe.CheckLogin}}
	r := &Report{Exit: ExitFail, Result: Fail, Started: time.Unix(0, 0), Checks: []CheckLine{{Check: probe.CheckLogin, State: OK}}, Findings: []Finding{finding}}
	if got := junitCases(r); got != "x-y fails: x-y" {
		t.Errorf("beside an ok check: %s", got)
	}
	r.Checks[0].State = Warn
	if got := junitCases(r); got != "login fails: x-y" {
		t.Errorf("with a warning: %s", got)
	}
	r.Findings[0].Severity, r.Checks[0].State, r.Exit = Warning, Failed, ExitPass
	if got := junitCases(r); got != "" {
		t.Errorf("a failed check that does not count: %s", got)
	}
	r.Findings, r.Checks, r.Exit, r.Result = nil, nil, ExitNoJudgment, Error
	if got := junitCases(r); got != "run is in error: error" {
		t.Errorf("nothing known: %s", got)
	}
}

// TestJUnitOfHostileWords: a server's words are no markup, and end no section.
func TestJUnitOfHostileWords(t *testing.T) {
	for _, words := range []string{"]]>", "<![CDATA[", "</failure>", `" type="x`, "&amp;&#0;", "\x00\x1b[2J", "\ufffe\uffff", "\xff\xfe"} {
		r := New(runs["private-address"]().evidence(), Judge{})
		r.Target.Host, r.Target.User, r.Server.Product, r.Tool = words, words, words, words
		for i := range r.Findings {
			evilFinding(&r.Findings[i], words)
		}
		for i := range r.Checks {
			r.Checks[i].Summary = words
		}
		text := junitFile(t, r)
		var suites struct {
			Suite struct {
				Cases []struct {
					Name    string      `xml:"name,attr"`
					Failure *junitFault `xml:"failure"`
				} `xml:"testcase"`
			} `xml:"testsuite"`
		}
		if err := xml.Unmarshal([]byte(text), &suites); err != nil {
			t.Fatal(err)
		}
		for _, c := range suites.Suite.Cases {
			if c.Name == "pasv" && (c.Failure == nil || c.Failure.Message != ASCII(words) || !strings.Contains(c.Failure.Text, ASCII(words))) {
				t.Errorf("%q: %+v", words, c.Failure)
			}
		}
	}
}

// TestJUnitOfRandomEvidence: whatever was observed, the file is sound.
func TestJUnitOfRandomEvidence(t *testing.T) {
	for seed := range uint64(500) {
		n := noise{rand.New(rand.NewPCG(seed, 0))}
		t.Run(fmt.Sprint(seed), func(t *testing.T) { junitFile(t, New(n.evidence(), n.judge())) })
	}
}
