package ftpd

import (
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// TestEdge: what the server sends over a silent session at the request of
// another one arrives where the way is open, and both sessions go on.
func TestEdge(t *testing.T) {
	for _, name := range []string{"plain", "TLS"} {
		t.Run(name, func(t *testing.T) {
			r := serve(t, Options{Exchange: true, TLS: &TLS{Mode: TLSExplicit}})
			asks, quiet := r.login(t), r.connect(t)
			quiet.wants("220")
			if name == "TLS" {
				quiet = encrypt(quiet, 0).client
			}
			quiet.hold("> USER ftp\n< 331\n> PASS x\n< 230")
			token := asks.begin().Token
			var h exchange.Hello
			quiet.site(exchange.Join, token, &h)
			var got exchange.Followed
			asks.site(exchange.Edge, bodyOf(t, exchange.EdgeRequest{Session: h.Session, TTLs: []int{1, 2}, Wait: 100}), &got)
			if hops.Traces {
				if len(got.Steps) != 1 || got.Steps[0].Outcome != hops.Open { // it is one hop away
					t.Errorf("steps %+v", got.Steps)
				}
				quiet.wants("200 ..")
			}
			quiet.ask("NOOP", "200 NOOP")
			asks.ask("NOOP", "200 NOOP")
			for _, s := range asks.seen().Sessions {
				if s.Ended != 0 {
					t.Errorf("session %d ended", s.Number)
				}
			}
		})
	}
}

// TestEdgeOfNobody: only a silent session of the same visit may be meant.
func TestEdgeOfNobody(t *testing.T) {
	r := serve(t, Options{Exchange: true})
	asks, quiet, stranger := r.login(t), r.login(t), r.login(t)
	token := asks.begin().Token
	var h exchange.Hello
	quiet.site(exchange.Join, token, &h)
	stranger.begin()
	request := func(session int, ttls ...int) string {
		return "SITE FTPCHECK EDGE " + bodyOf(t, exchange.EdgeRequest{Session: session, TTLs: ttls, Wait: 10})
	}
	stranger.ask(request(h.Session, 1), "550") // in its visit there is no such number
	asks.ask(request(1, 1), "501")             // itself
	asks.ask(request(7, 1), "550")
	for _, ttls := range [][]int{nil, {0}, {hops.MaxHops + 1}, {2, 1}, {1, 1}} {
		asks.ask(request(h.Session, ttls...), "501")
	}
	asks.ask("SITE FTPCHECK EDGE "+bodyOf(t, exchange.EdgeRequest{Session: h.Session, TTLs: []int{1}}), "501")
	asks.ask("SITE FTPCHECK EDGE nonsense", "501")
	quiet.ask("NOOP", "200 NOOP") // nothing came in between
	quiet.ask("QUIT", "221")
	quiet.ends()
	for until := time.Now().Add(5 * time.Second); asks.seen().Sessions[h.Session-1].Ended == 0 && time.Now().Before(until); {
		time.Sleep(10 * time.Millisecond)
	}
	asks.ask(request(h.Session, 1), "550")
}

// TestEdgeComesTooLate: where a transfer began before the session read again, it
// sends nothing in between.
func TestEdgeComesTooLate(t *testing.T) {
	s := newTestServer(t, Options{Exchange: true})
	one := newSession(s.ctx, s.Server, pipeNetwork{}, piped{nil, pipeServer, pipeClient})
	e := &errand{do: func() { t.Error("done") }, done: make(chan struct{})}
	one.errand, one.busy = e, true
	if !one.interrupted(os.ErrDeadlineExceeded) || !e.late || one.errand != nil {
		t.Errorf("late %v, left %v", e.late, one.errand)
	}
	<-e.done
}

// TestEdgeBesideCommands: two sessions ask at once for the same one, which
// commands come over meanwhile, and transfers. No reply of it is cut in two, and
// nobody waits for the others.
func TestEdgeBesideCommands(t *testing.T) {
	const commands = 200
	for _, encrypted := range []bool{false, true} {
		r := serve(t, Options{Exchange: true, TLS: &TLS{}})
		first, second, talks := r.login(t), r.login(t), r.connect(t)
		talks.wants("220")
		if encrypted {
			talks = encrypt(talks, 0).client
		}
		talks.hold("> USER ftp\n< 331\n> PASS x\n< 230")
		token := first.begin().Token
		var h exchange.Hello
		second.site(exchange.Join, token, &h)
		talks.site(exchange.Join, token, &h)
		line := "SITE FTPCHECK EDGE " + bodyOf(t, exchange.EdgeRequest{Session: h.Session, TTLs: []int{1}, Wait: 50})
		var asking sync.WaitGroup
		stop := make(chan struct{})
		for _, c := range []*client{first, second} {
			asking.Go(func() {
				for range 100 { // within the bounds of a visit
					select {
					case <-stop:
						return
					default:
					}
					if _, err := io.WriteString(c.conn, line+"\r\n"); err != nil {
						t.Error(err)
					}
					if reply, err := c.read.ReadReply(nil); err != nil || reply.Code != 211 && reply.Code != 450 {
						t.Errorf("%q, %v", reply.Strings(), err)
					}
				}
			})
		}
		go func() {
			for i := range commands {
				command := "NOOP"
				if i%10 == 9 {
					command = "LIST" // without a port
				}
				io.WriteString(talks.conn, command+"\r\n")
				time.Sleep(time.Millisecond / 2)
			}
		}()
		for answered := 0; answered < commands; {
			switch got := talks.wants(""); {
			case got == "200 "+dots+dots:
			case strings.HasPrefix(got, "200 NOOP"), strings.HasPrefix(got, "425 Use PORT"):
				answered++
			default:
				t.Fatalf("got %q", got)
			}
		}
		close(stop)
		asking.Wait()
	}
}

// TestEdgeOfABusySession: a session at work is not disturbed.
func TestEdgeOfABusySession(t *testing.T) {
	r := serve(t, Options{Exchange: true})
	asks, busy := r.login(t), r.login(t)
	token := asks.begin().Token
	var h exchange.Hello
	busy.site(exchange.Join, token, &h)
	busy.ask("EPSV", "229")
	busy.send("LIST") // and no data connection comes
	busy.ask("STAT", "211-")
	asks.ask("SITE FTPCHECK EDGE "+bodyOf(t, exchange.EdgeRequest{Session: h.Session, TTLs: []int{1}, Wait: 10}), "450 The session cannot be asked.")
	busy.send("ABOR")
	busy.wants("4")
	busy.wants("226")
}
