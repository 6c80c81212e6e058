package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"time"

	"ftpcheck/probe/hops"
)

// maxAddresses bounds how many addresses of one name are dialled.
const maxAddresses = 8

func lookupFailure(err error) (Outcome, string) {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		// The server's address adds nothing and differs between machines.
		if dns.IsNotFound {
			return OutcomeNotFound, dns.Err
		}
		if dns.IsTimeout {
			return OutcomeTimeout, dns.Err
		}
		return OutcomeFailed, dns.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return OutcomeTimeout, "no answer"
	}
	return OutcomeFailed, strings.TrimSpace(err.Error())
}

func familyMissing(family int) string {
	if family == 6 {
		return "the name has no IPv6 address"
	}
	return "the name has no IPv4 address"
}

// dial makes one attempt and tells of its begin and its end.
func (r *run) dial(ctx context.Context, e Event, limit time.Duration, opt DialOptions) (net.Conn, hops.Attempt) {
	e.Kind = KindDialing
	r.emit(e)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, a := r.Network.Dial(ctx, e.Addr, opt)
	switch {
	case conn == nil && errors.Is(ctx.Err(), context.Canceled):
		a.Outcome, a.Err = OutcomeCancelled, ""
	case conn == nil && a.Outcome == "": // no packet left this machine
		a.Outcome = OutcomeFailed
	case a.Outcome == OutcomeTimeout:
		a.Took = min(a.Took, limit) // a busy machine notices later
	}
	e.Kind, e.Outcome, e.ICMP, e.Took, e.Text = KindDial, a.Outcome, a.ICMP, a.Took, a.Err
	e.Local = a.Local
	r.emit(e)
	return conn, a
}

// dialled is the outcome of the attempt at one of the target's addresses.
type dialled struct {
	index int
	conn  net.Conn
	hops.Attempt
}

// control dials every address at once. It goes on with the first one in the
// resolver's order that opens; one that is earlier in the order gets as long
// again as the first success took.
//
// finish ends the check: it waits for the other addresses.
func (r *run) control(ctx context.Context, addrs []netip.Addr, path *path) (conn net.Conn, finish func()) {
	end := r.begin(CheckControl)
	addrs = addrs[:min(len(addrs), maxAddresses)]
	results := make(chan dialled, len(addrs))
	ctxAll, cancel := context.WithCancel(ctx)
	for i, a := range addrs {
		go func() {
			to := netip.AddrPortFrom(a, r.Target.Port)
			conn, at := r.dial(ctxAll, Event{Check: CheckControl, As: AsControl, Addr: to}, r.Timeout, DialOptions{})
			results <- dialled{i, conn, at}
		}()
	}
	best, left := r.firstOpen(results, len(addrs))
	finish = func() {
		defer cancel()
		for range left {
			if d := <-results; d.conn != nil {
				d.conn.Close()
			}
		}
		end()
	}
	if best.conn == nil {
		path.search(netip.AddrPortFrom(addrs[0], r.Target.Port))
		path.search(netip.AddrPortFrom(addrs[0], r.uncommonPort())) // whether that is about this port, or ends all that is sent there
		finish()
		return nil, nil
	}
	r.peer = netip.AddrPortFrom(addrs[best.index], r.Target.Port)
	r.rtt = best.Took
	return best.conn, finish
}

func (r *run) firstOpen(results <-chan dialled, left int) (best dialled, remaining int) {
	var grace <-chan time.Time
	for ; left > 0; left-- {
		select {
		case d := <-results:
			switch {
			case d.conn == nil:
			case best.conn == nil:
				best = d
				grace = time.After(max(d.Took, 10*time.Millisecond))
			case d.index < best.index:
				best.conn.Close()
				best = d
			default:
				d.conn.Close()
			}
			if best.conn != nil && best.index == 0 {
				return best, left - 1
			}
		case <-grace:
			return best, left
		}
	}
	return best, 0
}
