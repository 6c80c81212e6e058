package probe

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// followBack has the opposite end search the hops on the way of its replies, in
// the session of p, once in a visit, and returns what it found.
func (v *visit) followBack(ctx context.Context, p *place) (steps []exchange.Step) {
	v.mu.Lock()
	asked := v.followed
	v.followed = true
	v.mu.Unlock()
	if asked || !v.hello.Traces || ctx.Err() != nil || !p.session.usable() {
		return nil
	}
	// The bytes of the answer's first line are what searches.
	var got exchange.Followed
	p.session.ask(CheckPeer, exchange.Path, "", "", &got, hops.SearchLimit+v.patience())
	return got.Steps
}

// recheckWait is for a router's message, beyond a round trip.
const recheckWait = 500 * time.Millisecond

// recheck asks hops once more that answer the other end's replies and were silent
// for its search towards us: a message of a router may have got lost, and routers
// limit them. It begins at the nearest and ends at one that stays silent.
func (v *visit) recheck(ctx context.Context, p *place, ports []uint16, tried []exchange.Dialing, replies []exchange.Step) {
	limit := v.run.rtt + recheckWait
	for _, ttl := range silentHops(tried, replies) {
		request := exchange.DialRequest{Ports: ports, TTL: ttl, Limit: millis(limit)}
		var got exchange.Dialled
		shown := fmt.Sprintf("%s, no farther than hop %d", shownPorts(ports), ttl)
		if ctx.Err() != nil || p.session.query(exchange.Dial, request, shown, &got, limit+v.patience()) != nil {
			return
		}
		if !slices.ContainsFunc(got.Dials, func(d exchange.Dialing) bool { return d.Outcome == hops.Expired }) {
			return
		}
	}
}

// silentHops are the hops that answer replies and lie behind the last one that
// answered a search that ended in silence, the nearest first.
func silentHops(tried []exchange.Dialing, replies []exchange.Step) (ttls []int) {
	last := 0
	for _, d := range tried {
		for _, s := range d.Steps {
			switch s.Outcome {
			case hops.Expired:
				last = max(last, s.TTL)
			case hops.Timeout:
			default:
				return nil
			}
		}
	}
	for _, s := range replies {
		if s.Outcome == hops.Expired && last < s.TTL && s.TTL <= hops.MaxHops {
			ttls = append(ttls, s.TTL)
		}
	}
	slices.Sort(ttls)
	return slices.Compact(ttls)
}
