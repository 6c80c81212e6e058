package ftpd_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
	"ftpcheck/probe/netlab"
	"ftpcheck/probe/wire"
)

// labVisit is a session of a visit over the simulated network.
type labVisit struct {
	t    *testing.T
	lab  *netlab.Lab
	conn net.Conn
	read *wire.Reader
	exchange.Hello
}

// beginVisit builds the scenario and begins a visit to its server.
func beginVisit(t *testing.T, s netlab.Scenario) *labVisit {
	t.Helper()
	s.About, s.Server.Peer = t.Name(), true
	lab, err := netlab.Build(&s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lab.Close)
	v := enterLab(t, lab)
	v.site(exchange.Begin, "1", &v.Hello)
	return v
}

// enterLab logs in.
func enterLab(t *testing.T, lab *netlab.Lab) *labVisit {
	t.Helper()
	v := &labVisit{t: t, lab: lab, conn: dial(t, lab, netip.AddrPortFrom(netip.MustParseAddr(lab.Target().Host), 21))}
	v.read = wire.NewReader(v.conn, wire.DefaultLimits)
	for _, step := range []struct{ command, want string }{{"", "220"}, {"USER ftp", "331"}, {"PASS x", "230"}} {
		v.ask(step.command, step.want)
	}
	return v
}

func (v *labVisit) ask(command, want string) []string {
	v.t.Helper()
	if command != "" {
		v.conn.Write([]byte(command + "\r\n"))
	}
	reply, err := v.read.ReadReply(nil)
	lines := reply.Strings()
	if err != nil || !strings.HasPrefix(lines[0], want) {
		v.t.Fatalf("%q got %q, %v, want %q", command, lines, err, want)
	}
	return lines
}

func (v *labVisit) site(verb exchange.Verb, arg string, body any) {
	v.t.Helper()
	lines := v.ask(strings.TrimSpace("SITE FTPCHECK "+string(verb)+" "+arg), "211-")
	if err := exchange.Decode(strings.Join(lines[1:len(lines)-1], ""), body); err != nil {
		v.t.Fatal(err)
	}
}

// try makes an attempt of five seconds at a port of the server.
func (v *labVisit) try(port uint16) hops.Attempt {
	ctx, cancel := context.WithTimeout(v.t.Context(), 5*time.Second)
	defer cancel()
	to := netip.AddrPortFrom(netip.MustParseAddr(v.lab.Target().Host), port)
	return hops.Closing(v.lab.Client().Dial(ctx, to, probe.DialOptions{}))
}

// TestHelloBehindNAT: the client learns both ends as the server sees them.
func TestHelloBehindNAT(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := beginVisit(t, netlab.Scenario{Client: netlab.Client{NAT: true}, Server: netlab.Server{NAT: true}})
		if v.Client.Addr().String() != "203.0.113.2" || v.Hello.Server.String() != "10.0.0.10:21" {
			t.Errorf("client %v, server %v", v.Client, v.Hello.Server)
		}
		if !v.Traces || !v.HalfOpen || v.Passive != (exchange.Range{Low: 50000, High: 50100}) {
			t.Errorf("%+v", v.Hello)
		}
	})
}

// TestWhereTheHandshakeEnds: at the server a lost SYN, a lost answer and a
// refusal on the way are told apart, while the port is open and afterwards.
func TestWhereTheHandshakeEnds(t *testing.T) {
	const ports = "50000-50100"
	tests := []struct {
		name string
		rule netlab.Rule
		half bool
	}{
		{"the SYN is lost", netlab.Rule{At: "sgw", Toward: "server", Ports: ports, Do: "drop"}, false},
		{"the SYN is refused on the way", netlab.Rule{At: "sgw", Toward: "server", Ports: ports, Do: "reset"}, false},
		{"the answer is lost", netlab.Rule{At: "cgw", Toward: "client", From: ports, Do: "drop"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := beginVisit(t, netlab.Scenario{Rules: []netlab.Rule{tt.rule}})
				port, _, err := wire.ParseEPSV(v.ask("EPSV", "229")[0])
				if err != nil {
					t.Fatal(err)
				}
				a := v.try(port)
				check := func(when string, closed bool) {
					var s exchange.Seen
					v.site(exchange.Ask, "", &s)
					p := s.Ports[0]
					half := len(p.Knocks) == 1 && p.Knocks[0].Half && p.Knocks[0].From == a.Local
					if half != tt.half || len(p.Knocks) > 1 || (p.Closed > 0) != closed {
						t.Errorf("%s: %+v after %s from %v", when, p, a.Outcome, a.Local)
					}
				}
				check("while it is open", false)
				v.ask("ABOR", "226")
				check("closed", true)
			})
		})
	}
}

// TestAnswersThatExpire: which SYN ACKs left a handshake by half, by their TTL.
func TestAnswersThatExpire(t *testing.T) {
	for _, tt := range []struct{ at, want string }{
		{"cgw", "- - - half half"},
		{"isp", "- - half half half"},
		{"sgw", "- half half half half"},
		{"srv", "half half half half half"},
	} {
		t.Run(tt.at, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := beginVisit(t, netlab.Scenario{Rules: []netlab.Rule{{At: tt.at, Toward: "client", From: "50000-50100", Do: "drop"}}})
				body, err := exchange.Encode(exchange.ListenRequest{Count: 5, Answer: []int{1, 2, 3, 4, hops.MaxHops}, For: 30_000})
				if err != nil {
					t.Fatal(err)
				}
				var got exchange.Listening
				v.site(exchange.Listen, body, &got)
				for _, p := range got.Ports {
					v.try(p.Local.Port())
				}
				var seen exchange.Seen
				v.site(exchange.Ask, "", &seen)
				var words []string
				for i, p := range seen.Ports {
					word := "-"
					if len(p.Knocks) == 1 && p.Knocks[0].Half {
						word = "half"
					}
					words = append(words, word)
					if p.Answer != got.Ports[i].Answer || p.Answer != []int{1, 2, 3, 4, hops.MaxHops}[i] {
						t.Errorf("%+v, answered %+v", p, got.Ports[i])
					}
				}
				if got := strings.Join(words, " "); got != tt.want {
					t.Errorf("%s, want %s", got, tt.want)
				}
			})
		})
	}
}

// TestACompleteHandshakeIsNotHalfOpen: however long nobody uses it.
func TestACompleteHandshakeIsNotHalfOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := beginVisit(t, netlab.Scenario{})
		port, _, err := wire.ParseEPSV(v.ask("EPSV", "229")[0])
		if err != nil {
			t.Fatal(err)
		}
		v.try(port)
		time.Sleep(3 * time.Second)
		var s exchange.Seen
		v.site(exchange.Ask, "", &s)
		if k := s.Ports[0].Knocks; len(k) != 1 || k[0].Half {
			t.Errorf("knocks %+v", k)
		}
	})
}

// TestDIALAcrossAFirewall: the client's firewall lets in what comes from port
// 20 alone, and the hop search names it.
func TestDIALAcrossAFirewall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := beginVisit(t, netlab.Scenario{Rules: []netlab.Rule{
			{At: "cgw", Toward: "client", From: "20", Do: "accept"},
			{At: "cgw", Toward: "client", State: "new", Do: "drop"},
		}})
		l, err := v.lab.Client().Listen(t.Context(), netip.AddrPortFrom(v.Client.Addr(), 45000))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		body, err := exchange.Encode(exchange.DialRequest{Ports: []uint16{45000}, Source: []int{20, 0}, Limit: 5000, Search: true})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var got exchange.Dialled
		v.site(exchange.Dial, body, &got)
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("took %v", took)
		}
		for _, d := range got.Dials {
			want := hops.Timeout
			if d.From.Port() == 20 {
				want = hops.Open
			}
			if d.Outcome != want {
				t.Errorf("from %v: %s, want %s", d.From, d.Outcome, want)
			}
			for _, s := range d.Steps {
				if want := map[bool]hops.Outcome{true: hops.Expired, false: hops.Timeout}[s.TTL <= 3]; s.Outcome != want {
					t.Errorf("hop %d: %s, want %s", s.TTL, s.Outcome, want)
				}
			}
		}
		if len(got.Dials) != 2 {
			t.Errorf("%+v", got.Dials)
		}
	})
}

// TestDIALOpensAHole: a SYN from a passive port that ends behind the server's NAT
// lets in one to that port, which is seen by half.
func TestDIALOpensAHole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := beginVisit(t, netlab.Scenario{Server: netlab.Server{NAT: true, Forward: []string{"21"}}})
		ask := func(verb exchange.Verb, request, answer any) {
			body, err := exchange.Encode(request)
			if err != nil {
				t.Fatal(err)
			}
			v.site(verb, body, answer)
		}
		listen := exchange.ListenRequest{Ports: []uint16{50000}, For: 5000}
		ask(exchange.Listen, listen, &exchange.Listening{})
		var got exchange.Dialled
		ask(exchange.Dial, exchange.DialRequest{Ports: []uint16{45000}, Source: []int{50000}, TTL: 2, Limit: 1000}, &got)
		if d := got.Dials[0]; d.Outcome != hops.Expired || d.TTL != 2 || d.From.Port() != 50000 || !d.OpensHole() {
			t.Fatalf("the SYN: %+v", d)
		}
		ask(exchange.Listen, listen, &exchange.Listening{})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		from := netip.AddrPortFrom(v.Client.Addr(), 45000)
		v.lab.Client().Dial(ctx, netip.AddrPortFrom(netip.MustParseAddr(v.lab.Target().Host), 50000), probe.DialOptions{Local: from})
		var s exchange.Seen
		v.site(exchange.Ask, "", &s)
		if first := &s.Ports[0]; s.BehindHole(first) || len(first.Knocks) > 0 || first.Closed == 0 {
			t.Errorf("before: %+v", *first)
		}
		second := &s.Ports[1]
		if k := second.Knocks; !s.BehindHole(second) || len(k) != 1 || !k[0].Half || k[0].From != from {
			t.Errorf("by the hole: %+v", *second)
		}
	})
}

// TestDIALEndsEarly: by ABOR, and with its session.
func TestDIALEndsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := beginVisit(t, netlab.Scenario{Rules: []netlab.Rule{{At: "cgw", Toward: "client", State: "new", Do: "drop"}}})
		body, err := exchange.Encode(exchange.DialRequest{Ports: []uint16{45000}, Limit: 30_000})
		if err != nil {
			t.Fatal(err)
		}
		v.conn.Write([]byte("SITE FTPCHECK DIAL " + body + "\r\n"))
		time.Sleep(time.Second)
		v.ask("ABOR", "426")
		v.ask("", "226")
		v.conn.Write([]byte("SITE FTPCHECK DIAL " + body + "\r\n"))
		time.Sleep(time.Second)
		v.conn.Close()
		time.Sleep(time.Second)
		later := enterLab(t, v.lab)
		later.site(exchange.Join, v.Token, &exchange.Hello{})
		var s exchange.Seen
		later.site(exchange.Ask, "", &s)
		if len(s.Dials) != 2 || s.Dials[0].Took > 1100 || s.Dials[1].Took > 1100 || s.Sessions[0].How != exchange.EndClosed {
			t.Errorf("%+v", s)
		}
	})
}
