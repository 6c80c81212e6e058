package report

import (
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// swept adds a row of ports of the sweep that ended so.
func swept(low, high uint16, o probe.Outcome) part {
	return func(ev *probe.Evidence) {
		ran(probe.CheckPorts)(ev)
		for p := int(low); p <= int(high); p++ {
			d := madeDial(probe.AsSweep, netipPort(p), o)
			d.Check = probe.CheckPorts
			ev.Swept = append(ev.Swept, d)
		}
	}
}

// randoms are ports that the server did not announce.
func randoms(c probe.Check, o probe.Outcome, ports ...int) part {
	return func(ev *probe.Evidence) {
		for _, p := range ports {
			d := madeDial(probe.AsRandom, netipPort(p), o)
			d.Check = c
			ev.Randoms = append(ev.Randoms, d)
		}
	}
}

// silence is one silence of the idle check, and what came after it.
func silence(took time.Duration, o probe.Outcome, code int, words string) part {
	return func(ev *probe.Evidence) {
		ran(probe.CheckIdle)(ev)
		ev.Idle = append(ev.Idle, probe.Silence{Session: 1, Took: took, Outcome: o, Code: code, Text: words})
	}
}

// step is one transfer of the transfer check: what came over its data
// connection, and the last reply; without one the wait for it ran out.
func step(n int, command string, bytes int64, o probe.Outcome, last ...probe.Reply) part {
	return func(ev *probe.Evidence) {
		ran(probe.CheckTransfer)(ev)
		at := netip.AddrPortFrom(ev.Sessions[0].Peer.Addr(), uint16(50000+n))
		d := madeDial(probe.AsAnnounced, at.String(), hops.Open)
		d.Check, d.Data = probe.CheckTransfer, &probe.Data{Bytes: bytes, Outcome: o, Took: 2 * time.Second}
		m := &probe.Mode{Check: probe.CheckTransfer, Step: n, Command: "EPSV", Reply: line(229, "ok"), Announced: at, Dials: []probe.Dial{d}, Session: 1, Ended: true}
		m.List = &probe.Exchange{Check: m.Check, Command: command, Replies: append([]probe.Reply{*line(150, "Here.")}, last...)}
		if len(last) == 0 {
			m.Lost = &probe.Loss{Check: m.Check, Command: command, Outcome: hops.Timeout, Took: 30 * time.Second}
		}
		ev.Tries = append(ev.Tries, m)
	}
}

// withSmallSegments repeats a stalled mode or step with small segments.
func withSmallSegments(c probe.Check, n int, bytes int64, o probe.Outcome) part {
	return func(ev *probe.Evidence) {
		at := netip.AddrPortFrom(ev.Sessions[0].Peer.Addr(), 50999)
		d := madeDial(probe.AsAnnounced, at.String(), hops.Open)
		d.Check, d.Data = c, &probe.Data{Bytes: bytes, Outcome: o, Took: 40 * time.Millisecond}
		m := &probe.Mode{Check: c, Step: n, Try: probe.TryClamped, Command: "EPSV", Reply: line(229, "ok"), Announced: at, Dials: []probe.Dial{d}, Session: 1, Ended: true}
		if o == probe.OutcomeEOF {
			listed(m)
		}
		ev.Tries = append(ev.Tries, m)
	}
}

// clientBlocked: the ordinary client drew a blocked port.
func clientBlocked(ev *probe.Evidence) {
	clientFailed("dial 203.0.113.10:33741: timeout")(ev)
	ev.Client.Dials = []probe.Dial{madeDial(probe.AsClient, netipPort(33741), hops.Timeout)}
}

// proftpd names the server by its greeting.
var proftpd = greeting("220 ProFTPD Server (lab) [10.0.0.10]")

// TestPortRules: which ports open tells whether a boundary, chance, a spill or
// a random mix is behind it.
func TestPortRules(t *testing.T) {
	open := func(ports ...uint16) part { return samples(hops.Open, false, ports...) }
	shut := func(ports ...uint16) part { return samples(hops.Timeout, true, ports...) }
	no := func(ports ...uint16) part { return samples(hops.Refused, false, ports...) }
	tests := []struct {
		name  string
		parts []part
		want  string
	}{
		{"5 of 12 refused without order", []part{open(50001, 50010, 50012, 50033, 50051, 50070, 50090), no(50005, 50020, 50040, 50060, 50080)}, "likely data-intermittent"},
		{"one lost packet among 12", []part{open(50001, 50005, 50010, 50012, 50020, 50033, 50040, 50051, 50060, 50070, 50090), samples(hops.Timeout, false, 50045)}, "possible cause-not-found"},
		{"one lost packet among 12, the second one answered", []part{open(50001, 50005, 50010, 50012, 50020, 50033, 50040, 50051, 50060, 50070, 50090), samples(hops.Timeout, false, 50045), again(hops.Refused, 50045)}, ""},
		{"three lost packets among 12 that the second try cleared", []part{open(50001, 50005, 50010, 50012, 50020, 50033, 50040, 50051, 50060), samples(hops.Timeout, false, 50045, 50047, 50049), again(hops.Refused, 50045), again(hops.Refused, 50047), again(hops.Refused, 50049)}, "likely data-intermittent"},
		{"two refused among 12", []part{open(50001, 50005, 50010, 50012, 50020, 50033, 50040, 50051, 50060, 50070), no(50008, 50045)}, "possible cause-not-found"},
		{"three refused among 12", []part{open(50001, 50005, 50010, 50020, 50033, 50040, 50051, 50060, 50070), no(50008, 50045, 50055)}, "likely data-intermittent"},
		{"one refused among 12", []part{open(50001, 50005, 50010, 50012, 50020, 50033, 50040, 50051, 50060, 50070, 50090), no(50045)}, "possible cause-not-found"},
		{"half open, by a boundary", []part{open(50001, 50005, 50010, 50012, 50020, 50033), shut(50050, 50051, 50060, 50070, 50080, 50090)}, "certain data-range-partly-blocked"},
		{"half open, refused by a boundary", []part{open(50001, 50005, 50010, 50012, 50020, 50033), no(50050, 50051, 50060, 50070, 50080, 50090)}, "likely data-range-partly-blocked"},
		{"a window of open ports", []part{shut(50001, 50005, 50010), open(50020, 50033, 50040, 50045, 50047, 50048), shut(50070, 50080, 50090)}, "certain data-range-partly-blocked"},
		{"half open, and one odd port", []part{open(50001, 50005, 50010, 50012, 50033), no(50020), shut(50050, 50051, 50060, 50070, 50080, 50090)}, "likely data-range-partly-blocked"},
		{"open and refused, the same port", []part{open(50001, 50005, 50010), no(50005)}, "likely data-intermittent"},
		{"open and refused, two ports", []part{open(50001, 50005, 50010), no(50005, 50010)}, "certain data-intermittent"},
		{"refused, and opened by the second try, two ports", []part{open(50001, 50005, 50010), no(50020, 50030), again(hops.Open, 50020), again(hops.Open, 50030)}, "certain data-intermittent"},
		{"open and silent, the same port", []part{open(50001, 50005, 50010), samples(hops.Timeout, false, 50005)}, ""},
		{"not one opened", []part{no(50005, 50010, 50001)}, "possible data-refused"},

		{"ProFTPD beyond its range", []part{proftpd, open(50001, 50003, 50005, 50007), shut(38211, 60007)}, "likely passive-ports-exhausted"},
		{"ProFTPD with one port, and beyond it", []part{proftpd, open(50000, 50000, 50000), shut(33211, 38007, 41955, 47001, 52001, 60444)}, "likely passive-ports-exhausted"},
		{"ProFTPD with two ports, and beyond them", []part{proftpd, open(50000, 50001, 50000, 50001, 50000), shut(36561, 38969), clientBlocked}, "likely passive-ports-exhausted"},
		{"ProFTPD beyond its two ports, for the ordinary client alone", []part{proftpd, open(50000, 50001, 50000, 50001), clientBlocked}, "likely passive-ports-exhausted"},
		{"ProFTPD refuses, and leaves its range", []part{proftpd, portless(425, "EPSV: Address already in use"), open(50000, 50001, 50000, 50001), shut(36561, 38969)}, "likely passive-ports-exhausted"},
		{"two sessions drew one port of many", []part{proftpd, portless(425, "EPSV: Address already in use"), open(50001, 50005, 50010, 50012, 50020, 50033)}, ""},
		{"no port for a session, asked again", []part{proftpd, open(50001), portless(425, "EPSV: Address already in use"), portless(425, "EPSV: Address already in use")}, "likely passive-ports-exhausted"},
		{"ProFTPD, a second range that is blocked", []part{proftpd, open(50001, 50003, 50005, 50007, 50009, 50011), shut(60001, 60003, 60005, 60007)}, "certain data-range-partly-blocked"},
		{"ProFTPD, a few ports of its range open", []part{proftpd, open(50001, 50003, 50001), shut(50020, 50041, 50060, 50088)}, "likely data-range-partly-blocked"},
		{"an unknown server beyond its range", []part{greeting("220 Hello."), open(50001, 50003, 50005, 50007), shut(38211, 41007)}, "possible passive-ports-exhausted"},
		{"vsftpd does not leave its range", []part{open(50001, 50003, 50005, 50007), shut(38211, 60007)}, "likely data-range-partly-blocked"},
		{"ProFTPD, ports next to the open ones", []part{proftpd, open(50001, 50003, 50005, 50007, 50009, 50010), shut(50012, 50014, 50016, 50018)}, "certain data-range-partly-blocked"},

		{"free ports of the whole system", []part{open(33001, 36412, 41877, 46002, 49981, 55006, 60411)}, "certain passive-range-wide"},
		{"a large range that someone chose", []part{open(50001, 50977, 51844, 52302, 54003, 54990)}, ""},
		{"three ports far apart", []part{open(33001, 46002, 60411)}, ""},
		{"a small range and outliers that open", []part{proftpd, open(50001, 50002, 50003, 50004, 50005, 50006, 50007, 33123)}, ""},

		{"a hole between open ports", []part{open(50001, 50030, 50099), swept(50000, 50049, hops.Refused), swept(50050, 50060, hops.Timeout), swept(50061, 50099, hops.Refused)}, "likely data-range-partly-blocked"},
		{"a helper that opens only what was announced", []part{open(50001, 50030, 50099), swept(50000, 50099, hops.Timeout)}, ""},
		{"silence outside the announced ports", []part{open(50001, 50030, 50099), swept(50000, 50099, hops.Refused), swept(50100, 50200, hops.Timeout)}, ""},
		{"a few lost packets of the sweep", []part{open(50001, 50030, 50099), swept(50000, 50049, hops.Refused), swept(50050, 50052, hops.Timeout), swept(50053, 50099, hops.Refused)}, ""},
		{"a sweep alone", []part{swept(50000, 50049, hops.Refused), swept(50050, 50099, hops.Timeout)}, ""},

		{"every port opens, and nothing comes", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout, *line(150, "Here.")), randoms(probe.CheckEPSV, hops.Open, 41877, 61001)}, "certain data-false-open"},
		{"every port opens, the server waits in vain", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout, *line(425, "Failed to establish connection.")), randoms(probe.CheckEPSV, hops.Open, 41877, 61001)}, "certain data-false-open"},
		{"every port opens, active mode works", []part{client("198.51.100.7"), epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout, *line(150, "Here.")), arrived(probe.CheckPORT, madeServer+":20"), randoms(probe.CheckEPSV, hops.Open, 41877, 61001)}, "certain data-false-open"},
		{"one port that was not announced opens", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout, *line(150, "Here.")), randoms(probe.CheckEPSV, hops.Open, 41877)}, "likely data-false-open"},
		{"one of two opens", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout, *line(150, "Here.")), randoms(probe.CheckEPSV, hops.Open, 41877), randoms(probe.CheckEPSV, hops.Refused, 61001)}, "likely data-silent"},
		{"every port opens, and the server saw ours", []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, probe.OutcomeEOF, *line(425, "Security: Bad IP connecting.")), randoms(probe.CheckEPSV, hops.Open, 41877, 61001)}, "certain data-source-rejected"},
		{"every port opens, and listings come", []part{epsv(50012, hops.Open), randoms(probe.CheckEPSV, hops.Open, 41877, 61001)}, ""},
		{"every port opens, no greeting", []part{ungreeted(hops.Timeout, ""), randoms(probe.CheckControl, hops.Open, 41877, 61001)}, "certain data-false-open"},
		{"only the control port opens, no greeting", []part{ungreeted(hops.Timeout, ""), randoms(probe.CheckControl, hops.Refused, 41877, 61001)}, "likely control-silent"},

		{"a proxy at hop 2", []part{epsv(50012, hops.Open), path(madeServer+":21", "x192.168.1.1", "o"), path(netipPort(50012), "x192.168.1.1", "x198.51.100.1", "x203.0.113.1", "o")}, "likely control-intercepted"},
		{"a proxy at hop 2, two ports", []part{epsv(50012, hops.Open), pasv(madeServer+":50013", "", hops.Open), path(madeServer+":21", "x192.168.1.1", "o"), path(netipPort(50012), "x", "x198.51.100.1", "o"), path(netipPort(50013), "x", "x198.51.100.1", "o")}, "certain control-intercepted"},
		{"a proxy at the first hop", []part{epsv(50012, hops.Open), path(madeServer+":21", "o"), path(netipPort(50012), "x192.168.1.1")}, "certain control-intercepted"},
		{"a server at the first hop that is a router", []part{server("192.168.1.1"), epsv(50012, hops.Open), path("192.168.1.1:21", "o"), path("192.168.1.1:50012", "x192.168.1.1")}, "likely control-intercepted"},
		{"the data port is a hop nearer", []part{epsv(50012, hops.Open), controlPath, path(netipPort(50012), "x192.168.1.1", "x198.51.100.1", "o")}, ""},
		{"the same distance", []part{epsv(50012, hops.Open), controlPath, path(netipPort(50012), "x192.168.1.1", "x198.51.100.1", "x203.0.113.1", "o")}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := brief(Diagnose(made(tt.parts...))); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// TestPortClaims: what these findings say follows from what was seen.
func TestPortClaims(t *testing.T) {
	half := []part{samples(hops.Open, false, 50001, 50005, 50010, 50020, 50033), samples(hops.Timeout, true, 50060, 50070, 50080, 50090)}
	tests := []struct {
		name  string
		parts []part
		code  string
		words string
		not   string
	}{
		{"the effect rate", []part{samples(hops.Open, false, 50001, 50010, 50012, 50033, 50051, 50070, 50090), samples(hops.Refused, false, 50005, 50020, 50040, 50060, 50080)},
			"data-intermittent", "here 5 of 12; load balancer; 4 of the failures stand among; less than 0.01 %; 50005 (refused), 50020", "opened once"},
		{"both outcomes of one port", []part{samples(hops.Open, false, 50001, 50005), samples(hops.Refused, false, 50005)}, "data-intermittent", "Port 50005 opened once and was refused once", "Lost packets"},
		{"boundary without a sweep", half, "data-range-partly-blocked", "between 50033, which is open, and 50060; pasv_max_port=50033; dport 50001-50090", "The sweep; let through"},
		{"boundary with a sweep", append(slices.Clone(half), swept(50000, 50049, hops.Refused), swept(50050, 50100, hops.Timeout)), "data-range-partly-blocked",
			"lets 50000-50049 through and blocks 50050-50100; A refused port is let through; the sweep found 50050-50100 blocked.; dport 50050-50100; pasv_max_port=50049", "dport 50001"},
		{"a sweep elsewhere", append(slices.Clone(half), swept(60000, 60049, hops.Refused)), "data-range-partly-blocked", "pasv_max_port=50033", "The sweep"},
		{"refused ports, a refusal proves nothing", []part{samples(hops.Open, false, 50001, 50005, 50010, 50020, 50033), samples(hops.Refused, false, 50060, 50070, 50080, 50090), swept(50000, 50100, hops.Refused)}, "data-range-partly-blocked", "pasv_max_port=50033", "The sweep"},
		{"the estimate", half, "data-range-partly-blocked", "Judging by 9 ports, the server's range is about 110 ports wide; --sweep 50001-50090", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { claim(t, tt.code, tt.words, tt.not, tt.parts...) })
	}
}

// TestFalseOpenPlace: only a search that met the accepting hop itself names it.
func TestFalseOpenPlace(t *testing.T) {
	silent := []part{epsv(50012, hops.Open), ending(probe.CheckEPSV, 0, hops.Timeout, *line(150, "Here.")), randoms(probe.CheckEPSV, hops.Open, 41877, 61001), controlPath}
	single := func(ev *probe.Evidence) {
		ev.Hops = append(ev.Hops, probe.Hop{To: netip.MustParseAddrPort(netipPort(50012)), TTL: 4, Outcome: hops.Open})
	}
	for _, tt := range []struct {
		name  string
		part  part
		want  string
		owner Owner
	}{
		{"at hop 3 of 4", path(netipPort(50012), "x192.168.1.1", "x198.51.100.1", "o"), "after hop 3 of 4 (203.0.113.1), at the server's side", ServerNetwork},
		{"at the first hop", path(netipPort(50012), "o"), "after hop 1 of 4 (192.168.1.1), at the client's side", ClientNetwork},
		{"at the server", path(netipPort(50012), "x", "x", "x", "o"), "after hop 4 of 4, at the server's side", ServerNetwork},
		{"one attempt at the server's distance", single, "", ServerNetwork},
	} {
		f := Diagnose(made(append(slices.Clone(silent), tt.part)...))[0]
		if got := whereText(f.Where); f.Code != "data-false-open" || got != tt.want || f.Owner != tt.owner {
			t.Errorf("%s: %s %q of %s", tt.name, f.Code, got, f.Owner)
		}
	}
}

// claim checks the words of one finding, as TestClaims does.
func claim(t *testing.T, code, words, not string, parts ...part) {
	t.Helper()
	var said string
	for _, f := range Diagnose(made(parts...)) {
		if f.Code == code {
			said = claims(f)
		}
	}
	if said == "" {
		t.Fatalf("no %s, but %s", code, brief(Diagnose(made(parts...))))
	}
	for w := range strings.SplitSeq(words, "; ") {
		if !strings.Contains(said, w) {
			t.Errorf("%q is not in\n%s", w, said)
		}
	}
	for w := range strings.SplitSeq(not, "; ") {
		if w != "" && strings.Contains(said, w) {
			t.Errorf("%q is in\n%s", w, said)
		}
	}
}

// TestSweptRanges: written out again, the ranges are the ports that went in,
// and no two of them could be one.
func TestSweptRanges(t *testing.T) {
	for seed := range uint64(2000) {
		n := noise{rand.New(rand.NewPCG(seed, 1))}
		want := map[uint16]PortState{}
		var dials []probe.Dial
		base := pick(n, 0, 1, 50000, 65400)
		for range n.IntN(200) {
			port := uint16(base + n.IntN(136))
			o := pick(n, hops.Open, hops.Refused, hops.Refused, hops.Timeout, hops.Timeout, hops.Rejected, hops.Unreachable, hops.Reset, probe.OutcomeCancelled, "")
			if _, twice := want[port]; twice {
				continue
			}
			if s := PortStateOf(o); s != "" {
				want[port] = s
			}
			dials = append(dials, probe.Dial{To: netip.AddrPortFrom(netip.MustParseAddr(madeServer), port), Outcome: o})
		}
		got := map[uint16]PortState{}
		var last SweptRange
		for i, r := range SweptRanges(dials) {
			if i > 0 && (r.From <= last.To || r.State == last.State && r.From == last.To+1) {
				t.Fatalf("seed %d: %v after %v", seed, r, last)
			}
			for p := int(r.From); p <= int(r.To); p++ {
				got[uint16(p)] = r.State
			}
			last = r
		}
		if !maps.Equal(got, want) {
			t.Fatalf("seed %d: got %v, want %v", seed, got, want)
		}
	}
}

// TestSweptTwice: of two attempts at a port the one that says more counts.
func TestSweptTwice(t *testing.T) {
	to := netip.MustParseAddrPort(netipPort(50000))
	for _, tt := range []struct {
		a, b probe.Outcome
		want PortState
	}{
		{hops.Timeout, hops.Refused, PortRefused}, {hops.Refused, hops.Open, PortOpen}, {hops.Timeout, hops.Rejected, PortRejected},
		{hops.Rejected, hops.Refused, PortRefused}, {hops.Timeout, hops.Reset, PortOpen}, {hops.Unreachable, hops.Timeout, PortRejected},
	} {
		for _, dials := range [][]probe.Dial{{{To: to, Outcome: tt.a}, {To: to, Outcome: tt.b}}, {{To: to, Outcome: tt.b}, {To: to, Outcome: tt.a}}} {
			if got := SweptRanges(dials); len(got) != 1 || got[0].State != tt.want {
				t.Errorf("%s and %s: got %v, want %s", tt.a, tt.b, got, tt.want)
			}
		}
	}
}

// TestSweepText: a compact block, however many ranges there are.
func TestSweepText(t *testing.T) {
	var parts []part
	for p := uint16(40000); p < 40400; p += 2 {
		parts = append(parts, swept(p, p, hops.Refused), swept(p+1, p+1, hops.Timeout))
	}
	parts = append(parts, swept(41000, 41999, hops.Open))
	lines := SweepOf(made(parts...)).lines()
	if len(lines) > 14 {
		t.Errorf("%d lines", len(lines))
	}
	for _, l := range lines {
		if len(l) > 80 || l != ASCII(l) {
			t.Errorf("%q has %d columns", l, len(l))
		}
	}
	said := strings.Join(lines, "\n")
	for _, w := range []string{"Sweep of 203.0.113.10, ports 40000-41999: 1000 open, 200 refused, 200", "  open     41000-41999", "and 176 ranges more"} {
		if !strings.Contains(said, w) {
			t.Errorf("%q is not in\n%s", w, said)
		}
	}
}

// TestWidthEstimate: drawn from a range, the estimate is right on average.
func TestWidthEstimate(t *testing.T) {
	for _, tt := range []struct{ width, draws int }{{100, 12}, {1000, 12}, {16384, 12}, {28000, 6}} {
		n := noise{rand.New(rand.NewPCG(7, uint64(tt.width)))}
		sum, told := 0, 0
		const runs = 400
		for range runs {
			ev := made()
			for range tt.draws {
				samples(hops.Open, false, uint16(30000+n.IntN(tt.width)))(ev)
			}
			if about := AnnouncedRangeOf(ev).About; about > 0 {
				sum += about
				told++
			}
		}
		if mean := float64(sum) / float64(told); mean < 0.95*float64(tt.width) || mean > 1.05*float64(tt.width) {
			t.Errorf("%d draws out of %d: %.0f on average", tt.draws, tt.width, mean)
		}
	}
	for _, few := range [][]uint16{{50000}, {50000, 50010}, {50000, 50005, 50010}} {
		if r := AnnouncedRangeOf(made(samples(hops.Open, false, few...))); r.About != 0 || r.words() != "" {
			t.Errorf("%v: %+v", few, r)
		}
	}
	if r := AnnouncedRangeOf(made(samples(hops.Open, false, 50000, 50001, 50000, 50001, 50000, 50001, 50000), samples(hops.Timeout, false, 36561, 38969))); r.About != 0 {
		t.Errorf("ProFTPD beyond its range: %+v", r)
	}
	if r := AnnouncedRangeOf(made()); r != nil || r.words() != "" {
		t.Errorf("nothing announced: %+v", r)
	}
}

// TestIntermittentByChance: with the losses that the bound assumes, healthy
// servers are rarely taken for intermittent ones, and a load balancer with two
// servers is mostly found out.
func TestIntermittentByChance(t *testing.T) {
	found := func(rate float64, fail func(port uint16) part) (n int) {
		r := rand.New(rand.NewPCG(3, 3))
		for range 1000 {
			ev := made()
			for port := uint16(50000); port < 50096; port += 8 {
				p := samples(hops.Open, false, port)
				if r.Float64() < rate {
					p = fail(port)
				}
				p(ev)
			}
			if strings.Contains(brief(Diagnose(ev)), "data-intermittent") {
				n++
			}
		}
		return n
	}
	lost := func(port uint16) part {
		return func(ev *probe.Evidence) {
			samples(hops.Timeout, false, port)(ev)
			again(hops.Refused, port)(ev)
		}
	}
	refused := func(port uint16) part { return samples(hops.Refused, false, port) }
	if n := found(oddSilence, lost); n > 50 {
		t.Errorf("one attempt in 20 lost: %d of 1000 healthy runs", n)
	}
	if n := found(oddRefusal, refused); n > 50 {
		t.Errorf("one attempt in 100 refused: %d of 1000 healthy runs", n)
	}
	if n := found(0.5, refused); n < 800 {
		t.Errorf("two servers: found in %d of 1000 runs", n)
	}
}
