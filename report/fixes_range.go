package report

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe"
)

// portRange is the range of ports that the server was seen to announce.
type portRange struct{ low, high uint16 }

func (r portRange) String() string {
	if r.low == r.high {
		return fmt.Sprint(r.low)
	}
	return fmt.Sprintf("%d-%d", r.low, r.high)
}

// colon is the range as iptables and ufw write it.
func (r portRange) colon() string { return strings.ReplaceAll(r.String(), "-", ":") }

// announcedRange is the range of all announced ports of this run.
func (v *view) announcedRange() portRange {
	var ports []uint16
	for _, p := range v.passive {
		if p.Announced.Port() != 0 {
			ports = append(ports, p.Announced.Port())
		}
	}
	if v.ran(probe.CheckPorts) {
		for _, s := range v.ev.Samples {
			if s.Announced.Port() != 0 {
				ports = append(ports, s.Announced.Port())
			}
		}
	}
	if len(ports) == 0 {
		return portRange{}
	}
	return portRange{slices.Min(ports), slices.Max(ports)}
}

// wholeRange is the range that a firewall has to open, and how it is known: from
// the opposite end, where what it says holds the ports that were seen, else
// these.
func (v *view) wholeRange(seen portRange) (r portRange, source string) {
	if h, ok := v.hello(); ok && h.Passive.Low > 0 && (seen.low == 0 || h.Passive.Low <= seen.low && seen.high <= h.Passive.High) {
		r = portRange{h.Passive.Low, h.Passive.High}
		return r, "the server says: " + r.String()
	}
	return seen, "seen in this run: " + seen.String()
}

func examplesRange(v *view, r portRange) []Example {
	if r.low == 0 {
		return nil
	}
	return passiveRange.examples(v.product, r.low, r.high)
}
