package probe_test

import (
	"net/netip"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// A port that is announced twice and dialled once was dialled once.
func TestOneDialIsOneSample(t *testing.T) {
	at := netip.MustParseAddrPort("192.0.2.1:50000")
	announce := probe.Event{Kind: probe.KindAnnounce, Check: probe.CheckPorts, Session: 1, Addr: at}
	var ev probe.Evidence
	ev.Add(announce)
	ev.Add(announce)
	ev.Add(probe.Event{Kind: probe.KindDial, Check: probe.CheckPorts, Session: 1, As: probe.AsSample, Addr: at, Outcome: hops.Open})
	if a, b := ev.Samples[0].Dial.Outcome, ev.Samples[1].Dial.Outcome; (a == "") == (b == "") {
		t.Errorf("outcomes %q and %q", a, b)
	}
}
