package probe

import (
	"encoding/json"
	"net/netip"
	"slices"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// What the opposite end tells may be anything: it becomes an event only when
// it is bounded, holds no secret, and every address, outcome and checksum is one.

// Bounds of what the opposite end tells.
const (
	maxGreeting = 8 << 10   // bytes of a greeting; a longer one is left out
	maxClaim    = 512       // bytes of a line; a longer one is left out
	maxNoted    = 120       // bytes of any other text
	maxSeenJSON = 768 << 10 // bytes of a Seen in a recording
)

func (r *run) boundHello(h *exchange.Hello) {
	h.Token = ""
	h.Tool = r.noted(h.Tool)
	h.Client, h.Server = bare(h.Client), bare(h.Server)
	h.Announce = h.Announce.Unmap().WithZone("")
	if len(h.Greeting) > maxGreeting {
		h.Greeting = nil
	}
	h.Greeting = r.claimed(h.Greeting)
	if h.Passive.High < h.Passive.Low {
		h.Passive = exchange.Range{}
	}
}

// boundSeen reports whether anything is left that fits into an event.
func (r *run) boundSeen(s *exchange.Seen) bool {
	left := exchange.MaxRecords
	s.Now = max(0, s.Now)
	clip(s, &s.Sessions, exchange.MaxSessions)
	for i := range s.Sessions {
		r.boundSession(s, &s.Sessions[i], &left)
	}
	clip(s, &s.Ports, left)
	left -= len(s.Ports)
	for i := range s.Ports {
		r.boundPort(s, &s.Ports[i], &left)
	}
	clip(s, &s.Dials, left)
	for i := range s.Dials {
		r.boundDialing(&s.Dials[i])
	}
	text, err := json.Marshal(s)
	return err == nil && len(text) <= maxSeenJSON
}

func (r *run) boundSession(s *exchange.Seen, one *exchange.Session, left *int) {
	one.Client, one.Server, one.How = bare(one.Client), bare(one.Server), ended(one.How)
	one.Began, one.Heard, one.Ended = max(0, one.Began), max(0, one.Heard), max(0, one.Ended)
	one.Path = r.boundSteps(one.Path)
	one.Piece = r.line(one.Piece)
	kept := slices.DeleteFunc(one.Lines, func(l exchange.Line) bool { return len(l.Raw) > maxClaim })
	s.Cut = s.Cut || len(kept) < len(one.Lines)
	one.Lines = kept
	clip(s, &one.Lines, *left)
	*left -= len(one.Lines)
	for i := range one.Lines {
		one.Lines[i].At, one.Lines[i].Raw = max(0, one.Lines[i].At), r.claimed(one.Lines[i].Raw)
	}
}

func (r *run) boundPort(s *exchange.Seen, p *exchange.Port, left *int) {
	p.Command, p.Failed, p.Local = r.noted(p.Command), r.noted(p.Failed), bare(p.Local)
	p.Opened, p.Closed, p.Answer, p.SendTTL = max(0, p.Opened), max(0, p.Closed), boundTTL(p.Answer), boundTTL(p.SendTTL)
	clip(s, &p.Knocks, *left)
	*left -= len(p.Knocks)
	for i := range p.Knocks {
		k := &p.Knocks[i]
		k.From, k.At, k.Fate = bare(k.From), max(0, k.At), outcome(k.Fate)
		if k.Sight != hops.Whole && k.Sight != hops.Changed {
			k.Sight = ""
		}
		r.boundCarried(k.Carried)
	}
}

func (r *run) boundDialing(d *exchange.Dialing) {
	d.Command, d.Err = r.noted(d.Command), r.noted(d.Err)
	d.To, d.From = bare(d.To), bare(d.From)
	d.At, d.Took = max(0, d.At), max(0, d.Took)
	d.TTL = min(max(0, d.TTL), hops.MaxHops)
	d.Outcome, d.ICMP = outcome(d.Outcome), message(d.ICMP)
	d.Steps = r.boundSteps(d.Steps)
	r.boundCarried(d.Carried)
}

// boundSteps are those of a hop search.
func (r *run) boundSteps(list []exchange.Step) []exchange.Step {
	list = slices.DeleteFunc(list, func(s exchange.Step) bool { return boundTTL(s.TTL) == 0 })
	list = list[:min(len(list), hops.MaxHops)]
	for i := range list {
		list[i].Outcome, list[i].ICMP = outcome(list[i].Outcome), message(list[i].ICMP)
		list[i].Quote = r.line(list[i].Quote)
	}
	return list
}

func (r *run) boundCarried(c *exchange.Carried) {
	if c == nil {
		return
	}
	c.For, c.How = r.noted(c.For), ended(c.How)
	c.Sent, c.Received, c.Took = max(0, c.Sent), max(0, c.Received), max(0, c.Took)
	if !isSum(c.Sum) {
		c.Sum = ""
	}
}

// clip shortens a list and says that something is missing.
func clip[T any](s *exchange.Seen, list *[]T, most int) {
	if most = max(0, most); len(*list) > most {
		*list, s.Cut = (*list)[:most], true
	}
}

// noted is a text of the opposite end's, made fit for an event.
func (r *run) noted(text string) string { return r.words(cut(r.redact(text), maxNoted)) }

// claimed is what the opposite end says that it received or sent.
func (r *run) claimed(raw []byte) []byte {
	if raw == nil {
		return nil
	}
	return []byte(r.redact(string(raw)))
}

// line is the same of a line; nothing when it is too long: half a secret would
// not be known for one.
func (r *run) line(raw []byte) []byte {
	if len(raw) > maxClaim {
		return nil
	}
	return r.claimed(raw)
}

// bare is an address without the zone of an IPv6 one: that is a text of any
// kind, and means nothing on another machine.
func bare(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

func message(m *hops.ICMP) *hops.ICMP {
	if m != nil {
		m.From = m.From.Unmap().WithZone("")
	}
	return m
}

// ended returns an ending that is known, or none.
func ended(e exchange.Ending) exchange.Ending {
	switch e {
	case exchange.EndQuit, exchange.EndClosed, exchange.EndReset, exchange.EndTimeout, exchange.EndOurs:
		return e
	}
	return ""
}

// outcome returns an outcome of a connection attempt that is known, or none.
func outcome(o hops.Outcome) hops.Outcome {
	switch o {
	case hops.Open, hops.Refused, hops.Reset, hops.Timeout, hops.Rejected, hops.Unreachable, hops.Expired:
		return o
	}
	return ""
}

// boundTTL returns a TTL that a hop search may have used, or none.
func boundTTL(n int) int {
	if n < 0 || n > hops.MaxHops {
		return 0
	}
	return n
}

// isSum reports whether a text is a SHA-256, as KindData has it.
func isSum(text string) bool {
	if len(text) != 64 {
		return false
	}
	for _, c := range text {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
