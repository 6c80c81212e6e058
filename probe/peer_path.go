package probe

import (
	"context"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// followBack has the opposite end search the hops on the way of its replies, in
// the session of p, once in a visit: what it found is in the next Seen.
func (v *visit) followBack(ctx context.Context, p *place) {
	v.mu.Lock()
	asked := v.followed
	v.followed = true
	v.mu.Unlock()
	if asked || !v.hello.Traces || ctx.Err() != nil || !p.session.usable() {
		return
	}
	// The bytes of the answer's first line are what searches.
	var got exchange.Followed
	p.session.ask(CheckPeer, exchange.Path, "", "", &got, hops.SearchLimit+v.patience())
}
