package report

import (
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// sample is what is known of one announced port.
type sample struct {
	port      uint16
	open      bool
	confirmed bool // dialled again, with the same outcome
	unsteady  unsteadiness
	dial      *probe.Dial // the first attempt
}

// unsteadiness is how several attempts at one port differ.
type unsteadiness int

const (
	steady  unsteadiness = iota
	cleared              // silence, and an answer to another attempt: one lost packet does that
	mixed                // it opened and it was refused, each time right after it was announced
)

// attempts are all attempts at announced ports of the control host, those of
// the transfers included.
func (v *view) attempts() []attempt {
	list := slices.Clone(v.ports)
	for _, t := range v.steps() {
		if d := t.host; d != nil && !v.wrongPort(t.Command) {
			list = append(list, attempt{d, true, t.Command})
		}
	}
	return list
}

// byCommand reports whether each command's ports all opened or all failed, and
// those of one did this and those of another that.
func (v *view) byCommand() bool {
	opens, fails := map[string]bool{}, map[string]bool{}
	for _, a := range v.attempts() {
		switch {
		case a.command == "" || !a.fresh:
		case opened(a.Dial):
			opens[a.command] = true
		default:
			fails[a.command] = true
		}
	}
	for c := range fails {
		if opens[c] {
			return false
		}
	}
	return len(opens) > 0 && len(fails) > 0
}

// byPort sums up the attempts by port, in port order.
func (v *view) byPort() []sample {
	byPort := map[uint16]*sample{}
	for _, a := range v.attempts() {
		port := a.To.Port()
		s := byPort[port]
		if s == nil {
			if a.fresh {
				byPort[port] = &sample{port: port, open: opened(a.Dial), dial: a.Dial}
			}
			continue
		}
		silent := a.Outcome == hops.Timeout || s.dial.Outcome == hops.Timeout
		switch {
		case a.fresh && s.open != opened(a.Dial) && silent:
			s.unsteady = max(s.unsteady, cleared)
		case a.fresh && s.open != opened(a.Dial):
			s.unsteady = mixed
		case a.fresh && !s.open && a.Outcome == s.dial.Outcome:
			s.confirmed = true
		case !a.fresh && !s.open && s.dial.Outcome == hops.Refused && opened(a.Dial): // a refused port is dialled again while it is announced
			s.unsteady = mixed
		case a.fresh || s.open || s.dial.Outcome == hops.Refused:
		case opened(a.Dial) || a.Outcome == hops.Refused: // nothing listens there any more, so the way is open
			s.unsteady = max(s.unsteady, cleared)
		default: // silence or an ICMP message, which are rare enough to be left out at times
			s.confirmed = true
		}
	}
	var list []sample
	for _, s := range byPort {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b sample) int { return int(a.port) - int(b.port) })
	return list
}

// sampled leaves out the ports that failed once and then showed another
// outcome: they prove nothing about their number.
func (v *view) sampled() []sample {
	return slices.DeleteFunc(v.byPort(), func(s sample) bool { return s.unsteady != steady })
}

// boundary is how the open and the blocked ports divide.
type boundary struct {
	open, shut []sample
	band       portRange // of the open ports
	changes    int       // between open and blocked, in port order
}

// divide takes samples in port order.
func divide(list []sample) boundary {
	var b boundary
	for i, s := range list {
		if s.open {
			b.open = append(b.open, s)
		} else {
			b.shut = append(b.shut, s)
		}
		if i > 0 && s.open != list[i-1].open {
			b.changes++
		}
	}
	if len(b.open) > 0 {
		b.band = portRange{b.open[0].port, b.open[len(b.open)-1].port}
	}
	return b
}

// chance is the probability that a random mix of this many open and blocked
// ports would show a single boundary: two of all arrangements do.
func chance(open, shut int) float64 { return min(1, 2/arrangements(open, shut)) }

// arrangements is the number of ways in which so many open and blocked ports
// can follow each other.
func arrangements(open, shut int) float64 {
	ways := 1.0 // binomial(open+shut, shut)
	for i := 1; i <= shut; i++ {
		ways = ways * float64(open+i) / float64(i)
	}
	return ways
}

// chance is the probability that a random mix would show as few changes, one
// or two. With two, the open ports stand together, or the blocked ones.
func (b boundary) chance() float64 {
	if b.changes > 1 {
		return min(1, float64(len(b.open)+len(b.shut))/arrangements(len(b.open), len(b.shut)))
	}
	return chance(len(b.open), len(b.shut))
}

// fits leaves out the one blocked port that does not fit a boundary, where
// many others do: one attempt may fail for a reason of its own.
func (v *view) fits() (b boundary, stray *sample) {
	list := v.sampled()
	b = divide(list)
	if odd := strays(list); b.changes > 2 && len(odd) == 1 {
		without := divide(slices.DeleteFunc(list, func(s sample) bool { return s.port == odd[0].port }))
		if len(without.shut) > 1 && without.chance() < unlikely {
			return without, &odd[0]
		}
	}
	return b, nil
}
