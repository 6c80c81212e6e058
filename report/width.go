package report

import (
	"fmt"
	"math"
	"slices"

	"ftpcheck/probe"
)

// AnnouncedRange is what the announcements of a run tell of the server's
// passive range.
type AnnouncedRange struct {
	Low, High uint16 // lowest and highest port seen
	Seen      int    // different ports
	About     int    // estimated width in ports; 0: too few were seen, or no one range shows them

	ports []uint16 // of every announcement, in order
}

// leastSeen is how many different ports an estimate needs: with fewer the
// range may well be twice as wide as it says.
const leastSeen = 4

// AnnouncedRangeOf returns the range of all announced ports, or nil when none
// was announced. Its width is estimated from different ports: servers often
// announce one port several times.
func AnnouncedRangeOf(ev *probe.Evidence) *AnnouncedRange {
	var ports []uint16
	for _, s := range ev.Announced() {
		if p := s.Announced.Port(); p != 0 {
			ports = append(ports, p)
		}
	}
	if len(ports) == 0 {
		return nil
	}
	slices.Sort(ports)
	n := len(slices.Compact(slices.Clone(ports)))
	r := &AnnouncedRange{Low: ports[0], High: ports[len(ports)-1], Seen: n, ports: ports}
	if n >= leastSeen && r.even() {
		r.About = max(roundTwo(float64(r.estimate())), r.span())
	}
	return r
}

// estimate enlarges the spread that was seen by the part that so many random
// ports miss on average at both ends.
func (r *AnnouncedRange) estimate() int {
	n := float64(r.Seen)
	return min(int(float64(r.span()-1)*(n+1)/(n-1)+1.5), 65535)
}

// span is the number of ports from the lowest to the highest.
func (r *AnnouncedRange) span() int { return int(r.High) - int(r.Low) + 1 }

// roundTwo keeps two digits: more would look like a measurement.
func roundTwo(x float64) int {
	unit := math.Pow(10, math.Max(0, math.Floor(math.Log10(x))-1))
	return int(math.Round(x/unit) * unit)
}

// words are the range for the line of the ports check; "" without an estimate.
func (r *AnnouncedRange) words() string {
	if r == nil || r.About == 0 {
		return ""
	}
	return fmt.Sprintf("range about %d wide", r.About)
}

// even reports whether the ports look drawn from one range. A small range and
// a few ports outside it have more than half of the announcements close
// together, which an even draw hardly shows.
func (r *AnnouncedRange) even() bool {
	most := len(r.ports)/2 + 1
	for i := most - 1; i < len(r.ports); i++ {
		if int(r.ports[i])-int(r.ports[i-most+1]) < r.span()/10 {
			return false
		}
	}
	return true
}

// smallestEphemeral is the width of the smallest range from which systems take
// free ports: 49152-65535 (RFC 6335 6, Windows). Linux takes 32768-60999.
const smallestEphemeral = 65536 - 49152

// rangeWide: half of that between the ports seen, four fifths by the estimate.
func rangeWide(v *view) *Finding {
	r := AnnouncedRangeOf(v.ev)
	if r == nil || r.About < smallestEphemeral*4/5 || r.span() < smallestEphemeral/2 {
		return nil
	}
	f := &Finding{
		Certainty: sure(r.span() >= smallestEphemeral*4/5),
		Story: []string{
			fmt.Sprintf("The %d ports that the server announced lie between %d and %d; its range is about %d ports wide. That is no range that someone chose: the server takes any free port.", r.Seen, r.Low, r.High, r.About),
			"A firewall would have to open nearly every high port. Give the server a small fixed range, and open that: \"ftpcheck plan\" tells the size, and the lines for servers and firewalls.",
		},
		Effect: "None by itself. A firewall in front of the server has to let nearly all high ports through, or use an FTP helper, which fails with TLS.",
		Fixes:  []Fix{{Who: ServerAdmin, Do: "Give the server a fixed passive range of a few hundred ports, such as 30000-30199.", Examples: examplesRange(v, portRange{planLow, planLow + 199})}},
	}
	for _, p := range v.passive {
		f.Checks = append(f.Checks, p.Check)
	}
	f.Checks = append(f.Checks, probe.CheckPorts)
	return f
}
