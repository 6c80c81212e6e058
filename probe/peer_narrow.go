package probe

import (
	"context"
	"net"
	"slices"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// Where full segments get lost is found as with any hop search: they are sent
// once more with a TTL that ends on the way. Hops in front of the narrow link
// answer, those behind it do not; that they answer at all is shown by small
// pieces with the same TTL. Each has a connection of its own, so that an answer
// belongs to one packet alone, however often that is repeated. The connection is
// reset then.

const (
	smallPiece = 64              // bytes that fit through any link
	pushRounds = 4               // of pieces at once: with few ports, far hops have to do without
	pushSlack  = 1 * time.Second // longer than the opposite end waits for what becomes of its piece
)

// pushPieces lets full segments and small ones go as far as each hop in the
// directions given.
func (v *visit) pushPieces(ctx context.Context, p *place, ways []As) {
	ways = slices.DeleteFunc(ways, func(as As) bool {
		return as == AsUp && !v.run.Network.Traces() || as == AsDown && !v.hello.Traces
	})
	if len(ways) == 0 {
		return
	}
	v.pushAll(ctx, p, pushed(ways, v.path.away(ctx), v.full()))
}

// pushAll moves pieces in a few rounds.
func (v *visit) pushAll(ctx context.Context, p *place, left []piece) {
	for range pushRounds {
		if len(left) == 0 || ctx.Err() != nil {
			return
		}
		moved := v.round(ctx, p, left)
		left = slices.DeleteFunc(left, func(one piece) bool { _, done := moved[one]; return done })
	}
}

// pushed are the pieces for a server that is so many hops away. A full segment
// that would get to the end is known not to; with none (0) small ones do.
func pushed(ways []As, away, full int) (list []piece) {
	for ttl := 1; ttl <= away; ttl++ {
		for _, as := range ways {
			list = append(list, piece{as, smallPiece, ttl})
			if ttl < away && full > 0 {
				list = append(list, piece{as, full, ttl})
			}
		}
	}
	return list
}

// away is the server's distance in hops; 0: not known. It waits for the hop
// search that measures it.
func (p *path) away(ctx context.Context) int {
	select {
	case <-p.measured:
		return p.distance
	case <-ctx.Done():
		return 0
	}
}

// push sends a piece as far as its TTL and returns what became of it; nothing
// where the system cannot. sight is how it had arrived where it expired, as far
// as this user may read that.
func push(ctx context.Context, conn net.Conn, one piece) (moved int64, outcome Outcome, sight string) {
	s := hops.SenderOf(conn)
	if s == nil {
		return 0, "", ""
	}
	if q, end := hops.QuoterOf(conn); q != nil {
		defer end()
		s = q
	}
	content := make([]byte, one.size)
	step := hops.Ask(ctx, s, func() error {
		n, err := conn.Write(content)
		moved = int64(n)
		return err
	}, one.ttl, exchange.FateLimit)
	s.SetTTL(0)
	if c, ok := conn.(interface{ SetLinger(int) error }); ok {
		c.SetLinger(0)
	}
	return moved, step.Attempt.Outcome, string(hops.SightOf(string(content), step.Quote))
}
