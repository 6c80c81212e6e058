package wire

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseFEAT(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  Features
	}{
		{
			"as in RFC 2389",
			[]string{"211-Extensions supported:", " MLST size*;create;modify*;perm;media-type", " SIZE", " COMPRESSION", "211 END"},
			Features{"MLST": "size*;create;modify*;perm;media-type", "SIZE": "", "COMPRESSION": ""},
		},
		{"no features", []string{"211 no-features"}, Features{}},
		{"FEAT unknown", []string{"500 FEAT not understood"}, Features{}},
		{"no reply", nil, Features{}},
		{"no space in front", []string{"211-Features", "MDTM", "rest STREAM", "211 End"}, Features{"MDTM": "", "REST": "STREAM"}},
		{"code on each line", []string{"211-Features", "211-MDTM", "211- SIZE", "211 End"}, Features{"MDTM": "", "SIZE": ""}},
		{"one keyword twice", []string{"211-", " AUTH SSL", " AUTH TLS", "211 End"}, Features{"AUTH": "SSL;TLS"}},
		{"several in one", []string{"211-", " AUTH TLS;SSL;", " AUTH TLS-C", " AUTH", "211 End"}, Features{"AUTH": "TLS;SSL;TLS-C"}},
		{"nothing but spaces", []string{"211-", "  ", "", "211 End"}, Features{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, ParseFEAT(tt.lines)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFeatures(t *testing.T) {
	f := Features{"SIZE": "", "AUTH": "TLS"}
	for name, want := range map[string]bool{"SIZE": true, "auth": true, "MDTM": false, "": false} {
		if f.Has(name) != want {
			t.Errorf("Has(%q) is %t", name, !want)
		}
	}
	if diff := cmp.Diff([]string{"211-Features:", " AUTH TLS", " SIZE", "211 End"}, f.Lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzFEAT(f *testing.F) {
	for _, s := range []string{"211-x\n SIZE\n AUTH TLS\n AUTH SSL\n211 End", "211-x\n211-MDTM\n211", "500 no", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, reply string) {
		got := ParseFEAT(strings.Split(reply, "\n"))
		for name := range got {
			if name == "" || name != upper(name) || strings.ContainsAny(name, " \t") || !got.Has(name) {
				t.Fatalf("keyword %q", name)
			}
		}
		if diff := cmp.Diff(got, ParseFEAT(got.Lines())); diff != "" {
			t.Fatalf("printed and parsed again (-want +got):\n%s", diff)
		}
	})
}

func TestOfferTLS(t *testing.T) {
	for _, test := range []struct {
		line string
		want bool
	}{
		{" AUTH TLS", true},
		{" auth ssl", true},
		{" AUTH TLS;TLS-C;SSL;TLS-P;", true}, // IIS
		{" AUTH", true},
		{" AUTH GSSAPI", false},
		{" MDTM", false},
	} {
		if got := ParseFEAT([]string{"211-Features:", test.line, "211 End"}).OfferTLS(); got != test.want {
			t.Errorf("%q: %v, want %v", test.line, got, test.want)
		}
	}
}
