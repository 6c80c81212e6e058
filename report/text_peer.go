package report

import (
	"fmt"
	"strings"
)

// portMapLines prints the report's port map, behind an empty line; nothing when
// there is none.
func portMapLines(r *Report) []string {
	for _, l := range r.Checks {
		if l.Peer != nil && l.Peer.Ports != nil {
			return append([]string{""}, l.Peer.Ports.lines()...)
		}
	}
	return nil
}

// lines prints the map for the text report, in at most lineWidth columns.
func (m *PortMap) lines() []string {
	var lines []string
	head := func(text string) {
		for _, l := range wrap(text, lineWidth-storyIndent) {
			lines = append(lines, strings.Repeat(" ", storyIndent)+l)
		}
	}
	row := func(state PortState, words string) {
		label := string(state)
		for _, l := range wrap(words, lineWidth-summaryColumn) {
			lines = append(lines, fmt.Sprintf("%*s%-9s%s", storyIndent+2, "", label, l))
			label = ""
		}
	}
	if len(m.ToServer) > 0 {
		head(m.serverHead())
	}
	for _, s := range mapStates {
		var ranges []portRange
		for _, r := range m.ToServer {
			if r.State == s {
				ranges = append(ranges, portRange{r.From, r.To})
			}
		}
		if len(ranges) > 0 {
			row(s, rangeList(ranges, mostRanges))
		}
	}
	if len(m.ToClient) > 0 {
		head(m.clientHead())
	}
	for _, s := range mapStates {
		if words := m.clientPorts(s); words != "" {
			row(s, words)
		}
	}
	return lines
}

func (m *PortMap) serverHead() string {
	return fmt.Sprintf("Ports of the server, %s, dialled from here:", m.Server)
}

func (m *PortMap) clientHead() string {
	return fmt.Sprintf("Ports at %s, dialled by the server:", m.Client)
}

// clientPorts lists the ports of a state, by the source of the attempts.
func (m *PortMap) clientPorts(s PortState) string {
	var words []string
	for _, from := range []string{"from port 20", "from high ports", "from a port not told"} {
		var ranges []portRange
		for _, p := range m.ToClient {
			if n := len(ranges); p.State != s || sourceKind(p.Source) != from || n > 0 && ranges[n-1].high == p.Port {
				continue
			} else if n > 0 && ranges[n-1].high+1 == p.Port {
				ranges[n-1].high = p.Port
				continue
			}
			ranges = append(ranges, portRange{p.Port, p.Port})
		}
		if len(ranges) > 0 {
			words = append(words, rangeList(ranges, mostRanges)+" "+from)
		}
	}
	return strings.Join(words, "; ")
}

func sourceKind(port uint16) string {
	switch port {
	case 20:
		return "from port 20"
	case 0:
		return "from a port not told"
	}
	return "from high ports"
}
