package report

import (
	"fmt"
	"net/netip"
	"strings"
)

// Where a line is changed on the way: each router quotes what arrived there.

// sighting is how far a line came whole, in hops from its sender.
type sighting struct {
	whole   int // the farthest hop that quotes it as it was sent; 0: none does
	changed int // the nearest hop that quotes it otherwise; 0: none does
	names   map[int]netip.Addr
}

func (s *sighting) known() bool { return s.whole > 0 || s.changed > 0 }

// see takes in one quote. One that is cut short says nothing.
func (s *sighting) see(line, quote string, ttl int, from netip.Addr) {
	line, quote = strings.TrimRight(line, "\r\n"), strings.TrimRight(quote, "\r\n")
	if s.names == nil {
		s.names = map[int]netip.Addr{}
	}
	s.names[ttl] = from.Unmap()
	switch {
	case quote == line:
		s.whole = max(s.whole, ttl)
	case strings.HasPrefix(line, quote):
	case s.changed == 0 || ttl < s.changed:
		s.changed = ttl
	}
}

// sightings is what routers quote of lines of one direction: of ours, or of the
// other end's.
func (v *view) sightings(ours bool) (s sighting) {
	if v.other == nil {
		return s
	}
	if ours {
		for _, q := range v.other.Quotes {
			s.see(q.Line, q.Quote, q.TTL, q.From)
		}
		return s
	}
	if v.other.Seen == nil {
		return s
	}
	for _, session := range v.other.Seen.Sessions {
		for _, step := range session.Path {
			if step.ICMP != nil && len(session.Piece) > 0 {
				s.see(string(session.Piece), string(step.Quote), step.TTL, step.ICMP.From)
			}
		}
	}
	return s
}

// placeChange places the device that changes a line of ours, or of the other
// end's: behind the last hop at which it is whole.
func (v *view) placeChange(f *Finding, t *twin) {
	ours := t.dials()
	s, of := v.sightings(ours), v.distance()
	if encrypted(v.ev, t.Mode) {
		f.RuledOut = append(f.RuledOut, "Not decided: where the device stands.")
		return
	}
	if !s.known() || of == 0 || s.changed > 0 && s.changed <= s.whole || s.whole >= of {
		f.RuledOut = append(f.RuledOut, "Not decided: which device changes it."+v.quotesHint(ours))
		return
	}
	last := of - 1 // hop at which it may still be whole
	if s.changed > 0 {
		last = s.changed - 1
	}
	w := &Where{Side: side(s.whole, of), Of: of, HopKnown: last == s.whole, AfterHop: s.whole}
	if w.Side != side(last, of) {
		w.Side = SideUnknown
	}
	if !ours {
		w.Side, w.AfterHop = opposite(w.Side), of-s.whole
	}
	if a := s.names[s.whole]; a.IsValid() && w.HopKnown {
		w.Address = a.String()
	}
	f.Where, f.Owner = w, ownerAt(w)
	f.Story = append(f.Story, v.sightingStory(s, ours))
	if w.Side == SideUnknown {
		f.RuledOut = append(f.RuledOut, "Not decided: on which side the device stands.")
	}
}

// sightingStory tells at which hops the line is whole and changed, in our count.
func (v *view) sightingStory(s sighting, ours bool) string {
	at := func(n int) string {
		name := fmt.Sprintf("hop %d", n)
		if !ours {
			name = fmt.Sprintf("hop %d", v.distance()-n)
		}
		if a := s.names[n]; a.IsValid() {
			name += fmt.Sprintf(" (%s)", a)
		}
		return name
	}
	what := "the server's line"
	if ours {
		what = "our line"
	}
	whole, changed := "", ""
	if s.whole > 0 {
		whole = fmt.Sprintf("%s is whole at %s", what, at(s.whole))
	}
	if s.changed > 0 {
		changed = fmt.Sprintf("%s is changed at %s", what, at(s.changed))
	}
	if whole != "" && changed != "" {
		changed = "changed at " + at(s.changed)
	}
	return "Routers quote what expires there: " + join(whole, ", and ", changed) + "."
}

// quotesHint says how more could be known.
func (v *view) quotesHint(ours bool) string {
	hello, _ := v.hello()
	switch {
	case ours && len(v.other.Quotes) == 0:
		return " As root, or with CAP_NET_RAW, ftpcheck on Linux reads what routers quote of the command, and tells behind which hop."
	case !ours && !hello.Quotes:
		return " As root, or with CAP_NET_RAW, ftpcheck serve on Linux reads what routers quote of the reply, and tells behind which hop."
	}
	return " The routers quote too little to tell."
}
