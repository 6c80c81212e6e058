package report

import (
	"fmt"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/wire"
)

// What one end sent and the other received.

// helperOff are the places at which devices that read FTP are switched off.
var helperOff = []Example{
	{"Linux", "drop the rule that attaches the helper (nft list ruleset); rmmod nf_nat_ftp nf_conntrack_ftp"},
	{"router", "switch off \"FTP ALG\""},
	{"Cisco ASA", "no inspect ftp"},
	{"FortiGate", "remove the ftp session helper"},
}

// rewrittenReply: the other end tells which passive reply it sent, and another
// arrived.
func (v *view) rewrittenReply() *Finding {
	checks := []probe.Check{probe.CheckPeer}
	var first *twin // the one that fails counts more
	for _, c := range []probe.Check{probe.CheckPASV, probe.CheckEPSV} {
		t := v.twin(c)
		if !t.changed() || v.translated(t) {
			continue // a NAT device's own change is none that harms
		}
		checks = append(checks, c)
		if first == nil || v.distorted(c) && !v.distorted(first.Check) {
			first = t
		}
	}
	if first == nil {
		return nil
	}
	f := v.rewrittenFinding(first)
	f.Checks = checks
	if v.distorted(probe.CheckPASV) {
		f.Checks = append(f.Checks, v.clientFailed()...)
	}
	return f
}

// clientFailed is the ordinary client's check where it failed after PASV.
func (v *view) clientFailed() []probe.Check {
	if c := v.ev.Client; c != nil && c.Outcome == probe.OutcomeFailed && clientMode(v.ev) == "PASV" {
		return []probe.Check{probe.CheckClient}
	}
	return nil
}

func (v *view) rewrittenFinding(t *twin) *Finding {
	sent, _ := named(t.sent)
	got, ok := named(t.got)
	peer := v.peerOf(t.Mode)
	f := &Finding{Certainty: Certain, Where: &Where{Side: SideUnknown, Of: v.distance()}, Quote: v.quoteRewritten(t),
		Story: []string{fmt.Sprintf("Both ends tell of one session. The server says that it answered %s by %s. What arrived here:", verb(t.Command), unended(t.sent))}}
	switch {
	case v.distorted(t.Check):
		f.Story = append(f.Story, "A device on the way that reads FTP changes the reply. "+v.afterRewriting(t))
		f.Effect = fmt.Sprintf("%s fails: clients connect to an address or port that is not the server's.", verb(t.Command))
		if !ok {
			f.Effect = fmt.Sprintf("%s fails: clients cannot read the reply.", verb(t.Command))
		}
	default:
		f.Severity = Warning
		if ok && got.Addr() == peer && sent.Addr().IsValid() && sent.Addr() != peer {
			f.Where.Side = SideServer // it knows under which address the server is reached
		}
		f.Story = append(f.Story, "A device on the way that reads FTP changes the reply. "+v.afterRewriting(t))
		f.Effect = "Plain FTP depends on the device. With TLS it cannot change the reply, and what the server says itself counts."
	}
	f.RuledOut = []string{"A setting of the server: it sent another reply than the one that arrived. The comparison went a way that such a device cannot read."}
	v.insideTLS(f, t)
	f.Owner = ownerAt(f.Where)
	if f.Where.Side == SideUnknown {
		v.placeChange(f, t)
	}
	v.fixRewritten(f, t)
	return f
}

// insideTLS lowers a finding about a session that was encrypted: what changes
// it has to end TLS in the place of one of the two.
func (v *view) insideTLS(f *Finding, t *twin) {
	if !encrypted(v.ev, t.Mode) {
		return
	}
	f.Certainty = Likely
	f.Story = append(f.Story, "The control connection is encrypted: the device ends TLS itself, as a proxy or load balancer does.")
	f.RuledOut = append(f.RuledOut, "Not ruled out: a server that does not tell what it sends.")
}

// afterRewriting tells what became of the connection.
func (v *view) afterRewriting(t *twin) string {
	sent, _ := named(t.sent)
	got, ok := named(t.got)
	var parts []string
	switch {
	case !ok:
		parts = append(parts, "What is left names no address and port that the standard allows.")
	case !sent.Addr().IsValid() || sent.Port() != got.Port() && sent.Addr() == got.Addr():
		parts = append(parts, fmt.Sprintf("The server listened on port %d; %d is another one.", sent.Port(), got.Port()))
	case !got.Addr().IsValid():
		parts = append(parts, fmt.Sprintf("The server named %s; what arrived names no address.", sent))
	case sent.Port() == got.Port():
		parts = append(parts, fmt.Sprintf("The server named %s; %s is another address.", sent.Addr(), got.Addr()))
	default:
		parts = append(parts, fmt.Sprintf("The server named %s; %s is something else.", sent, got))
	}
	for i := range t.Dials {
		if d := &t.Dials[i]; tested(d.Outcome) {
			parts = append(parts, fmt.Sprintf("%s %s.", d.To, outcomeWords(d)))
		}
	}
	if whole, _, _ := v.came(v.listened(sent.Port())...); t.port != nil && !whole && v.complete() {
		parts = append(parts, fmt.Sprintf("Nothing came to the server's port %d.", sent.Port()))
	}
	return strings.Join(parts, " ")
}

// quoteRewritten quotes the reply as it arrived, with what was changed.
func (v *view) quoteRewritten(t *twin) []Quote {
	quotes := v.quoteReply(t.Check, t.Reply)
	line := text(t.Reply)
	sent, _ := named(t.sent)
	got, ok := named(t.got)
	var at wire.Span
	switch {
	case !ok:
		return markSyntax(quotes, t.Check, line)
	case strings.HasPrefix(line, "229"):
		_, at, _ = wire.ParseEPSV(line)
		return markSpan(quotes, at.From, at.To, fmt.Sprintf("was %d", sent.Port()))
	}
	_, at, _ = wire.ParsePASV(line)
	switch {
	case !sent.Addr().IsValid(): // a 229 became a 227
		return markSpan(quotes, at.From, at.To, fmt.Sprintf("was port %d", sent.Port()))
	case sent.Addr() != got.Addr():
		return markSpan(quotes, at.From, at.To, "was "+sent.Addr().String())
	}
	from := at.To + 1
	to := from + strings.IndexFunc(line[from:]+" ", func(r rune) bool { return r != ',' && (r < '0' || r > '9') })
	return markSpan(quotes, from, to, fmt.Sprintf("was %d,%d", sent.Port()>>8, sent.Port()&255))
}

func (v *view) fixRewritten(f *Finding, t *twin) {
	who := ownerAt(f.Where)
	off := Fix{Who: who, Do: "Switch the FTP helper (ALG, proxy) off on the device that changes the reply, and open or forward the passive range by its numbers.", Examples: helperOff}
	if f.Where.Side == SideUnknown {
		off.Do += " It may stand on either side: ftpcheck from another network tells on which."
	}
	f.Fixes = []Fix{off}
	peer := v.peerOf(t.Mode)
	if sent, _ := named(t.sent); f.Where.Side == SideServer && sent.Addr() != peer {
		announce := Fix{Who: ServerAdmin, Do: fmt.Sprintf("Announce %s in plain FTP and with TLS.", announceable(peer)), Examples: examplesAnnounce(v, announceable(peer))}
		f.Fixes = []Fix{announce, {Who: ServerNetwork, Do: "Then switch the FTP helper off, and open or forward the passive range by its numbers.", Examples: helperOff}}
	}
	if f.Severity == "" {
		until := Fix{Who: ClientUser, Do: "Until then: use TLS, which the device cannot read."}
		epsv, none := t.Check == probe.CheckPASV && v.epsvWord() != "", securedOf(v.ev).refused()
		switch {
		case epsv && none:
			until.Do = "Until then: use EPSV."
		case epsv:
			until.Do = "Until then: use EPSV, or TLS, which the device cannot read."
		case none:
			until = Fix{Who: ServerAdmin, Do: "Or offer TLS, which the device cannot read."}
		}
		f.Fixes = append(f.Fixes, until)
	}
}
