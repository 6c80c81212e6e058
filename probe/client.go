package probe

import (
	"bytes"
	"context"
	"crypto/tls"
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
func (c *crew) runClient(ctx context.Context) {
	r := c.run
	if ctx.Err() != nil {
		return
	}
	end := r.begin(CheckClient)
	defer end()
	patience := r.ReplyTimeout
	if c.stalled() {
		patience = min(patience, clampedPatience)
	}
	ctx, cancel := context.WithTimeout(ctx, patience+r.Timeout)
	defer cancel()
	e := Event{Kind: KindClient, Check: CheckClient, Outcome: OutcomeOK}
	n, err := r.rehearse(ctx, c.cover)
	c.clientIn = err == nil
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

func (r *run) rehearse(ctx context.Context, cover TLSMode) (entries int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the client crashed: %v", p)
		}
	}()
	watch := &watcher{run: r, ctx: ctx, cover: cover}
	defer watch.close()
	options := []ftp.DialOption{ftp.DialWithDialFunc(watch.dial), ftp.DialWithShutTimeout(r.ReplyTimeout)}
	if cover != TLSOff {
		// It is for the control connection; with a dial function of ours the
		// data connections are ours to encrypt.
		encrypt := ftp.DialWithExplicitTLS
		if cover == TLSImplicit {
			encrypt = ftp.DialWithTLS
		}
		options = append(options, encrypt(r.tlsConfig(&TLS{}, nil)))
	}
	c, err := ftp.Dial(r.peer.String(), options...)
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
	cover TLSMode
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
	switch {
	case control && w.cover == TLSImplicit:
		return tls.Client(c, r.tlsConfig(&TLS{}, nil)), nil
	case !control && w.cover != TLSOff:
		return &lateTLS{watched: c, run: r, ctx: w.ctx}, nil
	}
	return c, nil
}

// lateTLS makes the handshake of a data connection when the client begins to
// read: servers begin theirs after the reply 150. It never resumes a session.
type lateTLS struct {
	*watched
	run    *run
	ctx    context.Context
	secure *secured
	failed error
}

func (c *lateTLS) Read(b []byte) (int, error) {
	if c.secure == nil && c.failed == nil {
		c.encrypt()
	}
	if c.failed != nil {
		return 0, c.failed
	}
	return c.secure.Read(b)
}

func (c *lateTLS) encrypt() {
	e := Event{Check: CheckClient, As: AsClient, Addr: remoteAddr(c.Conn), TLS: &TLS{}}
	secure, ok := c.run.handshake(c.ctx, c.watched, c.run.tlsConfig(e.TLS, nil), &e)
	c.run.emit(e)
	c.secure = secure
	if !ok {
		c.failed = fmt.Errorf("TLS on the data connection: %s", e.Text)
	}
}

func (c *lateTLS) Close() error {
	if c.secure != nil {
		return c.secure.Close()
	}
	return c.watched.Close()
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
// transcript, until it is encrypted.
type talk struct {
	run     *run
	partial []byte
	lines   int
	over    bool
}

// handshakeRecord is the type of the first TLS record (RFC 8446 5.1).
const handshakeRecord = 22

func (t *talk) said(b []byte) {
	if len(b) > 0 && b[0] == handshakeRecord && !t.over {
		t.over = true
		t.run.emit(Event{Kind: KindNote, Check: CheckClient, Text: "what follows is encrypted by the client itself and not shown"})
	}
	if t.over {
		return
	}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\r\n")
		if verbOf(line) == "PASS" {
			line = "PASS ****"
		}
		t.run.emit(Event{Kind: KindSend, Check: CheckClient, Text: line})
	}
}

func (t *talk) heard(b []byte) {
	if t.over {
		return
	}
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
