package report

import (
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// noise makes random evidence out of values that mean something to the rules.
type noise struct{ *rand.Rand }

func pick[T any](n noise, from ...T) T { return from[n.IntN(len(from))] }

func (n noise) outcome() probe.Outcome {
	return pick(n, "", hops.Open, hops.Open, hops.Refused, hops.Timeout, hops.Rejected, hops.Unreachable, hops.Reset, hops.Expired,
		probe.OutcomeClosed, probe.OutcomeEOF, probe.OutcomeForeign, probe.OutcomeLimit, probe.OutcomeMalformed, probe.OutcomeCancelled, probe.OutcomeNotFound, probe.OutcomeFailed)
}

func (n noise) addr() netip.AddrPort {
	a := pick(n, "203.0.113.10", "203.0.113.10", "198.51.100.7", "10.0.0.5", "192.168.1.10", "100.64.0.1", "127.0.0.1", "0.0.0.0", "224.0.0.1", "2001:db8::1", "::ffff:10.0.0.5", "fe80::1", "fd00::1")
	if n.IntN(20) == 0 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(netip.MustParseAddr(a), uint16(pick(n, 0, 20, 21, 50000, 50001+n.IntN(100))))
}

func (n noise) icmp() *hops.ICMP {
	return pick(n, nil, nil, &hops.ICMP{Type: 3, Code: uint8(n.IntN(16)), From: n.addr().Addr()}, &hops.ICMP{})
}

func (n noise) dial() probe.Dial {
	d := probe.Dial{Check: n.check(), As: pick(n, probe.AsAnnounced, probe.AsControlHost, probe.AsSample), To: n.addr(), Local: n.addr(),
		Outcome: n.outcome(), ICMP: n.icmp(), Took: time.Duration(n.IntN(1e10))}
	if n.IntN(2) == 0 {
		d.Data = n.data()
		d.TLS = n.handshake("")
	}
	return d
}

func (n noise) data() *probe.Data {
	return &probe.Data{Bytes: int64(pick(n, 0, 0, 700)), Outcome: pick(n, n.outcome(), probe.OutcomeCut, hops.Timeout), Took: time.Second}
}

// handshake is one, or nil where no version is given.
func (n noise) handshake(offer string) *probe.Handshake {
	if offer == "" && n.IntN(2) == 0 {
		return nil
	}
	h := &probe.Handshake{As: pick(n, probe.AsTrial, probe.AsImplicit), Outcome: pick(n, probe.OutcomeOK, probe.OutcomeOK, probe.OutcomeAlert, probe.OutcomePlaintext, n.outcome()), Text: pick(n, "", "220 hello")}
	h.TLS = probe.TLS{Offer: offer, Version: pick(n, "", "TLS 1.0", "TLS 1.3"), Presented: n.IntN(2) == 0, Resumed: n.IntN(2) == 0, WantsClient: n.IntN(4) == 0,
		Alert: pick(n, "", "handshake_failure", "certificate_required"), Expired: pick(n, "", "x"), NameMismatch: pick(n, "", "x"), Untrusted: pick(n, "", "x")}
	for range n.IntN(3) {
		h.TLS.Certificates = append(h.TLS.Certificates, probe.Certificate{Subject: pick(n, "", "CN=a"), Issuer: pick(n, "CN=a", "CN=b"), SHA256: pick(n, "", "aa", "bb")})
	}
	return h
}

func (n noise) check() probe.Check { return pick(n, probe.Checks...) }

func (n noise) reply() probe.Reply {
	words := pick(n, "227 Entering Passive Mode (10,0,0,5,195,93)", "227 nonsense", "229 (|||50012|)", "230 ok", "200 ok", "150 here", "226 done",
		"425 Security: Bad IP connecting.", "425 Failed to establish connection.", "426 broke", "421 Too many connections", "421 Service not available.", "500 Illegal PORT command.",
		"500 'EPSV': not understood", "550 Permission denied.", "530 Login incorrect.", "530 Non-anonymous sessions must use encryption.", "500 OOPS: chroot", "500 OOPS: chroot", "211 End", "234 go on", "522 session reuse required", "522 Data connections must be encrypted.", "425 Unable to build data connection: Operation not permitted", "211- AUTH TLS",
		"     Connected to 172.17.0.1", "220 (vsFTPd 3.0.3)", "220 ProFTPD [10.0.0.1]", "522 use (1)", "501 I won't open a connection to 1.2.3.4 (only to 5.6.7.8)", "501 I won't open a connection to 1.2.3.4 (only to 172.17.0.1)", "", "\x1b[2J", "2")
	lines := []string{words}
	if n.IntN(8) == 0 {
		lines = nil
	}
	return probe.Reply{Code: pick(n, 0, 120, 150, 200, 211, 220, 226, 227, 229, 230, 234, 331, 332, 421, 425, 426, 450, 500, 502, 522, 530, 550), Lines: lines, Line: n.IntN(6) - 1, Took: time.Duration(n.IntN(1e10))}
}

func (n noise) exchange() *probe.Exchange {
	x := &probe.Exchange{Check: n.check(), Command: pick(n, "USER a", "PASS ****", "STAT", "FEAT", "AUTH TLS", "PROT P", "EPSV", "PASV", "LIST", "CWD /x", "")}
	for range n.IntN(3) {
		x.Replies = append(x.Replies, n.reply())
	}
	if x.Command == "FEAT" {
		x.Replies = []probe.Reply{{Code: 211, Lines: []string{"211-Features:", pick(n, " AUTH TLS", " PASV", " EPRT"), "211 End"}}}
	}
	return x
}

func (n noise) loss() *probe.Loss {
	if n.IntN(2) == 0 {
		return nil
	}
	return &probe.Loss{Check: n.check(), Command: pick(n, "", "PASV", "LIST", "USER a", "AUTH TLS"), Outcome: n.outcome(), Text: pick(n, "", "ssh: SSH-2.0", ":", "odd"), Took: time.Second}
}

func (n noise) mode(c probe.Check) *probe.Mode {
	m := &probe.Mode{Check: c, Session: n.IntN(4), Command: pick(n, "", "PASV", "EPSV", "PORT 1,2", "EPRT |1|"), Announced: n.addr(),
		Malformed: pick(n, "", "", "bad"), NotDialled: pick(n, "", "third party"), Lost: n.loss(), Ended: n.IntN(4) > 0}
	if n.IntN(4) > 0 {
		r := n.reply()
		m.Reply = &r
	}
	if n.IntN(3) > 0 {
		m.List = n.exchange()
	}
	for range n.IntN(3) {
		m.Dials = append(m.Dials, n.dial())
	}
	for range n.IntN(3) {
		m.Arrivals = append(m.Arrivals, probe.Arrival{From: n.addr(), Local: n.addr(), Data: n.data(), TLS: n.handshake("")})
	}
	return m
}

func (n noise) evidence() *probe.Evidence {
	ev := &probe.Evidence{Checks: map[probe.Check]*probe.CheckRun{}, Modes: map[probe.Check]*probe.Mode{}, Finished: n.outcome()}
	for _, c := range probe.Checks {
		if n.IntN(5) == 0 {
			continue
		}
		run := &probe.CheckRun{Running: n.IntN(4) == 0, Ended: n.IntN(4) > 0, Skipped: pick(n, "", "", "", "", "not asked for")}
		for range n.IntN(4) {
			run.Lines = append(run.Lines, probe.Line{Check: c, Dir: pick(n, probe.KindSend, probe.KindRecv), Text: "227 (1,2,3,4,5,6)"})
		}
		ev.Checks[c] = run
	}
	for _, c := range slices.Concat(probe.Passive, probe.Active) {
		if n.IntN(4) > 0 {
			ev.Modes[c] = n.mode(c)
		}
	}
	for i := range n.IntN(4) {
		s := &probe.Session{ID: i + 1, Check: n.check(), Peer: n.addr(), Local: n.addr(), LoggedIn: n.IntN(2) == 0, Lost: n.loss(), TLS: n.handshake("")}
		if n.IntN(4) > 0 {
			r := n.reply()
			s.Greeting = &r
		}
		for range n.IntN(4) {
			s.Exchanges = append(s.Exchanges, n.exchange())
		}
		ev.Sessions = append(ev.Sessions, s)
	}
	for range n.IntN(4) {
		ev.Control = append(ev.Control, n.dial())
		ev.Confirms = append(ev.Confirms, n.dial())
		ev.Limits = append(ev.Limits, probe.Limit{Check: n.check(), Others: n.IntN(3), Code: pick(n, 0, 421), Outcome: n.outcome()})
	}
	for range n.IntN(4) {
		t := n.mode(pick(n, probe.CheckEPSV, probe.CheckPASV, probe.CheckPORT))
		t.Try = pick(n, probe.TryPlain, probe.TryUnresumed, probe.TryClearData)
		ev.Tries = append(ev.Tries, t)
		ev.Trials = append(ev.Trials, *n.handshake(pick(n, "TLS 1.0", "TLS 1.2", "TLS 1.3")))
	}
	for range n.IntN(8) {
		ev.Samples = append(ev.Samples, &probe.Sample{Session: 1, Code: pick(n, 0, 425, 500), Text: pick(n, "", "425 no free ports"), Announced: n.addr(), Dial: n.dial()})
		ev.Hops = append(ev.Hops, probe.Hop{To: n.addr(), TTL: n.IntN(6), Outcome: n.outcome(), ICMP: n.icmp()})
	}
	n.later(ev)
	n.peer(ev)
	if n.IntN(2) == 0 {
		ev.Lookup = &probe.Lookup{Outcome: n.outcome()}
		ev.Client = &probe.ClientRun{Outcome: n.outcome(), Text: pick(n, "", "522 session reuse required", "425 no"), Dials: []probe.Dial{n.dial()}}
		ev.Start = &probe.Start{Host: "h", User: pick(n, "", "anonymous", "a"), Options: probe.Options{Family: pick(n, 0, 4, 6), TLS: pick(n, "", probe.TLSOff, probe.TLSExplicit, probe.TLSImplicit)}}
	}
	return ev
}

// later adds what further checks and tries show.
func (n noise) later(ev *probe.Evidence) {
	for range n.IntN(3) {
		d := n.dial()
		d.As = probe.AsRandom
		ev.Randoms = append(ev.Randoms, d)
		ev.Tries = append(ev.Tries, n.mode(pick(n, probe.Passive...)))
		ev.Tries[len(ev.Tries)-1].Try = pick(n, probe.TryClamped, probe.TryPlain, probe.TryUnresumed)
	}
	for range n.IntN(30) {
		d := n.dial()
		d.As = probe.AsSweep
		ev.Swept = append(ev.Swept, d)
	}
	for i := range n.IntN(4) {
		m := n.mode(probe.CheckTransfer)
		m.Step, m.Try, m.Size = i+1, pick(n, "", "", "", probe.TryClamped), int64(pick(n, 0, 0, 700, 1000))
		ev.Tries = append(ev.Tries, m)
		if n.IntN(4) == 0 {
			at := ev.ControlPeer()
			m.Try, m.Dials = "", []probe.Dial{{To: at, Outcome: hops.Open, Data: &probe.Data{Outcome: hops.Timeout}}}
			again := n.mode(probe.CheckTransfer)
			again.Step, again.Try = m.Step, probe.TryClamped
			again.Dials = []probe.Dial{{To: at, Outcome: hops.Open, Data: &probe.Data{Bytes: 700, Outcome: probe.OutcomeEOF}}}
			ev.Tries = append(ev.Tries, again)
		}
	}
	for range n.IntN(3) {
		ev.Idle = append(ev.Idle, probe.Silence{Session: 1, Took: time.Duration(n.IntN(1e12)), Outcome: pick(n, probe.OutcomeOK, probe.OutcomeOK, n.outcome()), Code: pick(n, 0, 200, 421), Text: "421 Timeout."})
	}
	if wide := n.IntN(8) == 0; wide { // a server without a range, behind a proxy
		for i, s := range ev.Samples {
			s.Announced = netip.AddrPortFrom(s.Announced.Addr(), uint16(1024+n.IntN(64000)))
			s.Dial.To = netip.AddrPortFrom(ev.ControlPeer().Addr(), s.Announced.Port())
			ev.Hops = append(ev.Hops, probe.Hop{To: s.Dial.To, TTL: i, Outcome: hops.Expired})
		}
		ev.Hops = append(ev.Hops, probe.Hop{To: ev.ControlPeer(), TTL: 1, Outcome: hops.Open})
	}
}

// TestRandomEvidence: whatever was observed, Diagnose does not panic, speaks
// only of checks that were run, and says the same twice.
func TestRandomEvidence(t *testing.T) {
	known := map[string]bool{}
	for _, c := range Codes() {
		known[c.Code] = true
	}
	fired := map[string]bool{}
	for seed := range uint64(10000) {
		n := noise{rand.New(rand.NewPCG(seed, 0))}
		ev := n.evidence()
		found := Diagnose(ev)
		Lines(ev)
		if !reflect.DeepEqual(found, Diagnose(ev)) {
			t.Fatalf("seed %d: two answers from the same evidence", seed)
		}
		if seed%50 == 0 {
			r := New(ev, Judge{})
			if err := errors.Join(WriteText(io.Discard, r, TextOptions{Verbose: true}), WriteJSON(io.Discard, r)); err != nil {
				t.Fatal(err)
			}
		}
		seen := map[string]bool{}
		for _, f := range found {
			fired[f.Code] = true
			if !known[f.Code] || seen[f.Code] {
				t.Fatalf("seed %d: code %q is unknown or stands twice", seed, f.Code)
			}
			seen[f.Code] = true
			if f.Title == "" || len(f.Story) == 0 || f.Effect == "" || rank(f.Severity) < 0 || f.Owner == "" || len(f.Checks) == 0 {
				t.Fatalf("seed %d: %s is incomplete: %+v", seed, f.Code, f)
			}
			if slices.ContainsFunc(f.Fixes, func(x Fix) bool { return x.Who == "" || x.Do == "" }) {
				t.Fatalf("seed %d: %s has a fix for nobody: %+v", seed, f.Code, f.Fixes)
			}
			for _, c := range f.Checks {
				if run := ev.Checks[c]; run == nil || run.Skipped != "" || !run.Running && !run.Ended {
					t.Fatalf("seed %d: %s speaks of %s, which was not run", seed, f.Code, c)
				}
			}
		}
	}
	// The noise has to reach the rules, or it proves nothing.
	for code := range known {
		if !fired[code] && code != "data-not-forwarded" && code != "passive-reply-rewritten" {
			t.Errorf("the noise never fired %s", code)
		}
	}
}

// TestEmptyEvidence: nothing observed, nothing said.
func TestEmptyEvidence(t *testing.T) {
	if found := Diagnose(&probe.Evidence{}); len(found) != 0 {
		t.Errorf("got %s", brief(found))
	}
}

// TestCodes: the table is complete and hides only what it knows.
func TestCodes(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Codes() {
		if seen[c.Code] || c.Title == "" || c.Meaning == "" || c.Owner == "" || rank(c.Severity) < 0 {
			t.Errorf("%+v is incomplete or stands twice", c)
		}
		seen[c.Code] = true
	}
	for _, r := range rules {
		for _, h := range r.hides {
			if !seen[h] || h == r.Code.Code {
				t.Errorf("%s hides %q", r.Code.Code, h)
			}
		}
	}
}
