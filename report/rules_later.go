package report

import (
	"fmt"
	"slices"
	"strings"

	"ftpcheck/probe"
)

// stepFailed tells how a transfer of the transfer check failed; "" when it did
// not, was cut short, or was denied, which says nothing about later ones.
func stepFailed(t transfer) string {
	if !t.Ended || cancelled(t.Mode) {
		return ""
	}
	if !t.Listed() {
		for _, r := range []*probe.Reply{refusal(t.Mode), t.final()} {
			if r != nil && (deniedCode(r.Code) || tlsText.MatchString(text(r))) {
				return ""
			}
		}
		return modeWords(t.Mode)
	}
	if t.short() {
		return fmt.Sprintf("%d of %d bytes came", t.carried(), t.Size)
	}
	return ""
}

// short reports whether a confirmed transfer carried less than it should.
func (t *transfer) short() bool {
	return t.Listed() && t.Size > 0 && t.data != nil && t.data.Bytes < t.Size
}

// laterTransfersFail: the first one worked.
func laterTransfersFail(v *view) *Finding {
	steps := v.steps()
	bad := slices.DeleteFunc(slices.Clone(steps), func(t transfer) bool { return stepFailed(t) == "" })
	if len(steps) < 2 || len(bad) == 0 || !steps[0].Listed() || stepFailed(steps[0]) != "" {
		return nil
	}
	first := bad[0]
	before, after := 0, 0
	for _, t := range steps {
		switch worked := t.Listed() && !t.short(); {
		case worked && t.Step < first.Step:
			before++
		case worked:
			after++
		}
	}
	f := &Finding{
		Certainty: sure(after == 0 && len(bad) > 1), Checks: []probe.Check{probe.CheckTransfer}, Where: &Where{Side: SideUnknown, Of: v.distance()},
		Story:    []string{fmt.Sprintf("%s worked, and then %s failed: %s.", count(before, "transfer"), first.name(), strings.TrimSuffix(stepFailed(first), "."))},
		Effect:   "A first listing or download works; clients that go on in the same session fail.",
		RuledOut: []string{"A passive mode that is blocked or refused: transfers before it worked."},
		Fixes: []Fix{{Who: ServerAdmin, Do: fmt.Sprintf("Look into the server's log at %s.", first.name())},
			{Who: ServerAdmin, Do: "Compare with the server's limits: passive ports, connections for each address, and TLS sessions that may be resumed."}},
	}
	if r := first.final(); r != nil && r.Code >= 400 {
		f.Quote = v.quoteReply(first.Check, r)
	} else if r := refusal(first.Mode); r != nil {
		f.Quote = v.quoteReply(first.Check, r)
	}
	switch {
	case after == 0 && len(bad) > 1:
		f.Story = append(f.Story, fmt.Sprintf("Every one after it failed too (%d).", len(bad)-1))
	case after > 0:
		f.Story = append(f.Story, fmt.Sprintf("Of the transfers from there on %d failed and %d worked.", len(bad), after))
	}
	v.onlyUploads(f, steps, bad)
	return f
}

// onlyUploads: when every upload failed and nothing else did, the order may
// not matter.
func (v *view) onlyUploads(f *Finding, steps, bad []transfer) {
	uploads := 0
	for _, t := range steps {
		if t.uploads() {
			uploads++
		}
	}
	if uploads != len(bad) || slices.ContainsFunc(bad, func(t transfer) bool { return !t.uploads() }) {
		return
	}
	f.Title, f.Certainty = "Uploads fail, other transfers work", Possible
	f.Effect = "Listings and downloads work, uploads fail."
	f.RuledOut = append(f.RuledOut, "Not decided: whether it is uploads that fail or later transfers. No upload came first.")
}
