package probe

import (
	"context"
	"net/netip"
	"sync"
)

// uncommon ports belong to no well-known service, and lie outside of the
// usual passive ranges and of the ranges from which systems choose ports.
var uncommon = []uint16{23603, 28211, 19387, 26959, 17321, 14563, 11867, 30559}

// farAway is the least distance of a random port from an announced one.
const farAway = 1000

// announcements are the ports that the server announced in this run.
type announcements struct {
	mu    sync.Mutex
	ports []uint16
}

func (a *announcements) add(port uint16) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ports = append(a.ports, port)
}

// far reports whether a port is far from all that were announced.
func (a *announcements) far(port uint16) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.ports {
		if max(p, port)-min(p, port) < farAway {
			return false
		}
	}
	return true
}

// unannounced returns up to n ports of the control host that the server did
// not announce, the same ones in runs of the same course.
func (r *run) unannounced(n int) (list []netip.AddrPort) {
	for _, port := range uncommon {
		if len(list) < n && port != r.peer.Port() && !r.Sweep.holds(port) && !r.ActivePorts.holds(port) && r.heard.far(port) {
			list = append(list, netip.AddrPortFrom(r.peer.Addr(), port))
		}
	}
	return list
}

// uncommonPort is one that is not the control port.
func (r *run) uncommonPort() uint16 {
	if uncommon[0] == r.Target.Port {
		return uncommon[1]
	}
	return uncommon[0]
}

func (p PortRange) holds(port uint16) bool { return p.Low <= port && port <= p.High }

// dialRandom dials two ports at which nothing should listen, once in a run.
// Where they open, something accepts every connection in the server's place,
// and the hop search tells how far away it is.
func (r *run) dialRandom(ctx context.Context, check Check, p *path) {
	if r.randoms.Swap(true) {
		return
	}
	if check != CheckControl && r.wants(CheckPorts) {
		check = CheckPorts
	}
	var group sync.WaitGroup
	for _, to := range r.unannounced(2) {
		group.Go(func() {
			conn, _ := r.dial(ctx, Event{Check: check, As: AsRandom, Addr: to}, r.soon(), DialOptions{})
			if conn != nil {
				conn.Close()
				p.search(to)
			}
		})
	}
	group.Wait()
}
