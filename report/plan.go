package report

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Load is what a server's passive port range has to bear.
type Load struct {
	Clients     int           // at once
	Connections int           // of each client at once
	Files       float64       // transfers a minute, of all clients together; a listing is one too
	Transfer    time.Duration // mean length of a transfer
	Linger      time.Duration // a port stays taken after its use for this long
	Blocking    float64       // acceptable share of transfers that find no free port, 0 to 1
}

// Plan is a passive port range for a load.
type Plan struct {
	Load
	Mean  float64 // ports in use on average (Little's law)
	Ports int     // needed
	Lost  float64 // share of transfers that find no free port among so many
	Low   uint16
	High  uint16
}

// Ports from which systems choose for outgoing connections, by default: Linux
// 32768-60999 (net.ipv4.ip_local_port_range), Windows and macOS 49152-65535.
// FreeBSD has 10000-65535 and must be told (net.inet.ip.portrange.first).
const (
	ephemeralLow = 32768
	planLow      = 30000 // where a range begins that fits below
	planLowest   = 10000 // and where a large one may begin
)

// NewPlan sizes the range. from is its first port; 0 lets it be chosen below
// the ports that systems use for outgoing connections.
func NewPlan(l Load, from uint16) (Plan, error) {
	p := Plan{Load: l, Mean: l.Files / 60 * (l.Transfer + l.Linger).Seconds()}
	p.Ports = max(erlangPorts(p.Mean, l.Blocking), l.Clients*l.Connections, 1)
	if p.Ports > maxPlanned {
		return p, fmt.Errorf("%d ports are needed at least, more than one address can offer", p.Ports)
	}
	p.Lost = erlangB(p.Mean, p.Ports)
	low := int(from)
	switch {
	case low != 0:
	case planLow+p.Ports <= ephemeralLow:
		low = planLow
	default:
		low = max(planLowest, ephemeralLow-p.Ports)
	}
	if low+p.Ports-1 > math.MaxUint16 {
		return p, fmt.Errorf("%d ports from %d on would go beyond 65535", p.Ports, low)
	}
	p.Low, p.High = uint16(low), uint16(low+p.Ports-1)
	return p, nil
}

// maxPlanned bounds a range to the unprivileged ports.
const maxPlanned = math.MaxUint16 - 1024

// erlangB returns the share of arrivals that find all of n ports taken, when
// they come at random and would keep mean ports in use (A. K. Erlang, 1917).
// How long each one holds its port does not matter beyond the mean.
func erlangB(mean float64, n int) float64 {
	if mean <= 0 {
		return 0
	}
	inverse := 1.0
	for i := 1; i <= n; i++ {
		inverse = 1 + inverse*float64(i)/mean
	}
	return 1 / inverse
}

// erlangPorts returns the least number of ports at which no more than the
// share blocking of arrivals finds none.
func erlangPorts(mean, blocking float64) int {
	inverse := 1.0
	n := 0
	for mean > 0 && 1/inverse > blocking && n <= maxPlanned {
		n++
		inverse = 1 + inverse*float64(n)/mean
	}
	return n
}

// Validate says what is wrong with a load.
func (l Load) Validate() error {
	finite := func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
	switch {
	case l.Clients < 1 || l.Connections < 1 || l.Clients > maxPlanned || l.Connections > maxPlanned:
		return errors.New("at least one client with one connection is needed, and fewer than 65,000 of each")
	case !finite(l.Files) || l.Files < 0:
		return errors.New("the files a minute must be 0 or more")
	case l.Transfer < 0 || l.Linger < 0:
		return errors.New("a duration must be 0 or more")
	case !finite(l.Blocking) || l.Blocking <= 0 || l.Blocking >= 1:
		return errors.New("the acceptable share of failures must be above 0 and below 1")
	}
	return nil
}
