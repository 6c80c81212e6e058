package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/tui"

	"github.com/spf13/pflag"
)

// TestFormErrors: the form says what the command line says.
func TestFormErrors(t *testing.T) {
	for _, test := range []struct {
		form tui.Form
		want string
	}{
		{tui.Form{}, "TARGET has no host"},
		{tui.Form{Host: "ftp example"}, "the host has a character that no name has"},
		{tui.Form{Host: "sftp://h"}, "sftp is a part of SSH and has no data connections to check"},
		{tui.Form{Host: "h", Port: "ftp"}, "the port of TARGET is not a number from 1 to 65535"},
		{tui.Form{Host: "h", Port: "70000"}, "the port of TARGET is not a number from 1 to 65535"},
		{tui.Form{Host: "h:21", Port: "2121"}, "two ports: one with the host and another in the field"},
		{tui.Form{Host: "2001:db8::1", Port: "2121"}, ""},
		{tui.Form{Host: "[2001:db8::1]", Port: "2121"}, ""},
		{tui.Form{Host: "alice@h", User: "bob"}, "two users: one with the host and another in the field"},
		{tui.Form{Host: "ftps://h", TLS: probe.TLSOff}, "ftps:// and --tls off exclude each other"},
		{tui.Form{Host: "h", TLS: "maybe"}, `--tls: there is no "maybe"`},
		{tui.Form{Host: "ftp://alice@h:2121/pub", User: "alice", Port: "2121"}, ""},
	} {
		if test.form.TLS == "" {
			test.form.TLS = probe.TLSAuto
		}
		_, _, err := newDesk(t, nil).read(test.form)
		if got := errorText(err); got != test.want {
			t.Errorf("%+v: %q, want %q", test.form, got, test.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// newDesk is a desk with the flags of args, and an environment.
func newDesk(t *testing.T, environ []string, args ...string) desk {
	t.Helper()
	s, _, _ := testStreams(environ...)
	d := desk{s: &s}
	flags := pflag.NewFlagSet("tui", pflag.ContinueOnError)
	d.flags.add(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestFormJob: what the form turns into.
func TestFormJob(t *testing.T) {
	netrc := writeFile(t, "machine h login carol password fromnetrc\n")
	for _, test := range []struct {
		name string
		form tui.Form
		env  []string
		want probe.Target
		err  error
	}{
		{"anonymous", tui.Form{Host: "h"}, nil, probe.Target{Host: "h", Port: 21, User: "anonymous", Password: anonymousPassword}, nil},
		{"typed", tui.Form{Host: "h", User: "alice", Password: "typed"}, []string{"FTPCHECK_PASSWORD=env"}, probe.Target{Host: "h", Port: 21, User: "alice", Password: "typed"}, nil},
		{"environment", tui.Form{Host: "h", User: "alice"}, []string{"FTPCHECK_PASSWORD=env"}, probe.Target{Host: "h", Port: 21, User: "alice", Password: "env"}, nil},
		{"netrc", tui.Form{Host: "h", Port: "2121"}, []string{"NETRC=" + netrc}, probe.Target{Host: "h", Port: 2121, User: "carol", Password: "fromnetrc"}, nil},
		{"nowhere", tui.Form{Host: "h", User: "alice"}, nil, probe.Target{}, tui.ErrNoPassword},
		{"implicit", tui.Form{Host: "h", TLS: probe.TLSImplicit}, nil, probe.Target{Host: "h", Port: 990, User: "anonymous", Password: anonymousPassword}, nil},
		{"URL", tui.Form{Host: "ftp://alice@h/pub", Password: "typed"}, nil, probe.Target{Host: "h", Port: 21, User: "alice", Password: "typed", Path: "pub"}, nil},
		{"mail address", tui.Form{Host: "h", User: "anonymous", Password: "me@example.com"}, nil, probe.Target{Host: "h", Port: 21, User: "anonymous", Password: "me@example.com"}, nil},
		{"password alone", tui.Form{Host: "h", Password: "typed"}, nil, probe.Target{}, usageError{"a password without a user", "fill in the user, or empty the password"}},
	} {
		d := newDesk(t, test.env)
		if test.form.TLS == "" {
			test.form.TLS = probe.TLSAuto
		}
		parsed, _, err := d.read(test.form)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := d.account(parsed, test.form)
		if !errors.Is(err, test.err) || err == nil && got != test.want {
			t.Errorf("%s: %+v, error %v", test.name, got, err)
		}
	}
}

// TestFormFromCommandLine: what stands on the command line is in the form, and
// turns into the same run.
func TestFormFromCommandLine(t *testing.T) {
	d := newDesk(t, nil, "-u", "alice", "--checks", "epsv,port", "--timeout", "3s", "--sweep", "50000-50010")
	f := d.form("ftpes://h:2121/pub")
	if f.Host != "ftp://h/pub" || f.Port != "2121" || f.User != "alice" || f.TLS != probe.TLSExplicit || !f.Without["pasv"] || !f.Without["eprt"] || f.Without["epsv"] {
		t.Errorf("the form is %+v", f)
	}
	parsed, o, err := d.read(f)
	if err != nil || parsed.Path != "pub" || o.TLS != probe.TLSExplicit || o.Timeout != 3e9 || o.Sweep.High != 50010 {
		t.Errorf("read as %+v, %+v, error %v", parsed, o, err)
	}
	if want := []probe.Check{"epsv", "port", "ports"}; !slices.Equal(o.Checks, want) {
		t.Errorf("checks %v, want %v", o.Checks, want)
	}
	f.Without["pasv"] = false
	if _, o, _ = d.read(f); !slices.Contains(o.Checks, probe.CheckPASV) {
		t.Errorf("pasv is switched on in the form, but the checks are %v", o.Checks)
	}
	for target, host := range map[string]string{
		"ftp://bob:secret@h":              "h",
		"ftp://bob:secret@h:2121/a%20b/c": "ftp://h/a%20b/c",
		"ftp://bob:secret@h/%2Fabs":       "ftp://h//abs",
		"ftp://bob:secret@[fe80::1]/pub":  "ftp://[fe80::1]/pub",
	} {
		f := newDesk(t, nil).form(target)
		if f.Host != host || f.User != "bob" || f.Password != "secret" {
			t.Errorf("%s: %+v", target, f)
		}
		want, _ := parseTarget(target)
		if got, _, err := newDesk(t, nil).read(f); err != nil || got.Host != want.Host || got.Port != want.Port || got.Path != want.Path {
			t.Errorf("%s is read as %+v, error %v", target, got, err)
		}
	}
}

// TestFormRequires: a check that must be ok is asked for, as by the plain
// command.
func TestFormRequires(t *testing.T) {
	given := newDesk(t, nil)
	d, o, work, err := openDesk(given.s, &given.flags, &viewFlags{require: []string{"peer"}})
	if err != nil || !o.Peer || !slices.Equal(work.Judge.Require, []probe.Check{probe.CheckPeer}) {
		t.Fatalf("peer %v, judge %v, error %v", o.Peer, work.Judge, err)
	}
	if _, o, err = d.read(d.form("h")); err != nil || !o.Peer {
		t.Errorf("the form's run: peer %v, error %v", o.Peer, err)
	}
}

// TestScreenSaves: a file that exists is left alone unless told otherwise, and
// no half report is left behind.
func TestScreenSaves(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "r.txt")
	text := func(s string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
	}
	if path, err := saveReport(name, false, text("one")); err != nil || path != name {
		t.Errorf("saved %q, error %v", path, err)
	}
	if _, err := saveReport(name, false, text("two")); !errors.Is(err, tui.ErrExists) {
		t.Errorf("error %v", err)
	}
	if _, err := saveReport(name, true, func(io.Writer) error { return errors.New("broken") }); err == nil {
		t.Error("a broken report was saved")
	}
	if got, _ := os.ReadFile(name); string(got) != "one" {
		t.Errorf("the file holds %q", got)
	}
	if _, err := saveReport(name, true, text("three")); err != nil {
		t.Error(err)
	}
	if got, _ := os.ReadFile(name); string(got) != "three" {
		t.Errorf("the file holds %q", got)
	}
	for where, why := range map[string]string{filepath.Join(dir, "none", "r.txt"): ": no such file or directory", dir: " is no file", os.DevNull: " is no file"} {
		if _, err := saveReport(where, false, text("four")); err == nil || err.Error() != "cannot write the report: "+where+why {
			t.Errorf("error %v", err)
		}
	}
	d := desk{s: &streams{home: dir}}
	if path, err := d.save("~/r.txt", true, text("five")); err != nil || path != name {
		t.Errorf("saved %q, error %v", path, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestUTF8Locale(t *testing.T) {
	for _, test := range []struct {
		env  []string
		want bool
	}{
		{nil, false},
		{[]string{"LANG=C.UTF-8"}, true},
		{[]string{"LANG=en_US.utf8"}, true},
		{[]string{"LANG=C"}, false},
		{[]string{"LANG=en_US.UTF-8", "LC_ALL=C"}, false},
		{[]string{"LANG=C", "LC_CTYPE=de_DE.UTF-8"}, true},
	} {
		s, _, _ := testStreams(test.env...)
		if got := utf8Locale(&s); got != test.want {
			t.Errorf("%v: %v", test.env, got)
		}
	}
}
