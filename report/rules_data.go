package report

import (
	"fmt"
	"strings"

	"ftpcheck/probe"
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
		when: rangePartlyBlocked},
}

// blockade is the case that not one announced port opened.
type blockade struct {
	dials   []*probe.Dial // on the control host
	checks  []probe.Check
	outcome probe.Outcome // of most of them
	mixed   int           // how many ended otherwise
	unsaid  int           // how many got no answer beside others that an ICMP message rejects
	trace   trace         // the hop search to one of those that ended so
}

func (v *view) blockade() *blockade {
	b := &blockade{}
	tally := map[probe.Outcome]int{}
	for _, a := range v.ports {
		if opened(a.Dial) {
			return nil
		}
		if a.fresh {
			b.dials = append(b.dials, a.Dial)
			b.checks = append(b.checks, a.Check)
			tally[a.Outcome]++
		}
	}
	for _, o := range []probe.Outcome{hops.Timeout, hops.Refused, hops.Rejected, hops.Unreachable} {
		if tally[o] > tally[b.outcome] {
			b.outcome = o
		}
	}
	if b.outcome == "" {
		return nil
	}
	// Routers send few ICMP messages a second (RFC 1812 4.3.2.8), so that most
	// of several attempts at once get none.
	if icmp := tally[hops.Rejected] + tally[hops.Unreachable]; icmp > 0 && tally[hops.Refused] == 0 {
		b.unsaid = tally[hops.Timeout]
		b.outcome = hops.Rejected
		if tally[hops.Unreachable] > tally[hops.Rejected] {
			b.outcome = hops.Unreachable
		}
		tally[b.outcome] = len(b.dials)
	}
	b.mixed = len(b.dials) - tally[b.outcome]
	var same []*probe.Dial
	for _, d := range b.dials {
		if d.Outcome == b.outcome {
			same = append(same, d)
		}
	}
	b.trace = v.traceTo(same)
	return b
}

// certainty lowers what the rule would claim when the outcomes differ.
func (b *blockade) certainty(c Certainty) Certainty {
	if b.mixed > 0 {
		return Possible
	}
	return c
}

// list names the ports that were tried.
func (b *blockade) list() string {
	const most = 4
	var words []string
	for i, d := range b.dials {
		if i == most {
			words = append(words, fmt.Sprintf("and %d more", len(b.dials)-most))
			break
		}
		words = append(words, d.To.String())
	}
	return strings.Join(words, ", ")
}

// finding is what the rules about blocked data ports share.
func (v *view) blocked(b *blockade, what string) *Finding {
	return &Finding{
		Checks: b.checks,
		Story:  []string{fmt.Sprintf("The control connection to %s works, but not one of the %s that the server announced opened: %s. %s", v.peer, count(len(b.dials), "port"), b.list(), what)},
		Effect: "Passive mode fails, EPSV and PASV alike: logging in works, listings and transfers hang or fail.",
	}
}

func mostLikely(certain bool) string {
	if certain {
		return ""
	}
	return "most likely "
}

// natDistance is the hop that does the server's NAT, or 0. sure reports that
// the hop itself was seen to own the server's address.
func (v *view) natDistance() (hop int, sure bool) {
	if n := v.natHop(); n > 0 {
		return n, true
	}
	if v.natSign() != "" {
		return max(0, v.distance()-1), false
	}
	return 0, false
}

// dataNotForwarded: the NAT device is the first that does not pass the packet
// on. It refuses or drops at its own distance; had it forwarded the port, it
// would have answered "time exceeded" there.
func dataNotForwarded(v *view) *Finding {
	b := v.blockade()
	if b == nil || !b.trace.known() || v.distance() == 0 || b.outcome != b.trace.answer {
		return nil
	}
	t, of := b.trace, v.distance()
	nat, seen := v.natDistance()
	_, named := v.control().names[of-1]
	switch {
	case t.answer != hops.Refused && t.answer != hops.Timeout:
		return nil
	case nat > 0 && t.distance == nat && (t.answer == hops.Refused || v.silentUntil(t) == t.expired):
	case nat == 0 && t.answer == hops.Refused && t.distance == of-1 && of > 3 && !named:
	default:
		return nil
	}
	verb := "refuses them itself"
	if t.answer == hops.Timeout {
		verb = "drops them"
	}
	f := v.blocked(b, "")
	f.Certainty = b.certainty(sure(seen && t.answer == hops.Refused && t.distance == 1))
	f.Story = append(f.Story, fmt.Sprintf(
		"The server is %d hops away. Attempts to port %d get to hop %d and no farther: %s, in front of the server, %s instead of leading them on.",
		of, t.to.Port(), t.distance, v.control().hopName(t.distance), verb))
	if sign := v.natSign(); sign != "" {
		f.Story = append(f.Story, "It is a NAT device: "+sign+".")
	}
	f.Where = v.locate(t, nil)
	f.Where.Side = SideServer
	f.RuledOut = []string{"A closed port on the server: the answer does not come from the server's distance."}
	if t.answer == hops.Timeout {
		f.RuledOut[0] = "A firewall on the server itself: the packets do not get that far."
	}
	if t.distance > 1 {
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("Not ruled out: a filter on %s that blocks these ports on their way to the next hop.", t.hopName(t.distance-1)))
	}
	r := v.announcedRange()
	inside := ""
	if a := v.insideAddress(); a.IsValid() {
		inside = a.String()
	}
	f.Fixes = []Fix{
		{Who: ServerNetwork, Do: fmt.Sprintf("Forward the server's whole passive range to the server (seen in this run: %s).", r), Examples: forwardRange(r, inside)},
		{Who: ServerAdmin, Do: "Give the server a fixed passive range, the one that is forwarded.", Examples: examplesRange(v, r)},
	}
	return f
}

func dataFiltered(v *view) *Finding {
	b := v.blockade()
	if b == nil || b.outcome != hops.Timeout {
		return nil
	}
	f := v.blocked(b, "No answer came at all.")
	located := b.trace.answer == hops.Timeout
	f.Where = v.locate(b.trace, nil)
	f.Certainty = b.certainty(sure(located && v.distance() > 0 || len(b.dials) > 2))
	f.Owner = ownerAt(f.Where)
	f.Story = append(f.Story, v.whereStory(b, f.Where))
	f.RuledOut = append(f.RuledOut, "A closed port: the server's host would have refused the connection.")
	if d := v.distance(); located && d > 0 {
		f.RuledOut = append(f.RuledOut, fmt.Sprintf("A server that is not reachable: its control port answers at hop %d.", d))
	}
	if f.Where.Side == SideUnknown {
		f.RuledOut = append(f.RuledOut, "Not decided: on which side. The same ports of another server, tried from here, would tell.")
	}
	f.Fixes = v.fixBlocked(f.Where)
	return f
}

// whereStory tells what the hop search found for a port without an answer.
func (v *view) whereStory(b *blockade, w *Where) string {
	t := b.trace
	switch {
	case !t.known():
		return "Where they vanish was not measured."
	case t.answer != hops.Timeout:
		return fmt.Sprintf("A limited attempt at hop %d got another answer than the full one; where the others vanish is not known.", t.distance)
	case t.expired == 0:
		return fmt.Sprintf("Not even the first hop answers for port %d.", t.to.Port())
	}
	s := fmt.Sprintf("Packets to port %d get as far as %s; from hop %d on nothing answers. So they die in the forward filter of hop %d, or at hop %d itself.",
		t.to.Port(), t.hopName(t.expired), t.distance, t.expired, t.distance)
	if until := v.silentUntil(t); until > t.expired {
		s = fmt.Sprintf("Packets to port %d get as far as %s. The hops from there to %d never answer, so the place is somewhere between %d and %d.",
			t.to.Port(), t.hopName(t.expired), until, t.expired, until+1)
	}
	if w.Of > 0 {
		s += fmt.Sprintf(" The server is %d hops away.", w.Of)
	}
	return s
}

func dataRejected(v *view) *Finding {
	b := v.blockade()
	if b == nil {
		return nil
	}
	var f *Finding
	switch b.outcome {
	case hops.Rejected, hops.Unreachable:
		f = v.rejectedByICMP(b)
	case hops.Refused:
		f = v.rejectedByReset(b)
	}
	if f == nil {
		return nil
	}
	f.Owner = ownerAt(f.Where)
	f.Fixes = v.fixBlocked(f.Where)
	return f
}

func (v *view) rejectedByICMP(b *blockade) *Finding {
	var d *probe.Dial
	for _, each := range b.dials {
		if each.Outcome == b.outcome && (d == nil || each.ICMP != nil && d.ICMP == nil) {
			d = each
		}
	}
	f := v.blocked(b, "")
	f.Where = v.locate(b.trace, d.ICMP)
	f.Certainty = b.certainty(sure(d.ICMP != nil && d.ICMP.From.IsValid()))
	f.Story = append(f.Story, fmt.Sprintf("A connection to %s %s.", d.To, outcomeWords(d)))
	if b.unsaid > 0 {
		f.Story[1] += fmt.Sprintf(" %s got no answer; devices send only a few such messages a second.", count(b.unsaid, "other attempt"))
	}
	f.RuledOut = []string{"A closed port on the server: that would be a refusal without an ICMP message."}
	return f
}

// rejectedByReset: a RST that comes from a shorter distance than the server's.
func (v *view) rejectedByReset(b *blockade) *Finding {
	t, of := b.trace, v.distance()
	if t.answer != hops.Refused || of == 0 || t.distance >= of {
		return nil
	}
	f := v.blocked(b, "")
	f.Where = v.locate(t, nil)
	f.Certainty = b.certainty(Certain)
	before := "this machine"
	if t.distance > 1 {
		before = "the forward filter of " + t.hopName(t.distance-1)
	}
	f.Story = append(f.Story, fmt.Sprintf("They are refused at hop %d already, and the server is %d hops away: the refusal comes from %s, or from hop %d itself.",
		t.distance, of, before, t.distance))
	f.RuledOut = []string{"The server itself: the refusal comes from a shorter distance."}
	return f
}

func dataRefused(v *view) *Finding {
	b := v.blockade()
	if b == nil || b.outcome != hops.Refused {
		return nil
	}
	t, of := b.trace, v.distance()
	measured := t.answer == hops.Refused && of > 0
	if measured && t.distance < of {
		return nil
	}
	near := of == 1 || classOf(v.peer.Addr()) == classLoopback
	f := v.blocked(b, "They were refused.")
	f.Where = &Where{Side: SideUnknown}
	switch {
	case measured:
		f.Where = v.locate(t, nil)
		f.Where.Side = SideServer
		f.Certainty = b.certainty(sure(near))
		f.Story = append(f.Story, fmt.Sprintf("The refusal comes from hop %d, the distance of the server itself: %sit does not listen on the port that it announced, or its own firewall refuses.", t.distance, mostLikely(near)))
		if !near {
			f.RuledOut = []string{fmt.Sprintf("NAT in front of the server without a forward for the port: that device would refuse at its own distance, hop %d.", of-1),
				fmt.Sprintf("Not ruled out: a firewall rule on hop %d, in front of the server, that refuses with a TCP reset.", of-1)}
		}
	case near:
		f.Where, f.Certainty = &Where{Side: SideServer}, b.certainty(Certain)
		f.Story = append(f.Story, "The server runs on this machine or in this network: nothing stands between.")
	default:
		f.Certainty = Possible
		f.Story = append(f.Story, "Either the server does not listen on the port that it announced, or a device in front of it (NAT without forwarding, a firewall) refuses in its place. The distance of the refusal was not measured.")
		f.RuledOut = []string{"Not tested: which device refuses. The path check would tell (Linux)."}
	}
	r := v.announcedRange()
	f.Fixes = []Fix{
		{Who: ServerAdmin, Do: fmt.Sprintf("Look at the server while a client waits: ss -ltn must show the announced port. Then at the host's firewall (ports seen: %s).", r), Examples: openRange(r)},
		{Who: ServerNetwork, Do: "If the server runs in a container or behind NAT: publish or forward the whole passive range.", Examples: forwardRange(r, "")},
	}
	return f
}

// fixBlocked is what to do about a firewall at that place.
func (v *view) fixBlocked(w *Where) []Fix {
	r := v.announcedRange()
	server := v.peer.Addr().Unmap().String()
	client := Fix{Who: ClientNetwork, Do: fmt.Sprintf("Allow outgoing TCP from this client to %s, the server's passive ports (seen in this run: %s).", server, r), Examples: openOut(r, server)}
	at := Fix{Who: ServerNetwork, Do: fmt.Sprintf("Open the server's whole passive range inbound, besides the control port (seen in this run: %s).", r), Examples: openRange(r)}
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
