package report

import (
	"net/netip"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// view is the evidence as the rules look at it: checks that were not run and
// attempts without an outcome are left out, so that a rule cannot take "not
// tested" for "no".
type view struct {
	ev      *probe.Evidence
	login   *probe.Session // the login check's session; nil when none opened
	peer    netip.AddrPort // control address and port
	local   netip.Addr     // our end of the control connection
	product product
	seen    sight // this client as the server sees it
	passive []passive
	active  []active
	ports   []attempt // announced ports dialled on the control host, and lent ones
	lent    bool      // ports has some on which the other end listened at our request

	other *probe.Peer // what the opposite end told; nil: it is not ftpcheck's own, or was not asked
	twins []twin      // tries that both ends saw

	theirPorts map[uint16][]*exchange.Port // on which it listened, by port
	expiring   []*exchange.Port            // on which it gave its SYN ACKs a TTL; not among those
	listens    []listen                    // our attempts at those on which it listened at our request
}

// passive is one passive mode that was tried.
type passive struct {
	*probe.Mode
	peer      netip.Addr  // the control host of its session
	differs   bool        // the announced address is not the control host
	announced *probe.Dial // at the announced address, when it differs; nil: not tested
	host      *probe.Dial // at the announced port of the control host; nil: not tested
}

// active is one active mode that was tried.
type active struct {
	*probe.Mode
	peer  netip.Addr
	local netip.Addr
}

// attempt is one announced port dialled on the control host.
type attempt struct {
	*probe.Dial
	fresh   bool   // right after its announcement: the server was listening
	command string // that announced it; empty: none did, or it is not known
}

func newView(ev *probe.Evidence) *view {
	v := &view{ev: ev, login: ev.Login(), peer: ev.ControlPeer()}
	if v.login != nil {
		v.local = v.login.Local.Addr().Unmap()
	}
	v.product = fingerprint(ev)
	v.seen = clientSeen(ev, v.product)
	v.readPeer()
	for _, c := range probe.Passive {
		if m := v.modeOrTwin(c); m != nil {
			v.passive = append(v.passive, v.readPassive(m))
		}
	}
	for _, c := range probe.Active {
		if m := v.modeOrTwin(c); m != nil {
			v.active = append(v.active, active{Mode: m, peer: v.peerOf(m), local: v.localOf(m)})
		}
	}
	v.collectPorts()
	v.collectListens()
	return v
}

// ran reports whether the check was begun and not skipped.
func (v *view) ran(c probe.Check) bool {
	run := v.ev.Checks[c]
	return run != nil && run.Skipped == "" && (run.Running || run.Ended)
}

func (v *view) mode(c probe.Check) *probe.Mode {
	if m := v.ev.Modes[c]; m != nil && m.Command != "" && v.ran(c) {
		return m
	}
	return nil
}

// modeOrTwin is the try that both ends saw where the mode's own check was not
// run.
func (v *view) modeOrTwin(c probe.Check) *probe.Mode {
	if t := v.twin(c); t != nil && !v.ran(c) {
		return t.Mode
	}
	return v.mode(c)
}

func (v *view) peerOf(m *probe.Mode) netip.Addr {
	if s := v.ev.Session(m.Session); s != nil && s.Peer.IsValid() {
		return s.Peer.Addr().Unmap()
	}
	return v.peer.Addr().Unmap()
}

func (v *view) localOf(m *probe.Mode) netip.Addr {
	if s := v.ev.Session(m.Session); s != nil && s.Local.IsValid() {
		return s.Local.Addr().Unmap()
	}
	return v.local
}

func (v *view) readPassive(m *probe.Mode) passive {
	p := passive{Mode: m, peer: v.peerOf(m)}
	at := m.Announced.Addr().Unmap()
	p.differs = accepted(m) && m.Announced.IsValid() && at != p.peer
	for i := range m.Dials {
		d := &m.Dials[i]
		switch to := d.To.Addr().Unmap(); {
		case !tested(d.Outcome):
		case to == p.peer:
			p.host = d
		case to == at:
			p.announced = d
		}
	}
	return p
}

func (v *view) collectPorts() {
	for _, p := range v.passive {
		if p.host != nil && !v.wrongPort(p.Command) {
			v.ports = append(v.ports, attempt{p.host, true, p.Command})
		}
	}
	if !v.ran(probe.CheckPorts) {
		return
	}
	for _, s := range v.ev.Samples {
		if s != nil && tested(s.Dial.Outcome) && !v.wrongPort(s.Command) {
			v.ports = append(v.ports, attempt{&s.Dial, true, s.Command})
		}
	}
	for i := range v.ev.Confirms {
		if d := &v.ev.Confirms[i]; tested(d.Outcome) {
			v.ports = append(v.ports, attempt{d, false, ""})
		}
	}
}

// collectListens adds the ports on which the opposite end listened at our
// request. They say nothing about the announced ones where a device opens only
// what is announced in the dialogue, or the server announces ports on which it
// does not listen: where all of them open, and not all of those.
func (v *view) collectListens() {
	if opens, _ := v.opensPorts(); opens != nil || len(v.directions().unheard) > 0 || v.onlyAnnouncedFail() {
		return
	}
	for _, l := range v.listens {
		v.ports, v.lent = append(v.ports, attempt{l.dial, true, ""}), true
	}
}

// onlyAnnouncedFail reports whether announced ports failed, and none of those on
// which the other end listened at our request.
func (v *view) onlyAnnouncedFail() bool {
	fails := slices.ContainsFunc(v.attempts(), func(a attempt) bool { return failed(a.Dial) })
	return fails && !slices.ContainsFunc(v.listens, func(l listen) bool { return failed(l.dial) })
}

// offered says of ports why the server should listen there.
func (v *view) offered() string {
	if v.lent {
		return "that the server announced, or listened on at our request,"
	}
	return "that the server announced"
}

// tested reports whether o is the outcome of a connection attempt.
func tested(o probe.Outcome) bool {
	switch o {
	case hops.Open, hops.Refused, hops.Reset, hops.Timeout, hops.Rejected, hops.Unreachable:
		return true
	}
	return false
}

// opened reports whether the handshake was completed.
func opened(d *probe.Dial) bool {
	return d != nil && (d.Outcome == hops.Open || d.Outcome == hops.Reset)
}

// failed reports whether the attempt was made and did not open.
func failed(d *probe.Dial) bool { return d != nil && !opened(d) }

// refusal is the negative reply to the mode's command, or nil.
func refusal(m *probe.Mode) *probe.Reply {
	if m.Reply != nil && m.Reply.Code >= 400 {
		return m.Reply
	}
	return nil
}

func accepted(m *probe.Mode) bool { return m.Reply != nil && m.Reply.Code/100 == 2 }

// text is the last line of a reply, or "".
func text(r *probe.Reply) string {
	if r == nil || len(r.Lines) == 0 {
		return ""
	}
	return r.Lines[len(r.Lines)-1]
}

// data is what came over the mode's passive data connection, or nil.
func (p passive) data() *probe.Data {
	for _, d := range []*probe.Dial{p.announced, p.host} {
		if d != nil && d.Data != nil {
			return d.Data
		}
	}
	return nil
}

// open reports whether a data connection of the mode opened.
func (p passive) open() bool { return opened(p.announced) || opened(p.host) }

func (v *view) passiveOf(c probe.Check) *passive {
	i := slices.IndexFunc(v.passive, func(p passive) bool { return p.Check == c })
	if i < 0 {
		return nil
	}
	return &v.passive[i]
}

func (v *view) activeOf(c probe.Check) *active {
	i := slices.IndexFunc(v.active, func(a active) bool { return a.Check == c })
	if i < 0 {
		return nil
	}
	return &v.active[i]
}

// works reports whether one of the modes gave a listing.
func (v *view) works(modes []probe.Check) bool {
	return slices.ContainsFunc(modes, func(c probe.Check) bool { return v.mode(c).Listed() })
}

// sessions are the control sessions of checks that were run, without those of
// further tries: what these change on purpose must not be taken for the rule.
func (v *view) sessions() []*probe.Session {
	var list []*probe.Session
	for _, s := range v.ev.Sessions {
		if s != nil && v.ran(s.Check) && !v.further(s) {
			list = append(list, s)
		}
	}
	return list
}

// further reports whether the session belongs to a further try alone.
func (v *view) further(s *probe.Session) bool {
	return slices.ContainsFunc(v.ev.Tries, func(m *probe.Mode) bool { return m.Try != "" && m.Session == s.ID }) &&
		!slices.ContainsFunc(v.mainSessions(), func(id int) bool { return id == s.ID })
}

// mainSessions are the sessions of the main tries.
func (v *view) mainSessions() []int {
	var ids []int
	for _, m := range v.ev.Modes {
		ids = append(ids, m.Session)
	}
	if v.login != nil {
		ids = append(ids, v.login.ID)
	}
	return ids
}
