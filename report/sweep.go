package report

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// PortState is what a port did, in one word.
type PortState string

const (
	PortOpen     PortState = "open"     // the handshake was completed, whatever came after it
	PortRefused  PortState = "refused"  // a RST: the way is open and nothing listens
	PortSilent   PortState = "silent"   // no answer within the limit
	PortRejected PortState = "rejected" // an ICMP message, or no route on this machine
)

// States that both ends together show.
const (
	PortArrived  PortState = "arrived"  // the connection was made at both ends
	PortAnswered PortState = "answered" // something completed the handshake, and the other end saw nothing of it
	PortHalfway  PortState = "half-way" // the first packet arrived, and its answer was lost
)

// PortStates lists the states of a sweep in the order in which they are shown.
var PortStates = []PortState{PortOpen, PortRefused, PortSilent, PortRejected}

// PortStateOf maps the outcome of an attempt to its state; "" when it tells
// nothing, as a cancelled one. A connection that opens and is reset counts as
// open: something completed the handshake. Any ICMP error counts as rejected,
// "prohibited" and "unreachable" alike: a device answered, and not the port.
func PortStateOf(o probe.Outcome) PortState {
	switch o {
	case hops.Open, hops.Reset:
		return PortOpen
	case hops.Refused:
		return PortRefused
	case hops.Timeout:
		return PortSilent
	case hops.Rejected, hops.Unreachable:
		return PortRejected
	}
	return ""
}

// SweptRange is a run of neighbouring ports in one state, both ends included.
type SweptRange struct {
	From, To uint16
	State    PortState
}

// SweptRanges sums up attempts as ranges, in port order. A port without a
// result parts two ranges. Of several attempts at one port the one that says
// most counts: open, refused, rejected, silent.
func SweptRanges(dials []probe.Dial) []SweptRange {
	byPort := map[uint16]PortState{}
	for _, d := range dials {
		state := PortStateOf(d.Outcome)
		if state == "" {
			continue
		}
		if have, ok := byPort[d.To.Port()]; !ok || proof(state) < proof(have) {
			byPort[d.To.Port()] = state
		}
	}
	return rangesOf(byPort)
}

// rangesOf sums up ports as runs of neighbours in one state, in port order.
func rangesOf(byPort map[uint16]PortState) []SweptRange {
	ports := make([]uint16, 0, len(byPort))
	for p := range byPort {
		ports = append(ports, p)
	}
	slices.Sort(ports)
	var list []SweptRange
	for _, p := range ports {
		if n := len(list); n > 0 && list[n-1].State == byPort[p] && list[n-1].To+1 == p {
			list[n-1].To = p
			continue
		}
		list = append(list, SweptRange{p, p, byPort[p]})
	}
	return list
}

// proof ranks states by how much they prove.
func proof(s PortState) int {
	return slices.Index([]PortState{PortOpen, PortRefused, PortRejected, PortSilent}, s)
}

// Sweep is the map of a range of ports.
type Sweep struct {
	Host      string // the address that was swept
	Low, High uint16 // as asked for
	Ranges    []SweptRange
}

// SweepOf returns the run's sweep, or nil when there was none.
func SweepOf(ev *probe.Evidence) *Sweep {
	ranges := SweptRanges(ev.Swept)
	if len(ranges) == 0 {
		return nil
	}
	s := &Sweep{Host: ev.Swept[0].To.Addr().String(), Low: ranges[0].From, High: ranges[len(ranges)-1].To, Ranges: ranges}
	if ev.Start != nil && ev.Start.Options.Sweep.Low != 0 {
		s.Low = min(s.Low, ev.Start.Options.Sweep.Low)
		s.High = max(s.High, ev.Start.Options.Sweep.High)
	}
	return s
}

// Count returns how many ports are in the state.
func (s *Sweep) Count(state PortState) (n int) {
	for _, r := range s.Ranges {
		if r.State == state {
			n += int(r.To) - int(r.From) + 1
		}
	}
	return n
}

// Words counts the ports: "3 open, 48 refused".
func (s *Sweep) Words() string {
	var words []string
	for _, state := range PortStates {
		if n := s.Count(state); n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, state))
		}
	}
	return strings.Join(words, ", ")
}

// of lists the ranges in one of the states; neighbours are merged.
func (s *Sweep) of(states ...PortState) []portRange {
	var list []portRange
	if s == nil {
		return nil
	}
	for _, r := range s.Ranges {
		if !slices.Contains(states, r.State) {
			continue
		}
		if n := len(list); n > 0 && list[n-1].high+1 == r.From {
			list[n-1].high = r.To
			continue
		}
		list = append(list, portRange{r.From, r.To})
	}
	return list
}

// let are the ranges through which connections pass: something listens there,
// or the refusal of a host on which nothing does came back.
func (s *Sweep) let() []portRange { return s.of(PortOpen, PortRefused) }

// shut are the ranges through which none passes.
func (s *Sweep) shut() []portRange { return s.of(PortSilent, PortRejected) }

// mostRanges bounds how many ranges of one state are printed. JSON has all.
const mostRanges = 24

// lines prints the sweep for the text report, in at most lineWidth columns.
func (s *Sweep) lines() []string {
	head := fmt.Sprintf("Sweep of %s, ports %s: %s.", s.Host, portRange{s.Low, s.High}, s.Words())
	var lines []string
	for _, l := range wrap(head, lineWidth-storyIndent) {
		lines = append(lines, strings.Repeat(" ", storyIndent)+l)
	}
	for _, state := range PortStates {
		ranges := s.of(state)
		if len(ranges) == 0 {
			continue
		}
		label := string(state)
		for _, l := range wrap(rangeList(ranges, mostRanges), lineWidth-summaryColumn) {
			lines = append(lines, fmt.Sprintf("%*s%-9s%s", storyIndent+2, "", label, l))
			label = ""
		}
	}
	return lines
}

// rangeList writes the first ranges and how many more there are.
func rangeList(ranges []portRange, most int) string {
	var words []string
	for i, r := range ranges {
		if i == most {
			return fmt.Sprintf("%s and %s more", strings.Join(words, ", "), count(len(ranges)-most, "range"))
		}
		words = append(words, r.String())
	}
	return strings.Join(words, ", ")
}
