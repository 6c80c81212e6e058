package report

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe"
)

// TriedPorts are data ports that were tried in one direction, and what came of
// it.
type TriedPorts struct {
	Head string
	Runs []SweptRange // neighbours in one state
	Rows []PortRow    // the ports by state, in words; nil: the runs say it
}

// PortRow are the ports in one state.
type PortRow struct {
	State PortState
	Words string
}

// triedPorts are the ports that the server announced, those of a sweep, and
// those that both ends tried, in both directions.
func (v *view) triedPorts() []TriedPorts {
	var all []TriedPorts
	add := func(head string, runs []SweptRange, rows []PortRow) {
		if len(runs) > 0 {
			all = append(all, TriedPorts{head, runs, rows})
		}
	}
	var at []uint16
	var announced []PortState
	for _, d := range v.announcedDials() {
		at, announced = append(at, d.To.Port()), append(announced, PortStateOf(d.Outcome))
	}
	byPort := portStates(at, announced)
	head := fmt.Sprintf("%s tried that the server announced", count(len(byPort), "port"))
	add(join(head, ", ", AnnouncedRangeOf(v.ev).words())+".", rangesOf(byPort), nil)
	if s := SweepOf(v.ev); s != nil {
		add(fmt.Sprintf("Sweep of %s, ports %s: %s.", s.Host, portRange{s.Low, s.High}, s.Words()), s.Ranges, nil)
	}
	if m := v.portMap(); m != nil {
		for _, t := range m.tried() {
			add(t.Head, t.Runs, t.Rows)
		}
	}
	return all
}

// tried are the ports that both ends tried, in both directions.
func (m *PortMap) tried() []TriedPorts {
	var at []uint16
	var states []PortState
	for _, c := range m.ToClient {
		at, states = append(at, c.Port), append(states, c.State)
	}
	var rows []PortRow
	for _, s := range mapStates {
		if words := m.clientPorts(s); words != "" {
			rows = append(rows, PortRow{s, words})
		}
	}
	return []TriedPorts{{m.serverHead(), m.ToServer, nil}, {m.clientHead(), rangesOf(portStates(at, states)), rows}}
}

// announcedDials are the attempts at the ports that were announced, as the
// announcements arrived here.
func (v *view) announcedDials() []*probe.Dial {
	var list []*probe.Dial
	note := func(d *probe.Dial) {
		if d != nil && tested(d.Outcome) && v.ran(d.Check) {
			list = append(list, d)
		}
	}
	for _, p := range v.passive {
		note(p.host)
	}
	for _, s := range v.ev.Samples {
		note(&s.Dial)
	}
	for i := range v.ev.Confirms {
		note(&v.ev.Confirms[i])
	}
	for _, t := range v.steps() {
		note(t.host)
	}
	return list
}

// portStates are the ports that were tried, by attempts and what came of each.
// Where the attempts at a port differ, its state names all that came of them.
func portStates(ports []uint16, states []PortState) map[uint16]PortState {
	came := map[uint16][]string{}
	for _, s := range mapStates {
		for i, port := range ports {
			if states[i] == s && !slices.Contains(came[port], string(s)) {
				came[port] = append(came[port], string(s))
			}
		}
	}
	all := map[uint16]PortState{}
	for port, words := range came {
		all[port] = PortState(strings.Join(words, " and "))
	}
	return all
}

// stretch is a run of tried ports in one state. Between them may be others
// that were not tried.
type stretch struct {
	from, to uint16
	state    PortState
	tried    int
}

func stretchesOf(runs []SweptRange) []stretch {
	var list []stretch
	for _, r := range runs {
		tried := int(r.To) - int(r.From) + 1
		if n := len(list); n > 0 && list[n-1].state == r.State {
			list[n-1].to = r.To
			list[n-1].tried += tried
			continue
		}
		list = append(list, stretch{r.From, r.To, r.State, tried})
	}
	return list
}
