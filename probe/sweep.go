package probe

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ftpcheck/probe/hops"
)

const (
	maxFlights  = 1000                    // dials of a sweep under way at once
	fileReserve = 64                      // of the files that the process may open, left to everything else
	sweepGap    = 400 * time.Microsecond  // between two SYNs of a sweep, so that it is no burst
	sweepGroup  = 4096                    // ports that are told of before the sweep goes on
	slowest     = 1100 * time.Millisecond // the widest gap, for ICMP messages that come once a second
	// resent is the least time after which the kernel sends a SYN again: an
	// answer that took as long is the answer to a second one (RFC 6298 2.1).
	resent = 900 * time.Millisecond
)

// sweeps reports whether the ports check maps a range.
func (r *run) sweeps() bool { return r.wants(CheckPorts) && r.Sweep.Low != 0 }

// samples reports whether the ports check takes announcements. With a sweep it
// needs a passive mode to be asked for, too.
func (r *run) samples() bool {
	return r.wants(CheckPorts) && (r.Sweep.Low == 0 || slices.ContainsFunc(Passive, r.wants))
}

// listens reports whether the run has data ports opened, at the server or here.
func (r *run) listens() bool {
	return r.samples() || r.wants(CheckClient) || r.wants(CheckTransfer) || r.wants(CheckPeer) || slices.ContainsFunc(modes, r.wants)
}

// sweep maps Options.Sweep on the control host: it dials every port and closes
// at once what opens. There is one event for each port, its last word.
//
// It must not run while a data port of this run is announced: the server
// would take its connection for the one that it waits for.
func (r *run) sweep(ctx context.Context) {
	s := &sweep{run: r, flights: make(chan struct{}, flights(fileLimit()))}
	for low := int(r.Sweep.Low); low <= int(r.Sweep.High) && ctx.Err() == nil; low += sweepGroup {
		var ports []knock
		for p := low; p <= int(r.Sweep.High) && p < low+sweepGroup; p++ {
			ports = append(ports, knock{port: uint16(p)})
		}
		s.group(ctx, ports)
	}
}

// flights is how many dials the limit on open files allows at once. Where it
// is low, half of it has to do for everything else.
func flights(limit int) int { return max(1, min(maxFlights, limit-min(fileReserve, limit/2))) }

type sweep struct {
	run      *run
	flights  chan struct{}
	answered atomic.Int32
	rejected atomic.Bool // by ICMP, which routers and hosts send only so often
	lossy    atomic.Bool // an answer came to a second SYN
}

// knock is a port and the first attempt at it; a port without an answer yet.
type knock struct {
	port uint16
	hops.Attempt
}

// group gives each port the whole limit once. Where some answer, the silent
// ones are dialled again: a network that drops bursts is no firewall. Where
// that brings answers, they are dialled a third time, as slowly as twice the
// limit for the whole allows.
func (s *sweep) group(ctx context.Context, ports []knock) {
	r := s.run
	windows := (len(ports) + maxFlights - 1) / maxFlights
	until := time.Now().Add(2*r.Timeout*time.Duration(windows) + 700*time.Millisecond)
	left := s.round(ctx, ports, sweepGap, r.Timeout)
	if s.answered.Load() > 0 {
		silent := len(left)
		left = s.round(ctx, left, sweepGap, r.soon())
		if len(left) < silent {
			s.lossy.Store(true)
		}
		if s.lossy.Load() || s.rejected.Load() {
			left = s.slowly(ctx, left, until)
		}
	}
	for _, k := range left {
		if ctx.Err() == nil {
			s.tell(k.port, k.Attempt)
		}
	}
}

// slowly spreads the dials over the time that is left. The rate limit of a
// Linux firewall's ICMP messages is one a second (icmp(7), icmp_ratelimit).
func (s *sweep) slowly(ctx context.Context, ports []knock, until time.Time) []knock {
	spread := time.Until(until) - resent
	if spread <= 0 || len(ports) == 0 {
		return ports
	}
	most := slowest / 10
	if s.rejected.Load() {
		most = slowest
	}
	gap := min(spread/time.Duration(len(ports)), most)
	all := gap*time.Duration(len(ports)) + resent
	limited, cancel := context.WithTimeout(ctx, all)
	defer cancel()
	return s.round(limited, ports, gap, all)
}

// round dials the ports one after the other, a gap apart, and returns those
// that did not answer. In a fast round an answered port costs no gap: where
// answers come there is no burst to fear.
func (s *sweep) round(ctx context.Context, ports []knock, gap, limit time.Duration) (left []knock) {
	began, before := time.Now(), s.answered.Load()
	var group sync.WaitGroup
	for i := range ports {
		n := i
		if gap == sweepGap {
			n -= int(s.answered.Load() - before)
		}
		if wait := time.Until(began.Add(gap * time.Duration(n))); wait > time.Millisecond {
			pause(ctx, wait)
		}
		select {
		case s.flights <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		group.Go(func() {
			defer func() { <-s.flights }()
			s.dial(ctx, &ports[i], limit)
		})
	}
	group.Wait()
	return slices.DeleteFunc(ports, func(k knock) bool { return k.port == 0 })
}

// dial tells of an answer and strikes the port out.
func (s *sweep) dial(ctx context.Context, k *knock, limit time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	a := hops.Closing(s.run.Network.Dial(ctx, netip.AddrPortFrom(s.run.peer.Addr(), k.port), DialOptions{}))
	switch a.Outcome {
	case "", OutcomeTimeout:
		if k.Outcome == "" {
			k.Attempt = a
		}
		return
	case OutcomeRejected, OutcomeUnreachable:
		s.rejected.Store(true)
	}
	s.answered.Add(1)
	if a.Took > max(resent, 3*s.run.rtt) {
		s.lossy.Store(true)
	}
	s.tell(k.port, a)
	k.port = 0
}

func (s *sweep) tell(port uint16, a hops.Attempt) {
	if a.Outcome == "" { // no packet left this machine
		a.Outcome = OutcomeFailed
	}
	s.run.emit(Event{
		Kind: KindDial, Check: CheckPorts, As: AsSweep, Addr: netip.AddrPortFrom(s.run.peer.Addr(), port),
		Outcome: a.Outcome, ICMP: a.ICMP, Local: a.Local, Took: a.Took, Text: a.Err,
	})
}
