package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/ftpd"
	"ftpcheck/probe/hops"
	"ftpcheck/report"
)

// maxSummary bounds the lines of one part of a summary.
const maxSummary = 12

// visitorLines say what the server saw of a client: only what sockets tell.
func visitorLines(v *ftpd.Visitor) []string {
	lines := summaryLines(v)
	for i, line := range lines {
		lines[i] = report.Escape(line)
	}
	return lines
}

func summaryLines(v *ftpd.Visitor) []string {
	who := fmt.Sprintf("%s %v has left: %s in %s", clock(v.To), v.Addr, count(v.Sessions, "session"), v.To.Sub(v.From).Round(100*time.Millisecond))
	switch {
	case v.User == "":
		who += ", never logged in"
	default:
		who += ", logged in as " + v.User
	}
	if v.Own {
		who += ", ftpcheck's own"
	}
	seen := v.Seen()
	lines := []string{who}
	if seen.Cut {
		lines = append(lines, part("beginning", []string{"more happened than is kept; this is of the first part"})...)
	}
	lines = append(lines, portLines("passive", seen.Ports, func(p exchange.Port) bool { return p.Command != "LISTEN" })...)
	lines = append(lines, portLines("on request", seen.Ports, func(p exchange.Port) bool { return p.Command == "LISTEN" && !seen.BehindHole(&p) })...)
	lines = append(lines, holeLines(seen)...)
	lines = append(lines, activeLines(v, seen.Dials)...)
	if v.Transfers > 0 {
		lines = append(lines, part("transfers", []string{transferLine(v.Tally)})...)
	}
	return lines
}

// part is one part of a summary; its name stands before the first line.
func part(name string, texts []string) []string {
	if rest := len(texts) - maxSummary; rest > 0 {
		texts = append(slices.Clip(texts[:maxSummary]), fmt.Sprintf("and %d more", rest))
	}
	lines := make([]string, len(texts))
	for i, text := range texts {
		lines[i] = fmt.Sprintf("    %-11s %s", name, text)
		name = ""
	}
	return lines
}

// What became of a passive port.
const (
	portReached  = "a connection arrived"
	portHalf     = "a SYN arrived and was answered, the client never sent the third packet"
	portStranger = "only another address than the client's arrived"
	portAbsent   = "nothing arrived"
	portFailed   = "could not be listened on"
)

// portLines tell of the passive ports of one kind.
func portLines(name string, ports []exchange.Port, kind func(exchange.Port) bool) []string {
	fates := map[string][]uint16{}
	n := 0
	for _, p := range ports {
		if kind(p) {
			n++
			fate := portFate(p)
			fates[fate] = append(fates[fate], p.Local.Port())
		}
	}
	if n == 0 {
		return nil
	}
	texts := []string{fmt.Sprintf("%s: at %d %s", count(n, "port"), len(fates[portReached]), portReached)}
	for _, fate := range []string{portHalf, portStranger, portAbsent, portFailed} {
		if list := fates[fate]; len(list) > 0 {
			texts = append(texts, portList(list)+": "+fate)
		}
	}
	return part(name, texts)
}

// holeLines tell what came in by a way that the server opened through its NAT.
func holeLines(seen exchange.Seen) []string {
	var texts []string
	for i := range seen.Ports {
		if p := &seen.Ports[i]; p.Failed == "" && seen.BehindHole(p) {
			texts = append(texts, fmt.Sprintf("%d, after a packet sent out from there: %s", p.Local.Port(), portFate(*p)))
		}
	}
	return part("by a hole", texts)
}

func portFate(p exchange.Port) string {
	fate := portAbsent
	if p.Failed != "" {
		return portFailed
	}
	for _, k := range p.Knocks {
		switch {
		case !k.Half && !k.Refused:
			return portReached
		case k.Half:
			fate = portHalf
		case fate == portAbsent:
			fate = portStranger
		}
	}
	return fate
}

// portList is "50001-50003 50007".
func portList(ports []uint16) string {
	const most = 8
	slices.Sort(ports)
	ports = slices.Compact(ports)
	var runs []string
	for i := 0; i < len(ports); {
		j := i
		for j+1 < len(ports) && ports[j+1] == ports[j]+1 {
			j++
		}
		run := fmt.Sprint(ports[i])
		if j > i {
			run = fmt.Sprintf("%d-%d", ports[i], ports[j])
		}
		runs = append(runs, run)
		i = j + 1
	}
	if len(runs) > most {
		runs = append(runs[:most], "...")
	}
	return strings.Join(runs, " ")
}

// activeLines tell of what the client announced, and of the connections to it.
func activeLines(v *ftpd.Visitor, dials []exchange.Dialing) []string {
	var texts []string
	for _, e := range v.Refused {
		text := string(e.Raw) + ": not accepted"
		if e.Addr.Addr().IsValid() && e.Addr.Addr().WithZone("") != v.Addr {
			text += fmt.Sprintf(", %v is not the client's address", e.Addr.Addr())
		}
		texts = append(texts, text)
	}
	for _, g := range groupDials(dials) {
		texts = append(texts, g.text())
	}
	if len(texts) == 0 {
		return nil
	}
	return part("active", texts)
}

// dialGroup are connections to the client with the same outcome, from port 20
// or from high ports.
type dialGroup struct {
	from    string // "port 20" or "a high port"; empty: it was not tried
	err     string // why not
	outcome hops.Outcome
	icmp    hops.ICMP
	to      []uint16
}

func groupDials(dials []exchange.Dialing) []*dialGroup {
	var groups []*dialGroup
	for _, d := range dials {
		if d.OpensHole() {
			continue // it was not to get to the client
		}
		g := &dialGroup{outcome: d.Outcome, from: "a high port"}
		switch {
		case d.Outcome == "":
			g.from, g.err = "", d.Err
		case d.From.Port() == 20:
			g.from = "port 20"
		}
		if d.ICMP != nil {
			g.icmp = *d.ICMP
		}
		i := slices.IndexFunc(groups, func(o *dialGroup) bool {
			return o.from == g.from && o.err == g.err && o.outcome == g.outcome && o.icmp == g.icmp
		})
		if i < 0 {
			i, groups = len(groups), append(groups, g)
		}
		groups[i].to = append(groups[i].to, d.To.Port())
	}
	return groups
}

func (g *dialGroup) text() string {
	if g.from == "" {
		return fmt.Sprintf("to %s: not tried, %s", portList(g.to), g.err)
	}
	outcome := string(g.outcome)
	if g.icmp.From != (netip.Addr{}) {
		outcome += fmt.Sprintf(", ICMP %d/%d from %v", g.icmp.Type, g.icmp.Code, g.icmp.From)
	}
	return fmt.Sprintf("to %s from %s: %s", portList(g.to), g.from, outcome)
}

func transferLine(t ftpd.Tally) string {
	return fmt.Sprintf("%d of %d complete, %d bytes sent, %d received", t.Complete, t.Transfers, t.Sent, t.Received)
}

// totalLine says what the server saw of all clients.
func totalLine(t ftpd.Tally) string {
	line := fmt.Sprintf("in all: %s", count(t.Sessions, "session"))
	if t.Ports > 0 {
		line += fmt.Sprintf("; %s, at %d %s", count(t.Ports, "passive port"), t.Reached, portReached)
	}
	if t.Transfers > 0 {
		line += "; transfers: " + transferLine(t)
	}
	return line
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
