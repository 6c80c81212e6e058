//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ftpcheck/probe/netlab"
)

// TestLabReuse asks real servers whether data connections must resume the TLS
// session of the control connection: what works with resumption, and how each
// of them refuses without.
func TestLabReuse(t *testing.T) {
	program := openLab(t)
	tests := []struct {
		software, version string
		resumes           bool   // it gives tickets, and takes them
		refusal           string // of a data connection that does not resume; "" it does not mind
		after             string // what the control connection answers next; "" it is closed
	}{
		{"vsftpd", "1.2", true, "522 SSL connection failed: session reuse required", ""},
		{"vsftpd", "1.3", true, "522 SSL connection failed: session reuse required", ""},
		{"proftpd", "1.2", true, "425 Unable to build data connection: Operation not permitted", "200 NOOP command successful"},
		{"proftpd", "1.3", true, "425 Unable to build data connection: Operation not permitted", "200 NOOP command successful"},
		{"pure-ftpd", "1.2", true, "", ""},
		{"pure-ftpd", "1.3", false, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.software+" "+tt.version, func(t *testing.T) {
			n := newLabNet(t, reuseScenario(tt.version, tt.refusal != ""))
			startServer(t, n, tt.software)

			// All modes, and in one session a listing, a download and an upload in a row.
			r := runReuse(t, n, program, "--download", "1MiB.bin", "--upload", "incoming")
			if got := r.Check("secure").TLS.Version; got != "TLS "+tt.version {
				t.Errorf("the control connection has %q", got)
			}
			for _, mode := range []string{"epsv", "pasv", "eprt", "port"} {
				c := r.Check(mode)
				if tls := c.data(); c.State != "ok" || tls.Version != "TLS "+tt.version || tls.Resumed != tt.resumes {
					t.Errorf("%s is %s, data over %+v; want resumed %v", mode, c.State, tls, tt.resumes)
				}
			}
			r.inARow(t, tt.resumes)
			r.finding(t, tt.refusal != "")
			if client := r.Check("client"); (client.State == "ok") != (tt.refusal == "") || client.data().Resumed {
				t.Errorf("the ordinary client, which resumes nothing: %s, %+v", client.State, client.data())
			}

			// Without the ordinary client, ftpcheck itself tries not to resume.
			r = runReuse(t, n, program, "--checks", "name,control,secure,login,epsv")
			r.finding(t, tt.refusal != "")
			if tt.resumes {
				r.unresumed(t, tt.refusal, tt.after)
			}
		})
	}
}

func reuseScenario(version string, demanded bool) *netlab.Scenario {
	return &netlab.Scenario{
		Server: netlab.Server{
			TLS: &netlab.TLS{Mode: "explicit", Min: version, Max: version, Reuse: demanded},
			Config: map[string][]string{
				"vsftpd":  {"write_enable=YES", "anon_upload_enable=YES", "anon_other_write_enable=YES"},
				"proftpd": {"TLSSessionTickets on"}, // off by default, and TLS 1.2 has no others
			},
		},
		Run: netlab.Run{Trust: true},
	}
}

// reuseReport is what the program's JSON tells of TLS.
type reuseReport struct {
	Checks   []reuseCheck
	Findings []struct{ Code, Severity, Certainty, Story string }

	Transcript []struct{ Check, Dir, Text string }
}

type reuseCheck struct {
	Name, State string
	TLS         reuseTLS
	Dials       []struct{ TLS *reuseTLS }
	Transfers   []struct {
		Verb, Outcome string
		Bytes, Size   int64
		TLS           reuseTLS
	}
}

type reuseTLS struct {
	Outcome, Version   string
	Presented, Resumed bool
}

func runReuse(t *testing.T, n *labNet, program string, args ...string) *reuseReport {
	t.Helper()
	run := *n.scenario
	run.Run.Args = args
	with := *n
	with.scenario = &run
	got := runProgram(t, &with, program)
	r := &reuseReport{}
	if err := json.NewDecoder(strings.NewReader(string(got.text))).Decode(r); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s", got.text)
		}
	})
	return r
}

// Check returns a check of the report, an empty one if there is none.
func (r *reuseReport) Check(name string) reuseCheck {
	if i := slices.IndexFunc(r.Checks, func(c reuseCheck) bool { return c.Name == name }); i >= 0 {
		return r.Checks[i]
	}
	return reuseCheck{}
}

// data is the TLS of the check's data connection: in passive mode that of the
// dial, in active mode the check's own.
func (c reuseCheck) data() reuseTLS {
	for _, d := range c.Dials {
		if d.TLS != nil {
			return *d.TLS
		}
	}
	return c.TLS
}

// inARow wants every transfer of the one session complete, and all resumed or
// none.
func (r *reuseReport) inARow(t *testing.T, resumed bool) {
	t.Helper()
	var verbs []string
	for i, x := range r.Check("transfer").Transfers {
		verbs = append(verbs, x.Verb)
		if x.Outcome != "ok" || x.TLS.Outcome != "ok" || x.TLS.Resumed != resumed || x.Bytes == 0 || x.Verb != "LIST" && x.Bytes != x.Size {
			t.Errorf("transfer %d: %+v, want it complete, and resumed %v", i+1, x, resumed)
		}
	}
	if got, want := fmt.Sprint(verbs), "[LIST RETR STOR LIST STOR RETR]"; got != want {
		t.Errorf("transfers %s, want %s", got, want)
	}
}

// finding wants tls-session-reuse-required and no other problem or warning, or
// none at all.
func (r *reuseReport) finding(t *testing.T, demanded bool) {
	t.Helper()
	var got []string
	for _, f := range r.Findings {
		if f.Severity != "note" {
			got = append(got, f.Certainty+" "+f.Code)
		}
	}
	var want []string
	if demanded {
		want = []string{"certain tls-session-reuse-required"}
	}
	if !slices.Equal(got, want) {
		t.Errorf("findings %q, want %q", got, want)
	}
}

// unresumed reads in the transcript how the try without resumption ended.
func (r *reuseReport) unresumed(t *testing.T, refusal, after string) {
	t.Helper()
	var lines []string
	for _, l := range r.Transcript {
		if l.Check == "epsv" && l.Text != "QUIT" {
			lines = append(lines, l.Text)
		}
	}
	var story string
	for _, f := range r.Findings {
		story += f.Story
	}
	var want []string // after the 150
	switch {
	case refusal == "":
		want = []string{"226"}
	case after == "":
		want = []string{refusal, "NOOP"}
	default:
		want = []string{refusal, "NOOP", after}
	}
	last := lines[max(0, len(lines)-len(want)):]
	if !slices.EqualFunc(last, want, strings.HasPrefix) {
		t.Errorf("the try without resumption ends in %q, want %q", last, want)
	}
	if closed := strings.Contains(story, "closed the control connection"); closed != (refusal != "" && after == "") {
		t.Errorf("the control connection was closed: %v\n%s", closed, story)
	}
}
