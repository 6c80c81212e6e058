package report

import (
	"fmt"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// segments is what pieces of several sizes show that cross the network in one
// packet each, in one direction.
type segments struct {
	down   bool
	passed int // the largest that passed, in bytes of TCP payload; 0: none did
	failed int // the smallest that did not; 0: none failed
	fails  int // how many did not
}

// blackHole reports whether small pieces pass and larger ones do not.
func (s segments) blackHole() bool { return s.passed > 0 && s.failed > s.passed }

// segments reads the pieces of one direction. What the other end received of
// ours is its own word: a system takes more than it can send.
func (v *view) segments(down bool) segments {
	r := segments{down: down}
	if v.other == nil {
		return r
	}
	for _, p := range v.other.Sizes {
		if p.Down != down || p.Bytes <= 0 || p.TTL > 0 {
			continue
		}
		switch {
		case p.Outcome == probe.OutcomeEOF && v.arrivedWhole(p):
			r.passed = max(r.passed, p.Bytes)
		case p.Outcome == hops.Timeout && !v.arrivedWhole(p):
			r.fails++
			if r.failed == 0 || p.Bytes < r.failed {
				r.failed = p.Bytes
			}
		}
	}
	return r
}

// arrivedWhole reports whether the piece got to the end that was to receive it.
func (v *view) arrivedWhole(p probe.Size) bool {
	if p.Down {
		return p.Moved >= int64(p.Bytes)
	}
	return slices.ContainsFunc(v.listened(p.Port.Port()), func(at *exchange.Port) bool {
		return slices.ContainsFunc(at.Knocks, func(k exchange.Knock) bool {
			return k.Carried != nil && k.Carried.Received >= int64(p.Bytes)
		})
	})
}

// way names the direction.
func (s segments) way() string {
	if s.down {
		return "from the server to this client"
	}
	return "from this client to the server"
}

func (s segments) story() string {
	return fmt.Sprintf("Sent in one packet %s, %d bytes arrive and %d do not.", s.way(), s.passed, s.failed)
}

// blackHoles are the directions in which large packets vanish.
func (v *view) blackHoles() (list []segments) {
	for _, down := range []bool{true, false} {
		if s := v.segments(down); s.blackHole() {
			list = append(list, s)
		}
	}
	return list
}

// mtuBothEnds adds what the pieces show to the finding about stalled transfers,
// or makes one of them.
func (v *view) mtuBothEnds(f *Finding) *Finding {
	list := v.blackHoles()
	if len(list) == 0 {
		return f
	}
	first := list[0]
	if f == nil {
		f = v.mtuFixes(&Finding{Where: &Where{Side: SideUnknown, Of: v.distance()},
			Story:  []string{"Both ends sent pieces of several sizes to each other, each in one packet."},
			Effect: fmt.Sprintf("Long listings, transfers and TLS handshakes hang as soon as a packet of more than %d bytes of data has to go %s.", first.passed, first.way())})
		f.RuledOut = []string{"A blocked port, a server that hangs: small pieces passed over the same kind of connection."}
	}
	f.Certainty = sure(first.fails > 1 || len(list) > 1 || len(f.Checks) > 0)
	for _, s := range list {
		f.Story = append(f.Story, s.story())
	}
	switch other := v.segments(!first.down); {
	case len(list) > 1:
		f.Story = append(f.Story, "It is the same in both directions.")
	case other.passed > first.passed:
		f.Story = append(f.Story, fmt.Sprintf("The other way, %s, %d bytes arrive: packets are lost in one direction only.", other.way(), other.passed))
	}
	v.locateNarrow(f, list)
	f.Fixes[0].Examples = append([]Example{{"nft", fmt.Sprintf("nft add rule inet filter forward tcp flags syn tcp option maxseg size set %d", first.passed)}}, f.Fixes[0].Examples...)
	f.Checks = append(f.Checks, probe.CheckPeer)
	for _, t := range v.transfers() { // those that stalled in that direction
		if t.stalled() && slices.ContainsFunc(list, func(s segments) bool { return s.down != t.uploads() }) {
			f.Checks = append(f.Checks, t.Check)
		}
	}
	return f
}
