package probe

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"ftpcheck/probe/exchange"
)

// A piece is data of one write, in bytes without any header, over a connection
// of its own. One that is not longer than a full segment is one packet, so that
// the largest piece that crosses tells the largest packet.

const (
	pieceLimit   = 2 * time.Second // for a piece to cross: the kernel repeats it three times meanwhile
	narrowRounds = 4               // 1448 sizes are told apart in three rounds of twelve at once, or in four of six
	tinyPiece    = 256             // where that does not cross, it is no matter of the size
	sinkShare    = 3               // pieces of ours that cross over one port at once
	// Bytes of a full segment on an ordinary link of 1500 bytes, IPv4 and IPv6,
	// less the timestamps (RFC 7323) that Linux and others put into each. Where
	// the system tells the connection's own (TCP_MAXSEG), that one counts.
	segment4 = 1500 - 20 - 20 - 12
	segment6 = 1500 - 40 - 20 - 12
)

// piece is one size in one direction. With a TTL it is to get as far as that hop.
type piece struct {
	as   As
	size int
	ttl  int
}

// opens notes a port of LISTEN that opened, and what a full segment is there.
func (v *visit) opens(port uint16, conn net.Conn) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !slices.Contains(v.reached, port) {
		v.reached = append(v.reached, port)
	}
	if n := segmentOf(conn); n > 0 && n <= exchange.MaxSend {
		v.segment = n
	}
}

// full is the data of a full segment, in bytes.
func (v *visit) full() int {
	switch {
	case v.segment > 0:
		return v.segment
	case v.run.peer.Addr().Is4():
		return segment4
	}
	return segment6
}

// movePieces lets one full segment cross each way. Where it does not, it looks
// for the largest size that does, and for the hop behind which larger ones get
// lost.
func (v *visit) movePieces(ctx context.Context, p *place) {
	gaps := map[As]gap{}
	full := v.full()
	for one, outcome := range v.round(ctx, p, []piece{{as: AsDown, size: full}, {as: AsUp, size: full}}) {
		if outcome == OutcomeTimeout { // anything else is no matter of the size
			gaps[one.as] = gap{0, full}
		}
	}
	if _, ok := gaps[AsDown]; ok {
		v.useSmallSegments() // or its answers would stall as well
	}
	v.pushPieces(ctx, p, v.narrowAll(ctx, p, gaps))
}

// narrowAll looks for the largest sizes that cross, and returns the directions
// in which any did.
func (v *visit) narrowAll(ctx context.Context, p *place, gaps map[As]gap) (ways []As) {
	for range narrowRounds {
		var sizes []piece
		for _, as := range []As{AsDown, AsUp} {
			g := gaps[as]
			for _, n := range g.sizes(v.width(as)) {
				sizes = append(sizes, piece{as: as, size: n})
			}
		}
		if len(sizes) == 0 || ctx.Err() != nil {
			break
		}
		outcomes := v.round(ctx, p, sizes)
		for one, outcome := range outcomes {
			if outcome == OutcomeEOF && !slices.Contains(ways, one.as) {
				ways = append(ways, one.as)
			}
		}
		for as, g := range gaps {
			gaps[as] = g.narrow(as, outcomes)
		}
	}
	slices.Sort(ways)
	return ways
}

// gap is where the largest size that crosses is looked for: low crosses, and
// high does not.
type gap struct{ low, high int }

// sizes are up to n sizes to try next.
func (g gap) sizes(n int) (list []int) {
	n = min(n, g.high-g.low-1)
	for i := range n {
		list = append(list, g.low+(i+1)*(g.high-g.low)/(n+1))
	}
	return list
}

// narrow takes in what a round has shown. A direction in which nothing was
// shown, or not even little crosses, is not looked at any more.
func (g gap) narrow(as As, outcomes map[piece]Outcome) gap {
	before := g
	for one, outcome := range outcomes {
		if one.as == as && outcome == OutcomeTimeout {
			g.high = min(g.high, one.size)
		}
	}
	for one, outcome := range outcomes {
		if one.as == as && outcome == OutcomeEOF && one.size < g.high {
			g.low = max(g.low, one.size)
		}
	}
	if g == before || g.low == 0 && g.high < tinyPiece {
		return gap{}
	}
	return g
}

// width is how many pieces may cross at once in a direction: those of the
// server's need a port each, as a port has one size to send.
func (v *visit) width(as As) int {
	n := len(v.reached)
	sinks := (n + sinkShare) / (sinkShare + 1)
	if as == AsUp {
		return sinks * sinkShare
	}
	return max(n-sinks, min(n, 1))
}

// round moves pieces at once, each over a connection of its own, and returns
// what became of them. What could not be tried is not in the answer. Where one
// port has to do, one direction comes after the other.
func (v *visit) round(ctx context.Context, p *place, pieces []piece) map[piece]Outcome {
	outcomes := map[piece]Outcome{}
	if len(v.reached) == 1 {
		for _, as := range []As{AsDown, AsUp} {
			v.moveAll(ctx, p, slices.DeleteFunc(slices.Clone(pieces), func(one piece) bool { return one.as != as }), outcomes)
		}
		return outcomes
	}
	v.moveAll(ctx, p, pieces, outcomes)
	return outcomes
}

func (v *visit) moveAll(ctx context.Context, p *place, pieces []piece, outcomes map[piece]Outcome) {
	request, ports := v.assign(pieces)
	if len(request.Ports) == 0 || ctx.Err() != nil {
		return
	}
	listening, ok := v.listen(p, request)
	if !ok {
		return
	}
	var mu sync.Mutex
	var group sync.WaitGroup
	for one, port := range ports {
		if !slices.Contains(listening, port) {
			continue
		}
		group.Go(func() {
			move := v.move
			if one.ttl > 0 {
				move = v.push
			}
			if outcome := move(ctx, p, one, port); outcome != "" {
				mu.Lock()
				defer mu.Unlock()
				outcomes[one] = outcome
			}
		})
	}
	group.Wait()
}

// assign gives each size that the server sends a port of its own, as far as
// there are ports that open, and a few of ours one together.
func (v *visit) assign(pieces []piece) (request exchange.ListenRequest, ports map[piece]uint16) {
	ports = map[piece]uint16{}
	free := slices.Clone(v.reached)
	var sink uint16
	shared := sinkShare
	for _, one := range pieces {
		up := one.as == AsUp
		if up && shared < sinkShare {
			ports[one] = sink
			shared++
			continue
		}
		if len(free) == 0 {
			continue
		}
		port, size := free[0], one.size
		free = free[1:]
		if ports[one] = port; up {
			sink, shared, size = port, 1, 0
		}
		ttl := one.ttl
		if up {
			ttl = 0
		}
		request.Ports, request.Send, request.SendTTL = append(request.Ports, port), append(request.Send, size), append(request.SendTTL, ttl)
		if one.ttl > 0 {
			request.For = millis(exchange.FateLimit)
		}
	}
	return request, ports
}

// move lets one piece cross, and returns nothing where no connection opened.
func (v *visit) move(ctx context.Context, p *place, one piece, port uint16) Outcome {
	conn, _ := v.run.dial(ctx, v.toward(p, port), v.limit(), DialOptions{})
	if conn == nil {
		return ""
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	began := time.Now()
	conn.SetDeadline(began.Add(min(v.limit(), max(pieceLimit, 8*v.run.rtt))))
	e := v.toward(p, port)
	e.Kind, e.As, e.Count = KindSize, one.as, one.size
	if one.as == AsDown {
		e.Bytes, e.Outcome = receive(conn, one.size)
	} else {
		e.Bytes, e.Outcome = deliver(conn, one.size)
	}
	e.Took = time.Since(began)
	if ctx.Err() != nil {
		return ""
	}
	v.run.emit(e)
	return e.Outcome
}

// receive reads a piece to its end.
func receive(conn net.Conn, size int) (int64, Outcome) {
	n, err := io.Copy(io.Discard, io.LimitReader(conn, int64(size)+1))
	switch {
	case n > int64(size):
		return n, OutcomeLimit
	case err != nil:
		return n, ending(err)
	case n < int64(size):
		return n, OutcomeClosed
	}
	return n, OutcomeEOF
}

// deliver writes a piece at once and waits for the other end to close: it does
// so when it has read it all.
func deliver(conn net.Conn, size int) (int64, Outcome) {
	n, err := conn.Write(make([]byte, size))
	if c, ok := conn.(interface{ CloseWrite() error }); ok && err == nil {
		err = c.CloseWrite()
	}
	if err == nil {
		_, err = conn.Read(make([]byte, 1))
	}
	switch {
	case err == nil:
		return int64(n), OutcomeLimit // it was to send nothing
	case errors.Is(err, io.EOF):
		return int64(n), OutcomeEOF
	}
	return int64(n), ending(err)
}
