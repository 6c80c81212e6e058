package report

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe"
)

// activeCommandRewritten: the other end tells which PORT or EPRT arrived, and
// another was sent; nothing arrived because of it.
func activeCommandRewritten(v *view) *Finding {
	var f *Finding
	for _, c := range probe.Active {
		t := v.twin(c)
		if !v.distorted(c) || v.strayPortOnly(t) && v.egressBlocked() {
			continue
		}
		if f == nil {
			f = v.commandFinding(t)
		}
		f.Checks = append(f.Checks, c)
	}
	if f != nil {
		f.Checks = append(f.Checks, probe.CheckPeer)
	}
	return f
}

// strayPortOnly reports whether what arrived names this client as the server
// sees it, and another port: a NAT device may have meant to lead that port on.
func (v *view) strayPortOnly(t *twin) bool {
	got, ok := named(t.got)
	return ok && v.seen.known() && got.Addr() == v.seen.addr
}

func (v *view) commandFinding(t *twin) *Finding {
	f := &Finding{Certainty: Certain, Where: &Where{Side: SideUnknown, Of: v.distance()}, Quote: v.quoteCommand(t),
		Story:    []string{"Both ends tell of one session. We sent:", fmt.Sprintf("What arrived at the server: %s.", unended(t.got))},
		Effect:   "Active mode fails from this network, in plain FTP." + v.passiveHint(),
		RuledOut: []string{"A wrong address of ours, and a server that mistakes it: both ends were compared, a way that such a device cannot read."}}
	got, ok := named(t.got)
	switch {
	case !ok:
		f.Story[1] += " That names no address and port that the standard allows."
	case !v.strayPortOnly(t):
		f.Story = append(f.Story, fmt.Sprintf("A device on the way that reads FTP puts in %s.", got.Addr()))
		if v.seen.known() {
			f.Story[2] += fmt.Sprintf(" This client is not there: the server sees it as %s.", v.seen.addr)
		}
	default:
		f.Story = append(f.Story, fmt.Sprintf("A device on the way that reads FTP puts in port %d, and does not lead connections from there to this client.", got.Port()))
		f.Certainty = sure(v.arrivedFromThere() || v.backReached(t))
	}
	if d := t.dialing; d != nil {
		f.Story = append(f.Story, fmt.Sprintf("The server then tried to connect to %s%s: it %s.", d.To, sourceWord(d), outcomeWords(dialOf(d))))
	}
	if t.Reply != nil && t.Reply.Code >= 400 {
		f.Story = append(f.Story, "The server answered: "+sentence(text(t.Reply)))
	}
	if v.arrivedFromThere() {
		f.RuledOut = append(f.RuledOut, "A firewall that admits no connections from the server: those that it made at our request arrived.")
	}
	v.insideTLS(f, t)
	f.Owner = ClientNetwork
	v.placeChange(f, t)
	off := Fix{Who: f.Owner, Do: "Switch the FTP helper (ALG, proxy) off, on the device nearest to this client first.", Examples: helperOff}
	if f.Where.Side != SideUnknown {
		off.Do = "Switch the FTP helper (ALG, proxy) off on the device that changes the command."
	}
	f.Fixes = v.passiveOr(off)
	return f
}

// backReached reports whether the server's attempt got to this client's side.
func (v *view) backReached(t *twin) bool {
	b := v.searchBack()
	return t.dialing != nil && refusedThere(t.dialing.Outcome) || b.known() && v.locateBack(b).Side == SideClient
}

// quoteCommand quotes our PORT or EPRT with what was changed.
func (v *view) quoteCommand(t *twin) []Quote {
	run := v.ev.Checks[t.Check]
	if run == nil {
		return nil
	}
	i := slices.IndexFunc(run.Lines, func(l probe.Line) bool {
		return l.Dir == probe.KindSend && l.Session == t.Session && l.Text == t.Command
	})
	if i < 0 {
		i = slices.IndexFunc(run.Lines, func(l probe.Line) bool { return l.Dir == probe.KindSend && l.Text == t.Command })
	}
	_, arg, _ := strings.Cut(t.Command, " ")
	label := "did not arrive so"
	if got, ok := named(t.got); ok {
		label = "arrived as " + got.String()
	}
	return markSpan(v.quote(t.Check, i), len(t.Command)-len(arg), len(t.Command), label)
}
