package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"ftpcheck/probe"
)

// testStreams returns streams without a terminal and an environment of these
// NAME=VALUE pairs only.
func testStreams(environ ...string) (s streams, out, err *bytes.Buffer) {
	out, err = &bytes.Buffer{}, &bytes.Buffer{}
	getenv := func(name string) string {
		for _, pair := range environ {
			if n, value, _ := strings.Cut(pair, "="); n == name {
				return value
			}
		}
		return ""
	}
	return streams{in: strings.NewReader(""), out: out, err: err, getenv: getenv, network: probe.System{}}, out, err
}

// writeFile makes a file that only its owner can read.
func writeFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestCredentialsOrder: URL, flags, environment, netrc, prompt, anonymous.
func TestCredentialsOrder(t *testing.T) {
	netrc := "NETRC=" + writeFile(t, "machine h login alice password from-netrc\nmachine h login carol\n")
	env := "FTPCHECK_PASSWORD=from-env"
	file := writeFile(t, "from-file\r\nsecond line\n")
	tests := []struct {
		name           string
		target         string
		user, file     string
		environ        []string
		terminal       bool
		wantUser, want string
		wantErr        string
		warns          string
	}{
		{name: "URL over environment", target: "ftp://alice:from-url@h", environ: []string{env, netrc},
			wantUser: "alice", want: "from-url", warns: "process list"},
		{name: "empty password in the URL", target: "ftp://alice:@h", environ: []string{env}, wantUser: "alice", want: "", warns: "process list"},
		{name: "file over environment", target: "h", user: "alice", file: file, environ: []string{env, netrc}, wantUser: "alice", want: "from-file"},
		{name: "environment over netrc", target: "alice@h", environ: []string{env, netrc}, wantUser: "alice", want: "from-env"},
		{name: "netrc", target: "alice@h", environ: []string{netrc}, wantUser: "alice", want: "from-netrc"},
		{name: "user from netrc too", target: "h", environ: []string{netrc}, wantUser: "alice", want: "from-netrc"},
		{name: "prompt", target: "h", user: "bob", environ: []string{netrc}, terminal: true, wantUser: "bob", want: "typed"},
		{name: "prompt for a netrc login without a password", target: "carol@h", environ: []string{netrc}, terminal: true, wantUser: "carol", want: "typed"},
		{name: "no terminal to ask at", target: "h", user: "bob", wantErr: "no password for user bob"},
		{name: "empty environment is none", target: "bob@h", environ: []string{"FTPCHECK_PASSWORD="}, wantErr: "no password for user bob"},
		{name: "anonymous", target: "h", terminal: true, wantUser: "anonymous", want: anonymousPassword},
		{name: "ftp is anonymous", target: "ftp@h", terminal: true, wantUser: "ftp", want: anonymousPassword},
		{name: "environment without a user", target: "h", environ: []string{env}, wantUser: "anonymous", want: anonymousPassword, warns: "no user is given"},

		{name: "file without a user", target: "h", file: file, wantErr: "no user"},
		{name: "same user twice", target: "alice@h", user: "alice", environ: []string{env}, wantUser: "alice", want: "from-env"},
		{name: "two users", target: "alice@h", user: "bob", wantErr: "two users"},
		{name: "two passwords", target: "alice:a@h", file: file, wantErr: "two passwords", warns: "process list"},
		{name: "line break in the user", target: "h", user: "a\r\nDELE x", wantErr: "line break"},
		{name: "zero byte in the password", target: "h", user: "a", environ: []string{"FTPCHECK_PASSWORD=a\x00b"}, wantErr: "zero byte"},
		{name: "netrc that is not there", target: "h", environ: []string{"NETRC=" + filepath.Join(t.TempDir(), "none")},
			wantUser: "anonymous", want: anonymousPassword, warns: "netrc file is not used"},
		{name: "broken netrc", target: "h", environ: []string{"NETRC=" + writeFile(t, "machine h password \"s3cr3t")},
			wantUser: "anonymous", want: anonymousPassword, warns: "line 1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, _, stderr := testStreams(test.environ...)
			if test.terminal {
				s.readPassword = func(context.Context, string) (string, error) { return "typed", nil }
			}
			parsed, err := parseTarget(test.target)
			if err != nil {
				t.Fatal(err)
			}
			got, err := credentials(t.Context(), &s, parsed, test.user, test.file)
			checkCredentials(t, got, err, test.wantUser, test.want, test.wantErr)
			if (test.warns == "") != (stderr.Len() == 0) || !strings.Contains(stderr.String(), test.warns) {
				t.Errorf("standard error %q, want a warning with %q", stderr, test.warns)
			}
			for _, secret := range []string{"from-", "typed", "s3cr3t"} {
				if strings.Contains(stderr.String(), secret) {
					t.Errorf("standard error shows a password: %s", stderr)
				}
			}
		})
	}
}

func checkCredentials(t *testing.T, got probe.Target, err error, user, password, wantErr string) {
	t.Helper()
	switch {
	case wantErr != "":
		if err == nil || !strings.Contains(err.Error(), wantErr) {
			t.Errorf("error %v, want one with %q", err, wantErr)
		}
	case err != nil:
		t.Error(err)
	case got.User != user || got.Password != password:
		t.Errorf("got %q with %q, want %q with %q", got.User, got.Password, user, password)
	}
}

func TestPasswordFile(t *testing.T) {
	tests := []struct{ name, text, want, wantErr string }{
		{"first line", "a b \nc\n", "a b ", ""},
		{"no line end", "secret", "secret", ""},
		{"an empty line is an empty password", "\n", "", ""},
		{"empty", "", "", "is empty"},
		{"too long", strings.Repeat("x", maxPassword+1), "", "longer than"},
	}
	for _, test := range tests {
		for _, stdin := range []bool{false, true} {
			s, _, _ := testStreams()
			name := writeFile(t, test.text)
			if stdin {
				s.in, name = strings.NewReader(test.text), "-"
			}
			got, err := readPasswordFile(&s, name)
			checkCredentials(t, probe.Target{Password: got}, err, "", test.want, test.wantErr)
		}
	}
}

func TestReadableSecretsWarn(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no permission bits")
	}
	name := writeFile(t, "machine h login alice password secret\nmachine i login bob\n")
	if err := os.Chmod(name, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		host  string
		warns bool
	}{{"h", true}, {"i", false}, {"j", false}} {
		s, _, stderr := testStreams("NETRC=" + name)
		netrcFor(&s, test.host, "")
		if got := strings.Contains(stderr.String(), "read by other users"); got != test.warns {
			t.Errorf("%s: standard error %q", test.host, stderr)
		}
	}
}
