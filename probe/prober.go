package probe

import (
	"context"
	"crypto/x509"
	"iter"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Prober checks one server from one network.
type Prober struct {
	Network Network
	Target  Target
	Options Options
	Tool    string         // version of ftpcheck, for the record
	Roots   *x509.CertPool // authorities that certificates are verified against; nil: the system's
}

// Run checks the server and yields what it observes, as it observes it. It
// ends when the checks are done, or soon after ctx is cancelled, or when the
// caller stops listening. No goroutine and no socket outlives it.
func (p *Prober) Run(ctx context.Context) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		ctx, cancel := context.WithCancel(ctx)
		r := newRun(p)
		r.cancelled = func() bool { return ctx.Err() != nil }
		go func() {
			defer close(r.events)
			r.main(ctx)
		}()
		defer func() {
			cancel()
			for range r.events {
			}
		}()
		for e := range r.events {
			if !yield(e) {
				return
			}
		}
	}
}

// run is the state of one Run.
type run struct {
	Options
	Target  Target
	Network Network
	tool    string
	roots   *x509.CertPool

	began     time.Time
	events    chan Event
	cancelled func() bool // the run was
	order     sync.Mutex  // keeps the times of events in the order of the stream

	peer    netip.AddrPort // control address and port in use
	rtt     time.Duration  // of the control connection's handshake
	known   []netip.Addr   // addresses that the target's name has
	onePort chan struct{}  // full while the only port of ActivePorts is in use
	heard   announcements
	randoms atomic.Bool            // the random ports were dialled
	token   atomic.Pointer[string] // of the visit: a secret
}

func newRun(p *Prober) *run {
	r := &run{Options: p.Options, Target: p.Target, Network: p.Network, tool: p.Tool, roots: p.Roots}
	setDefault(&r.Timeout, DefaultTimeout)
	setDefault(&r.ReplyTimeout, DefaultReplyTimeout)
	setDefault(&r.Parallel, DefaultParallel)
	setDefault(&r.Follow, FollowAuto)
	setDefault(&r.TLS, TLSAuto)
	if r.Checks == nil {
		r.Checks = DefaultChecks
		setDefault(&r.Ports, DefaultPorts)
	}
	r.began = time.Now()
	r.events = make(chan Event)
	r.cancelled = func() bool { return false }
	r.onePort = make(chan struct{}, 1)
	return r
}

func setDefault[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

// wants reports whether a check is part of the run.
func (r *run) wants(c Check) bool { return slices.Contains(r.Checks, c) }

// untold are the kinds of events that are not told once the run is cancelled:
// its connections are closed by ourselves then, and nobody has refused, lost or
// ended anything. What is said to a server to clean up is told all the same.
var untold = []Kind{KindEnd, KindSkip, KindDial, KindLost, KindLimit, KindData, KindTLS, KindIdle, KindHop, KindClient}

func (r *run) emit(e Event) {
	r.order.Lock()
	defer r.order.Unlock()
	if r.cancelled() && slices.Contains(untold, e.Kind) {
		return
	}
	e.At = time.Since(r.began)
	r.events <- e
}

// begin announces a check and returns the function that announces its end.
func (r *run) begin(c Check) (end func()) {
	began := time.Now()
	r.emit(Event{Kind: KindBegin, Check: c})
	return func() { r.emit(Event{Kind: KindEnd, Check: c, Took: time.Since(began)}) }
}

// skip tells why checks of the run are not run. Of the peer check that is told
// only where it was asked for: most servers know nothing of it.
func (r *run) skip(why string, checks ...Check) {
	for _, c := range checks {
		if r.wants(c) && (c != CheckPeer || r.Peer) {
			r.emit(Event{Kind: KindSkip, Check: c, Text: why})
		}
	}
}

// afterLogin are the checks that need an account.
var afterLogin = []Check{CheckEPSV, CheckPASV, CheckEPRT, CheckPORT, CheckPorts, CheckClient, CheckTransfer, CheckIdle, CheckPeer}

// needsLogin reports whether the run has to log in.
func (r *run) needsLogin() bool {
	return r.wants(CheckLogin) || slices.ContainsFunc(afterLogin, func(c Check) bool {
		return r.wants(c) && (c != CheckPorts || r.samples())
	})
}

func (r *run) main(ctx context.Context) {
	r.emit(Event{Kind: KindStart, Start: &Start{
		Time: r.began.UTC(), Tool: r.tool, Host: r.Target.Host, Port: r.Target.Port,
		User: r.Target.User, Path: r.Target.Path, Options: r.Options,
	}})
	r.checks(ctx)
	outcome := OutcomeOK
	if ctx.Err() != nil {
		outcome = OutcomeCancelled
	}
	r.emit(Event{Kind: KindFinish, Outcome: outcome, Took: time.Since(r.began)})
}

func (r *run) checks(ctx context.Context) {
	addrs := r.name(ctx)
	switch {
	case ctx.Err() != nil: // what was cancelled is not tested
		return
	case len(addrs) == 0:
		why := "the name has no address to connect to"
		r.skip(why, CheckControl, CheckSecure, CheckLogin)
		r.skip(why, afterLogin...)
		r.skip(why, CheckPath)
		return
	}
	if !r.wants(CheckControl) && !r.wants(CheckSecure) && !r.wants(CheckPath) && !r.needsLogin() && !r.sweeps() {
		return
	}
	path := r.startPath(ctx)
	defer path.finish()

	conn, finish := r.control(ctx, addrs, path)
	switch {
	case conn == nil && ctx.Err() != nil:
		return
	case conn == nil:
		why := "no control connection"
		r.skip(why, CheckSecure, CheckLogin)
		r.skip(why, afterLogin...)
		return
	}
	c := newCrew(r, path)
	// The server's distance is part of the control check, but the hop search
	// opens connections of its own: it comes when all sessions are in, so that it
	// takes no place from them.
	path.work.Go(func() {
		c.entered.Wait()
		path.measure(r.peer)
		finish()
	})
	c.work(ctx, conn)
}

// name resolves the target and returns the addresses to try, in the
// resolver's order.
func (r *run) name(ctx context.Context) []netip.Addr {
	end := r.begin(CheckName)
	defer end()
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, r.ReplyTimeout)
	defer cancel()
	all, err := r.Network.Lookup(limited, r.Target.Host)
	if ctx.Err() != nil {
		return nil
	}
	e := Event{Kind: KindLookup, Check: CheckName, Outcome: OutcomeOK, Took: time.Since(began)}
	if err != nil {
		e.Outcome, e.Text = lookupFailure(err)
		r.emit(e)
		return nil
	}
	var addrs []netip.Addr
	for _, a := range all {
		a = a.Unmap()
		r.known = append(r.known, a)
		if r.Family == 0 || (r.Family == 4) == a.Is4() {
			addrs = append(addrs, a)
		}
	}
	e.Addrs = addrs
	if len(addrs) == 0 {
		e.Outcome = OutcomeNotFound
		if len(all) > 0 {
			e.Text = familyMissing(r.Family)
		}
	}
	r.emit(e)
	return addrs
}
