package report

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestPlan(t *testing.T) {
	for _, test := range []struct {
		name  string
		load  Load
		from  uint16
		mean  float64
		ports int
		low   uint16
	}{
		{"nobody transfers: one port for each connection",
			Load{Clients: 3, Connections: 2, Blocking: 0.001}, 0, 0, 6, 30000},
		{"one file a second, each port taken for a minute: 60 in use",
			Load{Clients: 1, Connections: 1, Files: 60, Linger: time.Minute, Blocking: 0.001}, 0, 60, 83, 30000},
		{"the same, and more may fail",
			Load{Clients: 1, Connections: 1, Files: 60, Linger: time.Minute, Blocking: 0.1}, 0, 60, 60, 30000},
		{"all clients at once need more than the mean",
			Load{Clients: 100, Connections: 5, Files: 60, Linger: time.Minute, Blocking: 0.001}, 0, 60, 500, 30000},
		{"a large range begins lower, to end below 32768",
			Load{Clients: 1000, Connections: 4, Blocking: 0.001}, 0, 0, 4000, 28768},
		{"the first port is given",
			Load{Clients: 101, Connections: 1, Blocking: 0.001}, 50000, 0, 101, 50000},
	} {
		p, err := NewPlan(test.load, test.from)
		if err != nil || math.Abs(p.Mean-test.mean) > 1e-9 || p.Ports != test.ports || p.Low != test.low || int(p.High) != int(p.Low)+p.Ports-1 {
			t.Errorf("%s: %+v, %v", test.name, p, err)
		}
	}
	for _, load := range []Load{
		{Clients: 10000, Connections: 10, Blocking: 0.01},
		{Clients: 1, Connections: 1, Files: 1e9, Linger: time.Hour, Blocking: 0.01},
	} {
		if p, err := NewPlan(load, 0); err == nil {
			t.Errorf("%+v fits into %d-%d", load, p.Low, p.High)
		}
	}
	if _, err := NewPlan(Load{Clients: 100, Connections: 1, Blocking: 0.01}, 65500); err == nil {
		t.Error("a range beyond 65535")
	}
}

func TestLoadIsChecked(t *testing.T) {
	good := Load{Clients: 1, Connections: 1, Files: 1, Transfer: time.Second, Linger: time.Minute, Blocking: 0.001}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*Load){
		"no client":         func(l *Load) { l.Clients = 0 },
		"no connection":     func(l *Load) { l.Connections = -1 },
		"negative files":    func(l *Load) { l.Files = -1 },
		"infinite files":    func(l *Load) { l.Files = math.Inf(1) },
		"no number":         func(l *Load) { l.Files = math.NaN() },
		"negative time":     func(l *Load) { l.Linger = -1 },
		"never a failure":   func(l *Load) { l.Blocking = 0 },
		"always a failure":  func(l *Load) { l.Blocking = 1 },
		"share is no share": func(l *Load) { l.Blocking = math.NaN() },
	} {
		l := good
		spoil(&l)
		if l.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Arrivals at random, each taking a free port or leaving: the share that
// leaves is what Erlang B says, whatever the lengths of stay are.
func TestErlangBHoldsInASimulation(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, stay := range []struct {
		name string
		draw func() float64
	}{
		{"always the same", func() float64 { return 1 }},
		{"exponential", random.ExpFloat64},
	} {
		for _, test := range []struct {
			mean  float64
			ports int
		}{{5, 5}, {20, 24}, {60, 70}} {
			const arrivals = 400000
			now, lost := 0.0, 0
			free := make([]float64, test.ports) // when each port is free again
			for range arrivals {
				now += random.ExpFloat64() / test.mean
				if i := slices.IndexFunc(free, func(until float64) bool { return until <= now }); i >= 0 {
					free[i] = now + stay.draw()
				} else {
					lost++
				}
			}
			got, want := float64(lost)/arrivals, erlangB(test.mean, test.ports)
			if math.Abs(got-want) > 0.03*want+0.001 {
				t.Errorf("stay %s, load %v on %d ports: %.4f lost, Erlang B says %.4f", stay.name, test.mean, test.ports, got, want)
			}
		}
	}
}

// The planned number is the least that keeps the promise.
func TestPlanIsTight(t *testing.T) {
	for _, mean := range []float64{0.1, 1, 7, 60, 620} {
		for _, blocking := range []float64{0.1, 0.01, 0.001} {
			n := erlangPorts(mean, blocking)
			if erlangB(mean, n) > blocking || n > 0 && erlangB(mean, n-1) <= blocking {
				t.Errorf("load %v, %v: %d ports", mean, blocking, n)
			}
		}
	}
}

// A width is claimed only from ports that show one.
func TestPlanComparedWithWhatWasAnnounced(t *testing.T) {
	p, err := NewPlan(Load{Clients: 20, Connections: 5, Blocking: 0.001}, 0) // 100 ports
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		seen *AnnouncedRange
		want string
	}{
		{nil, "h:21 announced no passive port"},
		{&AnnouncedRange{Low: 50000, High: 50000, Seen: 1}, "h:21 announced 1 different port, 50000-50000: too few, or too unevenly spread, to tell the width of its range"},
		{&AnnouncedRange{Low: 50000, High: 50040, Seen: 12, About: 48}, "h:21 announced 12 different ports, 50000-50040: a range of about 48 ports, too narrow for this load"},
		{&AnnouncedRange{Low: 50000, High: 50140, Seen: 12, About: 170}, "h:21 announced 12 different ports, 50000-50140: a range of about 170 ports, enough for this load"},
		{&AnnouncedRange{Low: 33000, High: 60000, Seen: 12, About: 32000}, "h:21 announced 12 different ports, 33000-60000: a range of about 32000 ports, far wider than this load needs"},
	} {
		if got := (Announced{Target: "h:21", Range: test.seen}).compare(p); got != test.want {
			t.Errorf("%+v:\n%s\nwant\n%s", test.seen, got, test.want)
		}
	}
}
