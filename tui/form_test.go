package tui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
)

// TestForm: what is typed is checked on every key, a missing password is asked
// for, and the run begins.
func TestForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var opened []Form
		w := Work{
			Check: func(f Form) error {
				if strings.Contains(f.Host, "_") {
					return errors.New("the host has a character that no name has")
				}
				return nil
			},
			Open: func(f Form) (*Job, []string, error) {
				opened = append(opened, f)
				if f.Password == "" {
					return nil, nil, fmt.Errorf("%w for user alice: type it", ErrNoPassword)
				}
				return jobOf(recorded(t, "all-well")), []string{"the netrc file is not used"}, nil
			},
		}
		d := drive(t, w, Options{})
		d.press("ftp_")
		d.shows("the host has a character that no name has")
		d.press("enter")
		if len(opened) != 0 {
			t.Fatal("a form that is wrong was opened")
		}
		d.press("backspace", ".example.com")
		d.hides("character that no name has")
		d.press("down", "2121", "down", "alice", "down", "down", "left", "down", "right", "space", "enter")
		d.shows("no password for user alice: type it", " > password")
		d.press("hunter2")
		d.hides("hunter2")
		d.shows("*******")
		d.press("enter")
		want := Form{Host: "ftp.example.com", Port: "2121", User: "alice", Password: "hunter2", TLS: probe.TLSImplicit, Without: map[probe.Check]bool{"pasv": true}}
		if got := fmt.Sprint(opened[len(opened)-1]); got != fmt.Sprint(want) {
			t.Errorf("opened %s", got)
		}
		d.shows("the netrc file is not used")
		d.pass(time.Second)
		d.shows("PASS")
		d.press("e")
		d.shows("ftp.example.com", "2121", "*******", "< implicit >", "-pasv")
		d.press("esc")
		d.shows("PASS")
	})
}

// TestPaste: a pasted line end starts nothing, and what is pasted into a
// password is not shown.
func TestPaste(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, Work{}, Options{})
		d.update(pasted("ftp.example.com\r\n"))
		d.shows("ftp.example.com", "enter start")
		d.press("down", "down", "down")
		d.update(pasted("hunter2\n"))
		d.hides("hunter2")
		if got := d.m.form.values(); got.Host != "ftp.example.com" || got.Password != "hunter2" {
			t.Errorf("the form holds %+v", got)
		}
	})
}

// TestHints: what an empty field means depends on what the host names.
func TestHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drive(t, Work{}, Options{})
		d.shows("port      (21)", "user      (by netrc, else anonymous)")
		d.press("ftp://alice@ftp.example.com:2121")
		d.shows("port      (as in the host, or usual)", "user      (as in the host or netrc)")
		d.press("ctrl+u", "ftp.example.com", "up", "up", "left") // TLS implicit
		d.shows("< implicit >", "port      (990)")
	})
}

// TestField edits one line of text.
func TestField(t *testing.T) {
	for keys, want := range map[string]string{
		"abc":                            "abc",
		"abc backspace":                  "ab",
		"abc left left X":                "aXbc",
		"abc home delete end Z":          "bcZ",
		"abc ctrl+u d":                   "d",
		"abc left ctrl+k":                "ab",
		"abc ctrl+a X ctrl+e Y":          "XabcY",
		"one space two ctrl+w":           "one ",
		"one space two space ctrl+w":     "one ",
		"home backspace left delete ":    "",
		"q right right right end home k": "kq",
	} {
		var f field
		for k := range strings.FieldsSeq(keys) {
			if msg, ok := named(k); ok {
				f.key(msg)
				continue
			}
			f.insert(k)
		}
		if f.String() != want {
			t.Errorf("%s: %q, want %q", keys, f.String(), want)
		}
	}
}
