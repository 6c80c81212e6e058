package exchange

import "slices"

// A hole is a way through the server's NAT that the server opens from inside, by
// a DIAL from a passive port that gets no farther than its TTL. A LISTEN on that
// port shows then what comes back in by it. It says nothing about the port
// itself, to which no way leads otherwise.

// OpensHole reports whether the attempt was to get no farther than its TTL: to
// open one, or to ask a hop alone.
func (d *Dialing) OpensHole() bool { return d.Command == string(Dial) && d.TTL > 0 }

// BehindHole reports whether the server listened at p for what comes in by one:
// in the same session, and later.
func (s *Seen) BehindHole(p *Port) bool {
	return p.Command == string(Listen) && slices.ContainsFunc(s.Dials, func(d Dialing) bool {
		return d.OpensHole() && d.Session == p.Session && d.From.Port() == p.Local.Port() && d.At <= p.Opened
	})
}
