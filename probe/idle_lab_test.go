package probe_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/netlab"
)

// The sessions of the idle check belong to the visit, so that the other end
// tells what it saw of a silent death.
func TestWhoSawTheDeath(t *testing.T) {
	ev, events := simulate(t, both(func(s *netlab.Scenario) {
		s.Boxes = []netlab.Box{{At: "cgw", Kind: netlab.BoxIdle, Value: "40s"}}
	}), probe.Options{Idle: time.Minute, Checks: append(slices.Clone(probe.DefaultChecks), probe.CheckIdle)})
	dead := 0
	for _, silence := range ev.Idle {
		s := ev.Peer.SessionOf(silence.Session)
		if s == nil {
			t.Fatalf("nothing is told of session %d", silence.Session)
		}
		ours := ev.Session(silence.Session)
		if silence.Outcome == probe.OutcomeOK {
			if len(ours.Up)+len(ours.Down) > 0 {
				t.Errorf("session %d lives, and was searched", ours.ID)
			}
			continue
		}
		if len(ours.Up) == 0 || len(ours.Down) == 0 {
			t.Errorf("searched from here %v, from there %v", ours.Up, ours.Down)
		}
		if dead++; silence.Outcome != probe.OutcomeTimeout || s.Ended != 0 || len(s.Lines) != 1 {
			t.Errorf("%+v; the other end: ended at %d, %d NOOPs, want it alive with one", silence, s.Ended, len(s.Lines))
		}
	}
	if dead != 1 || ev.Peer.Missed != "" {
		t.Errorf("%d deaths, missed %q", dead, ev.Peer.Missed)
	}
	replays(t, events)
}

// Where the way cannot be searched, and with a server that is not ftpcheck's own,
// a session that died is left as it is.
func TestDeathIsNotSearched(t *testing.T) {
	forgets := both(func(s *netlab.Scenario) {
		s.Boxes = []netlab.Box{{At: "cgw", Kind: netlab.BoxIdle, Value: "40s"}}
	})
	without := func(c probe.Check) []probe.Check {
		return slices.DeleteFunc(append(slices.Clone(probe.DefaultChecks), probe.CheckIdle), func(x probe.Check) bool { return x == c })
	}
	for name, checks := range map[string][]probe.Check{"no hop search": without(probe.CheckPath), "no visit": without(probe.CheckPeer)} {
		ev, all := simulate(t, forgets, probe.Options{Idle: time.Minute, Checks: checks})
		for _, s := range ev.Sessions {
			if len(s.Up)+len(s.Down) > 0 {
				t.Errorf("%s: session %d was searched", name, s.ID)
			}
		}
		for _, e := range all {
			if e.Kind == probe.KindSend && (strings.HasPrefix(e.Text, "NOOP ") || strings.Contains(e.Text, "EDGE")) {
				t.Errorf("%s: sent %q", name, e.Text)
			}
		}
		if !slices.ContainsFunc(ev.Idle, func(s probe.Silence) bool { return s.Outcome == probe.OutcomeTimeout }) {
			t.Errorf("%s: nothing died", name)
		}
	}
}

// A run can be cancelled while the place of a death is searched. It ends at once,
// and leaves nothing behind: synctest fails on a goroutine that is left.
func TestCancelTheSearchForADeath(t *testing.T) {
	forgets := both(func(s *netlab.Scenario) {
		s.Boxes = []netlab.Box{{At: "isp", Kind: netlab.BoxIdle, Value: "10s"}}
	})
	opt := probe.Options{Idle: 12 * time.Second, Parallel: 2, Peer: true, Checks: []probe.Check{probe.CheckLogin, probe.CheckPath, probe.CheckPeer, probe.CheckIdle}}
	_, all := simulate(t, forgets, opt)
	last := slices.IndexFunc(all, func(e probe.Event) bool { return e.Kind == probe.KindBegin && e.Check == probe.CheckIdle })
	if last < 0 || !slices.ContainsFunc(all, func(e probe.Event) bool { return e.Kind == probe.KindHop && e.As == probe.AsDown }) {
		t.Fatal("nothing is searched from the other end")
	}
	for _, later := range []time.Duration{0, 50 * time.Millisecond} { // after the event
		for n := last; n < len(all); n += 3 {
			synctest.Test(t, func(t *testing.T) {
				lab, err := netlab.Build(forgets)
				if err != nil {
					t.Fatal(err)
				}
				defer lab.Close()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				p := probe.Prober{Network: lab.Client(), Target: lab.Target(), Options: opt}
				var cancelled time.Time
				seen := 0
				for range p.Run(ctx) {
					if seen++; seen == n {
						time.AfterFunc(later, cancel)
						cancelled = time.Now().Add(later)
					}
				}
				if late := time.Since(cancelled); late > 100*time.Millisecond {
					t.Errorf("cancelled %v after event %d, %s %q, ended %v later", later, n, all[n-1].Kind, all[n-1].Text, late)
				}
			})
		}
	}
}
