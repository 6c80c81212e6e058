package report

import (
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// rewrittenWell are the tries in which a device changed what was announced, and
// the connection came about all the same.
func (v *view) rewrittenWell() (active, passive *twin) {
	for _, c := range slices.Concat(probe.Active, probe.Passive) {
		switch t := v.twin(c); {
		case !t.changed() || encrypted(v.ev, t.Mode):
		case t.dials() && len(t.Arrivals) > 0 && active == nil:
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
	for _, c := range probe.Passive {
		if encrypted(v.ev, v.mode(c)) {
			return nil, nil
		}
	}
	var opens *probe.Dial
	for _, l := range v.listens() {
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
