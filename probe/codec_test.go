package probe

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"

	"github.com/google/go-cmp/cmp"
)

var compareAddrs = cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })
var compareAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

var peerClient = netip.MustParseAddrPort("203.0.113.2:40000")

func TestRecordingRoundTrip(t *testing.T) {
	events := []Event{
		{Kind: KindStart, Start: &Start{
			Time: time.Date(2026, 11, 22, 14, 3, 7, 0, time.UTC), Tool: "0.1.0", Host: "ftp.example.com", Port: 21,
			User: "anonymous", Options: Options{Timeout: 5 * time.Second, Checks: []Check{CheckName}},
		}},
		{Kind: KindLookup, Check: CheckName, Outcome: OutcomeOK, Addrs: []netip.Addr{netip.MustParseAddr("2001:db8::1")}},
		{Kind: KindDial, Check: CheckControl, As: AsControl, Addr: netip.MustParseAddrPort("[2001:db8::1]:21"),
			Outcome: OutcomeRejected, ICMP: &hops.ICMP{Type: 1, Code: 1, From: netip.MustParseAddr("2001:db8::fe")}, Took: time.Millisecond},
		{Kind: KindRecv, Check: CheckControl, Session: 1, Code: 220, Text: "220 \uFFFD\x1b[2J", Raw: []byte("220 \xff\x1b[2J")},
		{Kind: KindData, Check: CheckPASV, Session: 2, Try: TryPeer, As: AsAnnounced, Bytes: 61, Outcome: OutcomeEOF, Sum: strings.Repeat("0a", 32)},
		{Kind: KindHello, Check: CheckPeer, Session: 1, Hello: &exchange.Hello{Version: 1, Session: 1, Client: peerClient, Greeting: []byte("220 \xff\r\n")}},
		{Kind: KindSeen, Check: CheckPeer, Session: 1, Seen: &exchange.Seen{Now: 5, Dials: []exchange.Dialing{
			{Command: "DIAL", To: peerClient, Outcome: hops.Rejected, ICMP: &hops.ICMP{Type: 3, Code: 13, From: netip.MustParseAddr("192.0.2.1")}},
		}}},
		{Kind: KindSize, Check: CheckPeer, As: AsDown, Addr: peerClient, Count: 1448, Outcome: OutcomeTimeout, Took: 2 * time.Second},
		{Kind: KindSize, Check: CheckPeer, As: AsUp, Addr: peerClient, Count: 1448, TTL: 2, Bytes: 1448, Outcome: OutcomeExpired},
		{Kind: KindHalf, Check: CheckPeer, Session: 1, Addr: peerClient, Local: peerClient},
		{Kind: KindQuote, Check: CheckPeer, Session: 2, Addr: peerClient, TTL: 2, Outcome: OutcomeExpired,
			ICMP: &hops.ICMP{Type: 11, From: netip.MustParseAddr("192.0.2.1")}, Text: "PORT 1,2,3,4,5,6", Raw: []byte("PORT 9,9\xff")},
		{Kind: KindDial, Check: CheckPeer, Session: 1, As: AsAnswer, Addr: peerClient, TTL: 3, Outcome: OutcomeTimeout, Took: time.Second},
		{Kind: KindFinish, Outcome: OutcomeOK, Took: time.Second},
	}
	var file bytes.Buffer
	for _, e := range events {
		if err := WriteEvent(&file, e); err != nil {
			t.Fatal(err)
		}
	}
	if strings.ContainsRune(file.String(), 0x1b) {
		t.Error("a recording that is shown on a terminal would act on it")
	}
	var read []Event
	for e, err := range ReadEvents(&file) {
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, e)
	}
	if diff := cmp.Diff(events, read, compareAddrs, compareAddr); diff != "" {
		t.Errorf("read back (-written +read):\n%s", diff)
	}
}

func TestBrokenRecordings(t *testing.T) {
	const start = `{"kind":"start","at_ns":0,"start":{"time":"2026-11-22T14:03:07Z","tool":"","host":"h","port":21,"user":"","options":{}}}` + "\n"
	for name, test := range map[string]struct{ file, want string }{
		"empty":         {"", "empty"},
		"not a start":   {`{"kind":"end"}`, "line 1 is not the start"},
		"no JSON":       {start + "hello", "line 2 is not an event"},
		"endless line":  {start + strings.Repeat("x", maxEventBytes+1), "line 2: more than"},
		"bad address":   {start + `{"kind":"dial","addr":"1.2.3"}`, "line 2 is not an event"},
		"start missing": {`{"kind":"start"}`, "line 1 is not the start"},
	} {
		var last error
		for _, err := range ReadEvents(strings.NewReader(test.file)) {
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), test.want) {
			t.Errorf("%s: got error %v, want one with %q", name, last, test.want)
		}
	}
}

func FuzzReadEvents(f *testing.F) {
	f.Add([]byte(`{"kind":"start","start":{"time":"2026-11-22T14:03:07Z","options":{}}}` + "\n" +
		`{"kind":"begin","check":"pasv"}` + "\n" + `{"kind":"send","check":"pasv","session":1,"text":"PASV"}` + "\n" +
		`{"kind":"open","session":1}` + "\n" + `{"kind":"recv","check":"pasv","session":1,"text":"227","code":227}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		var ev Evidence
		for e, err := range ReadEvents(bytes.NewReader(file)) {
			if err != nil {
				break
			}
			ev.Add(e)
		}
		ev.Transcript()
		ev.ControlPeer()
	})
}
