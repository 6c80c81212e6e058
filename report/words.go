package report

import (
	"fmt"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// ms prints a duration as people read one in a report.
func ms(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return fmt.Sprintf("%d s", d.Round(time.Second)/time.Second)
	case d >= time.Second:
		return fmt.Sprintf("%.3g s", d.Round(100*time.Millisecond).Seconds())
	case d < time.Millisecond:
		return "under 1 ms"
	}
	return fmt.Sprintf("%d ms", d.Round(time.Millisecond)/time.Millisecond)
}

// outcomeWords says what became of an attempt, to stand after its address.
func outcomeWords(d *probe.Dial) string {
	switch d.Outcome {
	case hops.Open:
		return "accepted a connection in " + ms(d.Took)
	case hops.Reset:
		return "accepted a connection and reset it"
	case hops.Refused:
		return "refused the connection"
	case hops.Timeout:
		return "did not answer within " + ms(d.Took)
	case hops.Rejected, hops.Unreachable:
		return "is rejected: " + icmpWords(d)
	}
	return "was not tested"
}

// icmpNames are the ICMP messages of type 3 (RFC 792, RFC 1812 5.2.7.1).
var icmpNames = map[uint8]string{
	0: "network unreachable", 1: "host unreachable", 2: "protocol unreachable", 3: "port unreachable",
	9: "network prohibited", 10: "host prohibited", 13: "administratively prohibited",
}

// icmp6Names are the ICMPv6 messages of type 1 (RFC 4443 3.1).
var icmp6Names = map[uint8]string{
	0: "no route", 1: "administratively prohibited", 3: "address unreachable", 4: "port unreachable",
	5: "source address refused", 6: "route rejected",
}

func icmpWords(d *probe.Dial) string {
	if d.ICMP == nil {
		if d.Outcome == hops.Unreachable {
			return "no route to it"
		}
		return "a device on the way refuses it"
	}
	names := icmpNames
	if d.To.Addr().Unmap().Is6() {
		names = icmp6Names
	}
	what := names[d.ICMP.Code]
	if what == "" {
		what = "unreachable"
	}
	if d.ICMP.From.IsValid() {
		return fmt.Sprintf("%s answers \"%s\" (ICMP %d/%d)", d.ICMP.From.Unmap(), what, d.ICMP.Type, d.ICMP.Code)
	}
	return fmt.Sprintf("ICMP \"%s\" (%d/%d)", what, d.ICMP.Type, d.ICMP.Code)
}

// count prints "1 port" or "3 ports".
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// mostMillis bounds a time that the opposite end tells: a day.
const mostMillis = exchange.Millis(24 * 60 * 60 * 1000)

// millis is a time that the opposite end tells.
func millis(t exchange.Millis) time.Duration {
	return time.Duration(min(max(t, 0), mostMillis)) * time.Millisecond
}
