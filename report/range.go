package report

import (
	"fmt"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// sample is what is known of one announced port.
type sample struct {
	port      uint16
	open      bool
	confirmed bool // dialled again, with the same outcome
	dial      *probe.Dial
}

// sampled sums up the attempts by port, in port order. A port that failed once
// and then showed another outcome proves nothing and is left out.
func (v *view) sampled() []sample {
	byPort := map[uint16]*sample{}
	unsteady := map[uint16]bool{}
	for _, a := range v.ports {
		port := a.To.Port()
		s := byPort[port]
		switch {
		case s == nil && a.fresh:
			byPort[port] = &sample{port: port, open: opened(a.Dial), dial: a.Dial}
		case s == nil:
		case a.fresh && s.open != opened(a.Dial):
			unsteady[port] = true
		case a.fresh && !s.open && a.Outcome == s.dial.Outcome:
			s.confirmed = true
		case a.fresh || s.open || s.dial.Outcome == hops.Refused:
		case opened(a.Dial) || a.Outcome == hops.Refused: // nothing listens there any more, so the way is open
			unsteady[port] = true
		default: // silence or an ICMP message, which are rare enough to be left out at times
			s.confirmed = true
		}
	}
	var list []sample
	for port, s := range byPort {
		if !unsteady[port] {
			list = append(list, *s)
		}
	}
	slices.SortFunc(list, func(a, b sample) int { return int(a.port) - int(b.port) })
	return list
}

// boundary is how the open and the blocked ports divide.
type boundary struct {
	open, shut []sample
	band       portRange // of the open ports
	changes    int       // between open and blocked, in port order
}

func (v *view) boundary() boundary {
	var b boundary
	list := v.sampled()
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
// ports would show a single boundary.
func chance(open, shut int) float64 {
	ways := 1.0 // binomial(open+shut, shut)
	for i := 1; i <= shut; i++ {
		ways = ways * float64(open+i) / float64(i)
	}
	return min(1, 2/ways)
}

func rangePartlyBlocked(v *view) *Finding {
	b := v.boundary()
	if len(b.open) == 0 || len(b.shut) == 0 || b.changes > 2 {
		return nil
	}
	unlikely := chance(len(b.open), len(b.shut)) < 0.05 && b.changes == 1
	confirmed := slices.ContainsFunc(b.shut, func(s sample) bool { return s.confirmed })
	if !unlikely && !confirmed {
		return nil
	}
	f := &Finding{Certainty: sure(unlikely && confirmed), Checks: []probe.Check{probe.CheckPorts}}
	for _, s := range b.shut {
		f.Checks = append(f.Checks, s.dial.Check)
	}
	if c := v.ev.Client; c != nil && slices.ContainsFunc(c.Dials, func(d probe.Dial) bool { return failed(&d) }) {
		f.Checks = append(f.Checks, probe.CheckClient) // it drew a blocked port as well
	}
	first := b.shut[0].dial
	f.Story = []string{
		fmt.Sprintf("Of %d announced ports %d opened (%s) and %d did not: %s.", len(b.open)+len(b.shut), len(b.open), b.band, len(b.shut), portList(b.shut)),
		boundaryStory(b) + fmt.Sprintf(" For example, %s %s.", first.To, outcomeWords(first)),
	}
	f.Effect = "Transfers work or fail by the port that the server happens to choose."
	if confirmed {
		f.RuledOut = append(f.RuledOut, "Chance or load: a blocked port was tried again and stayed blocked.")
	}
	if b.spilled() && v.product.is("ProFTPD", "pyftpdlib") {
		f.Certainty = Likely
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("Not ruled out: %s leaves its configured range when that is used up, and the blocked ports lie far from the others.", v.product.Name))
	}
	if !unlikely {
		f.RuledOut = append(f.RuledOut, "Not ruled out: a boundary by chance; more samples would decide (--ports).")
	}
	all := v.announcedRange()
	f.Fixes = []Fix{
		{Who: ServerNetwork, Do: fmt.Sprintf("Open the whole range that the server announces, at least %s.", all), Examples: openRange(all)},
	}
	if b.band.high-b.band.low >= 9 { // fewer are no range to serve clients with
		f.Fixes = append(f.Fixes, Fix{Who: ServerAdmin, Do: fmt.Sprintf("Or let the server announce only ports that are open, such as %s.", b.band), Examples: examplesRange(v, b.band)})
	}
	v.placeShut(f, b)
	return f
}

// placeShut says where the connections to the blocked ports end.
func (v *view) placeShut(f *Finding, b boundary) {
	first := b.shut[0].dial
	var same []*probe.Dial
	for _, s := range b.shut {
		if s.dial.Outcome == first.Outcome {
			same = append(same, s.dial)
		}
	}
	t, other := v.traceTo(same)
	f.Where = v.locate(t, first.ICMP)
	f.Owner = ServerNetwork
	switch {
	case t.answer == first.Outcome && v.stoppedByNAT(t):
		f.Where.Side = SideServer
		f.Story = append(f.Story, v.natStory(t)...)
		f.Fixes[0] = v.fixForward()
	case f.Where.Side == SideClient:
		f.Owner = ClientNetwork
	}
	if other.known() {
		if f.Certainty == Certain {
			f.Certainty = Likely
		}
		f.Story = append(f.Story, fmt.Sprintf("Attempts to port %d end elsewhere: %s.", other.to.Port(), whereText(v.locate(other, nil))))
	}
}

// spilled reports whether every blocked port lies far outside the open band.
func (b boundary) spilled() bool {
	width := 4 * (int(b.band.high) - int(b.band.low) + 1)
	for _, s := range b.shut {
		below, above := int(b.band.low)-int(s.port), int(s.port)-int(b.band.high)
		if below <= width && above <= width {
			return false
		}
	}
	return true
}

func boundaryStory(b boundary) string {
	first, last := b.shut[0], b.shut[len(b.shut)-1]
	switch {
	case b.changes == 1 && first.port > b.band.high:
		return fmt.Sprintf("The boundary lies between %d, which is open, and %d, which is not.", b.band.high, first.port)
	case b.changes == 1:
		return fmt.Sprintf("The boundary lies between %d, which is not open, and %d, which is.", last.port, b.band.low)
	case first.port < b.band.low:
		return fmt.Sprintf("Open are the ports around %s; those below and above are not.", b.band)
	}
	return fmt.Sprintf("Blocked are the ports around %s; those below and above are open.", portRange{first.port, last.port})
}

func portList(list []sample) string {
	const most = 6
	var s string
	for i, p := range list {
		switch {
		case i == most:
			return s + fmt.Sprintf(" and %d more", len(list)-most)
		case i > 0:
			s += ", "
		}
		s += fmt.Sprint(p.port)
		if p.dial.Outcome == hops.Refused {
			s += " (refused)"
		}
	}
	return s
}
