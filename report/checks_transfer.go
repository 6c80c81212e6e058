package report

import (
	"cmp"
	"fmt"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// Transfer is one transfer of the transfer check.
type Transfer struct {
	Step    int
	Verb    string // LIST, RETR or STOR; empty when it did not get so far
	Path    string
	Bytes   int64 // carried
	Size    int64 // that it should carry; 0: not known
	Outcome probe.Outcome
	Code    int              // of the server's last reply; 0: none came
	Try     probe.Try        // what was changed; empty: the main try
	TLS     *probe.Handshake // of the data connection; nil: there was none
}

// transfersOf lists the transfers in the order in which they were made.
func transfersOf(ev *probe.Evidence) []Transfer {
	v := newView(ev)
	var list []Transfer
	for _, m := range ev.Transfers() {
		t := v.passiveTransfer(m)
		x := Transfer{Step: m.Step, Size: m.Size, Bytes: t.carried(), Try: m.Try, Outcome: transferOutcome(t), TLS: dataHandshake(m)}
		if m.List != nil {
			x.Verb, x.Path, _ = strings.Cut(m.List.Command, " ")
		}
		if r := cmp.Or(t.final(), refusal(m)); r != nil {
			x.Code = r.Code
		}
		list = append(list, x)
	}
	return list
}

// transferOutcome is ok for a confirmed transfer of the right size. Else it is
// how the attempt at the data port ended, or the data, or failed.
func transferOutcome(t transfer) probe.Outcome {
	switch {
	case t.Listed() && !t.short():
		return probe.OutcomeOK
	case !t.Ended || cancelled(t.Mode):
		return probe.OutcomeCancelled
	case !t.opened && failed(t.host):
		return t.host.Outcome
	case t.data != nil && !t.ended() && !t.Listed():
		return t.data.Outcome
	}
	return probe.OutcomeFailed
}

// transferLine counts the transfers and tells of the first that failed.
func transferLine(ev *probe.Evidence, l *CheckLine) {
	l.Transfers = transfersOf(ev)
	defer func() { l.Summary = join(l.Summary, "; ", strings.Join(ev.Left, "; ")) }()
	var down, up int64
	var bad *Transfer
	all, good := 0, 0
	for i := range l.Transfers {
		t := &l.Transfers[i]
		if t.Try != "" {
			continue
		}
		all++
		if t.Verb == "STOR" {
			up += t.Bytes
		} else {
			down += t.Bytes
		}
		if t.Outcome == probe.OutcomeOK {
			good++
		} else if bad == nil || deniedCode(bad.Code) && !deniedCode(t.Code) {
			bad = t // a refusal about rights is no failure of the connection
		}
	}
	if all == 0 {
		l.State, l.Summary = Skip, notTried(ev, l.Check)
		return
	}
	text := fmt.Sprintf("%d of %d transfers", good, all)
	if bad != nil {
		l.State = Failed
		if deniedCode(bad.Code) {
			l.State = Warn
		}
		l.Summary = text + "; " + bad.words() + clampedWords(l.Transfers, bad.Step)
		return
	}
	l.State, l.Summary = OK, text
	if down > 0 || up == 0 {
		l.Summary += fmt.Sprintf(", %s down", amount(down))
	}
	if up > 0 {
		l.Summary += fmt.Sprintf(", %s up", amount(up))
	}
}

// words tell how the transfer ended, as briefly as a line needs it.
func (t *Transfer) words() string {
	name := join(fmt.Sprintf("transfer %d", t.Step), ", ", join(t.Verb, " ", t.Path))
	switch {
	case t.Code >= 400:
		return fmt.Sprintf("%s: %d after %s", name, t.Code, amount(t.Bytes))
	case t.Code > 0 && t.Size > t.Bytes:
		return fmt.Sprintf("%s: %d of %d bytes came", name, t.Bytes, t.Size)
	case t.Outcome == hops.Timeout && t.Bytes > 0:
		return fmt.Sprintf("%s: stalled after %s", name, amount(t.Bytes))
	case t.Outcome == hops.Timeout && t.Verb != "":
		return name + ": not a byte passed"
	case t.Outcome == hops.Timeout:
		return name + ": the data port did not answer"
	case t.Outcome == probe.OutcomeFailed:
		return name + ": not confirmed"
	}
	return fmt.Sprintf("%s: %s", name, t.Outcome)
}

// clampedWords tells whether the same transfer passed with small segments.
func clampedWords(list []Transfer, step int) string {
	for _, t := range list {
		if t.Step == step && t.Try == probe.TryClamped && t.Outcome == probe.OutcomeOK {
			return "; it passed with small segments"
		}
	}
	return ""
}

// amount prints an amount of data in decimal units.
func amount(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d bytes", n)
}
