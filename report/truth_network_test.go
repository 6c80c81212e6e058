package report

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"ftpcheck/probe/netlab"
)

// world is one random network, and what is true in it. It is made in three
// steps: who stands where (here), what is wrong (truth_faults_test.go), and how
// ftpcheck is called.
type world struct {
	*rand.Rand
	scenario *netlab.Scenario
	faults   []string // their names
	claims   []truth  // what may be said of it
	chance   bool     // which attempts fail is a matter of chance, or of their order
}

// Devices by their number, which is their distance from the client.
const (
	cli = iota
	cgw
	isp
	sgw
	srv
)

var deviceNames = []string{"cli", "cgw", "isp", "sgw", "srv"}

// newWorld makes the network of a seed. Every third one has no fault, and every
// third has two.
func newWorld(seed uint64) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 0)), scenario: &netlab.Scenario{Name: fmt.Sprintf("seed-%d", seed)}}
	w.scenario.Run.Args = []string{"--timeout", "1s", "--reply-timeout", "2s"}
	w.scenario.Expect.Checks = map[string]string{}
	w.place()
	for count := w.IntN(3); count > 0; {
		f := faultKinds[w.IntN(len(faultKinds))]
		if !slices.Contains(w.faults, f.name) && f.add(w) {
			w.faults = append(w.faults, f.name)
			count--
		}
	}
	w.explainOrdinary()
	w.scenario.About = fmt.Sprintf("Random network %d: %q", seed, w.faults)
	return w
}

// odds is true once in n.
func (w *world) odds(n int) bool { return w.IntN(n) == 0 }

// place decides who stands where. Nothing is wrong yet.
func (w *world) place() {
	s := w.scenario
	s.Server.Peer = w.odds(2)
	s.Server.Passive = "50020-50100" // all are written with as many digits, see netlab.Box
	if s.Client.NAT = w.odds(3); s.Client.NAT && w.odds(2) {
		s.Helper = append(s.Helper, "cgw")
	}
	if s.Server.NAT = w.odds(3); s.Server.NAT {
		s.Server.Announce = "198.51.100.2"
		s.Server.Forward = []string{"21", s.Server.Passive}
	}
	if !s.Client.NAT && !s.Server.NAT && w.odds(6) {
		s.Client.IPv6Only, s.Server.IPv6 = true, true
	}
	s.Client.Raw = w.odds(4)
	if w.odds(3) {
		s.Server.TLS = &netlab.TLS{Mode: w.one("explicit", "explicit", "required-data")}
		s.Run.Trust = true
	}
	if !s.Client.IPv6Only && w.odds(8) {
		s.Boxes = append(s.Boxes, netlab.Box{At: deviceNames[cgw+w.IntN(3)], Kind: netlab.BoxMute})
	}
	if w.odds(8) {
		s.Boxes = append(s.Boxes, netlab.Box{At: deviceNames[cgw+w.IntN(3)], Kind: netlab.BoxSlow, Value: "200000"})
		s.Run.Args[3] = "5s" // its queue is long
	}
	if w.odds(3) {
		s.Run.Args = append(s.Run.Args, "--active-ports", "50020-50100")
	}
}

func (w *world) one(from ...string) string { return from[w.IntN(len(from))] }

// explainOrdinary claims what is true of the network besides its faults. A
// client behind NAT whose router does not read the dialogue cannot be reached.
func (w *world) explainOrdinary() {
	s := w.scenario
	if s.Client.NAT {
		w.claim("active-behind-nat", cgw)
		if w.helps("cgw") {
			w.claim("helper-in-path", cgw)
			if s.Server.TLS != nil {
				w.claim("helper-blind-to-tls", cgw)
			}
		}
	}
	if w.helps("sgw") {
		w.claim("helper-in-path", sgw)
	}
	w.explainTogether()
}

func (w *world) helps(device string) bool { return slices.Contains(w.scenario.Helper, device) }

// plain reports whether a device can read the dialogue.
func (w *world) plain() bool { return w.scenario.Server.TLS == nil && !w.scenario.Client.IPv6Only }

func (w *world) rule(r netlab.Rule) {
	r.IPv6 = w.scenario.Client.IPv6Only
	w.scenario.Rules = append(w.scenario.Rules, r)
}

// box places a box where none of its kind stands. It reports whether it may.
func (w *world) box(at int, kind, value, toward string) bool {
	w.scenario.Boxes = append(w.scenario.Boxes, netlab.Box{At: deviceNames[at], Kind: kind, Value: value, Toward: toward})
	if w.scenario.Validate() == nil {
		return true
	}
	w.scenario.Boxes = w.scenario.Boxes[:len(w.scenario.Boxes)-1]
	return false
}

func (w *world) serverFault(name string) bool {
	w.scenario.Server.Faults = append(w.scenario.Server.Faults, name)
	return true
}
