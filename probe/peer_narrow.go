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
// answer, those behind it do not. That they answer at all is shown by small
// pieces with the same TTL. These come later: otherwise a router that sends few
// ICMP messages might have none left for the full segment. Each piece has a
// connection of its own, so that an answer belongs to one packet alone, however
// often that is repeated. The connection is reset then.

const (
	smallPiece = 64              // bytes that fit through any link
	pushRounds = 4               // of pieces of one size: with few ports, far hops have to do without
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
	away := v.path.away(ctx)
	v.pushAll(ctx, p, pushed(ways, v.full(), away-1)) // that it does not get to the end is known
	v.pushAll(ctx, p, pushed(ways, smallPiece, away))
}

// pushed are pieces of one size for all hops.
func pushed(ways []As, size, hops int) (list []piece) {
	for ttl := 1; ttl <= hops; ttl++ {
		for _, as := range ways {
			list = append(list, piece{as, size, ttl})
		}
	}
	return list
}

func (v *visit) pushAll(ctx context.Context, p *place, left []piece) {
	for range pushRounds {
		if len(left) == 0 || ctx.Err() != nil {
			return
		}
		moved := v.round(ctx, p, left)
		left = slices.DeleteFunc(left, func(one piece) bool { _, done := moved[one]; return done })
	}
}

// push lets one piece go as far as its TTL. That its port opens is known, so that
// the dial is not told of: the opposite end may reset the connection before this
// one is told that it opened.
func (v *visit) push(ctx context.Context, p *place, one piece, port uint16) Outcome {
	limited, cancel := context.WithTimeout(ctx, v.limit())
	defer cancel()
	began := time.Now()
	e := v.toward(p, port)
	conn, a := v.run.Network.Dial(limited, e.Addr, DialOptions{})
	e.Kind, e.As, e.Count, e.TTL = KindSize, one.as, one.size, one.ttl
	switch {
	case conn == nil && one.as == AsDown && a.Outcome == OutcomeReset:
		e.Outcome = OutcomeReset
	case conn == nil:
		return ""
	default:
		defer conn.Close()
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		defer stop()
		conn.SetDeadline(time.Now().Add(exchange.FateLimit + min(v.limit(), max(pushSlack, 8*v.run.rtt))))
		if one.as == AsDown {
			e.Bytes, e.Outcome = receive(conn, one.size)
		} else {
			e.Bytes, e.Outcome, e.Text = expire(ctx, conn, one)
		}
	}
	e.Took = time.Since(began)
	if ctx.Err() != nil || e.Outcome == "" {
		return ""
	}
	v.run.emit(e)
	return e.Outcome
}

// expire sends a piece as far as its TTL and returns what became of it; nothing
// where the system cannot. sight is how it had arrived where it expired, as far
// as this user may read that.
func expire(ctx context.Context, conn net.Conn, one piece) (moved int64, outcome Outcome, sight string) {
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
