package probe_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

const token = "abcdefghijklmnopqrstuvwxyz"

// bodied is a reply with a body.
func bodied(v any) string {
	text, err := exchange.Encode(v)
	if err != nil {
		panic(err)
	}
	return "211-FTPCHECK\r\n" + strings.Join(exchange.Lines(text), "\r\n") + "\r\n211 End\r\n"
}

// honest is what a server of ours says, as far as it needs no ports.
func honest(session int) map[exchange.Verb]string {
	h := exchange.Hello{
		Version: exchange.Version, Tool: "0.1.0", Token: token, Session: session,
		Client: netip.MustParseAddrPort("203.0.113.2:40000"), Server: netip.MustParseAddrPort("198.51.100.66:21"),
		Greeting: []byte("220 hi\r\n"), Passive: exchange.Range{Low: 50000, High: 50100},
	}
	joined := h
	joined.Token = ""
	return map[exchange.Verb]string{
		exchange.Begin: bodied(h), exchange.Join: bodied(joined), exchange.Listen: bodied(exchange.Listening{}),
		exchange.Dial: bodied(exchange.Dialled{}), exchange.Ask: bodied(exchange.Seen{Now: 1}), exchange.End: "211 Forgotten.\r\n",
	}
}

// peer is a scripted server that offers the exchange; change says what it does
// otherwise. An empty answer is none at all.
func peer(change func(session int, verb exchange.Verb) (answer string, changed bool)) script {
	return func(session int, _ net.Conn, line string) (string, bool) {
		if line == "FEAT" {
			return "211-Features:\r\n FTPCHECK 1\r\n211 End\r\n", true
		}
		verb, ok := strings.CutPrefix(line, "SITE FTPCHECK ")
		if !ok {
			return "", false
		}
		verb, _, _ = strings.Cut(verb, " ")
		if change != nil {
			if answer, changed := change(session, exchange.Verb(verb)); changed {
				return answer, true
			}
		}
		return honest(session)[exchange.Verb(verb)], true
	}
}

// verbs of the exchange that were sent, without their arguments.
func exchanged(lines []string) (list []string) {
	for _, l := range lines {
		if _, verb, ok := strings.Cut(l, " SITE FTPCHECK "); ok {
			verb, _, _ = strings.Cut(verb, " ")
			list = append(list, verb)
		}
	}
	return list
}

// A server that does not show the exchange is not asked for it, unless the user
// asks; then it is asked once, and the reason is told.
func TestForeignServerIsLeftAlone(t *testing.T) {
	for _, test := range []struct {
		name    string
		s       script
		opt     probe.Options
		verbs   []string
		skipped string
	}{
		{"a default run", plain, probe.Options{}, nil, ""},
		{"asked for", plain, probe.Options{Peer: true}, []string{"BEGIN"}, "not tested: the server is not ftpcheck's own: the answer to SITE FTPCHECK BEGIN cannot be read: it was changed or cut on the way, or is none"},
		{"asked for, alone", refuseSite, probe.Options{Checks: []probe.Check{probe.CheckPeer}, Peer: true}, []string{"BEGIN"}, "not tested: the server is not ftpcheck's own: SITE FTPCHECK BEGIN was answered by 500"},
		{"one session at a time", refuseSite, probe.Options{Parallel: 1, Peer: true}, []string{"BEGIN"}, "not tested: the server is not ftpcheck's own: SITE FTPCHECK BEGIN was answered by 500"},
		{"of another version", features(" FTPCHECK 7"), probe.Options{}, nil, "not tested: the opposite end speaks version 7 of the exchange, this one version 1"},
		{"with a line cut short", features(" FTPCHECK"), probe.Options{}, nil, ""},
	} {
		ev, sent, all := scripted(t, hello, test.s, probe.Target{}, test.opt)
		if got := exchanged(sent); !slices.Equal(got, test.verbs) {
			t.Errorf("%s: sent %q, want %q", test.name, got, test.verbs)
		}
		run := ev.Checks[probe.CheckPeer]
		if (run != nil) != (test.skipped != "") || run != nil && run.Skipped != test.skipped {
			t.Errorf("%s: the check is %+v, want it skipped: %q", test.name, run, test.skipped)
		}
		if ev.Peer != nil {
			t.Errorf("%s: an opposite end: %+v", test.name, ev.Peer)
		}
		if last := all[len(all)-1]; last.Outcome != probe.OutcomeOK {
			t.Errorf("%s: ended %s", test.name, last.Outcome)
		}
	}
}

func refuseSite(_ int, _ net.Conn, line string) (string, bool) {
	return "500 Unknown SITE command.\r\n", strings.HasPrefix(line, "SITE")
}

func features(line string) script {
	return func(_ int, _ net.Conn, command string) (string, bool) {
		return "211-Features:\r\n" + line + "\r\n211 End\r\n", command == "FEAT"
	}
}

// The commands of a run against a foreign server are those that they were
// before the exchange existed.
func TestForeignServerGetsTheSameCommands(t *testing.T) {
	without := slices.DeleteFunc(slices.Clone(probe.DefaultChecks), func(c probe.Check) bool { return c == probe.CheckPeer })
	opt := probe.Options{ActivePorts: probe.PortRange{Low: 40000, High: 40000}}
	_, with, _ := scripted(t, hello, plain, probe.Target{}, opt)
	opt.Checks, opt.Ports = without, probe.DefaultPorts
	_, before, _ := scripted(t, hello, plain, probe.Target{}, opt)
	if got, want := commands(with), commands(before); !slices.Equal(got, want) {
		t.Errorf("sent\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// commands are those of all sessions in alphabetical order: which session is
// the quicker one differs. A QUIT may come too late to be heard.
func commands(lines []string) (list []string) {
	for _, l := range lines {
		if _, command, _ := strings.Cut(l, " "); command != "QUIT" {
			list = append(list, command)
		}
	}
	slices.Sort(list)
	return list
}

// Each mode is made again in a session that joins the visit, the opposite end
// is asked what it saw, and its token is told to nobody else.
func TestVisit(t *testing.T) {
	for _, parallel := range []int{1, 2, 4, 8} {
		ev, sent, all := scripted(t, hello, peer(nil), probe.Target{}, probe.Options{Parallel: parallel})
		if ev.Peer == nil || ev.Peer.Seen == nil || ev.Peer.Missed != "" {
			t.Fatalf("parallel %d: the opposite end told %+v", parallel, ev.Peer)
		}
		for _, m := range modesOf {
			again := ev.Try(m, probe.TryPeer)
			if again == nil || !again.Ended || !strings.HasPrefix(again.Command, strings.ToUpper(string(m))) {
				t.Errorf("parallel %d: %s again: %+v", parallel, m, again)
				continue
			}
			if h := ev.Peer.Hellos[again.Session]; h.Version != exchange.Version {
				t.Errorf("parallel %d: the session of %s has not joined", parallel, m)
			}
			if d := again.Dial(probe.AsAnnounced); d != nil && (d.Data == nil || d.Data.Sum != sumOf("x\r\n")) {
				t.Errorf("parallel %d: %s brought %+v", parallel, m, d.Data)
			}
			if main := ev.Modes[m]; main.Session == again.Session && again.Session != 1 {
				t.Errorf("parallel %d: %s was made again in its own session", parallel, m)
			}
		}
		if !ev.Checks[probe.CheckPeer].Ended || ev.Checks[probe.CheckTransfer] == nil {
			t.Errorf("parallel %d: checks %+v", parallel, ev.Checks)
		}
		got := exchanged(sent)
		for _, verb := range []string{"BEGIN", "LISTEN", "DIAL", "SEEN", "END"} {
			if !slices.Contains(got, verb) {
				t.Errorf("parallel %d: %s was not sent: %q", parallel, verb, got)
			}
		}
		secret(t, all, token)
	}
}

func sumOf(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// secret checks that no event has the text.
func secret(t *testing.T, all []probe.Event, text string) {
	t.Helper()
	var record bytes.Buffer
	for _, e := range all {
		if err := probe.WriteEvent(&record, e); err != nil {
			t.Fatal(err)
		}
	}
	if i := strings.Index(record.String(), text); i >= 0 {
		t.Errorf("the recording has %q: %s", text, record.String()[max(0, i-200):min(record.Len(), i+40)])
	}
}

// What one end of a bad line may do to an answer: it is asked for again in a
// fresh session, once.
func TestAnswersThatDoNotCome(t *testing.T) {
	lost := func(verb exchange.Verb, sessions int, answer string) script {
		var mu sync.Mutex
		seen := map[int]bool{}
		return peer(func(session int, v exchange.Verb) (string, bool) {
			mu.Lock()
			defer mu.Unlock()
			if v != verb || !seen[session] && len(seen) >= sessions {
				return "", false
			}
			seen[session] = true
			return answer, true
		})
	}
	broken := strings.Replace(bodied(exchange.Seen{Now: 5}), "a", "b", 1)
	for _, test := range []struct {
		name   string
		s      script
		missed string // why the opposite end has not told in the end
		seen   bool
	}{
		{"BEGIN without an answer", lost(exchange.Begin, 1, ""), "", true},
		{"BEGIN never answered", lost(exchange.Begin, 9, ""), "no answer to SITE FTPCHECK BEGIN", false},
		{"BEGIN changed", lost(exchange.Begin, 1, broken), "", true},
		{"BEGIN refused", lost(exchange.Begin, 9, "550 no\r\n"), "SITE FTPCHECK BEGIN was answered by 550", false},
		{"a token that is none", lost(exchange.Begin, 9, bodied(exchange.Hello{Version: 1, Token: "x\r\nDELE y"})), "the answer to SITE FTPCHECK BEGIN has no token that can be used", false},
		{"a version that is none", lost(exchange.Begin, 9, bodied(exchange.Hello{Version: 2, Token: token})), "the answer to SITE FTPCHECK BEGIN has no token that can be used", false},
		{"SEEN without an answer", lost(exchange.Ask, 1, ""), "", true},
		{"SEEN changed", lost(exchange.Ask, 1, broken), "", true},
		{"SEEN cut short", lost(exchange.Ask, 1, "211-FTPCHECK\r\n abc\r\n211 End\r\n"), "", true},
		{"SEEN always changed", lost(exchange.Ask, 99, broken), "the answer to SITE FTPCHECK SEEN cannot be read: it was changed or cut on the way, or is none", false},
		{"SEEN refused", lost(exchange.Ask, 99, "450 enough\r\n"), "SITE FTPCHECK SEEN was answered by 450", false},
		{"JOIN refused", lost(exchange.Join, 99, "550 no such visit\r\n"), "", true},
		{"LISTEN refused", lost(exchange.Listen, 99, "450 no\r\n"), "", true},
		{"DIAL without an answer", lost(exchange.Dial, 99, ""), "", true},
	} {
		ev, _, all := scripted(t, hello, test.s, probe.Target{}, probe.Options{})
		p := ev.Peer
		if p == nil || p.Missed != test.missed || (p.Seen != nil) != test.seen {
			t.Errorf("%s: %+v, want it to have told: %v, %q", test.name, p, test.seen, test.missed)
		}
		if limit := 2 * probe.DefaultReplyTimeout; ev.Took > limit {
			t.Errorf("%s: took %v", test.name, ev.Took)
		}
		if run := ev.Checks[probe.CheckPeer]; !run.Ended || run.Skipped != "" {
			t.Errorf("%s: the check is %+v", test.name, run)
		}
		secret(t, all, token)
	}
}

// A server that claims to be ftpcheck's own makes the run dial nothing but
// ports of the control host that any server might announce, and those only
// that were asked for.
func TestHostilePeer(t *testing.T) {
	elsewhere := netip.MustParseAddrPort("192.0.2.1:50000")
	var many []exchange.Port
	for p := 1; p < 5000; p++ {
		many = append(many, exchange.Port{Local: netip.AddrPortFrom(elsewhere.Addr(), uint16(p))})
	}
	begin := func(change func(*exchange.Hello)) string {
		h := exchange.Hello{Version: 1, Token: token, Passive: exchange.Range{Low: 50000, High: 50100}}
		change(&h)
		return bodied(h)
	}
	escape := "\x1b]0;x\x07"
	for _, test := range []struct {
		name    string
		answers map[exchange.Verb]string
	}{
		{"ports elsewhere", map[exchange.Verb]string{exchange.Listen: bodied(exchange.Listening{Ports: many})}},
		{"ports of the system", map[exchange.Verb]string{
			exchange.Begin:  begin(func(h *exchange.Hello) { h.Passive = exchange.Range{Low: 1, High: 1023} }),
			exchange.Listen: bodied(exchange.Listening{Ports: many})}},
		{"any ports", map[exchange.Verb]string{
			exchange.Begin:  begin(func(h *exchange.Hello) { h.Passive = exchange.Range{} }),
			exchange.Listen: bodied(exchange.Listening{Ports: many})}},
		{"a range that ends before it begins", map[exchange.Verb]string{
			exchange.Begin: begin(func(h *exchange.Hello) { h.Passive = exchange.Range{Low: 9, High: 5} })}},
		{"words", map[exchange.Verb]string{
			exchange.Begin: begin(func(h *exchange.Hello) {
				h.Tool, h.Greeting = strings.Repeat(escape, 9000), bytes.Repeat([]byte{0x1b}, 100_000)
			}),
			exchange.Ask: bodied(exchange.Seen{
				Sessions: []exchange.Session{{Number: -1, Lines: slices.Repeat([]exchange.Line{{Raw: []byte(escape)}}, 9000), How: exchange.Ending(escape)}},
				Ports:    []exchange.Port{{Command: escape, Failed: strings.Repeat(escape, 9000)}},
				Dials:    []exchange.Dialing{{Outcome: hops.Outcome(escape), Err: escape, Steps: make([]exchange.Step, 9000)}},
			})}},
		{"a body that is no body", map[exchange.Verb]string{exchange.Ask: "211-x\r\n" + strings.Repeat(" aaaa\r\n", 15_000) + "211 x\r\n"}},
		{"a body without end", map[exchange.Verb]string{exchange.Ask: "211-x\r\n" + strings.Repeat(" "+strings.Repeat("a", 400)+"\r\n", 8000)}},
		{"a refusal of many lines", map[exchange.Verb]string{exchange.Listen: "500-x\r\n" + strings.Repeat(" a\r\n", 8000) + "500 x\r\n"}},
		{"preliminary replies", map[exchange.Verb]string{exchange.Dial: strings.Repeat("150 wait\r\n", 1000)}},
		{"goodbye", map[exchange.Verb]string{exchange.Join: "421 bye\r\n"}},
		{"null", map[exchange.Verb]string{exchange.Ask: bodied(nil), exchange.Listen: bodied(nil), exchange.Dial: bodied(nil), exchange.Join: bodied(nil)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := peer(func(_ int, v exchange.Verb) (string, bool) {
				answer, ok := test.answers[v]
				return answer, ok
			})
			ev, _, all := scripted(t, hello, s, probe.Target{}, probe.Options{Timeout: time.Second})
			judged(t, test.name, ev, all, token)
			dials := 0
			for _, e := range all {
				if e.Kind != probe.KindDial || e.As != probe.AsPeer {
					continue
				}
				if dials++; e.Addr.Addr() != ev.ControlPeer().Addr() || e.Addr.Port() < 1024 {
					t.Errorf("dialled %v", e.Addr)
				}
			}
			if dials > 8 {
				t.Errorf("%d ports were dialled", dials)
			}
			for _, e := range all {
				if line := new(bytes.Buffer); probe.WriteEvent(line, e) != nil || line.Len() > 1<<20 {
					t.Errorf("an event of %d bytes", line.Len())
				}
			}
			if n := len(all); n > 2000 {
				t.Errorf("%d events", n)
			}
			if ev.Took > 45*time.Second {
				t.Errorf("took %v", ev.Took)
			}
		})
	}
}

// The control connection of the visit may be cut at any command: the run goes
// on in another one.
func TestVisitOutlivesItsSessions(t *testing.T) {
	for _, verb := range []exchange.Verb{exchange.Begin, exchange.Listen, exchange.Dial, exchange.Ask} {
		var cut atomic.Bool
		s := func(session int, c net.Conn, line string) (string, bool) {
			if strings.HasPrefix(line, fmt.Sprintf("SITE FTPCHECK %s", verb)) && !cut.Swap(true) {
				c.Close()
				return "", true
			}
			return peer(nil)(session, c, line)
		}
		ev, sent, _ := scripted(t, hello, s, probe.Target{}, probe.Options{})
		if ev.Peer == nil || ev.Peer.Seen == nil || ev.Peer.Missed != "" {
			t.Errorf("cut at %s: %+v, %q", verb, ev.Peer, exchanged(sent))
		}
	}
}
