package probe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// Where a device on the way changes an announcement: the line is sent again and
// again, to expire at one hop after the other, and each router quotes what
// arrived there. Only a privileged user may read that.

// said is what was announced and carried in a session of the visit, as it was at
// this end.
type said struct {
	session int    // in the visit
	line    string // a reply as it was received, or a command as it was sent
	sum     string // of its data; empty: not known
	bytes   int64
}

func (v *visit) note(s *session) {
	if s.named == "" || s.place == 0 || s.secret != nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.said = append(v.said, said{s.place, s.named, s.sum, s.carried})
}

// announcements are the words by which the lines of one direction begin, and the
// commands for it.
var (
	repliesNamed  = map[string]string{"227": "PASV", "229": "EPSV"}
	commandsNamed = map[string]string{"PORT": "PORT", "EPRT": "EPRT"}
)

// placeChanges looks for the place where announcements are changed, one for each
// direction, as far as this user and the opposite end's may read what routers
// quote.
func (v *visit) placeChanges(ctx context.Context, seen *exchange.Seen) {
	if seen == nil || ctx.Err() != nil {
		return
	}
	down, up := v.changed(seen, repliesNamed), v.changed(seen, commandsNamed)
	asked := down != "" && v.hello.Quotes && v.askQuotes(ctx, repliesNamed[down[:3]])
	if up != "" {
		v.sendQuoted(ctx, up)
	}
	if v.altered(seen) {
		asked = v.pushQuoted(ctx) || asked
	}
	if asked {
		v.learn(ctx)
	}
}

// changed returns the first announcement of a direction that did not arrive as it
// was sent.
func (v *visit) changed(seen *exchange.Seen, words map[string]string) string {
	for _, one := range v.said {
		word, _, _ := strings.Cut(one.line, " ")
		if words[word] == "" {
			continue
		}
		for _, s := range seen.Sessions {
			for _, l := range s.Lines {
				other := strings.TrimRight(string(l.Raw), "\r\n")
				if s.Number == one.session && strings.HasPrefix(other, word) && other != strings.TrimRight(one.line, "\r\n") {
					return one.line
				}
			}
		}
	}
	return ""
}

// altered reports whether data did not arrive as it was sent.
func (v *visit) altered(seen *exchange.Seen) bool {
	differs := func(number int, c *exchange.Carried) bool {
		return c != nil && c.Sum != "" && slices.ContainsFunc(v.said, func(one said) bool {
			return one.session == number && one.sum != "" && one.sum != c.Sum && one.bytes == c.Sent+c.Received
		})
	}
	for _, p := range seen.Ports {
		for _, k := range p.Knocks {
			if differs(p.Session, k.Carried) {
				return true
			}
		}
	}
	return slices.ContainsFunc(seen.Dials, func(d exchange.Dialing) bool { return differs(d.Session, d.Carried) })
}

// pushQuoted lets data go as far as each hop, in both directions as far as quotes
// can be read, and reports whether the opposite end has more to tell.
func (v *visit) pushQuoted(ctx context.Context) (asked bool) {
	p := &v.host
	if !v.openPatiently(ctx, p, CheckPeer, "") {
		return false
	}
	p.session.try, p.check = "", CheckPeer
	var ways []As
	if v.hello.Quotes {
		ways = append(ways, AsDown)
	}
	if to, end := hops.QuoterOf(p.session.conn); to != nil {
		end()
		ways = append(ways, AsUp)
	}
	v.pushAll(ctx, p, pushed(ways, smallPiece, v.path.away(ctx)-1))
	return v.hello.Quotes
}

// askQuotes has the opposite end send an announcement so, in a session of its
// own.
func (v *visit) askQuotes(ctx context.Context, command string) bool {
	p := &v.host
	if !v.openPatiently(ctx, p, CheckPeer, "") {
		return false
	}
	p.session.try, p.check = "", CheckPeer
	if _, ok := p.session.command(CheckPeer, command); !ok {
		return false
	}
	var got exchange.Followed
	p.session.query(exchange.Path, exchange.PathRequest{Line: true}, "LINE", &got, hops.SearchLimit+v.patience())
	return true
}

// sendQuoted sends a command of ours so, in a session of its own, which it ends.
func (v *visit) sendQuoted(ctx context.Context, line string) {
	p := &v.host
	if !v.openPatiently(ctx, p, CheckPeer, "") {
		return
	}
	p.session.try, p.check = "", CheckPeer
	s := p.session
	if s.secret != nil || !v.run.Network.Traces() {
		return
	}
	to, end := hops.QuoterOf(s.conn)
	if to == nil {
		return
	}
	defer end()
	ctx, cancel := context.WithTimeout(ctx, hops.SearchLimit) // the other end has a say in the round trip time
	defer cancel()
	s.emit(Event{Kind: KindSend, Check: CheckPeer, Text: line})
	s.dirty = true // as many answers come as it was sent
	steps := hops.Follow(ctx, to, func() error {
		s.conn.SetWriteDeadline(time.Now().Add(s.run.ReplyTimeout))
		_, err := hops.Push(s.conn, []byte(line+"\r\n"))
		return err
	}, hops.MaxHops, hops.WaitOf(to))
	for _, step := range steps {
		s.emit(Event{Kind: KindQuote, Check: CheckPeer, Addr: s.peer, TTL: step.TTL, Outcome: step.Attempt.Outcome,
			ICMP: message(step.Attempt.ICMP), Text: line, Raw: s.run.line([]byte(step.Quote))})
		if step.Quote != "" {
			s.emit(s.run.received(Event{Kind: KindNote, Check: CheckPeer}, []byte(quoteWords(line, step))))
		}
	}
}

// quoteWords is what a hop quotes, for the transcript.
func quoteWords(line string, step hops.Step) string {
	quote := strings.TrimRight(step.Quote, "\r\n")
	if quote == line {
		return fmt.Sprintf("hop %d quotes it as it was sent", step.TTL)
	}
	return fmt.Sprintf("hop %d quotes it as %s", step.TTL, cut(quote, maxNoted))
}
