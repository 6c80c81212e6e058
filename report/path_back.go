package report

import (
	"slices"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// followedBack are the searches of the other end on the way of its replies over
// the control connections of the visit.
func (v *view) followedBack() (list [][]exchange.Step) {
	if v.other == nil || v.other.Seen == nil {
		return nil
	}
	for i := range v.other.Seen.Sessions {
		if path := v.other.Seen.Sessions[i].Path; len(path) > 0 {
			list = append(list, path)
		}
	}
	return list
}

// repliesReach reports whether replies of the other end over a control connection
// reached hop n, counted from the other end: it answered "time exceeded", or they
// were acknowledged that near.
func (v *view) repliesReach(n int) bool {
	end := v.repliesEnd()
	return end > 0 && end <= n || slices.ContainsFunc(v.followedBack(), func(path []exchange.Step) bool {
		return slices.ContainsFunc(path, func(s exchange.Step) bool { return s.TTL == n && s.Outcome == hops.Expired })
	})
}

// repliesEnd is the distance from the other end at which its replies were
// acknowledged; 0: not known.
func (v *view) repliesEnd() (end int) {
	for _, path := range v.followedBack() {
		for _, s := range path {
			if s.Outcome == hops.Open && s.TTL > 0 && (end == 0 || s.TTL < end) {
				end = s.TTL
			}
		}
	}
	return end
}
