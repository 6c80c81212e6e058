package report

import (
	"fmt"
	"net/netip"
	"strings"

	"ftpcheck/probe/hops"
)

// Where a line is changed on the way: each router quotes what arrived there.

// sighting is how far a line came whole, in hops from its sender.
type sighting struct {
	whole   int // the farthest hop that quotes it as it was sent; 0: none does
	changed int // the nearest hop that quotes it otherwise; 0: none does
	names   map[int]netip.Addr
}

func (s *sighting) known() bool { return s.whole > 0 || s.changed > 0 }

// see takes in how a line, or a piece of data, had arrived at a hop.
func (s *sighting) see(how hops.Sight, ttl int, from netip.Addr) {
	if s.names == nil {
		s.names = map[int]netip.Addr{}
	}
	s.names[ttl] = from.Unmap()
	switch {
	case how == hops.Whole:
		s.whole = max(s.whole, ttl)
	case how == hops.Changed && (s.changed == 0 || ttl < s.changed):
		s.changed = ttl
	}
}

// lineSight compares a line with its quote, either of them without its end.
func lineSight(line, quote string) hops.Sight {
	return hops.SightOf(strings.TrimRight(line, "\r\n"), strings.TrimRight(quote, "\r\n"))
}

// sightings is what routers quote of lines of one direction: of ours, or of the
// other end's.
func (v *view) sightings(ours bool) (s sighting) {
	if v.other == nil {
		return s
	}
	if ours {
		for _, q := range v.other.Quotes {
			s.see(lineSight(q.Line, q.Quote), q.TTL, q.From)
		}
		return s
	}
	if v.other.Seen == nil {
		return s
	}
	for _, session := range v.other.Seen.Sessions {
		for _, step := range session.Path {
			if step.ICMP != nil && len(session.Piece) > 0 {
				s.see(lineSight(string(session.Piece), string(step.Quote)), step.TTL, step.ICMP.From)
			}
		}
	}
	return s
}

// pieceSightings is how pieces of data had arrived that were to get as far as one
// hop only. The routers are those of our own search.
func (v *view) pieceSightings(ours bool) (s sighting) {
	if v.other == nil {
		return s
	}
	names := v.control().names
	for _, p := range v.other.Sizes {
		if p.TTL <= 0 || p.Down == ours {
			continue
		}
		if ours {
			s.see(p.Sight, p.TTL, names[p.TTL])
			continue
		}
		for _, k := range v.knocksOfPiece(p) {
			s.see(k.Sight, p.TTL, names[v.distance()-p.TTL])
		}
	}
	return s
}

// placeChange places the device that changes a line of ours, or of the other
// end's.
func (v *view) placeChange(f *Finding, t *twin) {
	switch ours := t.dials(); {
	case encrypted(v.ev, t.Mode):
		f.RuledOut = append(f.RuledOut, "Not decided: where the device stands.")
	case !v.placeSighting(f, v.sightings(ours), ours, "line"):
		f.RuledOut = append(f.RuledOut, "Not decided: which device changes it."+v.quotesHint(ours, map[bool]string{true: "command", false: "reply"}[ours]))
	}
}

// placePayload places the device that changes data: by what the other end sends,
// or else by what we do.
func (v *view) placePayload(f *Finding) bool {
	return v.placeSighting(f, v.pieceSightings(false), false, "data") || v.placeSighting(f, v.pieceSightings(true), true, "data")
}

// placeSighting places what changes things behind the last hop at which they are
// whole, and reports whether anything is known of that.
func (v *view) placeSighting(f *Finding, s sighting, ours bool, what string) bool {
	of := v.distance()
	if !s.known() || of == 0 || s.changed > 0 && s.changed <= s.whole || s.whole >= of {
		return false
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
	f.Story = append(f.Story, v.sightingStory(s, ours, what))
	if w.Side == SideUnknown {
		f.RuledOut = append(f.RuledOut, "Not decided: on which side the device stands.")
	}
	return true
}

// sightingStory tells at which hops the line is whole and changed, in our count.
func (v *view) sightingStory(s sighting, ours bool, what string) string {
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
	if ours {
		what = "our " + what
	} else {
		what = "the server's " + what
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
	return "In their ICMP messages routers quote what expires there: " + join(whole, ", and ", changed) + "."
}

// quotesHint says how more could be known of something of ours, or of the other
// end's.
func (v *view) quotesHint(ours bool, what string) string {
	hello, _ := v.hello()
	switch {
	case ours && len(v.other.Quotes) == 0:
		return fmt.Sprintf(" As root, or with CAP_NET_RAW, ftpcheck on Linux reads what routers quote of the %s, and tells behind which hop.", what)
	case !ours && !hello.Quotes:
		return fmt.Sprintf(" As root, or with CAP_NET_RAW, ftpcheck serve on Linux reads what routers quote of the %s, and tells behind which hop.", what)
	}
	return " The routers quote too little to tell."
}
