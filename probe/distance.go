package probe

import (
	"context"
	"net/netip"
	"time"

	"ftpcheck/probe/hops"
)

// Something that answers in the server's place at the control port is nearer
// than the server's other ports. One attempt shows it: a packet that goes as
// far as the control port, and no further, does not reach the data port.

// measure searches the way to the control port and asks whether another port
// of the host is farther away: one that nothing announced, because a data
// port in use would take the connection for the one that it waits for.
func (p *path) measure(control netip.AddrPort) {
	defer close(p.measured)
	if !p.admit(control) {
		return
	}
	steps := p.walk(control)
	if n := len(steps); n > 0 && steps[n-1].Attempt.Outcome == OutcomeOpen {
		p.distance = steps[n-1].TTL
		for _, s := range steps {
			if s.Attempt.Outcome == OutcomeExpired {
				p.answers = append(p.answers, s.TTL)
			}
		}
		for _, to := range p.run.unannounced(1) {
			p.beyond = p.reach(to).Outcome
		}
	}
}

// way is the distance of the control port and the hops before it that answer,
// as far as they are known by now.
func (p *path) way() (distance int, answers []int) {
	select {
	case <-p.measured:
		return p.distance, p.answers
	default:
		return 0, nil
	}
}

// reach makes an attempt that goes as far as the control port.
func (p *path) reach(to netip.AddrPort) hops.Attempt {
	ctx, cancel := context.WithTimeout(p.ctx, min(max(4*p.run.rtt, 200*time.Millisecond), hops.AttemptLimit))
	defer cancel()
	return hops.Closing(p.run.Network.Dial(ctx, to, DialOptions{TTL: p.distance}))
}

// reached tells that a data port opened.
func (p *path) reached(to netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.data.IsValid() {
		p.data = to
	}
}

// away is the server's distance in hops; 0: not known. It waits for the hop
// search that measures it.
func (p *path) away(ctx context.Context) int {
	select {
	case <-p.measured:
		return p.distance
	case <-ctx.Done():
		return 0
	}
}

// compare looks whether the data port is farther away than the control port,
// and searches the way to it when it is. It comes when no listener is left. A
// firewall that drops the other port leaves the question to the data port.
func (p *path) compare(ctx context.Context) {
	if !p.active || !p.data.IsValid() {
		return
	}
	select {
	case <-p.measured:
	case <-ctx.Done():
		return
	}
	if p.distance == 0 || p.beyond != OutcomeExpired && p.beyond != OutcomeTimeout || !p.admit(p.data) {
		return
	}
	if p.beyond == OutcomeTimeout {
		a := p.reach(p.data)
		if ctx.Err() != nil {
			return
		}
		if a.Outcome != OutcomeExpired {
			p.tell(p.data, p.distance, a)
			return
		}
	}
	p.walk(p.data)
}
