package report

import (
	"net/netip"
	"strings"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// TestWhere reads the hop searches that lab.md measured, server 4 hops away,
// and those with routers that never answer.
func TestWhere(t *testing.T) {
	const data = madeServer + ":50012"
	control := path(madeServer+":21", "x192.168.1.1", "x198.51.100.1", "x198.51.100.2", "o")
	tests := []struct {
		name    string
		control part
		steps   []string
		want    Where
	}{
		{"dropped by the client's router", control, []string{"x192.168.1.1", "-", "-", "-"}, Where{SideClient, true, 1, 4, "192.168.1.1"}},
		{"dropped by the provider", control, []string{"x192.168.1.1", "x198.51.100.1", "-", "-"}, Where{SidePath, true, 2, 4, "198.51.100.1"}},
		{"dropped by the server's router or host", control, []string{"x192.168.1.1", "x198.51.100.1", "x198.51.100.2", "-"}, Where{SideServer, true, 3, 4, "198.51.100.2"}},
		{"a hop that never answers is no end", control, []string{"x192.168.1.1", "-", "x198.51.100.2", "-"}, Where{SideServer, true, 3, 4, "198.51.100.2"}},
		{"silent routers hide the place", path(madeServer+":21", "x192.168.1.1", "-", "-", "o"), []string{"x192.168.1.1", "-", "-", "-"}, Where{SideUnknown, true, 1, 4, "192.168.1.1"}},
		{"a proxy answers for the server", path(madeServer+":21", "o"), []string{"x192.168.1.1", "x198.51.100.1", "-"}, Where{SideUnknown, true, 2, 0, "198.51.100.1"}},
		{"the control port was not searched", ran(probe.CheckPath), []string{"x192.168.1.1", "x198.51.100.1", "-"}, Where{SideUnknown, true, 2, 0, "198.51.100.1"}},
		{"an answer from hop 2 proves hop 1, whose own message was suppressed", control, []string{"-", "r"}, Where{SideClient, true, 1, 4, ""}},
		{"this machine, or the server right behind it", path(madeServer+":21", "o"), []string{"-"}, Where{SideUnknown, true, 0, 1, ""}},
		{"this machine, or the only hop between", path(madeServer+":21", "x198.51.100.2", "o"), []string{"-", "-"}, Where{SideUnknown, true, 0, 2, ""}},
		{"this machine, or its router", control, []string{"-", "-", "-", "-"}, Where{SideClient, true, 0, 4, ""}},
		{"any of the silent hops may have rejected", control, []string{"-", "-", "!192.0.2.9"}, Where{SideUnknown, false, 0, 4, "192.0.2.9"}},
		{"nothing was searched", ran(probe.CheckPath), nil, Where{Side: SideUnknown}},
	}
	for _, tt := range tests {
		v := newView(made(tt.control, path(data, tt.steps...)))
		d := madeDial(probe.AsAnnounced, data, "timeout")
		trace, _ := v.traceTo([]*probe.Dial{&d})
		if got := *v.locate(trace, nil); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	tests := []struct {
		greeting, stat string
		want           product
	}{
		{"220 (vsFTPd 3.0.3)", "", product{"vsftpd", "3.0.3", "GREETING"}},
		{"220 ProFTPD 1.3.8 Server (lab) [127.0.0.1]", "", product{"ProFTPD", "1.3.8", "GREETING"}},
		{"220 ProFTPD Server (lab) [127.0.0.1]", "", product{"ProFTPD", "", "GREETING"}},
		{"220-FileZilla Server 1.9.4", "", product{"FileZilla Server", "1.9.4", "GREETING"}},
		{"220 Microsoft FTP Service", "", product{"IIS", "", "GREETING"}},
		{"220 Hello.", "     vsFTPd 3.0.5 - secure, fast, stable", product{"vsftpd", "3.0.5", "STAT"}},
		{"220 Hello.", "", product{}},
	}
	for _, tt := range tests {
		parts := []part{greeting(tt.greeting)}
		if tt.stat != "" {
			parts = append(parts, says("STAT", "211-FTP server status:", tt.stat, "211 End of status"))
		}
		if got := fingerprint(made(parts...)); got != tt.want {
			t.Errorf("%q, %q: got %+v, want %+v", tt.greeting, tt.stat, got, tt.want)
		}
	}
}

// TestChance: boundaries are telling only when a random mix would rarely show
// so few.
func TestChance(t *testing.T) {
	for _, tt := range []struct {
		open, shut, changes int
		telling             bool
	}{{11, 1, 1, false}, {10, 2, 1, true}, {6, 6, 1, true}, {2, 2, 1, false}, {6, 6, 2, true}, {4, 4, 2, false}, {11, 1, 2, false}} {
		b := boundary{open: make([]sample, tt.open), shut: make([]sample, tt.shut), changes: tt.changes}
		if got := b.chance() < unlikely; got != tt.telling {
			t.Errorf("%d open, %d blocked, %d changes: %v", tt.open, tt.shut, tt.changes, got)
		}
	}
}

func TestWhereText(t *testing.T) {
	for _, tt := range []struct {
		where Where
		want  string
	}{
		{Where{SideServer, true, 3, 4, "198.51.100.2"}, "after hop 3 of 4 (198.51.100.2), at the server's side"},
		{Where{SideClient, true, 0, 4, ""}, "before the first hop of 4, at the client's side"},
		{Where{SideUnknown, true, 0, 1, ""}, "on this machine, or at the server"},
		{Where{SideClient, true, 0, 1, "192.168.1.10"}, "on this machine, 192.168.1.10"},
		{Where{SideUnknown, true, 0, 0, ""}, "unknown: not even the first hop answered"},
		{Where{Side: SideUnknown}, ""},
	} {
		if got := whereText(&tt.where); got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.where, got, tt.want)
		}
	}
}

// TestPassed: a refusal comes from the TTL's reach, a rejection from anywhere before.
func TestPassed(t *testing.T) {
	for answer, want := range map[probe.Outcome]int{hops.Refused: 4, hops.Rejected: 1, hops.Unreachable: 1, hops.Timeout: 1} {
		if got := (trace{expired: 1, answer: answer, distance: 5}).passed(); got != want {
			t.Errorf("%s: hop %d, want %d", answer, got, want)
		}
	}
}

// TestBlockedWords: the report says no more than was seen.
func TestBlockedWords(t *testing.T) {
	const server6 = "2001:db8::1"
	nat := []part{samples(hops.Open, false, 50001, 50004, 50009, 50020), samples(hops.Refused, false, 50060, 50070, 50088, 50099),
		natPath, path(netipPort(50060), "x192.168.1.1", "x198.51.100.1", "r")}
	mixed := []part{samples(hops.Timeout, false, 50001, 50002), samples(hops.Refused, false, 50060)}
	six := []part{server(server6), client("2001:db8::2"), epsv(50012, hops.Timeout)}
	local := func(ev *probe.Evidence) {
		ev.Modes[probe.CheckEPSV].Dials[0].ICMP = &hops.ICMP{Type: 3, Code: 13, From: netip.MustParseAddr(madeClient)}
	}
	back := []part{epsv(50012, hops.Timeout), controlPath, path(netipPort(50012), "x192.168.1.1", "x198.51.100.1", "x203.0.113.1", "-")}
	tests := []struct {
		name       string
		parts      []part
		has, hasNo string
	}{
		{"NAT forwards a part of the range", nat, "Forward the server's whole passive range", "between the two sides"},
		{"some silent, some refused", mixed, "no answer: 2, refused: 1", "A closed port"},
		{"some silent, some refused", mixed, "", "No answer came at all"},
		{"over IPv6", six, "Passive mode fails: logging in", "alike"},
		{"this machine refuses", []part{epsv(50012, hops.Rejected), local}, "This machine refuses the passive ports", ""},
		{"no answer from the server", back, "Not ruled out: a rule on the way back", ""},
	}
	for _, tt := range tests {
		f := Diagnose(made(tt.parts...))[0]
		text := strings.Join(append(append(f.Story, f.RuledOut...), f.Title, f.Effect, whereText(f.Where), f.Fixes[0].Do), "\n")
		if !strings.Contains(text, tt.has) {
			t.Errorf("%s: no %q in\n%s", tt.name, tt.has, text)
		}
		if tt.hasNo != "" && strings.Contains(text, tt.hasNo) {
			t.Errorf("%s: %q in\n%s", tt.name, tt.hasNo, text)
		}
	}
}
