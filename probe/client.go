package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/textproto"
	"strings"
	"time"

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
		patience = min(patience, brief)
	}
	ctx, cancel := context.WithTimeout(ctx, patience+r.Timeout)
	defer cancel()
	e := Event{Kind: KindClient, Check: CheckClient, Outcome: OutcomeOK}
	others := int(c.open.Load())
	n, in, flows, err := r.rehearse(ctx, c.cover)
	c.clientIn = err == nil
	e.Bytes = int64(n)
	if err != nil {
		if !in && others > 0 {
			c.clientRefused(ctx, others, err)
		}
		switch e.Outcome = OutcomeFailed; {
		case errors.Is(ctx.Err(), context.Canceled):
			e.Outcome = OutcomeCancelled
		case ctx.Err() != nil && flows:
			e.Outcome = OutcomeMoving
		}
		first, _, _ := strings.Cut(err.Error(), "\n") // what follows is about closing the connection
		e = r.received(e, []byte(first))
	}
	r.emit(e)
}

// clientRefused tells that the server did not let the client in beside the
// other sessions, of which one got in with the same account.
func (c *crew) clientRefused(ctx context.Context, others int, err error) {
	e := Event{Check: CheckClient, Count: others, Text: err.Error()}
	var refusal *textproto.Error
	switch {
	case errors.As(err, &refusal):
		e = c.run.received(e, []byte(refusal.Msg))
		e.Code = refusal.Code
	case errors.Is(err, io.EOF):
		e.Outcome, e.Text = OutcomeClosed, ""
	default:
		return
	}
	c.refuse(ctx, e)
}

// rehearse reports whether the client got in, what it listed, and whether data
// still came at the end.
func (r *run) rehearse(ctx context.Context, cover TLSMode) (entries int, in, flows bool, err error) {
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
		options = append(options, encrypt(r.carefully()))
	}
	c, err := ftp.Dial(r.peer.String(), options...)
	if err != nil {
		return 0, false, false, err
	}
	defer c.Quit()
	if err := c.Login(r.Target.User, r.Target.Password); err != nil {
		return 0, false, false, err
	}
	if r.Target.Path != "" {
		c.ChangeDir(r.Target.Path) // as the modes do: the login directory serves as well
	}
	list, err := c.List("")
	return len(list), true, watch.flows(r.ReplyTimeout), err
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
		return tls.Client(c, r.carefully()), nil
	case !control && w.cover != TLSOff:
		return &lateTLS{watched: c, run: r, ctx: w.ctx}, nil
	}
	return c, nil
}

// clientPatience keeps a client that will hang from making the run longer
// than --timeout + 3 s: by then another check has waited in full.
func (r *run) clientPatience() time.Duration {
	left := r.Timeout + 2500*time.Millisecond - time.Since(r.began)
	return min(r.Timeout, max(left, time.Second, 4*r.rtt))
}

// flows reports whether data came lately over a connection that is not the
// control connection's, see drains.flows.
func (w *watcher) flows(patience time.Duration) bool {
	for i, c := range w.conns {
		if at := c.came.Load(); i > 0 && at != nil && time.Since(*at) < patience/4 {
			return true
		}
	}
	return false
}

func (w *watcher) close() {
	for _, c := range w.conns {
		c.stop()
		c.Close()
	}
}
