package report

import (
	"fmt"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// carriedThere is what the other end says of the try's data connection, or nil
// when it does not, or tells of several.
func (t *twin) carriedThere() *exchange.Carried {
	if t.dials() {
		if t.dialing == nil {
			return nil
		}
		return t.dialing.Carried
	}
	if t.port == nil {
		return nil
	}
	var found *exchange.Carried
	for _, k := range t.port.Knocks {
		switch {
		case k.Carried == nil:
		case found != nil:
			return nil
		default:
			found = k.Carried
		}
	}
	return found
}

// dataHere is what came or went over the try's data connection here, or nil.
func (v *view) dataHere(t *twin) *probe.Data {
	if !t.dials() {
		return v.readPassive(t.Mode).data()
	}
	for _, a := range t.Arrivals {
		if a.Data != nil {
			return a.Data
		}
	}
	return nil
}

// uploads reports whether the data of the try goes to the server.
func (t *twin) uploads() bool { return t.List != nil && verb(t.List.Command) == "STOR" }

// amounts are the bytes that one end sent and the other received.
func (v *view) amounts(t *twin, here *probe.Data, there *exchange.Carried) (sent, received int64) {
	if t.uploads() {
		return here.Bytes, there.Received
	}
	return there.Sent, here.Bytes
}

// payloadChanged: both ends took the checksum of one transfer that ended in
// good order and was confirmed, and they differ; or fewer or more bytes arrived
// than were sent.
func payloadChanged(v *view) *Finding {
	var f *Finding
	for i := range v.twins {
		t := &v.twins[i]
		here, there := v.dataHere(t), t.carriedThere()
		if done := t.List.Final(); done == nil || done.Code/100 != 2 {
			continue // whoever gave up cut it off
		}
		if here == nil || there == nil || there.For != verb(listCommand(t)) || here.Outcome != probe.OutcomeEOF && here.Outcome != probe.OutcomeCut {
			continue
		}
		sent, received := v.amounts(t, here, there)
		whole := there.How == exchange.EndOurs || there.How == exchange.EndClosed
		if here.Sum == "" || there.Sum == "" || !whole || here.Sum == there.Sum && sent == received {
			continue
		}
		if f == nil {
			f = v.payloadFinding(t, sent, received)
		}
		f.Checks = append(f.Checks, t.Check)
	}
	if f != nil {
		f.Checks = append(f.Checks, probe.CheckPeer)
	}
	return f
}

// heldBack tells how much the other end had handed to its system where this end
// got less: less than fits one packet is no matter of large ones.
func (v *view) heldBack(f *Finding, stalled transfer) *Finding {
	for i := range v.twins {
		t := &v.twins[i]
		here, there := v.dataHere(t), t.carriedThere()
		if t.Check != stalled.Check || t.uploads() || t.Listed() || here == nil || there == nil || here.Outcome != hops.Timeout {
			continue
		}
		f.Checks = append(f.Checks, probe.CheckPeer)
		f.Story = append(f.Story, fmt.Sprintf("In another try the server handed %d bytes to its system, and %d arrived here.", there.Sent, here.Bytes))
		switch {
		case there.Sent <= here.Bytes:
			f.Certainty, f.Where.Side, f.Owner = Certain, SideServer, ServerAdmin
			f.RuledOut = []string{"A device on the way that holds data back: all that the server sent has arrived."}
		case there.Sent-here.Bytes <= smallSegments:
			f.Certainty, f.Owner = Certain, PathOwner
			f.RuledOut = []string{"A server that hangs: it sent the data.", fmt.Sprintf("Large packets that get lost: %d bytes fit a small one.", there.Sent-here.Bytes),
				"Not decided: which device holds the data back, and on which side."}
			f.Fixes = []Fix{{Who: PathOwner, Do: "Look for inspection on the passive ports that holds data back (antivirus, intrusion prevention, proxy), on both sides."}}
		default:
			f.RuledOut = append(withoutOpen(f.RuledOut), "A server that hangs: it sent the data.", "Not decided: inspection on the way that holds the data back, or large packets that get lost.")
		}
		break
	}
	return f
}

func listCommand(t *twin) string {
	if t.List == nil {
		return ""
	}
	return t.List.Command
}

// readsData is what to do about a device that changes data.
func readsData(where string) string {
	return "Look " + where + " for a device that reads or converts what passes on the passive ports (antivirus, content filter, proxy, compression), and let data connections pass unread."
}

func (v *view) payloadFinding(t *twin, sent, received int64) *Finding {
	way := "The server sent %d bytes, and %d bytes arrived here"
	if t.uploads() {
		way = "%d bytes were sent from here, and %d bytes arrived at the server"
	}
	name := transfer{Mode: t.Mode}.name()
	f := &Finding{Certainty: Certain, Owner: PathOwner, Where: &Where{Side: SideUnknown, Of: v.distance()},
		Story:    []string{fmt.Sprintf("The data of %s is not what was sent. "+way+"; the checksums that both ends took differ (SHA-256).", name, sent, received)},
		Effect:   "Listings and files arrive changed or cut, and the server confirms them all the same.",
		RuledOut: []string{"A transfer that broke off: the connection ended in good order at both ends."},
		Fixes: []Fix{
			{Who: PathOwner, Do: readsData("on both sides")},
			{Who: ClientUser, Do: "Until then: use TLS, in which nobody on the way can change data unnoticed, and compare checksums of what was transferred."},
		},
	}
	switch h := dataHandshake(t.Mode); {
	case h.OK():
		f.Certainty = Likely
		f.Story = append(f.Story, "The data connection is encrypted: what changes the data ends TLS itself, or is one of the two ends.")
		f.Fixes = f.Fixes[:1]
	default:
		f.Story = append(f.Story, "TCP repairs what gets damaged by chance. A device on the way changes the data, and corrects TCP's own checksum for it.")
	}
	switch {
	case !dataHandshake(t.Mode).OK() && v.placePayload(f):
		if f.Where.HopKnown {
			f.Fixes[0].Do = readsData(fmt.Sprintf("at %s, or right beside it,", v.endName(f.Where.AfterHop)))
		}
	default:
		f.RuledOut = append(f.RuledOut, "Not decided: which device. A run from another network tells on which side it stands."+v.quotesHint(false, "data"))
	}
	f.Fixes[0].Who = f.Owner
	if len(f.Fixes) > 1 && securedOf(v.ev).refused() {
		f.Fixes[1] = Fix{Who: ServerAdmin, Do: "Offer TLS, in which nobody on the way can change data unnoticed."}
	}
	return f
}
