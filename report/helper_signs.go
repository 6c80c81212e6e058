package report

import (
	"cmp"
	"fmt"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// What shows that a device on the way reads the dialogue.

// rewrittenWell are the tries in which a device changed what was announced, and
// the connection came about all the same.
func (v *view) rewrittenWell() (active, passive *twin) {
	for _, c := range slices.Concat(probe.Active, probe.Passive) {
		switch t := v.twin(c); {
		case !t.changed() || encrypted(v.ev, t.Mode):
		case t.dials() && v.led(t) && active == nil:
			active = t
		case !t.dials() && v.led(t) && v.translated(t) && passive == nil:
			passive = t
		}
	}
	return active, passive
}

// opensPorts is a port that opened once it was announced in the dialogue, and
// the ports that stayed shut, that one among them, when the other end listened
// on them and told so in a form that no device reads. None opened without being
// announced.
func (v *view) opensPorts() (announced *probe.Dial, shut []portRange) {
	if v.login != nil && v.login.TLS.OK() {
		return nil, nil // nothing can read the dialogue
	}
	var opens *probe.Dial
	for _, l := range v.listens {
		switch l.state {
		case PortSilent, PortRefused, PortRejected:
			port := l.dial.To.Port()
			shut = append(shut, portRange{port, port})
			if d := v.announcedOpen(port); d != nil {
				opens = d
			}
		default:
			return nil, nil
		}
	}
	if len(shut) < 2 || opens == nil {
		return nil, nil
	}
	slices.SortFunc(shut, func(a, b portRange) int { return int(a.low) - int(b.low) })
	return opens, shut
}

// announcedOpen is an attempt at a port that opened right after it was announced.
func (v *view) announcedOpen(port uint16) *probe.Dial {
	for _, a := range v.attempts() {
		if a.fresh && a.To.Port() == port && a.Outcome == hops.Open && a.As != probe.AsPeer {
			return a.Dial
		}
	}
	for i := range v.twins {
		if p := v.readPassive(v.twins[i].Mode); p.host != nil && p.host.To.Port() == port && p.host.Outcome == hops.Open {
			return p.host
		}
	}
	return nil
}

// droppedOnWay reports whether the other end's word settles what became of a
// command without an answer, and tells it.
func (v *view) droppedOnWay(f *Finding, command string) bool {
	for i := range v.twins {
		t := &v.twins[i]
		if verb(t.Command) != command || t.Reply != nil || t.Lost == nil || verb(t.Lost.Command) != command || !v.complete() {
			continue
		}
		f.Certainty = Certain
		f.Checks = append(f.Checks, t.Check, probe.CheckPeer)
		switch {
		case t.dials() && t.got != "":
			f.Story = append(f.Story, fmt.Sprintf("The other end tells that %s arrived. Its answer was lost on the way back.", command))
		case !t.dials() && (t.sent != "" || t.port != nil):
			f.Story = append(f.Story, fmt.Sprintf("The other end tells that it answered: %s. The answer was lost on the way back.", cmp.Or(unended(t.sent), "it listened on a port")))
		default:
			f.Story = append(f.Story, fmt.Sprintf("The other end saw no %s in this session: it was lost on the way there.", command))
		}
		f.RuledOut[1] = "A server that hangs: both ends were compared. A device on the way reads FTP, and drops this command or its reply."
		return true
	}
	return false
}
