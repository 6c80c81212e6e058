package report

import (
	"fmt"

	"ftpcheck/probe/hops"
)

// Reaching the announced data port.
var dataRules = []rule{
	{Code: Code{"data-not-forwarded", Problem, ServerNetwork, "The passive ports are not forwarded",
		"A NAT device in front of the server answers or drops connections to the passive ports instead of leading them on."},
		when: dataNotForwarded, hides: []string{"data-filtered", "data-refused", "data-rejected"}},
	{Code: Code{"data-filtered", Problem, ServerNetwork, "Connections to the passive ports vanish",
		"Connection attempts to every announced data port get no answer, while the control port works."},
		when: dataFiltered},
	{Code: Code{"data-rejected", Problem, ServerNetwork, "A device on the way refuses the passive ports",
		"A firewall or router answers connection attempts to the announced data ports with a refusal, in the server's place."},
		when: dataRejected},
	{Code: Code{"data-refused", Problem, ServerAdmin, "The server refuses the ports it announced",
		"The announced data ports answer with a refusal that comes from the server's own distance."},
		when: dataRefused},
	{Code: Code{"data-range-partly-blocked", Problem, ServerNetwork, "Part of the passive range is blocked",
		"Some announced ports are reachable and others are not, divided by port number: server range and firewall range differ."},
		when: rangePartlyBlocked, hides: []string{"later-transfers-fail"}},
}

func mostLikely(certain bool) string {
	if certain {
		return ""
	}
	return "most likely "
}

// natDistance is the hop that does the server's NAT, or 0.
func (v *view) natDistance() int {
	if n := v.natHop(); n > 0 {
		return n
	}
	if v.natSign() != "" {
		return max(0, v.distance()-1)
	}
	return 0
}

// dataNotForwarded: the NAT device is the first that does not pass the packet
// on. It refuses or drops at its own distance; had it forwarded the port, it
// would have answered "time exceeded" there.
func dataNotForwarded(v *view) *Finding {
	b := v.blockade()
	if b == nil || b.outcome != b.trace.answer || !v.stoppedByNAT(b.trace) {
		return nil
	}
	t := b.trace
	f := v.blocked(b, "")
	f.Certainty = b.certainty(Likely)
	f.Story = append(f.Story, v.natStory(t)...)
	f.Where = v.locate(t, nil)
	f.Where.Side = SideServer
	f.RuledOut = []string{"A closed port on the server: the answer does not come from the server's distance."}
	if t.answer == hops.Timeout {
		f.RuledOut[0] = "A firewall on the server itself: the packets do not get that far."
	}
	f.RuledOut = append(f.RuledOut, beforeNAT(t))
	r, _ := v.wholeRange(v.announcedRange())
	f.Fixes = []Fix{v.fixForward(),
		{Who: ServerAdmin, Do: "Give the server a fixed passive range, the one that is forwarded.", Examples: examplesRange(v, r)},
	}
	v.notForwardedBothEnds(f, b)
	return v.tlsDoubt(f)
}

// beforeNAT is the other place at which attempts may end that do not get past
// the NAT device.
func beforeNAT(t trace) string {
	if t.distance > 1 {
		return fmt.Sprintf("Not ruled out: a filter on %s that blocks these ports on their way to the next hop.", t.hopName(t.distance-1))
	}
	return "Not ruled out: a firewall on this machine that blocks these ports on their way out."
}

// stoppedByNAT reports whether attempts end at the device that does the
// server's NAT: where one is known, or where a hop that is silent for the
// control port refuses this one.
func (v *view) stoppedByNAT(t trace) bool {
	of := v.distance()
	if of == 0 || t.answer != hops.Refused && t.answer != hops.Timeout {
		return false
	}
	if nat := v.natDistance(); nat > 0 {
		return t.distance == nat && (t.answer == hops.Refused || v.silentUntil(t) == t.expired)
	}
	_, named := v.control().names[of-1]
	return t.answer == hops.Refused && t.distance == of-1 && of > 3 && !named
}

func (v *view) natStory(t trace) []string {
	verb := "refuses them itself"
	if t.answer == hops.Timeout {
		verb = "drops them"
	}
	story := []string{fmt.Sprintf(
		"The server is %d hops away. Attempts to port %d get to hop %d and no farther: %s, in front of the server, %s instead of leading them on.",
		v.distance(), t.to.Port(), t.distance, v.control().hopName(t.distance), verb)}
	if sign := v.natSign(); sign != "" {
		story = append(story, "It is a NAT device: "+sign+".")
	}
	return story
}

func (v *view) fixForward() Fix {
	inside := ""
	if a := v.insideAddress(); a.IsValid() {
		inside = a.String()
	}
	r, source := v.wholeRange(v.announcedRange())
	return Fix{Who: ServerNetwork, Do: fmt.Sprintf("Forward the server's whole passive range to the server (%s).", source), Examples: forwardRange(r, inside)}
}

func dataFiltered(v *view) *Finding {
	b := v.blockade()
	if b == nil || b.outcome != hops.Timeout {
		return nil
	}
	f := v.blocked(b, "No answer came at all.")
	located := b.trace.answer == hops.Timeout
	f.Where = v.locate(b.trace, nil)
	atServer := located && v.silentUntil(b.trace) >= v.distance()-1
	f.Certainty = b.certainty(sure(located && v.distance() > 0 && !atServer && f.Where.Side != SideUnknown))
	f.Owner = ownerAt(f.Where)
	f.Story = append(f.Story, v.whereStory(b, f.Where))
	if b.mixed == 0 {
		f.RuledOut = append(f.RuledOut, "A closed port: the server's host would have refused the connection.")
	}
	if d := v.distance(); located && d > 0 {
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("A server that is not reachable: its control port answers at hop %d.", d))
	}
	if f.Where.Side == SideUnknown {
		f.RuledOut = append(f.RuledOut, "Not decided: on which side. The same ports of another server, tried from here, would tell.")
	}
	if atServer && v.distance() > 0 {
		f.RuledOut = append(f.RuledOut, "Not ruled out: a rule on the way back, also on this side, that drops the server's answers.")
	}
	f.Fixes = v.fixBlocked(f.Where)
	v.tellOther(f, b)
	v.filteredBothEnds(f, b)
	return v.tlsDoubt(f)
}

// tellOther adds the second place at which connections end.
func (v *view) tellOther(f *Finding, b *blockade) {
	if !b.other.known() {
		return
	}
	w := v.locate(b.other, nil)
	f.Story = append(f.Story, fmt.Sprintf("Attempts to port %d end elsewhere: %s. So more than one device blocks, or a router's message was lost.", b.other.to.Port(), whereText(w)))
	if w.Side != SideUnknown && f.Where.Side != SideUnknown {
		f.Fixes = append(f.Fixes, v.fixBlocked(w)...)
	}
}

// packetsTo begins what the hop search says of where packets die.
const packetsTo = "Packets to port "

// whereStory tells what the hop search found for a port without an answer.
func (v *view) whereStory(b *blockade, w *Where) string {
	t := b.trace
	switch {
	case !t.known():
		return "Where they vanish was not measured."
	case t.answer != hops.Timeout:
		return fmt.Sprintf("A limited attempt at hop %d got another answer than the full one; where the others vanish is not known.", t.distance)
	case t.expired == 0 && v.distance() == 1:
		return fmt.Sprintf("The server is 1 hop away, and no answer comes from it for port %d: packets die on this machine or at the server.", t.to.Port())
	case t.expired == 0:
		return fmt.Sprintf("Not even the first hop answers for port %d.", t.to.Port())
	case w.Of > 0 && t.expired == w.Of-1:
		s := fmt.Sprintf(packetsTo+"%d get as far as %s; no answer came back from hop %d, the server itself. So they die in the forward filter of hop %d or at the server",
			t.to.Port(), t.hopName(t.expired), w.Of, t.expired)
		if !v.directions().neverCame() {
			s += ", or its answers die on the way back"
		}
		return s + "."
	}
	s := fmt.Sprintf(packetsTo+"%d get as far as %s; from hop %d on nothing answers. So they die in the forward filter of hop %d, or at hop %d itself.",
		t.to.Port(), t.hopName(t.expired), t.distance, t.expired, t.distance)
	if until := v.silentUntil(t); until > t.expired {
		s = fmt.Sprintf(packetsTo+"%d get as far as %s. The hops from there to %d never answer, so the place is somewhere between %d and %d.",
			t.to.Port(), t.hopName(t.expired), until, t.expired, until+1)
	}
	if w.Of > 0 {
		s += fmt.Sprintf(" The server is %d hops away.", w.Of)
	}
	return s
}

// fixBlocked is what to do about a firewall at that place.
func (v *view) fixBlocked(w *Where) []Fix {
	r, source := v.wholeRange(v.announcedRange())
	server := v.peer.Addr().Unmap().String()
	client := Fix{Who: ClientNetwork, Do: fmt.Sprintf("Allow outgoing TCP from this client to %s, the server's passive ports (%s).", server, source), Examples: openOut(r, server)}
	at := Fix{Who: ServerNetwork, Do: fmt.Sprintf("Open the server's whole passive range inbound, besides the control port (%s).", source), Examples: openRange(r)}
	fixed := Fix{Who: ServerAdmin, Do: "Give the server a fixed passive range, the one that the firewall opens.", Examples: examplesRange(v, r)}
	switch w.Side {
	case SideClient:
		return []Fix{client}
	case SideServer:
		return []Fix{at, fixed}
	case SidePath:
		who := Fix{Who: PathOwner, Do: fmt.Sprintf("Let TCP to %s, ports %s, pass.", server, r)}
		if w.Address != "" {
			who.Do += fmt.Sprintf(" The device is at %s or right behind it.", w.Address)
		}
		return []Fix{who}
	}
	return []Fix{at, fixed, client}
}
