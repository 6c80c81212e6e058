package report

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// PortMap is which ports let connections through, in both directions, as both
// ends saw it.
type PortMap struct {
	Server   netip.Addr   // that the ports of ToServer belong to
	Client   netip.Addr   // that the other end dialled; invalid when it dialled none
	ToServer []SweptRange // neighbouring ports in one state, in port order
	ToClient []ClientPort // in port order
}

// ClientPort is one attempt of the other end at a port of ours.
type ClientPort struct {
	Port   uint16
	Source uint16 // that it came from; 0: not known
	State  PortState
}

// mapStates lists the states in the order in which they are shown.
var mapStates = []PortState{PortArrived, PortAnswered, PortHalfway, PortOpen, PortRefused, PortRejected, PortSilent}

// PortMapOf returns the ports that both ends tried, with those of the sweep; or
// nil when there are none.
func PortMapOf(ev *probe.Evidence) *PortMap { return newView(ev).portMap() }

func (v *view) portMap() *PortMap {
	if v.other == nil {
		return nil
	}
	m := &PortMap{Server: v.peer.Addr().Unmap(), ToServer: v.toServer(), ToClient: v.toClient()}
	if d := v.dialsBack(); len(d) > 0 {
		m.Client = d[0].To.Addr().Unmap()
	}
	if len(m.ToServer) == 0 && len(m.ToClient) == 0 {
		return nil
	}
	return m
}

// toServer sums up every attempt at a port on which the other end listened, and
// the sweep. Of several at one port the one that says most counts.
func (v *view) toServer() []SweptRange {
	states := map[uint16]PortState{}
	note := func(port uint16, s PortState) {
		if have := states[port]; s != "" && port > 0 && (have == "" || slices.Index(mapStates, s) < slices.Index(mapStates, have)) {
			states[port] = s
		}
	}
	for i := range v.ev.Swept {
		note(v.ev.Swept[i].To.Port(), PortStateOf(v.ev.Swept[i].Outcome))
	}
	for _, a := range v.listens {
		note(a.dial.To.Port(), a.state)
	}
	for i := range v.twins {
		t := &v.twins[i]
		if p := v.readPassive(t.Mode); t.port != nil && !t.dials() && !v.distorted(t.Check) {
			note(t.Announced.Port(), v.fateOf(p.host, t.port))
		}
	}
	return rangesOf(states)
}

// listen is one attempt of ours at a port on which the other end listened at
// our request.
type listen struct {
	dial  *probe.Dial
	state PortState
}

// readListens compares our attempts at those ports with what came there. Of
// several at one port the one that says most counts: the other end listens there
// for a moment each time.
func (v *view) readListens() {
	at := map[uint16]int{} // index of the port's attempt
	for i := range v.other.Dials {
		d := &v.other.Dials[i]
		ports := slices.DeleteFunc(slices.Clone(v.listened(d.To.Port())), func(p *exchange.Port) bool { return p.Command != string(exchange.Listen) })
		state := v.fateOf(d, ports...)
		if state == "" || d.To.Addr().Unmap() != v.peer.Addr().Unmap() || state == PortRefused && v.takenBack(d.To.Port()) {
			continue
		}
		switch i, known := at[d.To.Port()]; {
		case !known:
			at[d.To.Port()] = len(v.listens)
			v.listens = append(v.listens, listen{d, state})
		case slices.Index(mapStates, state) < slices.Index(mapStates, v.listens[i].state):
			v.listens[i] = listen{d, state}
		}
	}
}

// takenBack reports whether the other end ceased to listen at a port at our
// request because a session of anybody's needed one: then nothing listened. All
// others of the same request, which no later one overlaps, it kept for longer.
func (v *view) takenBack(port uint16) bool {
	return slices.ContainsFunc(v.listened(port), func(lent *exchange.Port) bool {
		if lent.Command != string(exchange.Listen) || lent.Closed <= 0 || len(lent.Knocks) > 0 {
			return false
		}
		for _, others := range v.theirPorts {
			for _, o := range others {
				if o.Command == lent.Command && o.Session == lent.Session && o.Opened <= lent.Closed && (o.Closed <= 0 || o.Closed-lent.Closed > atOnce) {
					return true
				}
			}
		}
		return false
	})
}

// atOnce is the time within which the ports of one LISTEN are given up together.
const atOnce = 100 // ms

// dialsBack are the other end's attempts at ports on which we did listen.
func (v *view) dialsBack() []*exchange.Dialing {
	if v.other == nil || v.other.Seen == nil {
		return nil
	}
	ours := map[uint16]bool{}
	for _, at := range v.other.Listens {
		ours[at.Port()] = true
	}
	for _, m := range append(v.mainModes(), v.ev.Tries...) {
		if slices.Contains(probe.Active, m.Check) && m.Listen.IsValid() {
			ours[m.Announced.Port()] = true
		}
	}
	var list []*exchange.Dialing
	for i := range v.other.Seen.Dials {
		d := &v.other.Seen.Dials[i]
		if v.toExpiring(d) {
			continue // it tells where our answers vanish, and nothing else
		}
		if ours[d.To.Port()] && d.To.Port() > 0 && !d.OpensHole() && (tested(d.Outcome) || len(d.Steps) > 0) {
			list = append(list, d)
		}
	}
	return list
}

// toClient compares the other end's attempts with what arrived here.
func (v *view) toClient() []ClientPort {
	var arrivals []probe.Arrival
	if v.other != nil {
		arrivals = v.fromThere(v.other.Arrivals)
	}
	take := func(d *exchange.Dialing) bool {
		best := -1
		for i, a := range arrivals {
			if a.Local.Port() == d.To.Port() && (best < 0 || a.From.Port() == d.From.Port()) {
				best = i
			}
		}
		if best < 0 {
			return false
		}
		arrivals = slices.Delete(arrivals, best, best+1)
		return true
	}
	var list []ClientPort
	for _, d := range v.dialsBack() {
		if d.Command != string(exchange.Dial) || !tested(d.Outcome) {
			continue
		}
		p := ClientPort{Port: d.To.Port(), Source: d.From.Port(), State: PortStateOf(d.Outcome)}
		if p.State == PortOpen {
			p.State = PortAnswered
			if take(d) {
				p.State = PortArrived
			}
		}
		list = append(list, p)
	}
	half := v.halfHere()
	for i := range list {
		p := &list[i]
		if p.State == PortSilent && slices.ContainsFunc(half, func(a probe.Arrival) bool { return a.Local.Port() == p.Port && a.From.Port() == p.Source }) {
			p.State = PortHalfway
		}
	}
	slices.SortStableFunc(list, func(a, b ClientPort) int { return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Source, b.Source)) })
	return list
}

// fromThere leaves out what strangers sent to ports of ours.
func (v *view) fromThere(list []probe.Arrival) []probe.Arrival {
	return slices.DeleteFunc(slices.Clone(list), func(a probe.Arrival) bool {
		return a.From.Addr().Unmap() != v.peer.Addr().Unmap() && !sameNetwork(a.From.Addr(), v.peer.Addr())
	})
}

// halfHere are the other end's connections that got to ports of ours, and whose
// answers got lost.
func (v *view) halfHere() []probe.Arrival {
	if v.other == nil {
		return nil
	}
	return v.fromThere(v.other.Half)
}

// words counts the ports of each direction.
func (m *PortMap) words() string {
	server, client := map[PortState]int{}, map[PortState]int{}
	for _, r := range m.ToServer {
		server[r.State] += int(r.To) - int(r.From) + 1
	}
	for _, p := range m.ToClient {
		client[p.State]++
	}
	return join(tally("ports there: ", server), ", ", tally("ports here: ", client))
}

func tally(head string, counts map[PortState]int) string {
	var words []string
	for _, s := range mapStates {
		if n := counts[s]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, s))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return head + strings.Join(words, ", ")
}

// sourceWord tells apart attempts from port 20 and from another port.
func sourceWord(d *exchange.Dialing) string {
	switch {
	case d.From.Port() == 20:
		return " from port 20"
	case d.From.Port() > 0:
		return fmt.Sprintf(" from port %d", d.From.Port())
	}
	return ""
}

// dialOf is the other end's attempt in the form of ours, for its words.
func dialOf(d *exchange.Dialing) *probe.Dial {
	return &probe.Dial{To: d.To, Outcome: d.Outcome, ICMP: d.ICMP, Took: millis(d.Took), Text: d.Err}
}

// arrivedFromThere reports whether any connection that the other end made on
// request got here.
func (v *view) arrivedFromThere() bool {
	return slices.ContainsFunc(v.toClient(), func(p ClientPort) bool { return p.State == PortArrived })
}

// refusedThere reports whether an attempt ended in an answer of some device.
func refusedThere(o hops.Outcome) bool {
	return o == hops.Refused || o == hops.Rejected || o == hops.Unreachable
}
