package report

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// dialWords says how a connection attempt ended, as briefly as a check's line
// needs it.
func dialWords(d *probe.Dial) string {
	switch d.Outcome {
	case hops.Open:
		return "is open"
	case hops.Timeout:
		return "timed out in " + ms(d.Took)
	case hops.Refused:
		return "refused in " + ms(d.Took)
	case hops.Reset:
		return "opened, then was reset"
	case hops.Rejected:
		return "rejected" + icmpSender(d.ICMP)
	case hops.Unreachable:
		if d.ICMP == nil {
			return join("unreachable", ": ", d.Text)
		}
		return "unreachable" + icmpSender(d.ICMP)
	case probe.OutcomeCancelled:
		return "cancelled"
	}
	return join("failed", ": ", d.Text)
}

// icmpSender names the device that sent the message, and the message.
func icmpSender(m *hops.ICMP) string {
	if m == nil {
		return ""
	}
	return fmt.Sprintf(" by %s (ICMP %d/%d)", m.From, m.Type, m.Code)
}

// outcomeWord is the outcome of several attempts in a word or two.
func outcomeWord(o hops.Outcome) string {
	switch o {
	case hops.Timeout:
		return "timed out"
	case hops.Reset:
		return "were reset"
	case probe.OutcomeFailed:
		return "failed"
	}
	return string(o)
}

// lossText says how the control connection gave out.
func lossText(l *probe.Loss) string {
	verb, _, _ := strings.Cut(l.Command, " ")
	after := "after " + verb
	if verb == "" {
		verb, after = "the last command", "in between"
	}
	switch l.Outcome {
	case hops.Timeout:
		return fmt.Sprintf("no reply to %s in %s", verb, ms(l.Took))
	case hops.Reset:
		return "control connection reset " + after
	case probe.OutcomeLimit:
		return "endless reply " + after
	case probe.OutcomeMalformed:
		return "the reply to " + verb + " breaks the standard"
	case probe.OutcomeForeign:
		return "another protocol answers " + after
	}
	return "control connection closed " + after
}

// replyText returns the last line of a reply without a closing dot.
func replyText(r *probe.Reply) string {
	if len(r.Lines) == 0 {
		return fmt.Sprint(r.Code)
	}
	return strings.TrimSuffix(strings.TrimSpace(r.Lines[len(r.Lines)-1]), ".")
}

// join puts sep between a and b unless one of them is empty.
func join(a, sep, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + sep + b
}

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// listAddrs writes the first few addresses and how many more there are.
func listAddrs(addrs []netip.Addr, show int) string {
	var words []string
	for _, a := range addrs[:min(show, len(addrs))] {
		words = append(words, a.String())
	}
	text := strings.Join(words, ", ")
	if more := len(addrs) - show; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// portSpan writes the lowest and the highest port.
func portSpan(at []netip.AddrPort) string {
	byPort := func(a, b netip.AddrPort) int { return int(a.Port()) - int(b.Port()) }
	low, high := slices.MinFunc(at, byPort).Port(), slices.MaxFunc(at, byPort).Port()
	if low == high {
		return fmt.Sprint(low)
	}
	return fmt.Sprintf("%d-%d", low, high)
}

// dialTo returns the attempt at an address, or nil.
func dialTo(dials []probe.Dial, to netip.AddrPort) *probe.Dial {
	for i := range dials {
		if dials[i].To == to {
			return &dials[i]
		}
	}
	return nil
}

// hopsTo returns the distance of an address that answered; 0 when it was not
// measured.
func hopsTo(ev *probe.Evidence, to netip.AddrPort) int {
	if t := readTrace(ev.PathTo(to)); t.answer == hops.Open {
		return t.distance
	}
	return 0
}

// pathEnd says how far the attempts at a blocked port came; empty when the
// port opened or nothing is known.
func pathEnd(ev *probe.Evidence, to netip.AddrPort) string {
	t := readTrace(ev.PathTo(to))
	switch {
	case !t.known() || t.answer == hops.Open:
		return ""
	case t.answer == hops.Timeout && t.expired == 0:
		return "no hop answers"
	case t.answer == hops.Timeout:
		return "silent after " + t.hopName(t.expired)
	case t.icmp != nil:
		return string(t.answer) + icmpSender(t.icmp)
	}
	return fmt.Sprintf("%s at hop %d", t.answer, t.distance)
}

// tracedPorts returns the addresses of the hop search in the order in which
// they were first asked.
func tracedPorts(ev *probe.Evidence) []netip.AddrPort {
	var to []netip.AddrPort
	for _, h := range ev.Hops {
		if !slices.Contains(to, h.To) {
			to = append(to, h.To)
		}
	}
	return to
}
