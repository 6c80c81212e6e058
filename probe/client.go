package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"ftpcheck/probe/wire"

	"github.com/jlaffaye/ftp"
)

// Bounds of the ordinary client, which has none of its own.
const (
	maxClientControl = 1 << 20
	maxClientData    = maxListing
	maxClientLines   = 2000 // of them in the transcript
)

// client lets an ordinary client list the directory, with our dial function
// watching. It asks EPSV first and never falls back once a port was announced;
// for PASV it dials the control host whatever address is announced
// (jlaffaye/ftp v0.2.4).
func (r *run) client(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	end := r.begin(CheckClient)
	defer end()
	ctx, cancel := context.WithTimeout(ctx, r.ReplyTimeout+r.Timeout)
	defer cancel()
	e := Event{Kind: KindClient, Check: CheckClient, Outcome: OutcomeOK}
	n, err := r.rehearse(ctx)
	e.Bytes = int64(n)
	if err != nil {
		if e.Outcome = OutcomeFailed; errors.Is(ctx.Err(), context.Canceled) {
			e.Outcome = OutcomeCancelled
		}
		first, _, _ := strings.Cut(err.Error(), "\n") // what follows is about closing the connection
		e = r.received(e, []byte(first))
	}
	r.emit(e)
}

func (r *run) rehearse(ctx context.Context) (entries int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the client crashed: %v", p)
		}
	}()
	watch := &watcher{run: r, ctx: ctx}
	defer watch.close()
	c, err := ftp.Dial(r.peer.String(), ftp.DialWithDialFunc(watch.dial), ftp.DialWithShutTimeout(r.ReplyTimeout))
	if err != nil {
		return 0, err
	}
	defer c.Quit()
	if err := c.Login(r.Target.User, r.Target.Password); err != nil {
		return 0, err
	}
	if r.Target.Path != "" {
		c.ChangeDir(r.Target.Path) // as the modes do: the login directory serves as well
	}
	list, err := c.List("")
	return len(list), err
}

// watcher is the client's dial function.
type watcher struct {
	run   *run
	ctx   context.Context
	conns []*watched
}

func (w *watcher) dial(_, address string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("the client cannot dial %q", address)
	}
	r, control := w.run, len(w.conns) == 0
	e := Event{Check: CheckClient, As: AsClient, Addr: to}
	limit, bound := r.Timeout, int64(maxClientData)
	if control {
		e.As, bound = AsControl, maxClientControl
	} else {
		limit = r.clientPatience()
	}
	conn, a := r.dial(w.ctx, e, limit, DialOptions{})
	if conn == nil {
		return nil, fmt.Errorf("dial %s: %s", to, a.Outcome)
	}
	c := &watched{Conn: conn, limit: r.ReplyTimeout}
	if control {
		c.talk = &talk{run: r}
	}
	c.left.Store(bound)
	c.stop = context.AfterFunc(w.ctx, func() { conn.Close() })
	w.conns = append(w.conns, c)
	return c, nil
}

// clientPatience keeps a client that will hang from making the run longer
// than --timeout + 3 s: by then another check has waited in full.
func (r *run) clientPatience() time.Duration {
	left := r.Timeout + 2500*time.Millisecond - time.Since(r.began)
	return min(r.Timeout, max(left, time.Second, 4*r.rtt))
}

func (w *watcher) close() {
	for _, c := range w.conns {
		c.stop()
		c.Close()
	}
}

// watched gives each read a limit and all of them a bound.
type watched struct {
	net.Conn
	limit time.Duration
	left  atomic.Int64
	stop  func() bool
	talk  *talk // of a control connection
}

var errTooMuch = errors.New("the server sent more than ftpcheck reads")

func (c *watched) Read(b []byte) (int, error) {
	if c.left.Load() <= 0 {
		return 0, errTooMuch
	}
	c.SetReadDeadline(time.Now().Add(c.limit))
	n, err := c.Conn.Read(b)
	c.left.Add(-int64(n))
	if c.talk != nil {
		c.talk.heard(b[:n])
	}
	return n, err
}

func (c *watched) Write(b []byte) (int, error) {
	if c.talk != nil {
		c.talk.said(b)
	}
	return c.Conn.Write(b)
}

// talk turns what crosses the client's control connection into lines of the
// transcript.
type talk struct {
	run     *run
	partial []byte
	lines   int
}

func (t *talk) said(b []byte) {
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\r\n")
		if verbOf(line) == "PASS" {
			line = "PASS ****"
		}
		t.run.emit(Event{Kind: KindSend, Check: CheckClient, Text: line})
	}
}

func (t *talk) heard(b []byte) {
	t.partial = append(t.partial, b...)
	for {
		i := bytes.IndexByte(t.partial, '\n')
		if i < 0 && len(t.partial) < wire.DefaultLimits.Line {
			return
		}
		line := t.partial
		if i >= 0 {
			line = t.partial[:i]
		}
		if t.lines++; t.lines <= maxClientLines {
			t.run.emit(t.run.received(Event{Kind: KindRecv, Check: CheckClient}, bytes.TrimRight(line, "\r")))
		}
		if t.partial = t.partial[len(line):]; i >= 0 {
			t.partial = t.partial[1:]
		}
	}
}
