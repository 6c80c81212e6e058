package report

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
)

// confirms reports whether the other end saw a connection arrive at one of the
// ports towards which packets went on beyond the control port's distance.
func (v *view) confirms(beyond []probe.Hop) bool {
	return slices.ContainsFunc(beyond, func(h probe.Hop) bool {
		whole, _, _ := v.came(v.listened(h.To.Port())...)
		return whole
	})
}

// changedGreeting is the session whose greeting arrived otherwise than the
// other end says that it sent it, with the two; or nil.
func (v *view) changedGreeting() (s *probe.Session, sent, got string) {
	if v.other == nil {
		return nil, "", ""
	}
	for _, s := range v.ev.Sessions {
		if s == nil || s.Greeting == nil || !v.ran(s.Check) {
			continue
		}
		h, ok := v.other.Hellos[s.ID]
		if !ok || len(h.Greeting) == 0 {
			continue
		}
		sent, got := greetingLines(h), s.Greeting.Lines
		if i := slices.IndexFunc(sent, func(l string) bool { return !slices.ContainsFunc(got, func(g string) bool { return sameLine(l, g) }) }); i >= 0 {
			return s, sent[i], text(s.Greeting)
		}
		if len(sent) != len(got) {
			return s, strings.Join(sent, " "), strings.Join(got, " ")
		}
	}
	return nil, "", ""
}

// greetingLines are those of the greeting itself, without a 120 before it.
func greetingLines(h exchange.Hello) []string {
	lines := strings.Split(strings.TrimRight(string(h.Greeting), "\r\n"), "\n")
	return slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "120") })
}

func sameLine(a, b string) bool {
	clean := func(s string) string { return strings.TrimRight(strings.ToValidUTF8(s, "?"), "\r ") }
	return clean(a) == clean(b)
}

// otherGreeting adds a changed greeting to what the hop search found.
func (v *view) otherGreeting(f *Finding) *Finding {
	s, sent, got := v.changedGreeting()
	if s == nil {
		return f
	}
	story := fmt.Sprintf("The server says that it greeted with \"%s\". What arrived here: \"%s\"", sentence(sent), sentence(got))
	if f != nil {
		f.Certainty = Certain
		f.Story = append(f.Story, story)
		return f
	}
	f = &Finding{Certainty: Certain, Title: "A proxy changes the control connection", Checks: []probe.Check{probe.CheckControl, probe.CheckPeer},
		Where:    &Where{Side: SideUnknown, Of: v.distance()},
		Story:    []string{story, "So something in between speaks FTP in the server's place: a transparent proxy, or a security gateway that masks greetings."},
		Effect:   "What clients see is what the proxy lets through: commands may be missing, TLS refused, addresses rewritten.",
		RuledOut: []string{"Not decided: on which side it stands. The greeting that is seen from another network tells."},
		Fixes: []Fix{{Who: ClientNetwork, Do: "If it is not wanted: switch off the FTP proxy or inspection on the control port for this server, or reach the server another way (VPN)."},
			{Who: ClientUser, Do: "Compare the greeting with the one that is seen from another network."}},
	}
	return f
}
