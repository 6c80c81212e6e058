package report

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/wire"
)

// What the opposite end tells is a claim of the other side. Rules use it beside
// an observation of this one, and take its silence for "nothing arrived" only
// where it told all that it saw.

// twin is one try in a session of which both ends tell.
type twin struct {
	*probe.Mode
	theirs  *exchange.Session // the session as the other end saw it
	sent    string            // the announcement as it was sent: by them in passive mode, by us in active mode; empty: not known
	got     string            // the same as it arrived; empty: it did not, or that is not known
	port    *exchange.Port    // passive: where they listened; nil: not known
	dialing *exchange.Dialing // active: their attempt; nil: not known
}

// readPeer pairs our tries with what the other end says of them.
func (v *view) readPeer() {
	if v.ev.Peer == nil || !v.ran(probe.CheckPeer) {
		return
	}
	v.other = v.ev.Peer
	v.theirPorts = map[uint16][]*exchange.Port{}
	if seen := v.other.Seen; seen != nil {
		for i := range seen.Ports {
			switch p := &seen.Ports[i]; {
			case p.Failed != "" || seen.BehindHole(p):
			case p.Answer > 0:
				v.expiring = append(v.expiring, p)
			default:
				v.theirPorts[p.Local.Port()] = append(v.theirPorts[p.Local.Port()], p)
			}
		}
	}
	v.readListens()
	for _, m := range v.ev.Tries {
		theirs := v.other.SessionOf(m.Session)
		transfer := m.Step > 0 && m.Try == "" && v.ran(m.Check)
		if theirs == nil || m.Command == "" || m.Try != probe.TryPeer && !transfer {
			continue
		}
		v.twins = append(v.twins, v.readTwin(m, theirs))
	}
	slices.SortStableFunc(v.twins, func(a, b twin) int {
		return cmp.Or(cmp.Compare(slices.Index(probe.Checks, a.Check), slices.Index(probe.Checks, b.Check)), cmp.Compare(a.Step, b.Step))
	})
}

func (v *view) readTwin(m *probe.Mode, theirs *exchange.Session) twin {
	t := twin{Mode: m, theirs: theirs}
	if slices.Contains(probe.Active, m.Check) {
		t.sent, t.got = m.Command, lineOf(theirs, m, "PORT", "EPRT")
		t.dialing = dialingOf(v.other.Seen, theirs)
		return t
	}
	code := "229"
	if strings.HasPrefix(m.Command, "PASV") {
		code = "227"
	}
	t.sent = lineOf(theirs, m, code)
	if accepted(m) {
		t.got = text(m.Reply)
	}
	t.port = portOf(v.other.Seen, theirs, m, v.portBefore(m))
	return t
}

// lineOf is the line of their session that is the announcement of this try. Of
// several, the one with the try's port counts; where none has it, the last one,
// unless the session made several transfers.
func lineOf(s *exchange.Session, m *probe.Mode, words ...string) string {
	var last string
	for _, l := range s.Lines {
		line := strings.TrimSpace(string(l.Raw))
		if l.Sent != (len(words) == 1) || !slices.ContainsFunc(words, func(w string) bool { return startsWith(line, w) }) {
			continue
		}
		if at, ok := named(line); ok && at.Port() == m.Announced.Port() {
			return line
		}
		last = line
	}
	if m.Step > 0 {
		return ""
	}
	return last
}

// startsWith reports whether a line begins with this word, in any case.
func startsWith(line, word string) bool {
	return len(line) >= len(word) && strings.EqualFold(line[:len(word)], word)
}

// portBefore is how many earlier transfers of the session were given the same
// port: a server chooses ports at random.
func (v *view) portBefore(m *probe.Mode) (n int) {
	for _, o := range v.ev.Tries {
		if o.Session == m.Session && 0 < o.Step && o.Step < m.Step && o.Announced.Port() == m.Announced.Port() {
			n++
		}
	}
	return n
}

// portOf is the port on which they listened for this try, before which the
// session was given the same port so many times.
func portOf(seen *exchange.Seen, s *exchange.Session, m *probe.Mode, before int) *exchange.Port {
	var last *exchange.Port
	for i := range seen.Ports {
		p := &seen.Ports[i]
		if p.Session != s.Number || p.Command != verb(m.Command) {
			continue
		}
		if p.Local.Port() == m.Announced.Port() {
			if before--; before < 0 {
				return p
			}
		}
		last = p
	}
	if m.Step > 0 {
		return nil
	}
	return last
}

// dialingOf is their attempt to connect for this try.
func dialingOf(seen *exchange.Seen, s *exchange.Session) *exchange.Dialing {
	for i := range slices.Backward(seen.Dials) {
		if d := &seen.Dials[i]; d.Session == s.Number && (d.Command == "PORT" || d.Command == "EPRT") && tested(d.Outcome) {
			return d
		}
	}
	return nil
}

// named is the address and port that a reply or a command names, as far as the
// standard allows it. A 229 names a port alone.
func named(line string) (netip.AddrPort, bool) {
	var at netip.AddrPort
	var err error
	word, arg, _ := strings.Cut(line, " ")
	switch strings.ToUpper(word) {
	case "PORT":
		at, err = wire.ParsePORT(strings.TrimSpace(arg))
	case "EPRT":
		at, err = wire.ParseEPRT(strings.TrimSpace(arg))
	default:
		if strings.HasPrefix(line, "229") {
			var port uint16
			port, _, err = wire.ParseEPSV(line)
			at = netip.AddrPortFrom(netip.Addr{}, port)
			break
		}
		at, _, err = wire.ParsePASV(line)
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), err == nil
}

// twin is the try of a mode that both ends saw, or nil.
func (v *view) twin(c probe.Check) *twin {
	i := slices.IndexFunc(v.twins, func(t twin) bool { return t.Check == c && t.Try == probe.TryPeer })
	if i < 0 {
		return nil
	}
	return &v.twins[i]
}

// changed reports whether another address or port arrived than was sent, or
// none at all where one was sent.
func (t *twin) changed() bool {
	if t == nil || t.sent == "" || t.got == "" {
		return false
	}
	sent, sound := named(t.sent)
	got, ok := named(t.got)
	return sound && (!ok || sent != got)
}

// translated reports whether the change is the one that a NAT device has to
// make: it names the side behind it by the address under which the other side
// reaches it, and the port stayed.
func (v *view) translated(t *twin) bool {
	sent, _ := named(t.sent)
	got, ok := named(t.got)
	right := v.peerOf(t.Mode)
	if t.dials() {
		right = v.seen.addr
	}
	return ok && right.IsValid() && got.Addr() == right && got.Port() == sent.Port()
}

// dials reports whether the other end connects to us in this try.
func (t *twin) dials() bool { return slices.Contains(probe.Active, t.Check) }

// distorted reports whether the mode's announcement arrives otherwise than it
// was sent, and does not lead one end to the other because of that.
func (v *view) distorted(c probe.Check) bool {
	t := v.twin(c)
	return t.changed() && !v.led(t) && !v.translated(t) && !v.maybeTranslated(t)
}

// maybeTranslated reports whether the change may be the one that a NAT device on
// this side has to make, to an address that the server does not get to see.
func (v *view) maybeTranslated(t *twin) bool {
	sent, _ := named(t.sent)
	got, ok := named(t.got)
	seen, _ := v.sourceRewritten()
	proxy := v.distance() > 0 && v.passes(v.peer, v.distance())
	return ok && t.dials() && (seen.IsValid() || proxy) && inner(sent.Addr()) && public(got.Addr()) && got.Port() == sent.Port()
}

// led reports whether the announcement, as it arrived, led one end to the other.
func (v *view) led(t *twin) bool {
	if t.dials() {
		return len(t.Arrivals) > 0
	}
	p := v.readPassive(t.Mode)
	at := p.host
	if p.differs {
		at = p.announced
	}
	whole := false
	if t.port != nil {
		whole, _, _ = v.came(t.port)
	}
	return opened(at) && (t.Listed() || whole)
}

// wrongPort reports whether the replies to a passive command arrive with
// another port than the server sent, so that what was dialled is not its port.
func (v *view) wrongPort(command string) bool {
	for _, c := range probe.Passive {
		if t := v.twin(c); strings.EqualFold(string(c), verb(command)) && v.distorted(c) {
			sent, _ := named(t.sent)
			got, ok := named(t.got)
			return !ok || sent.Port() != got.Port()
		}
	}
	return false
}
