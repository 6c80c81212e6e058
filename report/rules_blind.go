package report

import (
	"fmt"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// Devices that read FTP: plain against TLS, in the same mode.
var blindRules = []rule{
	{Code: Code{"helper-blind-to-tls", Problem, ServerNetwork, "A helper is blind to TLS",
		"Data connections work in plain FTP and not with TLS: a device opens the ports that it reads in the dialogue, and cannot read this one."},
		when: helperBlind},
}

// isBlind reports whether a mode's data connection failed under TLS, and came
// to be in plain FTP. Which port it is differs from try to try.
func isBlind(ev *probe.Evidence, m *probe.Mode) bool {
	if m == nil || !encrypted(ev, m) || !m.Ended || m.Listed() {
		return false
	}
	plain := ev.Try(m.Check, probe.TryPlain)
	if plain == nil || encrypted(ev, plain) {
		return false
	}
	if slices.Contains(probe.Active, m.Check) {
		return len(m.Arrivals) == 0 && len(plain.Arrivals) > 0
	}
	tried := false
	for i := range m.Dials {
		d := &m.Dials[i]
		if opened(d) {
			return false
		}
		tried = tried || tested(d.Outcome)
	}
	return tried && slices.ContainsFunc(plain.Dials, func(d probe.Dial) bool { return opened(&d) })
}

// blind reports whether the mode fails because of a helper that cannot read TLS.
func (v *view) blind(c probe.Check) bool { return isBlind(v.ev, v.mode(c)) }

// blindPassive reports whether no announced port opens under TLS, and one did
// in plain FTP. A port that opens under TLS shows that no helper is needed.
func (v *view) blindPassive() bool {
	return slices.ContainsFunc(probe.Passive, v.blind) && !slices.ContainsFunc(v.ports, func(a attempt) bool { return opened(a.Dial) })
}

func helperBlind(v *view) *Finding {
	var f *Finding
	if v.blindPassive() {
		f = v.blindToPassive()
	}
	var list []active
	for _, c := range probe.Active {
		if m := v.mode(c); v.blind(c) {
			list = append(list, active{Mode: m, peer: v.peerOf(m), local: v.localOf(m)})
		}
	}
	if len(list) > 0 {
		f = v.blindToActive(f, list)
	}
	return f
}

// blindToPassive: the helper stands in front of the server, unless the hop
// search ends on another side.
func (v *view) blindToPassive() *Finding {
	b := v.shut()
	if b == nil {
		return nil
	}
	f := &Finding{Checks: b.checks, Where: v.locate(b.trace, nil)}
	open := 0
	var with, without *probe.Mode
	for _, c := range probe.Passive {
		if m, plain := v.mode(c), v.ev.Try(c, probe.TryPlain); v.blind(c) {
			open++
			if with == nil {
				with, without = m, plain
			}
		}
		if v.mode(c) != nil {
			f.Checks = append(f.Checks, c)
		}
	}
	if f.Where.Side == SideUnknown && !b.trace.known() {
		f.Where.Side = SideServer
		f.RuledOut = append(f.RuledOut, "Not measured: where the ports are blocked. Most such helpers stand in front of the server.")
	}
	if v.stoppedByNAT(b.trace) {
		f.Where.Side = SideServer
	}
	f.Owner = ownerAt(f.Where)
	// Ports that are blocked at random may fall so, too: all that were met under
	// TLS, and none that was met in plain FTP.
	f.Certainty = sure(chance(open, len(b.dials))/2 < unlikely && b.mixed == 0 && !b.other.known())
	f.Story = []string{
		fmt.Sprintf("With TLS %s: %s. In plain FTP, right after, %s did.", b.noneOpened(), b.list(), openedDial(without)),
		"Nothing else was changed. A device on the way reads the dialogue, opens each port that it finds there, and cannot read an encrypted one.",
	}
	if a, p := with.Announced, without.Announced; a.IsValid() && p.IsValid() && a.Addr().Unmap() != p.Addr().Unmap() {
		f.Story = append(f.Story, fmt.Sprintf("It rewrites the reply, too: with TLS the server announced %s, in plain FTP we received %s.", a.Addr().Unmap(), p.Addr().Unmap()))
	}
	f.Effect = "With TLS, logging in works, and listings and transfers hang or fail. Plain FTP works, unprotected."
	f.RuledOut = append(f.RuledOut, "Ports that are blocked for everybody: one opened in plain FTP.")
	if f.Certainty != Certain {
		f.RuledOut = append(f.RuledOut, "Not ruled out: ports that are blocked in part, and chance. More samples would decide (--ports).")
	}
	r := v.rangeWithTries()
	f.Fixes = v.announceFixed(r)
	if f.Where.Side == SideClient {
		whole, source := v.wholeRange(r)
		f.Fixes = []Fix{{Who: ClientNetwork, Do: fmt.Sprintf("Allow outgoing TCP to the server's whole passive range, and do not count on the FTP helper (%s).", source), Examples: openOut(whole, v.peer.Addr().Unmap().String())}}
	}
	if a := with.Announced.Addr().Unmap(); inner(a) && public(v.peer.Addr()) {
		to := announceable(v.peer.Addr().Unmap())
		f.Fixes = append(f.Fixes, Fix{Who: ServerAdmin, Do: fmt.Sprintf("Announce %s instead of %s, which only the helper corrects.", to, a), Examples: examplesAnnounce(v, to)})
	}
	return f
}

// rangeWithTries is the range of all announced ports, those of further tries
// included.
func (v *view) rangeWithTries() portRange {
	r := v.announcedRange()
	for _, m := range v.ev.Tries {
		if port := m.Announced.Port(); port != 0 && slices.Contains(probe.Passive, m.Check) && v.ran(m.Check) {
			r.high = max(r.high, port)
			if r.low == 0 || port < r.low {
				r.low = port
			}
		}
	}
	return r
}

func openedDial(m *probe.Mode) string {
	for i := range m.Dials {
		if opened(&m.Dials[i]) {
			return m.Dials[i].To.String()
		}
	}
	return "one"
}

// blindToActive: the helper is at the client's NAT or firewall.
func (v *view) blindToActive(f *Finding, list []active) *Finding {
	a := list[0]
	plain := v.ev.Try(a.Check, probe.TryPlain)
	story := []string{fmt.Sprintf("With TLS we announced %s in active mode, and the server's connection did not arrive. In plain FTP, right after, it did, from %s.", a.Announced, plain.Arrivals[0].From),
		"Nothing else was changed. A device on this side reads PORT and EPRT, opens the port that they name, and cannot read them when they are encrypted."}
	fixes := v.passiveOr(Fix{Who: ClientNetwork, Do: "Announce the public address and forward a fixed port range to this client, without the FTP helper.",
		Examples: append([]Example{{"ftpcheck", activeFlags(v)}}, forwardRange(portRange{40000, 40099}, a.local.String())[0])})
	if f != nil {
		f.Story = append(f.Story, story[0])
		f.Fixes = append(f.Fixes, fixes...)
	} else {
		f = &Finding{Severity: Warning, Certainty: sure(len(list) > 1), Owner: ClientNetwork, Where: &Where{Side: SideClient, Of: v.distance()}, Story: story, Fixes: fixes,
			Effect:   "With TLS, active mode fails from this network." + v.passiveHint(),
			RuledOut: []string{"A firewall that admits no connections from the server: one arrived in plain FTP."}}
		if len(v.passive) > 0 && !v.works(probe.Passive) {
			f.Severity = Problem // active mode was all that there is
		}
	}
	if a.Reply != nil && a.Reply.Code >= 400 && len(f.Quote) == 0 {
		f.Story[0] = fmt.Sprintf("With TLS we announced %s in active mode, and the server refused that. In plain FTP, right after, its connection arrived, from %s:", a.Announced, plain.Arrivals[0].From)
		f.Quote = v.quoteReply(a.Check, a.Reply)
	}
	for _, each := range list {
		f.Checks = append(f.Checks, each.Check)
	}
	return f
}

// passiveReplyRewritten: the opposite end tells what it sent. Else, over TLS
// nobody on the way can change the reply, so that it shows what the server says
// to this client.
func passiveReplyRewritten(v *view) *Finding {
	if f := v.rewrittenReply(); f != nil {
		return f
	}
	sent, got := v.mode(probe.CheckPASV), v.try(probe.CheckPASV, probe.TryPlain)
	if sent == nil || got == nil || v.blind(probe.CheckPASV) || !encrypted(v.ev, sent) || encrypted(v.ev, got) || !accepted(sent) || !accepted(got) {
		return nil
	}
	a, b, peer := sent.Announced.Addr().Unmap(), got.Announced.Addr().Unmap(), v.peerOf(sent)
	if !a.IsValid() || !b.IsValid() || a == b || !peer.Is4() || v.peerOf(got) != peer {
		return nil
	}
	f := &Finding{Checks: []probe.Check{probe.CheckPASV}, Certainty: sure(v.product.Name != "" && !v.product.is("ProFTPD")),
		Where: &Where{Side: SideUnknown, Of: v.distance()}, Quote: v.quoteReply(probe.CheckPASV, sent.Reply),
		Story: []string{
			fmt.Sprintf("Inside TLS, where nobody on the way can change it, the server announced %s. In plain FTP the same client received %s from the same server:", a, b),
			"So a device on the way, an FTP helper (ALG), replaces the address."},
	}
	if b == peer {
		f.Severity, f.Where.Side = Warning, SideServer
		f.Story[1] += " It puts in the address under which we reach the server: the device stands in front of the server."
		f.Effect = "Plain FTP works because of the device. With TLS it cannot help, and the server's own address counts."
	} else {
		f.Effect = "Plain FTP clients are sent to another address than the server named."
	}
	if f.Certainty != Certain {
		f.RuledOut = []string{"Not ruled out: a server that is set to announce another address with TLS."}
		if v.product.is("ProFTPD") {
			f.RuledOut[0] += " ProFTPD has TLSMasqueradeAddress for that."
		}
	}
	f.Fixes = []Fix{{Who: ServerAdmin, Do: fmt.Sprintf("Announce %s in plain FTP and with TLS.", announceable(peer)), Examples: examplesAnnounce(v, announceable(peer))},
		{Who: ServerNetwork, Do: "Then switch the FTP helper off, and open or forward the passive range by its numbers."}}
	return f
}

// tlsDoubt lowers a finding about blocked ports that was made under TLS: a
// helper that cannot read TLS blocks them in the same way.
func (v *view) tlsDoubt(f *Finding) *Finding {
	if f == nil {
		return nil
	}
	under, plain := false, false
	for _, c := range probe.Passive {
		under = under || encrypted(v.ev, v.mode(c))
		if t := v.try(c, probe.TryPlain); t != nil {
			plain = plain || slices.ContainsFunc(t.Dials, func(d probe.Dial) bool { return tested(d.Outcome) && d.Outcome != hops.Open })
		}
	}
	switch {
	case !under:
	case plain:
		f.RuledOut = append(f.RuledOut, "An FTP helper that cannot read TLS: in plain FTP no port opened either.")
	default:
		if f.Certainty == Certain {
			f.Certainty = Likely
		}
		f.RuledOut = append(f.RuledOut, "Not ruled out: an FTP helper that opens the ports in plain FTP and cannot read TLS. A run with --tls off would tell; it shows the password on the network.")
	}
	return f
}
