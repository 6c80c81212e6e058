package report

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// passiveLine judges epsv or pasv: ok means a listing over the announced
// address, confirmed by the server.
func passiveLine(ev *probe.Evidence, l *CheckLine) {
	m := ev.Modes[l.Check]
	if m == nil {
		l.State, l.Summary = Skip, notTried(ev, l.Check)
		return
	}
	l.Announced, l.Dials = m.Announced, m.Dials
	announced, host := m.Dial(probe.AsAnnounced), m.Dial(probe.AsControlHost)
	switch {
	case announced != nil && announced.Outcome == hops.Open:
		text := fmt.Sprintf("%s open in %s", announced.To, ms(announced.Took))
		l.State, l.Summary = listing(m, announced.Data, text)
	case l.Check == probe.CheckPASV && overIPv6(ev, m):
		l.State, l.Summary = Skip, "PASV cannot serve IPv6"
	case m.Reply == nil && m.Lost == nil:
		l.State, l.Summary = Skip, notTried(ev, l.Check)
	case m.Reply != nil && m.Reply.Code >= 400:
		l.State, l.Summary = passiveRefused(ev, m)
	case m.Malformed != "":
		l.State, l.Summary = Failed, "the reply cannot be parsed: "+m.Malformed
	case announced == nil && m.NotDialled == "" && m.Lost != nil:
		l.State, l.Summary = Failed, lossText(m.Lost)
	default:
		l.State, l.Summary = passiveUnreached(m, announced, host)
	}
}

// passiveUnreached describes an announced address that did not open or was
// not dialled.
func passiveUnreached(m *probe.Mode, announced, host *probe.Dial) (State, string) {
	state, text := Failed, ""
	switch {
	case announced != nil && announced.Outcome != "":
		text = announced.To.String() + " " + dialWords(announced)
	case m.NotDialled != "":
		text = m.NotDialled
	default:
		text = m.Announced.String() + " was announced, but not dialled"
	}
	if host == nil || host.Outcome == "" {
		return state, text
	}
	if host.Outcome != hops.Open {
		return state, fmt.Sprintf("%s (%s %s)", text, host.To, dialWords(host))
	}
	if m.Announced.Addr().IsUnspecified() {
		state = Warn // a client that takes 0.0.0.0 to mean "this server" works
	}
	return state, fmt.Sprintf("%s (%s is open)", text, host.To)
}

// passiveRefused judges a refused EPSV or PASV. A server without EPSV serves
// IPv4 clients all the same, as long as PASV is there.
func passiveRefused(ev *probe.Evidence, m *probe.Mode) (State, string) {
	text := fmt.Sprintf("%s refused by the server: %s", strings.ToUpper(string(m.Check)), replyText(m.Reply))
	if m.Reply.Code < 500 {
		return Failed, text
	}
	if m.Check == probe.CheckEPSV && !overIPv6(ev, m) && !refusedForGood(ev.Modes[probe.CheckPASV]) {
		return Warn, text
	}
	return Failed, text
}

// refusedForGood reports whether the server refused the mode's command for good.
func refusedForGood(m *probe.Mode) bool {
	return m != nil && m.Reply != nil && m.Reply.Code >= 500
}

// activeLine judges eprt or port. A connection that does not arrive is a
// warning only: it says something about where this client stands.
func activeLine(ev *probe.Evidence, l *CheckLine) {
	m := ev.Modes[l.Check]
	if m == nil {
		l.State, l.Summary = Skip, notTried(ev, l.Check)
		return
	}
	l.Announced = m.Announced
	switch {
	case len(m.Arrivals) > 0:
		a := m.Arrivals[len(m.Arrivals)-1]
		l.TLS = a.TLS
		l.State, l.Summary = listing(m, a.Data, fmt.Sprintf("data arrived from %s", a.From))
	case m.Reply == nil && m.Lost == nil && m.Waited > 0:
		l.State = Warn
		l.Summary = fmt.Sprintf("no reply to %s in %s, and nothing arrived at %s", verb(m.Command), ms(m.Waited), m.Announced)
	case m.Reply == nil && m.Lost == nil:
		l.State, l.Summary = Skip, notTried(ev, l.Check)
	case m.Reply == nil:
		l.State, l.Summary = Failed, lossText(m.Lost)
	case m.Reply.Code >= 400:
		l.State = Warn
		l.Summary = fmt.Sprintf("%s refused by the server: %d", m.Announced, m.Reply.Code)
	case m.Lost != nil && m.Lost.Outcome != hops.Timeout && m.List.Final() == nil:
		l.State, l.Summary = Failed, lossText(m.Lost)
	default:
		l.State, l.Summary = Warn, "nothing arrived at "+m.Announced.String()
		if r := m.List.Final(); r != nil && r.Code >= 400 {
			l.Summary += ": " + replyText(r)
		}
	}
}

// listing judges what came over an open data connection.
func listing(m *probe.Mode, d *probe.Data, opened string) (State, string) {
	switch {
	case m.Moving() && m.Listed() && d != nil:
		return OK, fmt.Sprintf("%s, %d bytes of a listing in %s, and more to come", opened, d.Bytes, ms(d.Took))
	case m.Listed():
		return OK, opened + ", listing received"
	}
	opened += tlsWords(m)
	if r := m.List.Final(); r != nil && r.Code >= 400 {
		state := Failed
		if r.Code/10 == 55 { // 55x: file system, permission or quota, not connectivity
			state = Warn
		}
		return state, opened + ", then " + replyText(r)
	}
	switch {
	case confirms(m):
		return Failed, opened + ", though confirmed: " + replyText(m.List.Final())
	case d != nil && d.Outcome == hops.Reset:
		return Failed, opened + ", then reset"
	case d != nil && d.Outcome == hops.Timeout:
		return Failed, fmt.Sprintf("%s, then %d bytes and silence for %s", opened, d.Bytes, ms(d.Took))
	case d != nil && d.Outcome == probe.OutcomeLimit:
		return Failed, opened + ", then more data than a listing can have"
	case d != nil && m.Lost != nil:
		return Failed, opened + ", data received, then " + lossText(m.Lost)
	case m.Lost != nil:
		return Failed, opened + ", then " + lossText(m.Lost)
	}
	return Failed, opened + ", but the server did not confirm the listing"
}

// confirms reports whether the server confirmed a listing that TLS was due for
// and did not protect.
func confirms(m *probe.Mode) bool {
	h, r := dataHandshake(m), m.List.Final()
	return h != nil && !h.OK() && r != nil && r.Code/100 == 2
}

// overIPv6 reports whether the mode's control connection is an IPv6 one.
func overIPv6(ev *probe.Evidence, m *probe.Mode) bool {
	if s := ev.Session(m.Session); s != nil {
		return s.Peer.Addr().Unmap().Is6()
	}
	return peerOf(ev).Addr().Unmap().Is6()
}

// notTried says why a mode has nothing to show.
func notTried(ev *probe.Evidence, c probe.Check) string {
	for _, l := range ev.Limits {
		if l.Check == c {
			return join("not tested: the server refused a further session", ": ", l.Text)
		}
	}
	return "not tested"
}

// portsLine judges the sampled announcements.
func portsLine(ev *probe.Evidence, l *CheckLine) {
	var open, blocked []netip.AddrPort
	var how hops.Outcome // of the blocked ones; failed when they differ
	var refusal *probe.Sample
	for _, s := range ev.Samples {
		if s.Code >= 400 && !collided(ev, s) {
			refusal = s
		}
	}
	for _, s := range ev.Announced() {
		switch {
		case s.Dial.Outcome == hops.Open, confirmed(ev, s.Dial):
			open = append(open, s.Announced)
		case s.Dial.Outcome != "" && s.Dial.Outcome != probe.OutcomeCancelled:
			if len(blocked) > 0 && how != s.Dial.Outcome {
				how = probe.OutcomeFailed
			} else {
				how = s.Dial.Outcome
			}
			blocked = append(blocked, s.Announced)
		}
		if s.Dial.As == probe.AsSample && s.Dial.Outcome != "" {
			l.Dials = append(l.Dials, s.Dial)
		}
	}
	total := len(open) + len(blocked)
	text := fmt.Sprintf("%d of %d announced ports open", len(open), total)
	l.Announcements, l.Sweep = AnnouncedRangeOf(ev), SweepOf(ev)
	width := l.Announcements.words()
	switch {
	case total == 0 && l.Sweep != nil:
		l.State = OK
	case total == 0 && refusal != nil:
		l.State, l.Summary = Failed, "no port announced: "+strings.TrimSuffix(refusal.Text, ".")
	case total == 0:
		l.State, l.Summary = Skip, notTried(ev, l.Check)
	case len(blocked) > 0:
		l.State, l.Summary = Failed, text
		if len(open) > 0 {
			l.Summary += ", " + portSpan(open)
		}
		l.Summary = join(l.Summary+fmt.Sprintf("; %d %s, %s", len(blocked), outcomeWord(how), portSpan(blocked)), "; ", width)
	case refusal != nil:
		l.State = Warn
		l.Summary = fmt.Sprintf("%s, %s; then %s", text, portSpan(open), strings.TrimSuffix(refusal.Text, "."))
	default:
		l.State, l.Summary = OK, join(text+", "+portSpan(open), ", ", width)
	}
	sweptLine(ev, l)
}

// sweptLine adds what the sweep counted. It is a measurement, and fails only
// where blocked ports stand between announced ones.
func sweptLine(ev *probe.Evidence, l *CheckLine) {
	if l.Sweep == nil {
		return
	}
	l.Summary = join(l.Summary, "; ", fmt.Sprintf("swept %s: %s", portRange{l.Sweep.Low, l.Sweep.High}, l.Sweep.Words()))
	if l.State == OK && len(newView(ev).holes()) > 0 {
		l.State = Failed
	}
}

// confirmed reports whether a second attempt got an answer where the first
// timed out. A refusal is one: nothing listens there any more.
func confirmed(ev *probe.Evidence, d probe.Dial) bool {
	return d.Outcome == hops.Timeout && slices.ContainsFunc(ev.Confirms, func(again probe.Dial) bool {
		return again.To == d.To && (again.Outcome == hops.Open || again.Outcome == hops.Refused)
	})
}

// pathLine judges the hop search, which is a measurement and never fails.
func pathLine(ev *probe.Evidence) (State, string) {
	at := peerOf(ev)
	text := ""
	if n := hopsTo(ev, at); n > 0 {
		text = fmt.Sprintf("%s is %d %s away", at, n, plural(n, "hop"))
	}
	for _, to := range tracedPorts(ev) {
		if to == at || slices.ContainsFunc(ev.Announced(), func(s probe.Sample) bool { return s.Dial.To == to && s.Dial.Outcome == hops.Open }) {
			continue // the search there is for the server's distance
		}
		if end := pathEnd(ev, to); end != "" {
			text = join(text, "; ", fmt.Sprintf("%s: %s", to, end))
			break
		}
	}
	if text == "" {
		return Skip, "not tested: no hop answered"
	}
	return OK, text
}
