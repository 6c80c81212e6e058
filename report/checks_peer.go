package report

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// PeerView is what the two ends compared. What the other end tells is its claim.
type PeerView struct {
	Tool     string // version of ftpcheck at the other end
	Client   string // our end of the control connection as the other end sees it
	Server   string // its own end
	Compared []Comparison
	Ports    *PortMap // nil: none were tried
}

// Comparison is one announcement as it was sent and as it arrived.
type Comparison struct {
	Check    probe.Check
	Sent     string
	Received string // empty: it did not arrive
	Same     bool   // it names the same address and port
}

// peerViewOf returns what was compared, or nil.
func (v *view) peerViewOf() *PeerView {
	h, ok := v.hello()
	if !ok {
		return nil
	}
	p := &PeerView{Tool: sentence(h.Tool), Ports: v.portMap()}
	if p.Tool == "" && v.product.is("ftpcheck") {
		p.Tool = v.product.Version
	}
	if h.Client.IsValid() {
		p.Client = h.Client.String()
	}
	if h.Server.IsValid() {
		p.Server = h.Server.String()
	}
	for i := range v.twins {
		if t := &v.twins[i]; t.Try == probe.TryPeer && t.sent != "" {
			p.Compared = append(p.Compared, Comparison{t.Check, sentence(t.sent), sentence(t.got), t.got != "" && !t.changed()})
		}
	}
	return p
}

// writePeer sets what the other end told, beside what was seen here.
func (p *page) writePeer(peer *PeerView) {
	if peer == nil {
		return
	}
	p.line("As the other end tells it")
	p.line("")
	p.labelled("Client", peer.Client)
	p.labelled("Server", peer.Server)
	for _, c := range peer.Compared {
		p.labelled(string(c.Check), c.words())
	}
	if peer.Ports != nil {
		p.labelled("Ports", peer.Ports.words())
	}
	p.line("")
}

// words say what became of an announcement on the way.
func (c Comparison) words() string {
	switch {
	case c.Received == "":
		return "sent: " + c.Sent + "; not known to have arrived"
	case c.Received == c.Sent:
		return "arrived as it was sent: " + c.Sent
	}
	return "sent: " + c.Sent + "; arrived: " + c.Received
}

// peerLine is ok where both ends saw the same, and what one sent arrived at the
// other as it was.
func peerLine(ev *probe.Evidence, l *CheckLine) {
	v := newView(ev)
	l.Peer = v.peerViewOf()
	switch {
	case v.other == nil:
		l.State, l.Summary = Skip, "not tested"
		return
	case l.Peer == nil:
		l.State, l.Summary = Warn, join("ftpcheck is at the other end, and told nothing", ": ", v.other.Missed)
		return
	}
	who := join("ftpcheck", " ", l.Peer.Tool) + " at the other end"
	l.State = OK
	var faults []string
	if v.other.Seen == nil {
		l.State = Warn
		faults = append(faults, join("it did not tell what it saw", ", ", v.other.Missed))
	}
	for _, d := range v.disagreements() {
		if l.State == OK || d.state == Failed {
			l.State = d.state
		}
		faults = append(faults, d.words)
	}
	switch {
	case len(faults) > 0:
		l.Summary = who + ": " + strings.Join(faults, "; ")
	case v.other.Missed != "":
		l.Summary = join(who+" agrees, as far as it told", ": ", v.agreement()) + "; " + v.other.Missed
	default:
		l.Summary = join(who+" agrees", ": ", v.agreement())
	}
}

// disagreement is one thing that one end sent and the other did not get so.
type disagreement struct {
	state   State
	words   string
	inbound bool // about a connection of the other end's that did not arrive here
}

func (v *view) disagreements() []disagreement {
	var list []disagreement
	add := func(s State, format string, args ...any) {
		list = append(list, disagreement{state: s, words: fmt.Sprintf(format, args...)})
	}
	if s, _, _ := v.changedGreeting(); s != nil {
		add(Warn, "its greeting arrived changed")
	}
	for _, c := range slices.Concat(probe.Passive, probe.Active) {
		t := v.twin(c)
		if t == nil {
			continue
		}
		bad := Failed
		if t.dials() && !v.egressBlocked() {
			bad = Warn // it says something about where this client stands
		}
		switch {
		case v.distorted(c):
			add(bad, "the announcement of %s arrived changed", c)
		case t.dials():
			if words := v.inboundFault(t); words != "" {
				add(bad, "%s: %s", c, words)
				list[len(list)-1].inbound = true
			}
		default:
			if words := v.passiveFault(t); words != "" {
				add(bad, "%s: %s", c, words)
			}
		}
	}
	if f := payloadChanged(v); f != nil {
		add(Failed, "data arrived changed")
	}
	if words, state := v.backFault(); words != "" && !slices.ContainsFunc(list, func(d disagreement) bool { return d.inbound }) {
		add(state, "%s", words)
	}
	for _, s := range v.blackHoles() {
		add(Failed, "%d bytes in one packet do not arrive %s", s.failed, s.way())
	}
	if n := v.blockedListens(); n > 0 {
		add(Failed, "%d of %d more ports fail", n, len(v.listens))
	}
	return list
}

// passiveFault says where a passive connection was lost; "" when it was not, or
// that is not known.
func (v *view) passiveFault(t *twin) string {
	p := v.readPassive(t.Mode)
	if p.host == nil || t.port == nil || t.port.Failed != "" {
		return ""
	}
	port := p.host.To.Port()
	switch v.fateOf(p.host, t.port) {
	case PortAnswered:
		return fmt.Sprintf("port %d opened here, and nothing arrived there", port)
	case PortHalfway:
		return fmt.Sprintf("port %d was reached, and the answer was lost", port)
	case PortSilent:
		return fmt.Sprintf("nothing arrived at port %d", port)
	case PortRefused, PortRejected:
		return fmt.Sprintf("port %d was refused on the way", port)
	}
	return ""
}

// inboundFault says what the other end saw of its connection that did not
// arrive; "" when it did, or was not tried.
func (v *view) inboundFault(t *twin) string {
	d := t.dialing
	if d == nil || len(t.Arrivals) > 0 {
		return ""
	}
	if d.Outcome == hops.Open || d.Outcome == hops.Reset {
		return "its connection opened there, and did not arrive here"
	}
	switch d.Outcome {
	case hops.Timeout:
		return "its connection got no answer"
	case hops.Refused:
		return "its connection was refused on the way"
	}
	return "its connection was rejected on the way"
}

// backFault tells that nothing which the other end sent to ports of ours
// arrived, though active mode had the right address; "" when that is not so.
func (v *view) backFault() (string, State) {
	ports := v.toClient()
	switch {
	case len(ports) == 0 || v.arrivedFromThere() || len(v.inboundTried()) == 0:
		return "", ""
	case len(v.halfHere()) > 0:
		return "its connections got to this client, and the answers were lost", Warn
	}
	switch f := serverEgressBlocked(v); {
	case f == nil:
	case f.Certainty == Certain:
		return "its connections to this client die on its own side", Failed
	default:
		return "its connections to this client seem to die on its own side", Failed
	}
	return "its connections to this client did not arrive", Warn
}

// blockedListens counts the ports on which the other end listened at our request
// and that did not open, where some device does not open announced ones alone.
func (v *view) blockedListens() (n int) {
	if opens, _ := v.opensPorts(); opens != nil {
		return 0
	}
	for _, l := range v.listens {
		if l.state != PortArrived {
			n++
		}
	}
	return n
}

// agreement sums up what both ends saw alike.
func (v *view) agreement() string {
	var parts []string
	same := 0
	for i := range v.twins {
		if t := &v.twins[i]; t.Try == probe.TryPeer && t.sent != "" && t.got != "" && !t.changed() {
			same++
		}
	}
	if same > 0 {
		parts = append(parts, count(same, "announcement")+" as sent")
	}
	if m := v.portMap(); m != nil {
		parts = append(parts, m.words())
	}
	if v.seen.known() && v.seen.addr != v.local {
		parts = append(parts, fmt.Sprintf("it sees this client as %s", v.seen.addr))
	}
	return strings.Join(parts, "; ")
}
