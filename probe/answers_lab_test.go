package probe_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/exchange"
	"ftpcheck/probe/netlab"
)

// Answers are traced where they vanish, in the direction in which they do, and
// with as many ports as there are.
func TestAnswersAreTraced(t *testing.T) {
	there := netlab.Rule{At: "isp", Toward: "client", From: "50000-50100", Do: "drop"}
	here := []netlab.Rule{{At: "isp", Toward: "server", Ports: "20", Do: "drop"}}
	hereAll := append(slices.Clone(here), netlab.Rule{At: "isp", Toward: "server", From: "20000-20019", Do: "drop"})
	ports := func(low, high uint16) probe.PortRange { return probe.PortRange{Low: low, High: high} }
	for _, test := range []struct {
		name    string
		rules   []netlab.Rule
		passive string
		opt     probe.Options
		there   string // by TTL, of each port: x gone, - by half; 30 goes all the way
		here    string
		limit   time.Duration
	}{
		{"a network that works", nil, "", probe.Options{}, "", "", 0},
		{"filtered both ways", blockedEverywhere.Rules, "", probe.Options{}, "", "", 0},
		{"the server's", []netlab.Rule{there}, "", probe.Options{}, "30-- 1xx 2xx 3-- 4--", "", 0},
		{"the server's, one session at a time", []netlab.Rule{there}, "", probe.Options{Parallel: 1}, "30-- 1xx 2xx 3-- 4--", "", 0},
		{"the server's, of four ports", []netlab.Rule{there}, "50000-50003", probe.Options{}, "30-- 1xx 2xx 3-- 4--", "", 18 * time.Second},
		{"the server's, of one port", []netlab.Rule{there}, "50000", probe.Options{}, "30- 1x 2x 3- 4-", "", 28 * time.Second},
		{"ours, to port 20", here, "", probe.Options{ActivePorts: ports(20000, 20019)}, "", "30-- 1xx 2xx 3-- 4--", 0},
		{"ours, to all ports", hereAll, "", probe.Options{ActivePorts: ports(20000, 20019)}, "", "30-- 1xx 2xx 3-- 4--", 0},
		{"ours, of few ports, none of them twice", hereAll, "", probe.Options{ActivePorts: ports(20000, 20008)}, "", "30- 1x 2x", 0},
		{"ours, of one port", hereAll, "", probe.Options{ActivePorts: ports(20000, 20000)}, "", "", 0},
		{"without the path check there is no distance", append(slices.Clone(here), there), "", probe.Options{Checks: []probe.Check{probe.CheckPeer}}, "", "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.opt.Timeout = 2 * time.Second
			ev, events := simulate(t, both(func(s *netlab.Scenario) {
				s.Rules, s.Server.Passive = test.rules, test.passive
			}), test.opt)
			if got := tracedThere(ev.Peer); got != test.there {
				t.Errorf("there: %q, want %q", got, test.there)
			}
			if got := tracedHere(ev.Peer); got != test.here {
				t.Errorf("here: %q, want %q", got, test.here)
			}
			if began, done := stage(events); test.limit > 0 && done-began > test.limit {
				t.Errorf("took %v", done-began)
			}
			replays(t, events)
		})
	}
}

// tracedThere are the fates of the opposite end's SYN ACKs, by TTL.
func tracedThere(p *probe.Peer) string {
	fates := traced{}
	for _, port := range p.Seen.Ports {
		if port.Answer > 0 {
			fates.add(port.Answer, slices.ContainsFunc(port.Knocks, func(k exchange.Knock) bool { return k.Half }))
		}
	}
	if len(p.Answers) != fates.count() {
		return fmt.Sprintf("%d attempts at %d ports", len(p.Answers), fates.count())
	}
	return fates.String()
}

// tracedHere are those of ours.
func tracedHere(p *probe.Peer) string {
	fates := traced{}
	for _, own := range p.Own {
		if !own.Told || len(own.Came) > 0 {
			return fmt.Sprintf("%+v", own)
		}
		fates.add(own.TTL, len(own.Half) > 0)
	}
	return fates.String()
}

// traced are fates by TTL, in the order in which these came first.
type traced []struct {
	ttl   int
	fates string
}

func (t *traced) add(ttl int, half bool) {
	fate := "x"
	if half {
		fate = "-"
	}
	for i := range *t {
		if (*t)[i].ttl == ttl {
			(*t)[i].fates += fate
			return
		}
	}
	*t = append(*t, struct {
		ttl   int
		fates string
	}{ttl, fate})
}

func (t traced) count() (n int) {
	for _, one := range t {
		n += len(one.fates)
	}
	return n
}

func (t traced) String() string {
	var words []string
	for _, one := range t {
		words = append(words, fmt.Sprint(one.ttl)+one.fates)
	}
	return strings.Join(words, " ")
}
