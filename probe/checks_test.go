package probe_test

import (
	"testing"

	"ftpcheck/probe"
)

// Each check can be asked for alone: what it needs is done, nothing else is.
func TestChecksAlone(t *testing.T) {
	for _, test := range []struct {
		check   probe.Check
		sweep   probe.PortRange
		login   bool
		encrypt bool
	}{
		{check: probe.CheckSecure, encrypt: true},
		{check: probe.CheckLogin, encrypt: true, login: true},
		{check: probe.CheckEPRT, encrypt: true, login: true},
		{check: probe.CheckClient, encrypt: true, login: true},
		{check: probe.CheckTransfer, encrypt: true, login: true},
		{check: probe.CheckControl},
		{check: probe.CheckPath},
		{check: probe.CheckPorts, sweep: probe.PortRange{Low: 40000, High: 40010}},
		{check: probe.CheckName},
	} {
		p := &tlsPeer{}
		ev, _, _ := p.check(t, probe.Target{}, probe.Options{Checks: []probe.Check{test.check}, Sweep: test.sweep}, nil)
		s := ev.First()
		if got := s != nil && s.TLS.OK(); got != test.encrypt {
			t.Errorf("%s: encrypted: %v", test.check, got)
		}
		if got := ev.Login() != nil && ev.Login().LoggedIn; got != test.login {
			t.Errorf("%s: logged in: %v", test.check, got)
		}
		if got, want := len(ev.Swept), int(test.sweep.High-test.sweep.Low); want > 0 && got != want+1 {
			t.Errorf("%s: %d ports swept", test.check, got)
		}
	}
}
