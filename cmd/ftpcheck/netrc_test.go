package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseNetrc(t *testing.T) {
	tests := []struct {
		name, text string
		want       []netrcEntry
	}{
		{"empty", "", nil},
		{"one line", "machine h login u password p\n", []netrcEntry{{"h", "u", "p", true}}},
		{"many lines, account", "machine h\n\tlogin u\n\tpassword p\n\taccount a", []netrcEntry{{"h", "u", "p", true}}},
		{"default", "machine h login u password p default login anonymous password me@",
			[]netrcEntry{{"h", "u", "p", true}, {"", "anonymous", "me@", true}}},
		{"quoted words", `machine h login "a b" password "a \"b\" \\ #c"`, []netrcEntry{{"h", "a b", `a "b" \ #c`, true}}},
		{"empty password", `machine h login u password ""`, []netrcEntry{{"h", "u", "", true}}},
		{"no password", "machine h login u", []netrcEntry{{"h", "u", "", false}}},
		{"comments", "# machine x login y\nmachine h # login z\n login u password #p\n", []netrcEntry{{"h", "u", "#p", true}}},
		{"a keyword as a value", "machine login login machine password password", []netrcEntry{{"login", "machine", "password", true}}},
		{"macro body", "machine h login u\nmacdef init\nmachine evil login e password e\n\"\n\nmachine i login v password q",
			[]netrcEntry{{"h", "u", "", false}, {"i", "v", "q", true}}},
		{"macro without an end", "macdef init\nmachine evil login e password e", nil},
		{"carriage returns", "machine h login u password p\r\nmacdef m\r\nx\r\n\r\nmachine i login v\r\n",
			[]netrcEntry{{"h", "u", "p", true}, {"i", "v", "", false}}},
		{"unknown words", "machine h port 21 login u", []netrcEntry{{"h", "u", "", false}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseNetrc(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseNetrcRefuses(t *testing.T) {
	tests := []struct{ text, why string }{
		{"login u", "line 1: login before the first machine"},
		{"machine h\nlogin u password", "line 2: the last word needs"},
		{"machine h\npassword \"s3cr3t\nmachine i", "line 2: a quote has no end"},
		{"machine h password \"s3cr3t", "line 1: a quote has no end"},
	}
	for _, test := range tests {
		_, err := parseNetrc(test.text)
		if err == nil || !strings.Contains(err.Error(), test.why) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: error %v, want %q", test.text, err, test.why)
		}
	}
}

func TestFindNetrc(t *testing.T) {
	entries, err := parseNetrc(`
		machine h login first password 1
		machine h login second password 2
		machine i password lonely
		default login anyone password 3`)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ host, login, password string }{
		{"h", "", "1"},
		{"H", "second", "2"},
		{"h", "anyone", "3"},
		{"h", "nobody", ""},
		{"i", "", "3"},
		{"other", "", "3"},
	}
	for _, test := range tests {
		if got, _ := findNetrc(entries, test.host, test.login); got.Password != test.password {
			t.Errorf("%s as %q: %+v, want password %q", test.host, test.login, got, test.password)
		}
	}
}

// FuzzParseNetrc: no text panics or hangs, and an error never quotes the text.
func FuzzParseNetrc(f *testing.F) {
	f.Add("machine h login u password p")
	f.Add("macdef x\n\nmachine \"h\\")
	f.Add("default password \"\n")
	f.Fuzz(func(t *testing.T, text string) {
		const secret = "s3cr3tw0rd"
		for _, text := range []string{text, text + " password \"" + secret} {
			_, err := parseNetrc(text)
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("the error repeats the password: %v", err)
			}
		}
	})
}
