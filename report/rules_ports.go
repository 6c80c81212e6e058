package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// The announced ports, taken together.
var portRules = []rule{
	{Code: Code{"data-intermittent", Problem, ServerNetwork, "Data ports open or fail at random",
		"Announced ports open or fail without order: no boundary between port numbers explains which."},
		when: dataIntermittent, hides: []string{"data-range-partly-blocked", "later-transfers-fail"}},
	{Code: Code{"passive-range-wide", Note, ServerAdmin, "The passive ports have no fixed range",
		"The announced ports are spread over so many that a firewall would have to open nearly every high port."},
		when: rangeWide},
}

// unlikely is the probability below which an explanation by chance is left
// aside: the usual one in twenty. The others are how often an attempt is
// assumed to fail for a reason of its own: to get no answer (a lost SYN), or to
// be refused (a server that closes too early). They are far above what a line
// and a server show on which the login works at all.
const (
	unlikely   = 0.05
	oddSilence = 0.05
	oddRefusal = 0.01
)

// strays are the blocked ports that no boundary explains. If the open ports
// were one range, or all but one, the blocked ones would stand together: the
// best such division leaves these over. An open port is never over, because
// nothing opens by chance.
func strays(list []sample) []sample {
	first := slices.IndexFunc(list, func(s sample) bool { return s.open })
	if first < 0 {
		return nil
	}
	last := len(list) - 1
	for !list[last].open {
		last--
	}
	lo, hi := first, first // the longest row of blocked ports between open ones
	for i := first; i <= last; i++ {
		j := i
		for !list[j].open {
			j++
		}
		if j-i > hi-lo {
			lo, hi = i, j
		}
		i = j
	}
	outside := first + len(list) - 1 - last
	var odd []sample
	for i, s := range list {
		explained := i < first || i > last
		if hi-lo > outside {
			explained = lo <= i && i < hi
		}
		if !s.open && !explained {
			odd = append(odd, s)
		}
	}
	return odd
}

// byChance bounds the probability that at least these failures, out of that
// many attempts, are chance alone: the number of ways to choose them times the
// probability of each (the union bound). One that was tried again counts twice.
func byChance(failures []sample, attempts int) float64 {
	p := 1.0
	for i, s := range failures {
		odd := oddSilence
		if s.dial.Outcome == hops.Refused {
			odd = oddRefusal
		}
		if s.confirmed {
			odd *= odd
		}
		p *= float64(attempts-i) / float64(i+1) * odd
	}
	return min(1, p)
}

// dataIntermittent needs two failures or more that neither a boundary nor
// chance explains. A port that was open once and refused once, each time right
// after its announcement, is the strongest sign.
func dataIntermittent(v *view) *Finding {
	all := v.byPort()
	odd := strays(v.sampled())
	var both []sample
	opens := 0
	for _, s := range all {
		if s.unsteady != steady {
			odd = append(odd, s)
		}
		if s.unsteady == mixed {
			both = append(both, s)
		}
		if s.open || s.unsteady != steady {
			opens++
		}
	}
	tried, failures := v.rate()
	if p := byChance(odd, tried); opens == 0 || len(odd) < 2 && len(both) == 0 || p >= unlikely && len(both) == 0 {
		return nil
	}
	f := &Finding{Certainty: Possible, Checks: []probe.Check{probe.CheckPorts}}
	for _, a := range v.attempts() {
		if failed(a.Dial) {
			f.Checks = append(f.Checks, a.Check)
		}
	}
	f.Checks = append(f.Checks, v.clientBlocked()...)
	changing := slices.ContainsFunc(odd, func(s sample) bool { return !s.confirmed })
	switch {
	case len(both) > 1:
		f.Certainty = Certain
	case changing:
		f.Certainty = Likely
	}
	f.Effect = fmt.Sprintf("Listings and transfers fail at random: here %d of %d connections did.", failures, tried)
	v.tellIntermittent(f, all, odd, both)
	v.placeIntermittent(f, odd)
	return f
}

// rate counts the attempts that were made right after their announcement.
func (v *view) rate() (tried, failures int) {
	for _, a := range v.attempts() {
		if a.fresh {
			tried++
			if failed(a.Dial) {
				failures++
			}
		}
	}
	return tried, failures
}

func (v *view) tellIntermittent(f *Finding, all, odd, both []sample) {
	tried, failures := v.rate()
	bad := slices.DeleteFunc(slices.Clone(all), func(s sample) bool { return s.open && s.unsteady == steady })
	f.Story = []string{fmt.Sprintf("Of %d connections to ports %s %d failed, without order: %s.", tried, v.offered(), failures, portList(bad))}
	if b := divide(all); len(b.open) > 1 {
		f.Story[0] += fmt.Sprintf(" Ports between them opened (%s).", b.band)
	}
	if len(both) > 0 {
		f.Story = append(f.Story, fmt.Sprintf("Port %d opened once and was refused once, each time right after the server had announced it.", both[0].port))
	}
	f.Story = append(f.Story, "A load balancer with several servers behind it does this: the control connection is led to one of them and the data connection to another, which does not know the port. With two servers about half of the connections work, with three a third.")
	if n := len(strays(v.sampled())); n > 1 {
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("A firewall with another range: %d of the failures stand among open ports.", n))
	}
	if p := byChance(odd, tried); p < unlikely {
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("Lost packets: even if one attempt in %.0f got lost and one in %.0f was refused by chance, less than %s of such runs would show so many failures.", 1/oddSilence, 1/oddRefusal, within(p)))
	}
	steadyOnes := !slices.ContainsFunc(odd, func(s sample) bool { return !s.confirmed })
	switch {
	case steadyOnes:
		f.RuledOut = append(f.RuledOut, "Not ruled out: a firewall with gaps at exactly these ports. Each was tried again and stayed blocked. A second run would show other ports if it is chance.")
	case len(both) == 0:
		f.RuledOut = append(f.RuledOut, "Not ruled out: a device that is overloaded or limits new connections. --parallel 1 would then help.")
	}
	f.Fixes = []Fix{
		{Who: ServerNetwork, Do: "Lead all connections of one client to the same server: bind control and data ports together by the client's address.",
			Examples: []Example{
				{"HAProxy", "balance source   (one frontend for port 21 and the passive range)"},
				{"AWS", "target groups: stickiness by source IP, the same for every port"},
				{"Kubernetes", "sessionAffinity: ClientIP, or a single replica"},
			}},
		{Who: ServerNetwork, Do: "Or give each server a passive range of its own, and forward each range to its server only."},
	}
}

// within rounds a probability up, for "less than".
func within(p float64) string {
	for _, limit := range []float64{0.0001, 0.001, 0.01} {
		if p < limit {
			return fmt.Sprintf("%g %%", limit*100)
		}
	}
	return fmt.Sprintf("%.0f %%", math.Ceil(p*100))
}

// placeIntermittent goes by who rejects. A hop search is no help: each of its
// attempts fails or gets farther at random, too.
func (v *view) placeIntermittent(f *Finding, odd []sample) {
	f.Where = &Where{Side: SideUnknown, Of: v.distance()}
	for _, s := range odd {
		if i := s.dial.ICMP; failed(s.dial) && i != nil && i.From.IsValid() {
			v.locateSender(f.Where, i.From.Unmap(), v.control())
			break
		}
	}
	f.Owner = ownerAt(f.Where)
	if f.Owner == PathOwner {
		f.Owner = ServerNetwork
	}
}

// spills says which server hands out ports beyond its range once that is used
// up: the blocked ports lie far from the open ones and from each other, so that
// no firewall rule would leave out just them. ProFTPD and pyftpdlib are known
// to do it; "" when it is not so, "a server" for one that is not known.
func (v *view) spills(b boundary) string {
	if len(b.shut) == 0 || v.announcedIn(b.band) < 3 || !b.faraway() || v.crowding(b) > unlikely/10 {
		return ""
	}
	switch {
	case v.product.is("ProFTPD", "pyftpdlib") && b.scattered():
		return v.product.Name
	case v.product.Name == "" && len(b.open) > 2 && len(b.shut) > 1 && b.scattered():
		return "a server"
	}
	return ""
}

// crowding bounds the probability that so many announcements fall into a band
// as narrow as that of the open ports, if the server drew them evenly from all
// that were seen. Where it is high, a firewall with a narrow range explains more.
func (v *view) crowding(b boundary) float64 {
	all, in := len(v.ev.Announced()), v.announcedIn(b.band)
	low, high := min(b.band.low, b.shut[0].port), max(b.band.high, b.shut[len(b.shut)-1].port)
	share := float64(b.band.high-b.band.low+1) / float64(int(high)-int(low)+1)
	return arrangements(in, max(0, all-in)) * float64(in) * math.Pow(share, float64(in-1))
}

// announcedIn counts the announcements of ports within the band.
func (v *view) announcedIn(band portRange) (n int) {
	for _, s := range v.ev.Announced() {
		if p := s.Announced.Port(); band.low <= p && p <= band.high && band.low > 0 {
			n++
		}
	}
	return n
}

// faraway reports whether every blocked port lies far outside the open band.
func (b boundary) faraway() bool {
	width := 4 * (int(b.band.high) - int(b.band.low) + 1)
	return !slices.ContainsFunc(b.shut, func(s sample) bool {
		return int(b.band.low)-int(s.port) <= width && int(s.port)-int(b.band.high) <= width
	})
}

// scattered reports whether the blocked ports are farther apart than the open
// ones are, as no second range would be.
func (b boundary) scattered() bool {
	for i := 1; i < len(b.shut); i++ {
		if b.shut[i].port-b.shut[i-1].port <= b.band.high-b.band.low {
			return false
		}
	}
	return true
}

// withClient adds what the ordinary client met: the server announced that port
// as well.
func (v *view) withClient() boundary {
	list := v.sampled()
	if c := v.ev.Client; c != nil && v.ran(probe.CheckClient) {
		for i := range c.Dials {
			d := &c.Dials[i]
			known := slices.ContainsFunc(list, func(s sample) bool { return s.port == d.To.Port() })
			if !known && (opened(d) || failed(d)) {
				list = append(list, sample{port: d.To.Port(), open: opened(d), dial: d})
			}
		}
	}
	slices.SortFunc(list, func(a, b sample) int { return int(a.port) - int(b.port) })
	return divide(list)
}

// spilledOver is passive-ports-exhausted for a server that says nothing.
func spilledOver(v *view) *Finding {
	b := v.withClient()
	who := v.spills(b)
	if who == "" {
		return nil
	}
	f := &Finding{Certainty: sure(false), Checks: []probe.Check{probe.CheckPorts}}
	known := "ProFTPD and pyftpdlib take any free port when their range is used up, and only log it."
	if who == "a server" {
		f.Certainty = Possible
	} else {
		known = who + " takes any free port when its range is used up, and only logs it."
	}
	for _, s := range b.shut {
		f.Checks = append(f.Checks, s.dial.Check)
	}
	f.Checks = append(f.Checks, v.clientBlocked()...)
	f.Story = []string{
		fmt.Sprintf("The server announced %s from %s, which opened, and far from these %s, which did not: %s.", count(len(b.open), "port"), b.band, count(len(b.shut), "other"), portList(b.shut)),
		known + " The firewall in front does not know of those ports.",
	}
	f.Effect = "Transfers fail at busy times, or when a client opens several connections, and work again a few minutes later."
	f.RuledOut = []string{"Not ruled out: a firewall that blocks ports of the server's range. The range in its configuration tells."}
	f.Fixes = []Fix{{Who: ServerAdmin, Do: fmt.Sprintf("Widen the passive port range beyond %s, in the server and in every firewall in front of it: more ports than transfers in four minutes.", b.band)}}
	if first := b.shut[0].dial; first.Outcome == hops.Timeout || first.Outcome == hops.Refused {
		f.Story[1] += fmt.Sprintf(" For example, %s %s.", first.To, outcomeWords(first))
	}
	return f
}

// outOfPorts: the server says so, or hands out ports beyond its range, or both.
func outOfPorts(v *view) *Finding {
	said, spilled := portsExhausted(v), spilledOver(v)
	if said == nil || spilled == nil {
		return cmp.Or(said, spilled)
	}
	said.Checks = append(said.Checks, spilled.Checks...)
	said.Story = append(said.Story, spilled.Story...)
	said.Fixes = spilled.Fixes // they name the range
	return said
}
