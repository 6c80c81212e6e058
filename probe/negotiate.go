package probe

import (
	"context"
	"strings"
	"sync"
	"time"

	"ftpcheck/probe/wire"
)

// silentGreeting is the wait for a greeting after which the port is asked
// whether it speaks TLS at once.
const silentGreeting = 3 * time.Second

// greetedFirst waits for the greeting of the first session. Where TLS comes
// first, so does the handshake.
func (c *crew) greetedFirst(ctx context.Context, w *worker) bool {
	if c.run.TLS == TLSImplicit {
		if !c.encryptFirst(ctx, w) {
			return false
		}
		_, ok := w.greeted(CheckControl)
		return ok
	}
	if c.run.Parallel == 1 { // the trial is a session of its own, and has to wait
		_, ok := w.greeted(CheckControl)
		if !ok && w.session.lost == OutcomeTimeout && ctx.Err() == nil {
			c.speaksAtOnce(ctx)
		}
		return ok
	}
	waiting, cancel := context.WithCancel(ctx)
	var trial sync.WaitGroup
	trial.Go(func() {
		pause(waiting, silentGreeting)
		if waiting.Err() == nil && c.speaksAtOnce(waiting) {
			w.session.hurry()
		}
	})
	_, ok := w.greeted(CheckControl)
	cancel()
	trial.Wait()
	return ok
}

func (c *crew) encryptFirst(ctx context.Context, w *worker) bool {
	end := c.run.begin(CheckSecure)
	defer end()
	if w.session.encrypt(ctx, CheckSecure) {
		return true
	}
	if w.session.uncovered() {
		c.trials(ctx)
	}
	return false
}

// negotiate decides in the first session how the run's control sessions are
// encrypted, and reports whether the run may log in.
func (c *crew) negotiate(ctx context.Context, w *worker) bool {
	end := func() {}
	if c.run.TLS == TLSAuto || c.run.TLS == TLSExplicit {
		end = c.run.begin(CheckSecure)
	}
	cover, why := c.settle(ctx, w)
	if why == "" && cover != TLSOff && w.session.unverified() {
		why = "the password is not sent: the server's certificate is not verified (--insecure sends it all the same)"
	}
	if why == "" { // the other sessions need not wait for what follows
		c.cover = cover
		close(c.covered)
	}
	if cover != TLSOff && !w.session.protectData(CheckSecure) && why == "" {
		why = "TLS failed"
	}
	end()
	switch {
	case ctx.Err() != nil:
		return false
	case why != "":
		c.run.skip(why, CheckLogin)
		return false
	}
	return true
}

// settle encrypts the first session, as far as it can be. why says why the run
// must not log in.
func (c *crew) settle(ctx context.Context, w *worker) (cover TLSMode, why string) {
	switch c.run.TLS {
	case TLSOff:
		c.run.skip("switched off by --tls off", CheckSecure)
		return TLSOff, ""
	case TLSImplicit:
		if !w.session.readyToProtect(CheckSecure) {
			return TLSImplicit, "TLS failed"
		}
		return TLSImplicit, ""
	}
	refusal, ok := w.session.startTLS(ctx, CheckSecure)
	switch {
	case ok:
		return TLSExplicit, ""
	case refusal.Code != 0:
		return c.withoutTLS(w, refusal)
	case ctx.Err() != nil:
		return TLSOff, "cancelled"
	}
	if w.session.uncovered() {
		c.trials(ctx)
	}
	return c.startOver(ctx, w)
}

// withoutTLS decides what follows from a refused AUTH TLS. A server that
// offers in FEAT what it refuses may not be the one that refuses.
func (c *crew) withoutTLS(w *worker, refusal wire.Reply) (TLSMode, string) {
	explicit := c.run.TLS == TLSExplicit
	if !explicit && c.run.mayExpose() {
		return TLSOff, "" // FEAT is asked after the login
	}
	reply, ok := w.session.command(CheckSecure, "FEAT")
	c.featured = ok && reply.Code/100 == 2
	c.offer = offered(reply)
	switch {
	case explicit:
		return TLSOff, "the server refuses AUTH TLS, and --tls explicit asks for it"
	case wire.ParseFEAT(reply.Strings()).OfferTLS() && !DeniesTLS(refusal.Text()):
		return TLSOff, "the password is not sent: the server offers TLS and refuses it (--tls off sends it in clear)"
	}
	return TLSOff, ""
}

// DeniesTLS reports whether a refusal of AUTH says that there is no TLS at all.
// Pure-FTPd 1.0.50 without TLS lists AUTH TLS in FEAT all the same.
func DeniesTLS(refusal string) bool {
	return strings.Contains(refusal, "This security scheme is not implemented")
}

// startOver goes on without TLS in another session, where nothing is lost by
// that.
func (c *crew) startOver(ctx context.Context, w *worker) (TLSMode, string) {
	switch {
	case c.run.TLS == TLSExplicit:
		return TLSOff, "no TLS, and --tls explicit asks for it"
	case !c.run.mayExpose():
		return TLSOff, "the password is not sent: TLS failed (--tls off sends it in clear)"
	case !c.run.needsLogin():
		return TLSOff, "TLS failed"
	}
	w.leave(CheckSecure, false)
	conn, _ := c.run.dial(ctx, Event{Check: CheckLogin, As: AsControl, Addr: c.run.peer}, c.run.Timeout, DialOptions{})
	if conn == nil {
		return TLSOff, "TLS failed, and no further session opened"
	}
	w.session = c.adopt(ctx, CheckLogin, conn, c.run.peer, "")
	if _, ok := w.greeted(CheckLogin); !ok {
		return TLSOff, "TLS failed, and a further session got no greeting"
	}
	return TLSOff, ""
}

// coverSession encrypts a further session like the first one.
func (w *worker) coverSession(ctx context.Context, check Check) (refusal wire.Reply, ok bool) {
	switch {
	case w.cover == TLSOff || w.session.try == TryPlain:
		return refusal, true
	case w.cover == TLSImplicit:
		ok = w.session.readyToProtect(check)
	default:
		refusal, ok = w.session.startTLS(ctx, check)
	}
	return refusal, ok && w.session.protectData(check)
}
