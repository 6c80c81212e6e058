package main

import "testing"

func TestNearest(t *testing.T) {
	commands := []string{"completion", "demo", "explain", "help", "replay", "serve"}
	tests := []struct{ word, want string }{
		{"sevre", "serve"},
		{"dmeo", "demo"},
		{"Explian", "explain"},
		{"comp", "completion"},
		{"ftp", ""},
		{"x", ""},
		{"", ""},
		{"mirror", ""},
	}
	for _, test := range tests {
		if got := nearest(test.word, commands); got != test.want {
			t.Errorf("nearest(%q) = %q, want %q", test.word, got, test.want)
		}
	}
}
