package netlab

import (
	"fmt"
	"testing"
	"testing/synctest"

	"ftpcheck/probe"
)

// A firewall that admits only what its helper expects.
func TestRelated(t *testing.T) {
	admit := func(at string) []Rule {
		return []Rule{
			{At: at, Toward: towardServer, Ports: "21", Do: doAccept},
			{At: at, Toward: towardServer, State: stateRelated, Do: doAccept},
			{At: at, Toward: towardServer, State: stateNew, Do: doDrop},
		}
	}
	for _, tt := range []struct {
		name   string
		helper []string
		rules  []Rule
		want   string
	}{
		{"helper and firewall on one device", []string{"sgw"}, admit("sgw"), "open"},
		{"at the client's side", []string{"cgw"}, admit("cgw"), "open"},
		{"another device's helper", []string{"sgw", "isp"}, append(admit("sgw"), Rule{At: "cgw", Toward: towardServer, Ports: "50000", State: stateNew, Do: doReset}), "refused"},
		{"what is related is not new", []string{"sgw"}, []Rule{{At: "sgw", Toward: towardServer, Ports: "50000", State: stateNew, Do: doDrop}}, "open"},
		{"only what is related", []string{"sgw"}, []Rule{{At: "sgw", Toward: towardServer, State: stateRelated, Do: doReset}}, "refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, Scenario{Client: Client{NAT: true}, Server: Server{NAT: true}, Helper: tt.helper, Rules: tt.rules})
				defer l.Close()
				accept(t, l.hosts["srv"], "0.0.0.0:50000")
				c, s := control(t, l, "198.51.100.2:21")
				announced := "10,0,0,10"
				if tt.helper[0] != "sgw" {
					announced = "198,51,100,2"
				}
				say(t, s, c, "227 ("+announced+",195,80)\r\n")
				if got := attempt(t.Context(), l.Client(), "198.51.100.2:50000", probe.DialOptions{}); got != tt.want {
					t.Errorf("announced: %s, want %s", got, tt.want)
				}
				// What was expected once is new the next time.
				if got := attempt(t.Context(), l.Client(), "198.51.100.2:50000", probe.DialOptions{}); got == tt.want && len(tt.rules) == 3 {
					t.Errorf("not announced: %s", got)
				}
			})
		})
	}
}

// A rule for one connection in three: about so many, the same ones in each
// run, and in both directions of a connection alike.
func TestOneIn(t *testing.T) {
	const dials = 600
	run := func(t *testing.T, r Rule) (blocked string, count int) {
		synctest.Test(t, func(t *testing.T) {
			l := newLab(t, Scenario{Client: Client{NAT: true}, Server: Server{NAT: true}, Rules: []Rule{r}})
			defer l.Close()
			accept(t, l.hosts["srv"], "0.0.0.0:50000")
			for i := range dials {
				if got := attempt(t.Context(), l.Client(), "198.51.100.2:50000", probe.DialOptions{}); got != "open" {
					blocked += fmt.Sprintf(" %d %s", i, got)
					count++
				}
			}
		})
		return blocked, count
	}
	out := Rule{At: "sgw", Toward: towardServer, OneIn: 3, Do: doReset}
	first, count := run(t, out)
	if count < dials/4 || count > dials*5/12 {
		t.Errorf("%d of %d blocked, want about a third", count, dials)
	}
	if again, _ := run(t, out); again != first {
		t.Error("the second run blocked other connections")
	}
	// All packets back of the same connections.
	if _, back := run(t, Rule{At: "sgw", Toward: towardClient, OneIn: 3, Do: doDrop}); back != count {
		t.Errorf("%d blocked by a rule for the way back, want %d", back, count)
	}
}

func TestParseRefusesRules(t *testing.T) {
	// Beside those of TestParseRefuses.
	for _, tt := range []struct{ rule, want string }{
		{`"state": "related"`, "nothing is related at isp without a helper there"},
		{`"state": "invalid"`, `"invalid" is none of new, related`},
		{`"one_in": 1`, "one_in: 1 is not 2 or more"},
		{`"one_in": -3`, "one_in: -3 is not 2 or more"},
	} {
		wantError(t, `{"helper": ["sgw"], "rules": [{"at": "isp", "do": "drop", `+tt.rule+`}]}`, "rule 1: ", tt.want)
	}
}
