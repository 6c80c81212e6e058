package netlab

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// Directions of Rule.Toward.
const (
	towardServer = "server"
	towardClient = "client"
)

// States of a packet: those of Rule.State, and what all others have.
const (
	stateNew         = "new"
	stateRelated     = "related"
	stateEstablished = "established"
)

// Actions of Rule.Do.
const (
	doAccept          = "accept"
	doDrop            = "drop"
	doReset           = "reset"
	doAdminProhibited = "admin-prohibited"
	doHostUnreachable = "host-unreachable"
	doPortUnreachable = "port-unreachable"
)

// message is one ICMP error, in both families (RFC 792, RFC 4443).
type message struct{ type4, code4, type6, code6 uint8 }

var (
	timeExceeded = message{11, 0, 3, 0}
	noNetwork    = message{3, 0, 1, 0}
	noNeighbour  = message{3, 1, 1, 3}
)

var rejections = map[string]message{
	doAdminProhibited: {3, 13, 1, 1},
	doHostUnreachable: {3, 1, 1, 3},
	doPortUnreachable: {3, 3, 1, 4},
}

func (m message) icmp(from netip.Addr) *hops.ICMP {
	if from.Is4() {
		return &hops.ICMP{Type: m.type4, Code: m.code4, From: from}
	}
	return &hops.ICMP{Type: m.type6, Code: m.code6, From: from}
}

// filter returns what the host's rules do with a packet. The first rule that
// matches decides.
func (h *Host) filter(t tuple, toward, state string) string {
	for _, r := range h.rules {
		if r.matches(t, toward, state) {
			return r.Do
		}
	}
	return doAccept
}

func (r Rule) matches(t tuple, toward, state string) bool {
	return r.IPv6 == t.dst.Addr().Is6() &&
		(r.Toward == "" || r.Toward == toward) &&
		(r.State == "" || r.State == state) &&
		within(r.Ports, t.dst.Port()) && within(r.From, t.src.Port()) &&
		(r.OneIn == 0 || r.chooses(t))
}

// chooses reports whether a connection is one of OneIn. As with nft's jhash
// over addresses and ports, it is the same for every packet of the connection
// and for the repetition of its SYN; here in both directions.
func (r Rule) chooses(t tuple) bool {
	if t.dst.Compare(t.src) < 0 {
		t = t.reversed()
	}
	sum := fnv.New64a()
	fmt.Fprint(sum, r.At, t.src, t.dst)
	return rand.New(rand.NewPCG(sum.Sum64(), 0)).IntN(r.OneIn) == 0
}

// within reports whether a port is in a range that validation has accepted;
// the empty range holds all.
func within(text string, port uint16) bool {
	if text == "" {
		return true
	}
	r, err := parseRange(text)
	return err == nil && r.Low <= port && port <= r.High
}

// parseRange reads "21" or "50000-50100".
func parseRange(text string) (probe.PortRange, error) {
	low, high, isRange := strings.Cut(text, "-")
	if !isRange {
		high = low
	}
	l, err1 := strconv.ParseUint(low, 10, 16)
	h, err2 := strconv.ParseUint(high, 10, 16)
	if err1 != nil || err2 != nil || l == 0 || h < l {
		return probe.PortRange{}, fmt.Errorf("%q is not a port or a range of ports", text)
	}
	return probe.PortRange{Low: uint16(l), High: uint16(h)}, nil
}
