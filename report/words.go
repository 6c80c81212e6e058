package report

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// Duration writes a wait for people: whole milliseconds below a second, then
// seconds with one digit where it says something.
func Duration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "1 ms"
	case d < 995*time.Millisecond:
		return fmt.Sprintf("%d ms", d.Round(time.Millisecond).Milliseconds())
	case d >= time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()+0.5))
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + " s"
}

// dialWords says how a connection attempt ended.
func dialWords(d *probe.Dial) string {
	switch d.Outcome {
	case hops.Open:
		return "is open"
	case hops.Timeout:
		return "timed out in " + Duration(d.Took)
	case hops.Refused:
		return "refused in " + Duration(d.Took)
	case hops.Reset:
		return "opened, then was reset"
	case hops.Rejected:
		return "rejected" + icmpWords(d.ICMP)
	case hops.Unreachable:
		if d.ICMP == nil {
			return join("unreachable", ": ", d.Text)
		}
		return "unreachable" + icmpWords(d.ICMP)
	case probe.OutcomeCancelled:
		return "cancelled"
	}
	return join("failed", ": ", d.Text)
}

// icmpWords names the device that sent the message and the message.
func icmpWords(m *hops.ICMP) string {
	if m == nil {
		return ""
	}
	return fmt.Sprintf(" by %s (ICMP %d/%d)", m.From, m.Type, m.Code)
}

// outcomeWord is the outcome of several attempts in one word.
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

// lossWords says how the control connection gave out.
func lossWords(l *probe.Loss) string {
	verb, _, _ := strings.Cut(l.Command, " ")
	after := "after " + verb
	if verb == "" {
		verb, after = "the last command", "in between"
	}
	switch l.Outcome {
	case hops.Timeout:
		return fmt.Sprintf("no reply to %s in %s", verb, Duration(l.Took))
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

// hopsTo returns the lowest TTL that opened a connection to an address; 0
// when that was not measured.
func hopsTo(ev *probe.Evidence, to netip.AddrPort) int {
	for _, h := range ev.PathTo(to) {
		if h.Outcome == hops.Open {
			return h.TTL
		}
	}
	return 0
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

// pathEnd says after which hop the attempts at a blocked port found no more
// answer, or who refused; empty when the port opened or nothing is known.
func pathEnd(ev *probe.Evidence, to netip.AddrPort) string {
	last := 0
	var from netip.Addr
	for _, h := range ev.PathTo(to) {
		switch {
		case h.Outcome == hops.Open:
			return ""
		case h.Outcome == hops.Expired && h.TTL > last:
			last = h.TTL
			if h.ICMP != nil {
				from = h.ICMP.From
			}
		case h.Outcome == hops.Refused:
			return fmt.Sprintf("refused at hop %d", h.TTL)
		case h.ICMP != nil && h.Outcome != hops.Timeout && h.Outcome != hops.Expired:
			return "rejected by " + h.ICMP.From.String()
		}
	}
	switch {
	case last == 0:
		return ""
	case from.IsValid():
		return fmt.Sprintf("no answer after hop %d, %s", last, from)
	}
	return fmt.Sprintf("no answer after hop %d", last)
}
