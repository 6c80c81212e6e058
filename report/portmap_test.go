package report

import (
	"maps"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"

	"github.com/google/go-cmp/cmp"
)

// TestPortMapLines draws a sweep with every state, and a range too wide for a cell
// for each port.
func TestPortMapLines(t *testing.T) {
	ev := &probe.Evidence{}
	for port := 50000; port < 50200; port++ {
		o := hops.Refused
		switch {
		case port >= 50150:
			o = hops.Rejected
		case port >= 50100:
			o = hops.Timeout
		case port == 50010:
			o = hops.Open
		}
		ev.Swept = append(ev.Swept, probe.Dial{As: probe.AsSweep, To: addr(serverIP + ":" + strconv.Itoa(port)), Outcome: o})
	}
	want := `Sweep of 203.0.113.10, ports 50000-50199: 1
open, 99 refused, 50 silent, 50 rejected.

[xx*xxxxxxxxxxxxxxxxxxx...........!!!!!!!!!!!]
 50000                 50100      50150  50199

  50000-50009  x refused, 10 tried
  50010        # open, 1 tried
  50011-50099  x refused, 89 tried
  50100-50149  . silent, 50 tried
  50150-50199  ! rejected, 50 tried

# open; x refused; ! rejected; . silent; * not
all alike`
	if diff := cmp.Diff(want, strings.Join(PortMapLines(ev, 46, nil), "\n")); diff != "" {
		t.Error(diff)
	}
	ev.Swept = []probe.Dial{{To: addr(serverIP + ":1"), Outcome: hops.Refused}, {To: addr(serverIP + ":21"), Outcome: hops.Open}, {To: addr(serverIP + ":65535"), Outcome: hops.Refused}}
	if lines := PortMapLines(ev, 46, nil); lines[3] != "[*                                          x]" || lines[4] != at(" 1", 41, "65535") {
		t.Errorf("ports that share a cell:\n%s", strings.Join(lines, "\n"))
	}
	if lines := PortMapLines(&probe.Evidence{}, 46, nil); len(lines) != 0 {
		t.Errorf("a map of nothing: %q", lines)
	}
}

// TestPortMapOfBothEnds draws what both ends tried, in both directions.
func TestPortMapOfBothEnds(t *testing.T) {
	m := &PortMap{
		Server: netip.MustParseAddr(serverIP), Client: netip.MustParseAddr(clientIP),
		ToServer: []SweptRange{{50000, 50003, PortArrived}, {50004, 50005, PortHalfway}, {50007, 50007, PortAnswered}},
		ToClient: []ClientPort{{40021, 20, PortArrived}, {40021, 51000, PortSilent}, {40024, 20, PortArrived}, {40024, 0, PortArrived}},
	}
	want := `Ports of the server, 203.0.113.10, dialled from here:

[@@@@~~ o]
 50000  50007

  50000-50003  @ arrived, 4 tried
  50004-50005  ~ half-way, 2 tried
  50007        o answered, 1 tried

Ports at 192.168.1.20, dialled by the server:

[*  @]
 40021

  @ arrived   40021, 40024 from port 20; 40024 from a port
              not told
  . silent    40021 from high ports

@ arrived: both ends saw it; o answered on the way, and
never arrived; ~ half-way: it arrived, and its answer was
lost; . silent; * not all alike; blank: not tried`
	plain, lines := newPage(58, nil)
	p := portMapPage{plain, map[string]bool{}}
	for _, tried := range m.tried() {
		p.draw(tried)
	}
	p.legend()
	if diff := cmp.Diff(want, strings.Join(*lines, "\n")); diff != "" {
		t.Error(diff)
	}
}

// TestPortThatDiffers: a port that opened once and was refused once is neither.
func TestPortThatDiffers(t *testing.T) {
	got := portStates([]uint16{50001, 50000, 50001, 50002}, []PortState{PortRefused, PortOpen, PortOpen, ""})
	want := map[uint16]PortState{50000: PortOpen, 50001: "open and refused"}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
