package hops

import "net/netip"

// Verdict is what the steps of one hop search say together: how far packets
// to this port get, and what answers there. It says nothing of why.
//
// How to read it, with the server 4 hops away (each row was measured):
//
//	situation                                TTL 1  2      3      4      verdict
//	open                                     11/0   11/0   11/0   open   open at 4
//	device at hop 3 does not forward it      11/0   11/0   RST           refused at 3
//	dropped in the forward chain of hop 2    11/0   11/0   -      -      silent after 2
//	device at hop 1 forges a RST             11/0   RST                  refused at 2
//	device at hop 3 rejects by ICMP          11/0   11/0   11/0   3/13   rejected at 4, from hop 3's address
//	device at hop 1 rejects by ICMP          11/0   3/1                  unreachable at 2, from hop 1's address
//	dropped by the server itself             11/0   11/0   11/0   -      silent after 3
//	transparent proxy at hop 1               open                        open at 1
//
// A device that drops, or rejects, in its forward chain still answers "time
// exceeded" for its own TTL and swallows the next one; one that does so before
// routing swallows its own. So silence after hop n means: the forward filter
// of hop n, or hop n+1 itself. Likewise an ICMP rejection at TTL n+1 comes from
// hop n, and so does a RST that a device forges while it forwards; but a RST
// has no sender, so that one at n+1 may also be hop n+1's own answer.
type Verdict struct {
	// Known reports whether the search placed anything at all. Without it
	// every hop was silent, and packets may die anywhere.
	Known bool
	// Outcome is the first answer that was not Expired; Timeout when packets
	// vanish after LastHop (or when nothing is known), Expired when every TTL
	// tried was too low, zero when no attempt was made.
	Outcome Outcome
	// Answered is the TTL of that first answer, 0 when there was none.
	Answered int
	// From is the device that sent that answer by ICMP; invalid for TCP's own
	// answers, which show no sender other than the address dialled.
	From netip.Addr
	// LastHop is the highest TTL below Answered that expired: the packet got
	// there, whether or not lower hops answered. It is 0 when none did.
	LastHop int
	// LastFrom is the device that said so; invalid when LastHop is 0.
	LastFrom netip.Addr
}

// Read reads the steps of a hop search. Their order does not matter. A silent
// TTL below one that answered is a router that sends no ICMP messages (or no
// more of them for now), not a loss.
func Read(steps []Step) Verdict {
	var v Verdict
	for _, s := range steps {
		switch s.Attempt.Outcome {
		case "", Timeout, Expired:
			continue
		}
		if v.Answered == 0 || s.TTL < v.Answered {
			v.Answered, v.Outcome, v.From = s.TTL, s.Attempt.Outcome, sender(s.Attempt)
		}
	}
	silent := 0 // the highest TTL that brought nothing
	for _, s := range steps {
		switch {
		case s.Attempt.Outcome == Timeout:
			silent = max(silent, s.TTL)
		case s.Attempt.Outcome != Expired || v.Answered != 0 && s.TTL > v.Answered:
		case s.TTL > v.LastHop:
			v.LastHop, v.LastFrom = s.TTL, sender(s.Attempt)
		}
	}
	switch {
	case v.Answered != 0:
	case silent > v.LastHop:
		v.Outcome = Timeout
	case v.LastHop != 0:
		v.Outcome = Expired
	}
	v.Known = v.Answered != 0 || v.LastHop != 0
	return v
}

// sender is the device that answered an attempt by ICMP.
func sender(a Attempt) netip.Addr {
	if a.ICMP == nil {
		return netip.Addr{}
	}
	return a.ICMP.From
}
