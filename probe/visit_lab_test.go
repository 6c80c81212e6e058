package probe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/ftpd"
	"ftpcheck/probe/netlab"
	"ftpcheck/report"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// both is a scenario with ftpcheck at both ends.
func both(change func(*netlab.Scenario)) *netlab.Scenario {
	s := &netlab.Scenario{Server: netlab.Server{Peer: true}}
	if change != nil {
		change(s)
	}
	return s
}

// stage returns when the peer check began, and when it had done what needs no
// transfer: then that one begins, or is skipped.
func stage(all []probe.Event) (began, done time.Duration) {
	for _, e := range all {
		switch {
		case e.Check == probe.CheckPeer && e.Kind == probe.KindBegin:
			began = e.At
		case e.Check == probe.CheckTransfer && (e.Kind == probe.KindBegin || e.Kind == probe.KindSkip) && e.Step == 0:
			done = e.At
		}
	}
	return began, done
}

// What both ends see of one run over several networks.
func TestBothEnds(t *testing.T) {
	tls := &netlab.TLS{Mode: "explicit", Reuse: true}
	all := []probe.Check{probe.CheckEPSV, probe.CheckPASV, probe.CheckEPRT, probe.CheckPORT}
	passive := all[:2]
	for _, test := range []struct {
		name     string
		scenario *netlab.Scenario
		opt      probe.Options
		listed   []probe.Check // by mode
		opened   bool          // the ports that the opposite end listened on
		arrived  bool          // its connections
		down, up int           // largest piece
	}{
		{"no NAT", both(nil), probe.Options{}, all, true, true, 1448, 1448},
		{"one session at a time", both(nil), probe.Options{Parallel: 1}, all, true, true, 1448, 1448},
		{"two sessions at once", both(nil), probe.Options{Parallel: 2}, all, true, true, 1448, 1448},
		{"a server that wants one session", both(func(s *netlab.Scenario) { s.Server.Faults = []string{"one-session"} }), probe.Options{}, all, true, true, 1448, 1448},
		{"one port for active mode", both(nil), probe.Options{ActivePorts: probe.PortRange{Low: 40000, High: 40000}}, all, true, true, 1448, 1448},
		{"two passive ports", both(func(s *netlab.Scenario) { s.Server.Passive = "50000-50001" }), probe.Options{}, all, true, true, 1448, 1448},
		{"the check alone", both(nil), probe.Options{Checks: []probe.Check{probe.CheckPeer}}, all, true, true, 1448, 1448},
		{"TLS", both(func(s *netlab.Scenario) { s.Server.TLS, s.Run.Trust = tls, true }), probe.Options{}, all, true, true, 1448, 1448},
		{"IPv6", both(func(s *netlab.Scenario) { s.Client.IPv6Only, s.Server.IPv6 = true, true }), probe.Options{}, []probe.Check{probe.CheckEPSV, probe.CheckEPRT}, true, true, 1428, 1428},
		{"NAT at both ends", both(func(s *netlab.Scenario) { s.Client.NAT, s.Server.NAT = true, true }), probe.Options{}, passive, true, false, 1448, 1448},
		{"nothing but the control connection", both(func(s *netlab.Scenario) { s.Rules = blockedEverywhere.Rules }), probe.Options{}, nil, false, false, 0, 0},
		{"a black hole for large packets", both(func(s *netlab.Scenario) {
			s.Boxes = []netlab.Box{{At: "isp", Kind: netlab.BoxBlackHole, Value: "1000"}}
		}), probe.Options{}, all, true, true, 948, 948},
	} {
		t.Run(test.name, func(t *testing.T) {
			ev, events := simulate(t, test.scenario, test.opt)
			p := ev.Peer
			if p == nil || p.Seen == nil || p.Missed != "" {
				t.Fatalf("the opposite end told %+v", p)
			}
			for _, m := range modesOf {
				again := ev.Try(m, probe.TryPeer)
				if want := slices.Contains(test.listed, m); again.Listed() != want {
					t.Errorf("%s listed: %v, want %v", m, again.Listed(), want)
				}
				if again != nil {
					sawCommand(t, p, again)
				}
			}
			if got := outcomes(p.Dials); (got[probe.OutcomeOpen] > 0) != test.opened || len(got) != 1 {
				t.Errorf("dials: %v, want them open: %v", got, test.opened)
			}
			if (len(p.Arrivals) > 0) != test.arrived || len(p.Listens) == 0 {
				t.Errorf("%d connections arrived at %d ports, want any: %v", len(p.Arrivals), len(p.Listens), test.arrived)
			}
			if down, up := largest(p, true), largest(p, false); down != test.down || up != test.up {
				t.Errorf("largest pieces: %d down and %d up, want %d and %d", down, up, test.down, test.up)
			}
			agree(t, ev)
			replays(t, events)
			if n := most(events); test.opt.Parallel > 0 && n > test.opt.Parallel {
				t.Errorf("%d sessions at once, --parallel is %d", n, test.opt.Parallel)
			}
		})
	}
}

// sawCommand checks that the opposite end tells of a mode's own line: the reply
// that it sent or the command that it heard.
func sawCommand(t *testing.T, p *probe.Peer, m *probe.Mode) {
	t.Helper()
	code := map[probe.Check]string{probe.CheckEPSV: "229", probe.CheckPASV: "227", probe.CheckEPRT: "EPRT", probe.CheckPORT: "PORT"}[m.Check]
	if m.Reply != nil && m.Reply.Code/100 != 2 {
		return
	}
	s := p.SessionOf(m.Session)
	if s == nil || !slices.ContainsFunc(s.Lines, func(l exchange.Line) bool { return strings.HasPrefix(string(l.Raw), code) }) {
		t.Errorf("%s: the opposite end tells %+v of session %d", m.Check, s, m.Session)
	}
}

func outcomes(dials []probe.Dial) map[probe.Outcome]int {
	n := map[probe.Outcome]int{}
	for _, d := range dials {
		n[d.Outcome]++
	}
	return n
}

func largest(p *probe.Peer, down bool) (n int) {
	for _, s := range p.Sizes {
		if s.Down == down && s.Outcome == probe.OutcomeEOF {
			n = max(n, s.Bytes)
		}
	}
	return n
}

// agree checks that both ends have the same checksum of each payload that came
// to its end.
func agree(t *testing.T, ev *probe.Evidence) {
	t.Helper()
	theirs := map[string]bool{}
	for _, port := range ev.Peer.Seen.Ports {
		for _, k := range port.Knocks {
			if k.Carried != nil {
				theirs[k.Carried.Sum] = true
			}
		}
	}
	for _, d := range ev.Peer.Seen.Dials {
		if d.Carried != nil {
			theirs[d.Carried.Sum] = true
		}
	}
	n := 0
	for _, m := range ev.Tries {
		if m.Try != probe.TryPeer && m.Check != probe.CheckTransfer || !m.Listed() {
			continue
		}
		for _, d := range m.Dials {
			if d.Data != nil {
				if n++; !theirs[d.Data.Sum] {
					t.Errorf("%s %s step %d: %d bytes with a checksum that the opposite end does not have", m.Check, m.Try, m.Step, d.Data.Bytes)
				}
			}
		}
		for _, a := range m.Arrivals {
			if a.Data != nil {
				if n++; !theirs[a.Data.Sum] {
					t.Errorf("%s: other checksums", m.Check)
				}
			}
		}
	}
	if len(ev.Transfers()) > 0 && n == 0 {
		t.Error("no checksum was compared")
	}
}

// replays checks that a recording of the run folds into the same evidence, and
// gives the same report.
func replays(t *testing.T, events []probe.Event) {
	t.Helper()
	var live, read probe.Evidence
	var file bytes.Buffer
	for _, e := range events {
		live.Add(e)
		if err := probe.WriteEvent(&file, e); err != nil {
			t.Fatal(err)
		}
	}
	for e, err := range probe.ReadEvents(&file) {
		if err != nil {
			t.Fatal(err)
		}
		read.Add(e)
	}
	if diff := cmp.Diff(live.Peer, read.Peer, cmpopts.EquateComparable(probe.Dial{}.To, probe.Dial{}.To.Addr()), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("read back (-live +read):\n%s", diff)
	}
	var now, again bytes.Buffer
	if err := errors.Join(report.WriteJSON(&now, report.New(&live, report.Judge{})), report.WriteJSON(&again, report.New(&read, report.Judge{}))); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(now.String(), again.String()); diff != "" {
		t.Errorf("another report (-live +replayed):\n%s", diff)
	}
}

// most is how many control sessions were open at once.
func most(events []probe.Event) int {
	open, n := map[int]bool{}, 0
	for _, e := range events {
		switch {
		case e.Kind == probe.KindOpen:
			open[e.Session] = true
		case e.Kind == probe.KindSend && e.Text == "QUIT", e.Kind == probe.KindLost:
			delete(open, e.Session)
		}
		n = max(n, len(open))
	}
	return n
}

// The check costs a number of round trips in a healthy network, and two limits
// where everything is filtered.
func TestVisitInTime(t *testing.T) {
	_, all := simulate(t, both(nil), probe.Options{})
	began, done := stage(all)
	if n := float64(done-began) / float64(roundTrip); n > 19 {
		t.Errorf("took %.1f round trips", n)
	}
	filtered := both(func(s *netlab.Scenario) { s.Rules = blockedEverywhere.Rules })
	for _, timeout := range []time.Duration{time.Second, probe.DefaultTimeout} {
		_, all := simulate(t, filtered, probe.Options{Timeout: timeout})
		if began, done := stage(all); done-began > 2*timeout+3*time.Second {
			t.Errorf("--timeout %v: took %v where everything is filtered", timeout, done-began)
		}
	}
}

// With --sweep the opposite end tells of each port of its range.
func TestSweepOfBothEnds(t *testing.T) {
	ev, _ := simulate(t, both(func(s *netlab.Scenario) {
		s.Rules = []netlab.Rule{{At: "sgw", Toward: "server", Ports: "50040-50100", Do: "drop"}}
	}), probe.Options{Sweep: probe.PortRange{Low: 50000, High: 50300}})
	seen := map[uint16]bool{}
	for _, port := range ev.Peer.Seen.Ports {
		if port.Command == string(exchange.Listen) {
			seen[port.Local.Port()] = seen[port.Local.Port()] || len(port.Knocks) > 0
		}
	}
	for port := uint16(50000); port <= 50100; port++ {
		if knocked, listened := seen[port]; !listened || knocked != (port < 50040) {
			t.Errorf("%d: listened %v, arrived %v", port, listened, knocked)
		}
	}
}

// Devices that let nothing of the exchange through end in a reason.
func TestExchangeIsSwallowed(t *testing.T) {
	ev, all := simulate(t, both(func(s *netlab.Scenario) {
		s.Boxes = []netlab.Box{{At: "cgw", Kind: netlab.BoxSwallow, Value: "SITE"}}
	}), probe.Options{})
	if ev.Peer == nil || ev.Peer.Missed != "no answer to SITE FTPCHECK BEGIN" {
		t.Errorf("peer: %+v", ev.Peer)
	}
	if last := all[len(all)-1]; last.At > 20*time.Second {
		t.Errorf("took %v", last.At)
	}
}

// A visit can be cancelled after any of its events. It ends at once, and leaves
// nothing behind: synctest fails on a goroutine that is left.
func TestCancelAVisitAtAnyMoment(t *testing.T) {
	for name, s := range map[string]*netlab.Scenario{
		"healthy": both(nil), "filtered": both(func(s *netlab.Scenario) { s.Rules = blockedEverywhere.Rules }),
	} {
		opt := probe.Options{Checks: []probe.Check{probe.CheckLogin, probe.CheckPeer}, Peer: true, Download: "1KiB.bin"}
		_, all := simulate(t, s, opt)
		for n := 5; n < len(all); n += 4 {
			cancelAVisit(t, name, s, opt, n, 0)
		}
	}
}

// The same while a place is searched for: of lost answers, of a missing forward,
// of full segments and of changes.
func TestCancelASearchAtAnyMoment(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*netlab.Scenario)
		as     probe.As // of an event of the search
		kind   probe.Kind
	}{
		"answers of the server": {func(s *netlab.Scenario) {
			s.Rules = []netlab.Rule{{At: "isp", Toward: "client", From: "50000-50100", Do: "drop"}}
		}, probe.AsAnswer, probe.KindDial},
		"answers of the client": {func(s *netlab.Scenario) {
			s.Rules = []netlab.Rule{{At: "isp", Toward: "server", From: "30000-60000", Ports: "20", Do: "drop"}}
		}, probe.AsAnswer, probe.KindListen},
		"a hole": {func(s *netlab.Scenario) {
			s.Server.NAT, s.Server.Forward, s.Server.Announce = true, []string{"21"}, "198.51.100.2"
		}, probe.AsHole, probe.KindDial},
		"full segments": {func(s *netlab.Scenario) {
			s.Boxes = []netlab.Box{{At: "isp", Kind: netlab.BoxBlackHole, Value: "1000"}}
		}, probe.AsUp, probe.KindSize},
		"commands": {func(s *netlab.Scenario) {
			s.Client.Raw, s.Boxes = true, []netlab.Box{{At: "cgw", Kind: "rewrite-active", Value: "203.0.113.99"}}
		}, "", probe.KindQuote},
		"data": {func(s *netlab.Scenario) {
			s.Client.Raw, s.Boxes = true, []netlab.Box{{At: "isp", Kind: "alter"}}
		}, probe.AsUp, probe.KindSize},
	} {
		t.Run(name, func(t *testing.T) {
			s := both(test.change)
			opt := probe.Options{Checks: []probe.Check{probe.CheckLogin, probe.CheckPath, probe.CheckPeer}, Peer: true, Download: "1KiB.bin", Timeout: time.Second}
			_, all := simulate(t, s, opt)
			first := slices.IndexFunc(all, func(e probe.Event) bool { return e.Kind == test.kind && e.As == test.as && e.Check == probe.CheckPeer })
			if first < 0 {
				t.Fatal("nothing is searched")
			}
			for n := max(1, first-8); n < len(all); n += 4 {
				later := []time.Duration{0, 30 * time.Millisecond, 300 * time.Millisecond}[n/4%3]
				cancelAVisit(t, name, s, opt, n, later)
			}
		})
	}
}

// cancelAVisit cancels a run some time after its event n.
func cancelAVisit(t *testing.T, name string, s *netlab.Scenario, opt probe.Options, n int, later time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		lab, err := netlab.Build(s)
		if err != nil {
			t.Fatal(err)
		}
		defer lab.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		p := probe.Prober{Network: lab.Client(), Target: lab.Target(), Options: opt}
		var cancelled time.Time
		kinds := map[string]int{}
		seen := 0
		var at probe.Event
		for e := range p.Run(ctx) {
			if seen++; seen == n {
				at = e
				time.AfterFunc(later, cancel)
				cancelled = time.Now().Add(later)
			}
			if e.Kind == probe.KindSkip || e.Kind == probe.KindSeen && e.Outcome != "" {
				kinds[fmt.Sprint(e.Kind, e.Check, e.Text)]++
			}
		}
		if len(kinds) > 0 {
			t.Errorf("%s: cancelled after event %d: %v", name, n, slices.Collect(maps.Keys(kinds)))
		}
		if late := time.Since(cancelled); late > 100*time.Millisecond {
			t.Errorf("%s: cancelled %v after event %d (%s %s %s), ended %v later", name, later, n, at.Kind, at.As, at.Text, late)
		}
	})
}

// A server of ours with any fault: the run with the exchange ends in time, too.
func TestFaultyPeersEndInTime(t *testing.T) {
	const limit = 2 * time.Minute
	for _, fault := range hostileFaults() {
		if (ftpd.Fault{Name: fault}).NeedsTLS() {
			continue
		}
		t.Run(fault, func(t *testing.T) {
			ev, events := simulate(t, both(func(s *netlab.Scenario) { s.Server.Faults = []string{fault} }), probe.Options{})
			if ev.Took > limit {
				t.Errorf("took %v, want at most %v", ev.Took, limit)
			}
			if run := ev.Checks[probe.CheckPeer]; run != nil && !run.Ended {
				t.Error("the check peer has not ended")
			}
			replays(t, events)
		})
	}
}
