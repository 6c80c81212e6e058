package hops

import (
	"context"
	"fmt"
	"net"
	"os"
	"testing"
	"time"
)

func TestICMPOutcome(t *testing.T) {
	const v4, v6 = "192.0.2.1", "2001:db8::1"
	for _, test := range []struct {
		icmp ICMP
		want Outcome
	}{
		{ICMP{3, 0, addr(v4)}, Unreachable},
		{ICMP{3, 1, addr(v4)}, Unreachable},
		{ICMP{3, 2, addr(v4)}, Rejected},
		{ICMP{3, 3, addr(v4)}, Rejected},
		{ICMP{3, 4, addr(v4)}, ""}, // path MTU
		{ICMP{3, 6, addr(v4)}, Unreachable},
		{ICMP{3, 9, addr(v4)}, Rejected},
		{ICMP{3, 10, addr(v4)}, Rejected},
		{ICMP{3, 13, addr(v4)}, Rejected},
		{ICMP{4, 0, addr(v4)}, ""}, // source quench
		{ICMP{11, 0, addr(v4)}, Expired},
		{ICMP{11, 1, addr(v4)}, ""}, // reassembly
		{ICMP{12, 0, addr(v4)}, Unreachable},
		{ICMP{11, 0, addr("::ffff:192.0.2.1")}, Expired},
		{ICMP{1, 0, addr(v6)}, Unreachable},
		{ICMP{1, 1, addr(v6)}, Rejected},
		{ICMP{1, 3, addr(v6)}, Unreachable},
		{ICMP{1, 4, addr(v6)}, Rejected},
		{ICMP{1, 5, addr(v6)}, Rejected},
		{ICMP{1, 6, addr(v6)}, Rejected},
		{ICMP{2, 0, addr(v6)}, ""}, // packet too big
		{ICMP{3, 0, addr(v6)}, Expired},
		{ICMP{3, 1, addr(v6)}, ""},
		{ICMP{4, 1, addr(v6)}, Unreachable},
	} {
		if got := test.icmp.Outcome(); got != test.want {
			t.Errorf("%d/%d from %s: %q, want %q", test.icmp.Type, test.icmp.Code, test.icmp.From, got, test.want)
		}
	}
}

func TestOutcomeOf(t *testing.T) {
	_, refused := net.Dial("tcp", closedPort(t, "127.0.0.1").String())
	past, cancel := context.WithTimeout(t.Context(), -1)
	defer cancel()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		err  error
		want Outcome
	}{
		{refused, Refused},
		{os.ErrDeadlineExceeded, Timeout},
		{fmt.Errorf("dial: %w", past.Err()), Timeout},
		{fmt.Errorf("dial: %w", cancelled.Err()), ""},
		{net.ErrClosed, ""},
	} {
		if got := outcomeOf(test.err); got != test.want {
			t.Errorf("%v: %q, want %q", test.err, got, test.want)
		}
	}
}

// The outcomes that every system can tell.
func TestDialLoopback(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		t.Run(host, func(t *testing.T) {
			l := listen(t, host)
			to := addrOf(l)
			c, a := Dial(limit(t, 10*time.Second), to, Options{})
			if a.Outcome != Open || a.ICMP != nil || a.Err != "" || a.Took <= 0 {
				t.Fatalf("listening port: %+v", a)
			}
			defer c.Close()
			if got := c.LocalAddr().String(); got != a.Local.String() {
				t.Errorf("Local is %s, want %s", a.Local, got)
			}
			if got := c.RemoteAddr().String(); got != to.String() {
				t.Errorf("connected to %s, want %s", got, to)
			}

			c, a = Dial(limit(t, 10*time.Second), closedPort(t, host), Options{})
			if c != nil || a.Outcome != Refused || a.ICMP != nil || a.Err == "" {
				t.Errorf("closed port: %v, %+v", c, a)
			}
		})
	}
}

func TestDialEndedContext(t *testing.T) {
	to := addrOf(listen(t, "127.0.0.1"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c, a := Dial(ctx, to, Options{}); c != nil || a.Outcome != "" || a.Err == "" {
		t.Errorf("cancelled before: %v, %+v", c, a)
	}
	ctx, cancel = context.WithTimeout(t.Context(), -1)
	defer cancel()
	if c, a := Dial(ctx, to, Options{}); c != nil || a.Outcome != "" || a.Err == "" {
		t.Errorf("no time left: %v, %+v", c, a)
	}
}

func TestClosing(t *testing.T) {
	l := listen(t, "127.0.0.1")
	c, a := Dial(limit(t, 10*time.Second), addrOf(l), Options{})
	if got := Closing(c, a); got != a {
		t.Errorf("got %+v, want %+v", got, a)
	}
	if _, err := c.Write([]byte("x")); err == nil {
		t.Error("the connection is still open")
	}
	Closing(nil, Attempt{Outcome: Refused}) // must not panic
}
