package probe_test

import (
	"strings"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/ftpd"
)

// passwords are the sessions that got one.
func passwords(heard []heardLine) (list []int) {
	for _, h := range heard {
		if strings.HasPrefix(h.text, "PASS ") {
			list = append(list, h.session)
		}
	}
	return list
}

var alice = probe.Target{User: "alice", Password: "correct horse"}

// Each session's certificate counts: behind one address there may be another
// machine the next time, and not the one that was verified.
func TestEverySessionIsVerified(t *testing.T) {
	for _, test := range []struct {
		name   string
		checks []probe.Check
		opt    probe.Options
	}{
		{"everything, explicit", nil, probe.Options{}},
		{"everything, implicit", nil, probe.Options{TLS: probe.TLSImplicit}},
		{"one session at a time", nil, probe.Options{Parallel: 1}},
		{"the ordinary client", []probe.Check{probe.CheckControl, probe.CheckLogin, probe.CheckClient}, probe.Options{}},
		{"the ordinary client, implicit", []probe.Check{probe.CheckControl, probe.CheckLogin, probe.CheckClient}, probe.Options{TLS: probe.TLSImplicit}},
		{"transfers", deep, probe.Options{Upload: "."}},
	} {
		for _, kind := range []ftpd.Kind{ftpd.ByItself, ftpd.Expired, ftpd.OtherNames} {
			p := &tlsPeer{implicit: test.opt.TLS == probe.TLSImplicit, kind: func(session int) ftpd.Kind {
				if session == 1 {
					return ftpd.Signed
				}
				return kind
			}}
			opt := test.opt
			opt.Checks = test.checks
			ev, heard, _ := p.check(t, alice, opt, nil)
			if !ev.Login().LoggedIn {
				t.Errorf("%s, %s: the first session did not log in", test.name, kind)
			}
			if got := passwords(heard); len(got) != 1 || got[0] != 1 {
				t.Errorf("%s, then %s: the sessions %v got the password, want only 1", test.name, kind, got)
			}
		}
	}
}
