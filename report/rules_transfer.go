package report

import (
	"fmt"
	"strings"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// What comes over a data connection that opened.
var transferRules = []rule{
	{Code: Code{"mtu-black-hole", Problem, PathOwner, "Large packets vanish on the way",
		"The data connection opens and small packets pass, but full-size ones are lost and nobody tells their sender."},
		when: mtuBlackHole, hides: []string{"data-stalled", "data-silent", "later-transfers-fail"}},
	{Code: Code{"payload-changed", Problem, PathOwner, "The data is changed on the way",
		"What arrives over a data connection is not what was sent, although the connection ended in good order."},
		when: payloadChanged},
	{Code: Code{"data-source-rejected", Problem, ServerNetwork, "The data connection's source is refused",
		"The server sees the data connection come from another address than the control connection, and refuses it."},
		when: dataSourceRejected, hides: []string{"data-reset", "later-transfers-fail"}},
	{Code: Code{"data-reset", Problem, ServerNetwork, "The data connection opens and breaks off",
		"The data connection is torn down by a reset before the listing is complete."},
		when: dataReset, hides: []string{"later-transfers-fail"}},
	{Code: Code{"data-stalled", Problem, ServerAdmin, "The data stops midway",
		"The data connection carries something, then nothing more, and stays open."},
		when: dataStalled, hides: []string{"data-silent", "later-transfers-fail"}},
	{Code: Code{"data-silent", Problem, ServerAdmin, "The data connection stays silent",
		"The data connection is open, but neither data nor its end arrives."},
		when: dataSilent, hides: []string{"later-transfers-fail"}},
	{Code: Code{"completion-reply-missing", Problem, ServerAdmin, "The server never confirms the transfer",
		"The data connection ended in good order, and the reply 226 that should follow did not come."},
		when: completionMissing, hides: []string{"control-stalled", "later-transfers-fail"}},
	{Code: Code{"later-transfers-fail", Problem, ServerAdmin, "The first transfers work, a later one fails",
		"The first transfers over a control connection succeed, and a later one does not."},
		when: laterTransfersFail},
	{Code: Code{"transfer-denied", Note, ServerAdmin, "The server refuses to list the directory",
		"The server answers the transfer command with a refusal about permissions or names; connectivity is not the reason."},
		when: transferDenied},
}

func dataReset(v *view) *Finding {
	var f *Finding
	for _, t := range v.transfers() {
		reset := t.data != nil && t.data.Outcome == hops.Reset
		if !reset && !t.aborted() || t.Listed() || t.hungUp() || t.outlasted() {
			continue
		}
		if r := t.final(); r != nil && (deniedCode(r.Code) || t.declined(r)) {
			continue
		}
		if f == nil {
			f = &Finding{
				Certainty: Likely, Where: &Where{Side: SideUnknown, Of: v.distance()},
				Story:    []string{fmt.Sprintf("The data connection of %s opened and was then reset%s.", t.name(), soFar(t.data))},
				Effect:   "Listings and transfers break off.",
				RuledOut: []string{"A blocked port: the connection did open.", "Not decided: whether the server or a device on the way (intrusion prevention, load balancer, FTP helper) sends the reset. The server's log tells."},
				Fixes:    []Fix{{Who: ServerAdmin, Do: "Look into the server's log at the time of this run: an error there, or none, tells who reset the connection.", Examples: v.serverLog()}, {Who: ServerNetwork, Do: "Look for an intrusion prevention or load balancer rule on the passive ports."}},
			}
			if r := t.final(); r != nil {
				f.Quote = v.quoteReply(t.Check, r)
				f.Story = append(f.Story, "The server said: "+sentence(text(r)))
			}
		}
		f.Checks = append(f.Checks, t.Check)
	}
	return f
}

// hungUp reports whether the server ended the control connection in place of a
// reply, and nothing had come over the data connection: one hang-up ends both.
func (t transfer) hungUp() bool {
	return t.Lost != nil && (t.Lost.Outcome == probe.OutcomeClosed || t.Lost.Outcome == hops.Reset) && t.final() == nil && t.carried() == 0
}

// outlasted reports whether the data connection of a listing broke off when
// our wait for the reply ran out: the server closes it with the control
// connection, which we had closed.
func (t transfer) outlasted() bool {
	return t.Step == 0 && t.unanswered() && t.data != nil && t.data.Took >= t.Lost.Took-t.Lost.Took/100
}

// declined reports whether the server says that it opened no data connection
// (RFC 959 4.2: 425), in words that do not speak of a reset. A system resets
// what is closed before it was accepted.
func (t transfer) declined(r *probe.Reply) bool {
	return r.Code == 425 && t.carried() == 0 && !strings.Contains(strings.ToLower(text(r)), "reset")
}

// soFar tells how much came before the end.
func soFar(d *probe.Data) string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf(", after %d bytes and %s", d.Bytes, ms(d.Took))
}

// ended reports whether the data connection closed in good order.
func (t transfer) ended() bool {
	return t.data != nil && (t.data.Outcome == probe.OutcomeEOF || t.data.Outcome == probe.OutcomeCut)
}

func completionMissing(v *view) *Finding {
	var f *Finding
	for _, t := range v.transfers() {
		if !t.unanswered() || !t.ended() || t.data.Bytes == 0 && !t.begun() {
			continue
		}
		if f == nil {
			f = &Finding{
				Certainty: Certain, Where: &Where{Side: SideUnknown, Of: v.distance()},
				Story:  []string{fmt.Sprintf("The data of %s passed and ended in good order (%d bytes), but the reply that should follow, 226, did not come within %s.", t.name(), t.data.Bytes, ms(t.Lost.Took))},
				Effect: "Clients receive everything and then hang or report a failure.",
				RuledOut: []string{"A blocked data connection: the data arrived whole.",
					"Not decided: whether the server did not send the reply or a device on the way dropped it."},
				Fixes: []Fix{{Who: ServerAdmin, Do: "Look into the server's log: does it take the transfer for complete?", Examples: v.serverLog()}, {Who: ServerNetwork, Do: "Look for an FTP helper or proxy on the control connection."}},
			}
			if t.data.Took >= shortTimer {
				f.RuledOut = append(f.RuledOut, fmt.Sprintf("Not ruled out: the control connection had been idle for %s, and a device on the way had forgotten it. --idle 10m would tell.", ms(t.data.Took)))
			}
			switch {
			case t.data.Outcome == probe.OutcomeCut:
				f.Certainty = Likely
				f.Story[0] = fmt.Sprintf("The data of %s passed (%d bytes) and ended without TLS's close_notify, and the reply that should follow, 226, did not come within %s.", t.name(), t.data.Bytes, ms(t.Lost.Took))
				f.RuledOut[0] = "A blocked data connection: data arrived. Whether all of it did is not known."
			case t.uploads():
				f.RuledOut[0] = "A blocked data connection: the data was taken whole."
			}
		}
		f.Checks = append(f.Checks, t.Check)
	}
	return f
}

// shortTimer is about the shortest idle limit for TCP that devices are known
// to have; RFC 5382 5 asks for two hours.
const shortTimer = 30 * time.Second

// deniedCode reports whether a reply code is about files and rights (RFC 959
// 4.2): 450, 550, 552, 553.
func deniedCode(code int) bool { return code == 450 || code == 550 || code == 552 || code == 553 }

// changeDirectory is the reply to the CWD that a mode sends before LIST.
func (v *view) changeDirectory(c probe.Check) *probe.Reply {
	for _, s := range v.sessions() {
		for _, x := range s.Exchanges {
			if x.Check == c && verb(x.Command) == "CWD" {
				return x.Final()
			}
		}
	}
	return nil
}

func transferDenied(v *view) *Finding {
	var f *Finding
	for _, t := range v.transfers() {
		r := t.final()
		if c := v.changeDirectory(t.Check); c != nil && deniedCode(c.Code) {
			r = c
		}
		if r == nil || !deniedCode(r.Code) || tlsText.MatchString(text(r)) {
			continue
		}
		if f == nil {
			f = &Finding{
				Certainty: Certain, Quote: v.quoteReply(t.Check, r),
				Story:  []string{"The server understood the request and refuses it:"},
				Effect: "This account cannot list this directory. Connectivity is not the reason.",
				Fixes:  []Fix{{Who: ServerAdmin, Do: "Let the account list the directory, or check another path (ftp://host/path)."}},
			}
			if t.Step > 0 {
				f.Title = "The server refuses a transfer"
				f.Effect = fmt.Sprintf("This account cannot do %s. Connectivity is not the reason.", t.name())
				f.Fixes[0].Do = "Give the account the right, or the space, that the reply speaks of; or check another path (--download, --upload)."
			}
		}
		f.Checks = append(f.Checks, t.Check)
	}
	return f
}
