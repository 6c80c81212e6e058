package probe_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"ftpcheck/probe"
	"ftpcheck/probe/ftpd"
	"ftpcheck/probe/netlab"
)

// encrypted runs the prober against our server at the far end of the simulated
// network.
func encrypted(t *testing.T, server ftpd.Options, target probe.Target, opt probe.Options, roots *x509.CertPool) *probe.Evidence {
	t.Helper()
	ev := &probe.Evidence{}
	synctest.Test(t, func(t *testing.T) {
		lab, err := netlab.Build(&netlab.Scenario{Server: netlab.Server{Faults: []string{"none"}}})
		if err != nil {
			t.Fatal(err)
		}
		defer lab.Close()
		at := netip.MustParseAddrPort("198.51.100.66:21")
		server.Listen, server.Anonymous, server.Seed = []netip.AddrPort{at}, true, 1
		server.Passive = probe.PortRange{Low: 50000, High: 50100}
		ready := make(chan bool)
		server.Ready = func([]netip.AddrPort) { close(ready) }
		s, err := ftpd.New(server)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var serving sync.WaitGroup
		serving.Go(func() { s.Serve(ctx, lab.Server()) })
		<-ready
		target.Host, target.Port = at.Addr().String(), at.Port()
		if target.User == "" {
			target.User, target.Password = "anonymous", "x@"
		}
		p := probe.Prober{Network: lab.Client(), Target: target, Options: opt, Roots: roots}
		for e := range p.Run(t.Context()) {
			ev.Add(e)
		}
		stop()
		lab.Close()
		serving.Wait()
	})
	return ev
}

// Every data connection presents the control connection's session, in all four
// modes and for both versions; the server here insists on it.
func TestDataConnectionsResumeTheControlSession(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, mode := range []ftpd.TLSMode{ftpd.TLSExplicit, ftpd.TLSImplicit} {
			name := tls.VersionName(version) + " " + string(mode)
			opt := probe.Options{TLS: probe.TLSMode(mode)}
			ev := encrypted(t, ftpd.Options{TLS: &ftpd.TLS{Mode: mode, Reuse: true, Min: version, Max: version}}, probe.Target{}, opt, nil)
			if s := ev.Login(); s.TLS == nil || s.TLS.TLS.Version != tls.VersionName(version) || len(s.TLS.TLS.Certificates) == 0 {
				t.Errorf("%s: control connection: %+v", name, s.TLS)
			}
			for _, m := range modesOf {
				got := ev.Modes[m]
				if !got.Listed() || !dataTLS(got).OK() || !dataTLS(got).TLS.Resumed {
					t.Errorf("%s: %s: listed %v, data %+v", name, m, got.Listed(), dataTLS(got))
				}
			}
			// The ordinary client does not resume, so it fails; the comparison
			// shows that this is why.
			if ev.Client.Outcome != probe.OutcomeFailed {
				t.Errorf("%s: the client: %+v", name, ev.Client)
			}
			again := ev.Try(probe.CheckEPSV, probe.TryUnresumed)
			if again == nil || again.Listed() || dataTLS(again) == nil || dataTLS(again).TLS.Presented {
				t.Errorf("%s: without a session: %+v", name, again)
			}
		}
	}
}

// After a refused try without resumption it is asked whether the session goes
// on: with vsftpd it does not, with ProFTPD it does.
func TestWhatFollowsARefusedDataConnection(t *testing.T) {
	tests := []struct {
		faults []string
		code   int
		closed bool
	}{
		{nil, 522, true},
		{[]string{"reuse-425"}, 425, false},
	}
	for _, tt := range tests {
		ev := encrypted(t, ftpd.Options{TLS: &ftpd.TLS{Mode: ftpd.TLSExplicit, Reuse: true}, Faults: tt.faults}, probe.Target{}, probe.Options{}, nil)
		again := ev.Try(probe.CheckEPSV, probe.TryUnresumed)
		if again == nil || again.List.Final() == nil || again.List.Final().Code != tt.code || (again.Lost != nil) != tt.closed {
			t.Fatalf("%d: %+v", tt.code, again)
		}
		if alive := ev.Session(again.Session).Reply("NOOP") != nil; alive == tt.closed {
			t.Errorf("%d: NOOP answered: %v", tt.code, alive)
		}
	}
}

var modesOf = []probe.Check{probe.CheckEPSV, probe.CheckPASV, probe.CheckEPRT, probe.CheckPORT}

// dataTLS is the handshake of the mode's data connection, or nil.
func dataTLS(m *probe.Mode) *probe.Handshake {
	if m == nil {
		return nil
	}
	for _, a := range m.Arrivals {
		return a.TLS
	}
	for _, d := range m.Dials {
		return d.TLS
	}
	return nil
}

// A server that does not insist needs no comparison: the ordinary client,
// which never resumes, has shown that it works without.
func TestServerWithoutReuseNeedsNoComparison(t *testing.T) {
	ev := encrypted(t, ftpd.Options{TLS: &ftpd.TLS{Mode: ftpd.TLSExplicit}}, probe.Target{}, probe.Options{}, nil)
	if ev.Client.Outcome != probe.OutcomeOK || len(ev.Tries) != 0 {
		t.Errorf("client %+v, tries %+v", ev.Client, ev.Tries)
	}
	for _, d := range ev.Client.Dials {
		if d.TLS != nil && d.TLS.TLS.Resumed {
			t.Errorf("the client resumed: %+v", d.TLS)
		}
	}
}

// sent are all commands of the run.
func sent(ev *probe.Evidence) []string {
	var lines []string
	for _, l := range ev.Transcript() {
		if l.Dir == probe.KindSend {
			lines = append(lines, l.Text)
		}
	}
	return lines
}

// A password crosses neither an unverified connection nor a plain one that
// should have been encrypted.
func TestPasswordIsWithheld(t *testing.T) {
	account := ftpd.Options{User: "alice", Password: "correct horse"}
	alice := probe.Target{User: "alice", Password: "correct horse"}
	for _, test := range []struct {
		name   string
		tls    *ftpd.TLS
		faults []string
		opt    probe.Options
		sent   bool
		skip   string // part of why the login was skipped
	}{
		{"unknown authority", &ftpd.TLS{Mode: ftpd.TLSExplicit}, nil, probe.Options{}, false, "not verified"},
		{"unknown authority, --insecure", &ftpd.TLS{Mode: ftpd.TLSExplicit}, nil, probe.Options{Insecure: true}, true, ""},
		{"offered and refused", nil, []string{"tls-stripped"}, probe.Options{}, false, "offers TLS and refuses it"},
		{"offered and refused, --tls off", nil, []string{"tls-stripped"}, probe.Options{TLS: probe.TLSOff}, true, ""},
		{"no TLS, and none asked for", nil, nil, probe.Options{}, true, ""},
		{"no TLS, --tls explicit", nil, nil, probe.Options{TLS: probe.TLSExplicit}, false, "refuses AUTH TLS"},
		{"no TLS, --tls implicit", nil, nil, probe.Options{TLS: probe.TLSImplicit}, false, "TLS failed"},
	} {
		server := account
		server.TLS, server.Faults = test.tls, test.faults
		ev := encrypted(t, server, alice, test.opt, nil)
		login := ev.Login()
		if got := slices.Contains(sent(ev), "PASS ****"); got != test.sent || login.LoggedIn != test.sent {
			t.Errorf("%s: password sent: %v, logged in: %v", test.name, got, login.LoggedIn)
		}
		if why := ev.Checks[probe.CheckLogin].Skipped; !strings.Contains(why, test.skip) || (why == "") != test.sent {
			t.Errorf("%s: login skipped because %q", test.name, why)
		}
	}
}

// A server that speaks TLS from the first byte is found out by asking.
func TestSilentPortIsAskedForTLS(t *testing.T) {
	ev := encrypted(t, ftpd.Options{TLS: &ftpd.TLS{Mode: ftpd.TLSImplicit}}, probe.Target{}, probe.Options{}, nil)
	if len(ev.Trials) != 1 || ev.Trials[0].As != probe.AsImplicit || !ev.Trials[0].OK() {
		t.Errorf("trials: %+v", ev.Trials)
	}
	if ev.Took > probe.DefaultTimeout {
		t.Errorf("took %v: once TLS answered, there is no greeting to wait for", ev.Took)
	}
}

// A handshake that fails is tried with each version alone. The run goes on in
// plain where no password is at stake.
func TestFailedHandshakeIsTakenApart(t *testing.T) {
	server := ftpd.Options{TLS: &ftpd.TLS{Mode: ftpd.TLSExplicit, ClientCert: true, Max: tls.VersionTLS12}}
	ev := encrypted(t, server, probe.Target{}, probe.Options{}, nil)
	first := ev.First().TLS
	if first.OK() || !first.TLS.WantsClient || first.Outcome != probe.OutcomeAlert {
		t.Errorf("first handshake: %+v", first)
	}
	var offers []string
	for _, h := range ev.Trials {
		offers = append(offers, h.TLS.Offer)
	}
	if want := []string{"TLS 1.3", "TLS 1.2", "TLS 1.1", "TLS 1.0"}; !slices.Equal(offers, want) {
		t.Errorf("offered %v, want %v", offers, want)
	}
	if s := ev.Login(); s == ev.First() || s.TLS != nil || !s.LoggedIn {
		t.Errorf("login session: %+v", s)
	}
}

// In TLS 1.3 the demand for a certificate comes after the handshake.
func TestClientCertificateIsMissedLate(t *testing.T) {
	server := ftpd.Options{TLS: &ftpd.TLS{Mode: ftpd.TLSExplicit, ClientCert: true}}
	ev := encrypted(t, server, probe.Target{}, probe.Options{}, nil)
	if h := ev.First().TLS; h.Outcome != probe.OutcomeAlert || h.TLS.Alert != "certificate_required" || !h.TLS.WantsClient {
		t.Errorf("handshake: %+v", h)
	}
}
