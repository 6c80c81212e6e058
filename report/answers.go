package report

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// answers are what became of one end's SYN ACKs, by their TTL: expired, as a
// router said, timeout where they vanished, open where one got to the other end,
// and "" where that is not known.
type answers map[int]probe.Outcome

// note adds what became of one more. Where they differ, nothing is known.
func (a answers) note(ttl int, o probe.Outcome) {
	if have, known := a[ttl]; known && have != o {
		o = ""
	}
	a[ttl] = o
}

// lastHop is the last hop that they reached, counted from the end that sent
// them; reached tells of other packets of that end. They vanish before the next
// hop, which those others do reach.
//
// It is not known where SYN ACKs that were to go all the way left no handshake by
// half: then nothing follows from none at other ports. Nor where they vanished
// before a nearer hop that answers others, or not always behind the next one:
// some message of a router got lost, or some SYN.
func (a answers) lastHop(of int, reached func(hop int) bool) (last int, known bool) {
	farthest := slices.Max(append(slices.Collect(maps.Keys(a)), 0))
	if of == 0 || of > hops.MaxHops || farthest <= of || a[farthest] != hops.Timeout {
		return 0, false
	}
	for ttl := 1; ttl <= of; ttl++ {
		if a[ttl] == hops.Expired {
			last = ttl
		}
	}
	if last >= of || a[last+1] != hops.Timeout || !reached(last+1) {
		return 0, false
	}
	for ttl, o := range a {
		if o == hops.Open || ttl > last && o != hops.Timeout || ttl < last && o != hops.Expired && reached(ttl) {
			return 0, false
		}
	}
	return last, true
}

// answersThere are the other end's, to connections of ours.
func (v *view) answersThere() answers {
	all := answers{}
	for _, p := range v.expiring {
		all.note(p.Answer, v.fateOfAnswer(p))
	}
	return all
}

// fateOfAnswer needs an attempt of ours that was made and got no answer: without
// a SYN there is no SYN ACK.
func (v *view) fateOfAnswer(p *exchange.Port) probe.Outcome {
	sent := false
	for i := range v.other.Answers {
		d := &v.other.Answers[i]
		switch {
		case d.To.Port() != p.Local.Port() || d.TTL != p.Answer:
		case opened(d):
			return hops.Open
		case d.Outcome != hops.Timeout:
			return ""
		default:
			sent = true
		}
	}
	switch whole, half, turned := v.came(p); {
	case !sent || turned:
		return ""
	case whole:
		return hops.Open
	case half:
		return hops.Timeout
	case v.complete():
		return hops.Expired
	}
	return ""
}

// answersHere are those of this machine, to connections of the other end's from
// port 20, or from other ports.
func (v *view) answersHere(from20 bool) answers {
	all := answers{}
	if v.other.Seen == nil {
		return all
	}
	for i := range v.other.Own {
		all.note(v.other.Own[i].TTL, v.fateOfOwn(&v.other.Own[i], from20))
	}
	return all
}

// fateOfOwn needs an attempt of the other end's that was made.
func (v *view) fateOfOwn(o *probe.Answering, from20 bool) probe.Outcome {
	sent := false
	for i := range v.other.Seen.Dials {
		d := &v.other.Seen.Dials[i]
		switch {
		case d.To.Port() != o.Local.Port() || !v.toExpiring(d) || (d.From.Port() == 20) != from20:
		case opened(dialOf(d)):
			return hops.Open
		case d.Outcome != hops.Timeout:
			return ""
		default:
			sent = true
		}
	}
	half := v.fromThere(arrivalsFrom(o.Half))
	switch {
	case len(o.Came) > 0:
		return hops.Open
	case !sent || !o.Told:
		return ""
	case slices.ContainsFunc(half, func(a probe.Arrival) bool { return (a.From.Port() == 20) == from20 }):
		return hops.Timeout
	}
	return hops.Expired
}

// toExpiring reports whether an attempt of the other end's went to a port at
// which our answers were to expire.
func (v *view) toExpiring(d *exchange.Dialing) bool {
	return d.Command == string(exchange.Dial) &&
		slices.ContainsFunc(v.other.Own, func(o probe.Answering) bool { return o.Local.Port() == d.To.Port() })
}

// placeExpired places the device that drops the other end's answers. Where its
// replies are acknowledged at another distance than ours to it, the way back is
// another one, and hops there have no number here.
func (v *view) placeExpired(f *Finding) bool {
	of := v.distance()
	last, known := v.answersThere().lastHop(of, v.repliesReach)
	if !known {
		return false
	}
	w := &Where{Side: opposite(side(last, of)), HopKnown: true, AfterHop: of - last, Of: of}
	if end := v.repliesEnd(); end > 0 && end != of {
		w.HopKnown, w.AfterHop = false, 0
		if w.Side != opposite(side(last, end)) {
			return false
		}
	}
	story := "The other end sent answers that were to expire on the way. Not even its first hop saw one, although its replies over the control connection get there."
	if last > 0 {
		story = fmt.Sprintf("The other end sent answers that were to expire on the way. They got as far as its hop %d, which said so, and not to hop %d, although its replies over the control connection get there.", last, last+1)
		if w.HopKnown {
			story += fmt.Sprintf(" Counted from here that is hop %d of %d.", w.AfterHop, of)
		}
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("A device nearer to the server: the answers reach its hop %d.", last))
	}
	if last+1 < of {
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("A device nearer to this client: other packets of the server's reach its hop %d, and the answers do not.", last+1))
	}
	v.placedAt(f, w, story)
	return true
}

// placeOwnExpired places the device that drops answers of ours.
func (v *view) placeOwnExpired(f *Finding, from20 bool) bool {
	of, c := v.distance(), v.control()
	last, known := v.answersHere(from20).lastHop(of, func(hop int) bool { return hop == of || c.names[hop].IsValid() })
	if !known {
		return false
	}
	story := "Answers of this machine that were to expire on the way did not even get to its first hop, although others of its packets do."
	if last > 0 {
		story = fmt.Sprintf("Answers of this machine that were to expire on the way got as far as %s, which said so, and not to hop %d, although other packets from here get there.", c.hopName(last), last+1)
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("A device nearer to this client: the answers reach hop %d.", last))
	}
	if last+1 < of {
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("A device nearer to the server: other packets from here reach hop %d, and the answers do not.", last+1))
	}
	v.placedAt(f, &Where{Side: side(last, of), HopKnown: true, AfterHop: last, Of: of}, story)
	return true
}

// placedAt names the device by what our own search met there.
func (v *view) placedAt(f *Finding, w *Where, story string) {
	if a := v.control().names[w.AfterHop]; a.IsValid() && w.HopKnown {
		w.Address = a.String()
	}
	f.Where, f.Owner = w, ownerAt(w)
	f.Story = append(f.Story, story)
}

// arrivalsFrom are connections of which only the source matters.
func arrivalsFrom(list []netip.AddrPort) (all []probe.Arrival) {
	for _, from := range list {
		all = append(all, probe.Arrival{From: from})
	}
	return all
}
