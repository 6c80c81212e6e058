package report

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// followedBack are the searches of the other end on the way of its replies over
// the control connections of the visit.
func (v *view) followedBack() (list [][]exchange.Step) {
	if v.other == nil || v.other.Seen == nil {
		return nil
	}
	for i := range v.other.Seen.Sessions {
		if path := v.other.Seen.Sessions[i].Path; len(path) > 0 {
			list = append(list, path)
		}
	}
	return list
}

// repliesReach reports whether replies of the other end over a control connection
// reached hop n, counted from the other end: it answered "time exceeded", or they
// were acknowledged that near.
func (v *view) repliesReach(n int) bool {
	end := v.repliesEnd()
	return end > 0 && end <= n || v.repliesExpire(n)
}

// repliesExpire reports whether hop n answered replies of the other end with
// "time exceeded".
func (v *view) repliesExpire(n int) bool {
	return v.repliesMet(func(s exchange.Step) bool { return s.TTL == n && s.Outcome == hops.Expired })
}

// repliesUnheard reports whether hop n is silent for replies, which pass it.
func (v *view) repliesUnheard(n int) bool {
	return !v.repliesExpire(n) && v.repliesMet(func(s exchange.Step) bool { return s.TTL == n && s.Outcome == hops.Timeout })
}

func (v *view) repliesMet(what func(exchange.Step) bool) bool {
	return slices.ContainsFunc(v.followedBack(), func(path []exchange.Step) bool { return slices.ContainsFunc(path, what) })
}

// repliesEnd is the distance from the other end at which its replies were
// acknowledged; 0: not known.
func (v *view) repliesEnd() (end int) {
	for _, path := range v.followedBack() {
		for _, s := range path {
			if s.Outcome == hops.Open && s.TTL > 0 && (end == 0 || s.TTL < end) {
				end = s.TTL
			}
		}
	}
	return end
}

// deaf reports whether no hop behind the last one that answered the other end's
// search answers its replies, which pass: the silence there says nothing.
func (v *view) deaf(b back) bool {
	last := b.trace.expired
	return b.trace.answer == hops.Timeout && v.repliesUnheard(last+1) &&
		!v.repliesMet(func(s exchange.Step) bool { return s.TTL > last && s.Outcome == hops.Expired })
}

const deafStory = "No hop farther away answers its replies over the control connection either, although they pass: ICMP messages do not get back to it from there, and this search says no more."

// missed are the hops at which the other end's search heard nothing, and its
// replies were answered: its new connections do not get there. The nearest is
// first.
func (v *view) missed(b back) (list []int) {
	for _, s := range b.dial.Steps {
		if s.TTL > b.trace.expired && s.Outcome == hops.Timeout && v.repliesExpire(s.TTL) {
			list = append(list, s.TTL)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// proven reports whether enough hops were missed to rule out that a router did
// not care to answer just then: they limit their ICMP messages.
func proven(missed []int) bool { return len(missed) > 1 }

// missedStory tells what the search along the replies adds.
func missedStory(missed []int) string {
	list := make([]string, len(missed))
	for i, n := range missed {
		list[i] = fmt.Sprint(n)
	}
	hops := "hop " + list[0]
	if last := len(list) - 1; last > 0 {
		hops = fmt.Sprintf("hops %s and %s", strings.Join(list[:last], ", "), list[last])
	}
	return fmt.Sprintf("Its replies over the control connection, limited to as few hops, are answered by its %s.", hops)
}

// split reports whether the control connection is made of two: the other end,
// on whose ports connections of this machine's own arrive, sees it come from
// another address, and the device that has this address acknowledges its replies.
// A NAT device would pass them on: they would end one hop farther than it answers
// by itself.
func (v *view) split(beyond []probe.Hop) bool {
	if !v.seen.known() || v.seen.addr == v.local || !slices.ContainsFunc(beyond, v.knockedFromHere) {
		return false
	}
	end := v.repliesEnd()
	return end > 0 && slices.ContainsFunc(v.dialsBack(), func(d *exchange.Dialing) bool {
		t := readBack(d).trace
		return d.To.Addr().Unmap() == v.seen.addr && t.answer == hops.Refused && t.distance == end && t.expired == end-1
	})
}

// knockedFromHere reports whether a connection of this machine's own arrived at
// the other end's port, untranslated.
func (v *view) knockedFromHere(h probe.Hop) bool {
	return slices.ContainsFunc(v.listened(h.To.Port()), func(p *exchange.Port) bool {
		return slices.ContainsFunc(p.Knocks, func(k exchange.Knock) bool { return k.From.Addr().Unmap() == v.local })
	})
}

// placeSplit completes control-intercepted where the control connection is made
// of two. The distances of both ends from the device together are the way to a
// port of the server's own, unless there is more than one such device.
func (v *view) placeSplit(f *Finding, beyond probe.Hop) {
	of, end := v.distance(), v.repliesEnd()
	f.Certainty = Certain
	f.Checks = append(f.Checks, probe.CheckPeer)
	f.Story = append(f.Story, fmt.Sprintf("The server sees the control connection come from %s, %d hops away from it. That device answers by itself there, and acknowledges the server's replies.", v.seen.addr, end))
	f.RuledOut = []string{fmt.Sprintf("Two machines behind one address: connections of this machine's own, from %s, arrive at the ports on which the server listens.", v.local),
		"Two ways of different length, and NAT: that would pass the replies on."}
	if t := readTrace(v.ev.PathTo(beyond.To)); t.distance == of+end {
		f.Where.Of = t.distance
		if s := side(of-1, t.distance); s == side(of, t.distance) {
			f.Where.Side = s
			f.Owner = ownerAt(f.Where)
			f.Fixes[0].Who = f.Owner
		}
	}
}
