package report

import (
	"fmt"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// answersBack is the hop search that the other end's SYN ACKs make which were to
// expire on the way. Distances count from the other end. It is not known where
// SYN ACKs that were to go all the way left no handshake by half: then nothing
// follows from none at other ports.
func (v *view) answersBack() trace {
	fates := map[int]probe.Outcome{}
	farthest := 0
	for _, p := range v.expiring {
		o := v.fateOfAnswer(p)
		if have, known := fates[p.Answer]; known && have != o {
			o = ""
		}
		fates[p.Answer], farthest = o, max(farthest, p.Answer)
	}
	of := v.distance()
	if of == 0 || farthest <= of || fates[farthest] != hops.Timeout {
		return trace{}
	}
	var steps []probe.Hop
	for ttl := 1; ttl <= of; ttl++ {
		steps = append(steps, probe.Hop{TTL: ttl, Outcome: fates[ttl]})
	}
	return readTrace(steps)
}

// fateOfAnswer is what became of the SYN ACK from a port where it had a TTL:
// expired, timeout where it vanished, open where it got here. It is "" where that
// is not known: our SYN may not have been sent.
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

// placeExpired places the device that drops the other end's answers: they reach
// one hop and not the next one, which its replies over the control connection do
// reach. Where they vanish before a hop that answers others, a message of a
// router got lost, and nothing is known.
func (v *view) placeExpired(f *Finding) bool {
	t, of := v.answersBack(), v.distance()
	last := t.expired
	if t.answer != hops.Timeout || last >= of || !v.repliesReach(last+1) {
		return false
	}
	for ttl := 1; ttl < last; ttl++ {
		if _, expired := t.names[ttl]; !expired && v.repliesReach(ttl) {
			return false
		}
	}
	f.Where = &Where{Side: opposite(side(last, of)), HopKnown: true, AfterHop: of - last, Of: of}
	if a := v.control().names[of-last]; a.IsValid() {
		f.Where.Address = a.String()
	}
	f.Owner = ownerAt(f.Where)
	f.Story = append(f.Story, answersStory(last, f.Where))
	f.RuledOut = append(f.RuledOut, fmt.Sprintf("A device farther on the way back: other packets of the server's reach its hop %d, and these do not.", last+1))
	if last > 0 {
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("A device nearer to the server: these packets reach its hop %d.", last))
	}
	return true
}

func answersStory(last int, w *Where) string {
	const head = "The other end sent answers that were to expire on the way. "
	there := ", although its replies over the control connection get there."
	if last == 0 {
		return head + "Not even its first hop saw one" + there
	}
	return head + fmt.Sprintf("They got as far as its hop %d, which said so, and not to hop %d%s Counted from here that is hop %d of %d.",
		last, last+1, there, w.AfterHop, w.Of)
}
