package report

import (
	"fmt"
	"slices"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// transfer is one mode's listing, for either direction of the connection, or
// one transfer of the transfer check.
type transfer struct {
	*probe.Mode
	passive bool
	opened  bool
	data    *probe.Data // nil: nothing is known
	host    *probe.Dial // at the control host; nil: not tested
}

// name tells the transfer apart from others in a sentence.
func (t transfer) name() string {
	switch {
	case t.Step == 0:
		return string(t.Check)
	case t.List == nil:
		return fmt.Sprintf("transfer %d", t.Step)
	}
	return fmt.Sprintf("transfer %d (%s)", t.Step, verb(t.List.Command))
}

// uploads reports whether the data goes to the server.
func (t transfer) uploads() bool { return t.List != nil && verb(t.List.Command) == "STOR" }

func (v *view) passiveTransfer(m *probe.Mode) transfer {
	p := v.readPassive(m)
	reset := p.host != nil && p.host.Outcome == hops.Reset || p.announced != nil && p.announced.Outcome == hops.Reset
	data := p.data()
	if data == nil {
		data = broken(m)
	}
	if data == nil && reset {
		data = &probe.Data{Outcome: hops.Reset}
	}
	return transfer{m, true, p.open(), data, p.host}
}

// steps are the transfers of the transfer check, without further tries.
func (v *view) steps() []transfer {
	var list []transfer
	for _, m := range v.ev.Transfers() {
		if v.ran(m.Check) && m.Try == "" && m.Command != "" {
			list = append(list, v.passiveTransfer(m))
		}
	}
	slices.SortStableFunc(list, func(a, b transfer) int { return a.Step - b.Step })
	return list
}

// transfers leaves out those that TLS stopped: other rules speak of them.
func (v *view) transfers() []transfer {
	var list []transfer
	for _, p := range v.passive {
		list = append(list, v.passiveTransfer(p.Mode))
	}
	for _, a := range v.active {
		t := transfer{Mode: a.Mode, opened: len(a.Arrivals) > 0}
		for _, at := range a.Arrivals {
			if t.data == nil {
				t.data = at.Data
			}
		}
		if t.data == nil {
			t.data = broken(a.Mode)
		}
		list = append(list, t)
	}
	list = append(list, v.steps()...)
	list = slices.DeleteFunc(list, func(t transfer) bool { return v.troubled(t.Mode) })
	for i := range list {
		if t := &list[i]; t.aborted() {
			t.opened = true
		}
	}
	return list
}

// broken is a data connection that ended in its TLS handshake, or nil.
func broken(m *probe.Mode) *probe.Data {
	h := dataHandshake(m)
	if h == nil || h.OK() {
		return nil
	}
	return &probe.Data{Outcome: h.Outcome, Took: h.Took}
}

// aborted reports whether the server says that the data connection was there
// and broke (RFC 959 4.2.2: 426). Its own word counts even if the connection
// was gone before we saw it.
func (t transfer) aborted() bool {
	r := t.final()
	ours := t.data != nil && t.data.Outcome == probe.OutcomeLimit // we had enough of it
	return r != nil && r.Code == 426 && !ours
}

// begun reports whether a 1xx reply announced the data.
func (t transfer) begun() bool {
	return t.List != nil && len(t.List.Replies) > 0 && t.List.Replies[0].Code/100 == 1
}

// final is the reply that ended the listing, or nil when none came.
func (t transfer) final() *probe.Reply {
	if r := t.List.Final(); r != nil && r.Code >= 200 {
		return r
	}
	return nil
}

// unanswered reports whether the wait for the listing's last reply ran out.
func (t transfer) unanswered() bool {
	return t.List != nil && t.final() == nil && t.Lost != nil && t.Lost.Outcome == hops.Timeout
}
