package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestLastLines: what is printed when the screen is closed has an end.
func TestLastLines(t *testing.T) {
	var l lastLines
	for i := range mostLastLines + 10 {
		fmt.Fprintf(&l, "line %d\n", i)
	}
	fmt.Fprint(&l, "two\nlines\n")
	var b strings.Builder
	l.print(&b)
	if got := b.String(); !strings.HasPrefix(got, "(12 earlier lines are not kept)\nline 12\n") || !strings.HasSuffix(got, "\ntwo\nlines\n") {
		t.Errorf("printed %.80q ... %q", got, got[len(got)-20:])
	}
	if n := len(l.lines); n != mostLastLines {
		t.Errorf("%d lines are kept", n)
	}
}

// TestServeScreenUsage: what cannot have a screen says so, in one line and a hint.
func TestServeScreenUsage(t *testing.T) {
	for _, test := range []struct {
		terminal bool
		args     []string
		want     string
	}{
		{false, []string{"--anonymous"}, "the screen needs a terminal as standard input and output"},
		{true, []string{"--user", "ann", "--password-file", "-"}, "both need standard input"},
		{true, []string{"--anonymous", "--fault", "data-plain"}, "only a server with TLS has it"},
		{true, []string{"--anonymous", "--listen", "192.0.2.1:2121"}, "cannot listen on 192.0.2.1:2121"},
	} {
		s, stdout, stderr := testStreams()
		s.in = strings.NewReader("secret\n")
		s.inTerminal, s.outTerminal = test.terminal, test.terminal
		s.getenv = func(name string) string { return map[string]string{"TERM": "xterm"}[name] }
		args := append([]string{"serve", "--tui", "--listen", "127.0.0.1:0"}, test.args...)
		if code := run(t.Context(), args, s); code != 2 || !strings.Contains(stderr.String(), test.want) || stdout.Len() > 0 {
			t.Errorf("%v: exit code %d, %s%s", test.args, code, stderr, stdout)
		}
	}
}
