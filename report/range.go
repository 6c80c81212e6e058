package report

import (
	"fmt"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// rangePartlyBlocked needs a boundary that random failures would hardly show
// (chance), or a blocked port that stayed blocked.
func rangePartlyBlocked(v *view) *Finding {
	b, stray := v.fits()
	if len(b.open) == 0 || len(b.shut) == 0 {
		return v.holeInRange(b)
	}
	confirmed := slices.ContainsFunc(b.shut, func(s sample) bool { return s.confirmed })
	clear := b.chance() < unlikely
	if b.changes > 2 || !clear && !confirmed || v.spills(b) != "" {
		return nil
	}
	inVain := v.inVain(b)
	f := &Finding{Certainty: sure(clear && (confirmed || inVain > 1) && stray == nil), Checks: []probe.Check{probe.CheckPorts}}
	f.Checks = append(f.Checks, v.blockedChecks(b)...)
	f.Checks = append(f.Checks, v.clientBlocked()...)
	first := b.shut[0].dial
	f.Story = []string{
		fmt.Sprintf("Of %d ports %s %d opened (%s) and %d did not: %s.", len(b.open)+len(b.shut), v.offered(), len(b.open), b.band, len(b.shut), portList(b.shut)),
		boundaryStory(b) + fmt.Sprintf(" For example, %s %s.", first.To, outcomeWords(first)),
	}
	f.Effect = "Transfers work or fail by the port that the server happens to choose."
	if confirmed {
		f.RuledOut = append(f.RuledOut, "Chance or load: a blocked port was tried again and stayed blocked.")
	}
	if inVain > 1 {
		f.Checks = append(f.Checks, probe.CheckPeer)
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("A server that does not listen: it did, on %d of the blocked ports, and nothing came.", inVain))
	}
	if !clear {
		f.RuledOut = append(f.RuledOut, "Not ruled out: a boundary by chance; more samples would decide (--ports).")
	}
	if stray != nil {
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("Not explained: port %d, among the open ones, did not open either. One attempt may fail by chance.", stray.port))
	}
	v.fixPartlyBlocked(f, b)
	v.placeShut(f, b)
	v.openOnRequest(f, b)
	if v.byCommand() {
		f.Certainty = Possible
		f.RuledOut = append(f.RuledOut, "Not ruled out: a device that opens the ports of which it reads in the dialogue, and reads one of EPSV and PASV only: those of one opened, those of the other did not. The opposite end (ftpcheck serve), or a sweep, would tell.")
	}
	return f
}

// openOnRequest says that blocked ports opened once the other end listened there
// at our request: no firewall blocks them by their number.
func (v *view) openOnRequest(f *Finding, b boundary) {
	var ports []uint16
	for _, s := range b.shut {
		if slices.ContainsFunc(v.listens, func(l listen) bool { return l.dial.To.Port() == s.port && l.state == PortArrived }) {
			ports = append(ports, s.port)
		}
	}
	if len(ports) == 0 {
		return
	}
	f.Checks = append(f.Checks, probe.CheckPeer)
	f.Certainty, f.Owner, f.Title = Likely, ServerAdmin, "Part of the announced ports is closed"
	f.Where = &Where{Side: SideServer, Of: v.distance()}
	f.Story = append(f.Story, fmt.Sprintf("When the other end listened there at our request, connections arrived (ports %s). So nothing blocks these ports by their number: most likely the server does not listen on all that it announces.", portWords(ports)))
	f.RuledOut = append(f.RuledOut, "Not ruled out: a device on the way that reads the dialogue, and closes some of the ports that are announced in it.")
	f.Fixes = []Fix{{Who: ServerAdmin, Do: "Find out why the server does not listen there, or let it announce only ports on which it does.", Examples: v.serverLog()}}
}

// blockedChecks are the checks of all attempts at the blocked ports.
func (v *view) blockedChecks(b boundary) (checks []probe.Check) {
	for _, a := range v.attempts() {
		if failed(a.Dial) && slices.ContainsFunc(b.shut, func(s sample) bool { return s.port == a.To.Port() }) {
			checks = append(checks, a.Check)
		}
	}
	return checks
}

// inVain counts the blocked ports on which the other end listened, and saw nothing.
func (v *view) inVain(b boundary) (n int) {
	for _, s := range b.shut {
		if slices.ContainsFunc(v.listens, func(l listen) bool { return l.dial.To.Port() == s.port && PortStateOf(l.dial.Outcome) == l.state }) {
			n++
		}
	}
	return n
}

// clientBlocked is the ordinary client's check if it drew a blocked port, too.
func (v *view) clientBlocked() []probe.Check {
	if c := v.ev.Client; c != nil && slices.ContainsFunc(c.Dials, func(d probe.Dial) bool { return failed(&d) }) {
		return []probe.Check{probe.CheckClient}
	}
	return nil
}

// fixPartlyBlocked turns the boundary into what to change. Only a sweep names
// it exactly.
func (v *view) fixPartlyBlocked(f *Finding, b boundary) {
	all, _ := v.wholeRange(v.announcedRange())
	band := b.band
	open := Fix{Who: ServerNetwork, Do: fmt.Sprintf("Open the whole range that the server announces, at least %s.", all), Examples: openRange(all)}
	passes, blocked := v.sweptBoundary(b)
	r := AnnouncedRangeOf(v.ev)
	switch {
	case passes.low > 0:
		band = passes
		f.Story[1] = fmt.Sprintf("The sweep names the boundary: the firewall lets %s through and blocks %s. %s", passes, rangeList(blocked, 4), letThrough)
		if len(blocked) == 1 {
			open.Do = fmt.Sprintf("Open the blocked part of the server's range as well: the sweep found %s blocked.", blocked[0])
			open.Examples = openRange(blocked[0])
		}
	case r != nil && r.About > r.span():
		f.Story = append(f.Story, fmt.Sprintf("Judging by %d ports, the server's range is about %d ports wide. A sweep would name the boundary (--sweep %s).", r.Seen, r.About, all))
	}
	f.Fixes = []Fix{open}
	if band.high-band.low >= 9 { // fewer are no range to serve clients with
		f.Fixes = append(f.Fixes, Fix{Who: ServerAdmin, Do: fmt.Sprintf("Or let the server announce only ports that are open, such as %s.", band), Examples: examplesRange(v, band)})
	}
}

const letThrough = "A refused port is let through: a firewall that drops would leave it silent."

// sweptBoundary is what a sweep adds: the range let through that holds every
// open port, and the blocked ranges that hold a blocked one. Where blocked
// ports are refused, a refusal proves nothing.
func (v *view) sweptBoundary(b boundary) (passes portRange, blocked []portRange) {
	if slices.ContainsFunc(b.shut, func(s sample) bool { return s.dial.Outcome == hops.Refused }) {
		return passes, nil
	}
	s := SweepOf(v.ev)
	for _, r := range s.let() {
		if r.low <= b.band.low && b.band.high <= r.high {
			passes = r
		}
	}
	for _, r := range s.shut() {
		if slices.ContainsFunc(b.shut, func(s sample) bool { return r.low <= s.port && s.port <= r.high }) {
			blocked = append(blocked, r)
		}
	}
	if len(blocked) == 0 {
		return portRange{}, nil
	}
	return passes, blocked
}

// leastHole is how many neighbouring ports a hole has at least: fewer may be
// lost packets, of the many that a sweep sends at once.
const leastHole = 4

// holeInRange: every announced port opened, but a sweep found others between
// them that are blocked. The ports around have to be let through without an
// announcement: an FTP helper opens only what was announced.
func (v *view) holeInRange(b boundary) *Finding {
	holes := v.holes()
	if len(b.shut) > 0 || len(b.open) == 0 || len(holes) == 0 {
		return nil
	}
	f := &Finding{Certainty: Likely, Checks: []probe.Check{probe.CheckPorts}, Where: &Where{Side: SideUnknown, Of: v.distance()},
		Story: []string{
			fmt.Sprintf("The %d ports %s opened (%s). The sweep found ports between them that are blocked: %s.", len(b.open), v.offered(), b.band, rangeList(holes, 4)),
			"Other ports between them are let through. " + letThrough,
		},
		Effect:   "Transfers fail when the server chooses one of the blocked ports.",
		RuledOut: []string{"Not ruled out: a server that never announces these ports."},
		Fixes:    []Fix{{Who: ServerNetwork, Do: fmt.Sprintf("Open %s as well.", rangeList(holes, 4)), Examples: openRange(holes[0])}},
	}
	if len(holes) > 1 {
		f.Fixes[0].Examples = openRange(v.announcedRange())
	}
	return f
}

// holes are blocked ranges of the sweep between announced ports, where refused
// ports show that the firewall lets others through.
func (v *view) holes() []portRange {
	if !v.ran(probe.CheckPorts) {
		return nil
	}
	s, all := SweepOf(v.ev), v.announcedRange()
	inside := func(list []portRange, least int) (in []portRange) {
		for _, r := range list {
			r = portRange{max(r.low, all.low), min(r.high, all.high)}
			if r.low <= r.high && int(r.high)-int(r.low) >= least-1 {
				in = append(in, r)
			}
		}
		return in
	}
	if all.low == 0 || len(inside(s.of(PortRefused), leastHole)) == 0 {
		return nil
	}
	return inside(s.shut(), leastHole)
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
		if f.Certainty == Certain {
			f.Certainty = Likely
		}
		f.Story = append(f.Story, v.natStory(t)...)
		f.RuledOut = append(f.RuledOut, beforeNAT(t))
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
