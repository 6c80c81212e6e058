package probe

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"ftpcheck/probe/exchange"
	"ftpcheck/probe/hops"
)

// Bounds of what is asked for by LISTEN.
const (
	samplePorts = 16              // ports that are dialled where no sweep names them
	maxListens  = 6               // LISTEN commands for the ports of a sweep: more would fill the record of the visit
	listenSlack = time.Second     // the opposite end listens longer than we dial
	lowestPort  = 1024            // below it are system services
	anyPorts    = samplePorts / 2 // of a server without a range, which chooses them itself
)

// mapPorts has the opposite end listen and dials those ports, then sends pieces
// of data over those that opened; where none did, one is dialled through a hole.
func (v *visit) mapPorts(ctx context.Context, p *place) {
	list := v.targets()
	var dialled, shut []uint16
	for first := true; first || len(list) > 0; first = false {
		request := exchange.ListenRequest{Ports: list[:min(len(list), exchange.MaxPorts)]}
		list = list[len(request.Ports):]
		if len(request.Ports) == 0 {
			request.Count = anyPorts
		}
		ports, ok := v.listen(p, request)
		v.crowded = ok && len(ports) == 0 && (first || v.crowded)
		if !ok || ctx.Err() != nil {
			return
		}
		dialled, shut = append(dialled, ports...), append(shut, v.dialAll(ctx, p, ports)...)
	}
	switch {
	case ctx.Err() != nil:
	case len(v.reached) > 0:
		v.movePieces(ctx, p)
	case len(shut) == len(dialled):
		v.hole(ctx, p, shut)
	}
}

// targets are the ports to listen on: those of a sweep, else those that were
// announced and a sample of the range; none where the server has no range.
func (v *visit) targets() []uint16 {
	r, passive := v.run, v.hello.Passive
	if passive.Low == 0 {
		return nil
	}
	low, high := max(int(passive.Low), lowestPort), int(passive.High)
	if r.sweeps() {
		return spread(max(low, int(r.Sweep.Low)), min(high, int(r.Sweep.High)), maxListens*exchange.MaxPorts)
	}
	list := r.heard.within(low, high)
	list = list[:min(len(list), samplePorts-2)]
	list = append(list, spread(low, high, samplePorts-len(list))...)
	slices.Sort(list)
	return slices.Compact(list)
}

// spread returns up to n ports of a range, both ends included, and the others
// evenly between them.
func spread(low, high, n int) []uint16 {
	width := high - low
	if width < 0 || n < 1 {
		return nil
	}
	n = min(n, width+1)
	list := make([]uint16, n)
	for i := range list {
		list[i] = uint16(low + i*width/max(1, n-1))
	}
	return list
}

// listen asks for ports to dial: those at which the server listens now, each of
// which any server might have announced. request.For is what it takes longer than
// to dial them.
func (v *visit) listen(p *place, request exchange.ListenRequest) (ports []uint16, ok bool) {
	request.For += millis(v.limit() + listenSlack)
	shown := fmt.Sprintf("%d ports", request.Count)
	if n := len(request.Ports); n > 0 {
		shown = shownPorts(request.Ports)
	}
	var got exchange.Listening
	if p.session.query(exchange.Listen, request, shown, &got, v.patience()) != nil {
		return nil, false
	}
	most := max(request.Count, len(request.Ports))
	for _, port := range got.Ports[:min(len(got.Ports), most)] {
		n := port.Local.Port()
		asked := request.Count > 0 || slices.Contains(request.Ports, n)
		if port.Failed == "" && asked && v.dialable(n) && !slices.Contains(ports, n) {
			ports = append(ports, n)
		}
	}
	return ports, true
}

// limit is that of a connection attempt, in either direction, which lasts no
// longer than the other end listens.
func (v *visit) limit() time.Duration { return min(v.run.Timeout, exchange.MaxListen-listenSlack) }

// dialable reports whether a port is one that the server may have us dial.
func (v *visit) dialable(port uint16) bool {
	passive := v.hello.Passive
	return port >= lowestPort && port != v.run.peer.Port() && (passive.Low == 0 || passive.Low <= port && port <= passive.High)
}

func (v *visit) at(port uint16) netip.AddrPort { return netip.AddrPortFrom(v.run.peer.Addr(), port) }

// dialAll dials the ports, a little apart, and closes what opens. It returns
// those that were silent or refused.
func (v *visit) dialAll(ctx context.Context, p *place, ports []uint16) (shut []uint16) {
	var group sync.WaitGroup
	var mu sync.Mutex
	for i, port := range ports {
		if i > 0 {
			pause(ctx, sweepGap)
		}
		group.Go(func() {
			conn, a := v.run.dial(ctx, v.toward(p, port), v.limit(), DialOptions{})
			switch {
			case conn != nil:
				v.opens(port, conn)
				conn.Close()
			case a.Outcome == hops.Timeout || a.Outcome == hops.Refused:
				mu.Lock()
				defer mu.Unlock()
				shut = append(shut, port)
			}
		})
	}
	group.Wait()
	return shut
}

// toward is a dial at a port of LISTEN.
func (v *visit) toward(p *place, port uint16) Event {
	return Event{Check: CheckPeer, Session: p.session.id, As: AsPeer, Addr: v.at(port)}
}

// within returns the ports that were announced and lie in a range, each once.
func (a *announcements) within(low, high int) []uint16 {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := slices.DeleteFunc(slices.Clone(a.ports), func(p uint16) bool { return int(p) < low || int(p) > high })
	slices.Sort(list)
	return slices.Compact(list)
}

func millis(d time.Duration) exchange.Millis { return exchange.Millis(d.Milliseconds()) }

// shownPorts is a short text for ports.
func shownPorts(ports []uint16) string {
	switch n := len(ports); n {
	case 0:
		return "no ports"
	case 1:
		return fmt.Sprintf("port %d", ports[0])
	default:
		return fmt.Sprintf("%d ports %d-%d", n, slices.Min(ports), slices.Max(ports))
	}
}
