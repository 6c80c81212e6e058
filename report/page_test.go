package report

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"

	"github.com/google/go-cmp/cmp"
)

// TestDetailHasTheReportsWords: a finding says the same at every width as in
// the text report, but for how much of a quoted line has room.
func TestDetailHasTheReportsWords(t *testing.T) {
	for name, run := range runs {
		r := New(run().evidence(), Judge{})
		for _, f := range r.Findings {
			f.Quote = nil
			var b strings.Builder
			text := NewText(&b, TextOptions{Verbose: true})
			text.writeFinding(f)
			text.w.Flush()
			want := words(b.String())
			// The code ends the first line, amid a title that needs two.
			codeless := func(text string) string { return strings.ReplaceAll(text, f.Code, "") }
			for width := leastWidth; width < 160; width += 7 {
				got := words(strings.Join(FindingLines(f, width, nil), "\n"))
				if width >= 80 && (words(codeless(got)) != words(codeless(want)) || strings.Count(got, f.Code) != strings.Count(want, f.Code)) {
					t.Errorf("%s, %s at width %d:\n%s\nthe report:\n%s", name, f.Code, width, got, want)
				}
				for _, story := range f.Story { // a narrow page has the code below the title
					if width > 40 && !strings.Contains(got, words(ASCII(story))) {
						t.Errorf("%s, %s at width %d lacks %q:\n%s", name, f.Code, width, story, got)
					}
				}
			}
		}
	}
}

// words are the words of a text, however it is broken into lines.
func words(text string) string {
	var list []string
	for w := range strings.FieldsSeq(text) {
		if strings.Trim(w, "-") != "" {
			list = append(list, w)
		}
	}
	return strings.Join(list, " ")
}

// TestPagesKeepTheirWidth draws random evidence at all widths: no line is
// wider, and all are printable ASCII.
func TestPagesKeepTheirWidth(t *testing.T) {
	n := noise{rand.New(rand.NewPCG(7, 8))}
	for i := range 1500 {
		ev := n.evidence()
		width := 36 + i%150
		pages := map[string][]string{"path": PathDiagram(ev, width, nil), "ports": PortMapLines(ev, width, nil)}
		for _, c := range probe.Checks {
			pages[string(c)] = CheckDetail(ev, c, time.Duration(n.IntN(1e11)), width, nil)
		}
		for _, f := range Diagnose(ev) {
			pages[f.Code] = FindingLines(f, width, nil)
		}
		for name, lines := range pages {
			for _, l := range lines {
				if len(l) > width || l != ASCII(l) {
					t.Fatalf("%s at width %d: %d columns: %q", name, width, len(l), l)
				}
			}
		}
	}
}

// TestPaintOnlyDecorates: what is painted is the same without the paint.
func TestPaintOnlyDecorates(t *testing.T) {
	paint := func(w string) string { return "<" + w + ">" }
	bare := strings.NewReplacer("<", "", ">", "")
	for name, run := range runs {
		ev := run().evidence()
		draw := func(paint func(string) string) (lines []string) {
			lines = append(PathDiagram(ev, 60, paint), PortMapLines(ev, 60, paint)...)
			for _, c := range probe.Checks {
				lines = append(lines, CheckDetail(ev, c, 0, 60, paint)...)
			}
			for _, f := range Diagnose(ev) {
				lines = append(lines, FindingLines(f, 60, paint)...)
			}
			return lines
		}
		plain, painted := bare.Replace(strings.Join(draw(nil), "\n")), strings.Join(draw(paint), "\n")
		if got := bare.Replace(painted); got != plain || !strings.Contains(painted, "<") {
			t.Errorf("%s: %s", name, cmp.Diff(plain, got))
		}
	}
}

// TestWaiting: a check under way says what it waits for, and counts.
func TestWaiting(t *testing.T) {
	for _, test := range []struct {
		name  string
		check probe.Check
		run   func(s *script)
		at    time.Duration // after the last event
		want  string
	}{
		{"just begun", probe.CheckName, func(s *script) { s.begin(probe.CheckName) }, 3 * time.Second, "running"},
		{"a dial", probe.CheckControl, func(s *script) {
			s.begin(probe.CheckControl)
			s.add(probe.Event{Kind: probe.KindDialing, As: probe.AsControl, Addr: addr(serverFTP)})
		}, 4900 * time.Millisecond, "203.0.113.10:21 no answer yet, 4 s of 5 s"},
		{"a dial in its first second", probe.CheckControl, func(s *script) {
			s.begin(probe.CheckControl)
			s.add(probe.Event{Kind: probe.KindDialing, As: probe.AsControl, Addr: addr(serverFTP)})
		}, 900 * time.Millisecond, "203.0.113.10:21 no answer yet"},
		{"a dial whose end is being told", probe.CheckControl, func(s *script) {
			s.begin(probe.CheckControl)
			s.add(probe.Event{Kind: probe.KindDialing, As: probe.AsControl, Addr: addr(serverFTP)})
		}, 7 * time.Second, "203.0.113.10:21 no answer yet, 5 s of 5 s"},
		{"a greeting", probe.CheckControl, func(s *script) {
			s.begin(probe.CheckControl)
			s.open(1, clientIP+":40000", serverFTP)
		}, 7 * time.Second, "no greeting yet, 7 s of 30 s"},
		{"the distance of the control port", probe.CheckControl, func(s *script) {
			s.begin(probe.CheckControl)
			s.open(1, clientIP+":40000", serverFTP)
			s.say(1, "220 ready")
		}, 7 * time.Second, "the greeting came"},
		{"a reply", probe.CheckLogin, func(s *script) {
			s.session(1, probe.CheckLogin, clientIP+":40000", serverFTP)
			s.say(1, "> PASS ****")
		}, 12 * time.Second, "no reply to PASS yet, 12 s of 30 s"},
		{"an announced port", probe.CheckPASV, func(s *script) {
			s.session(2, probe.CheckPASV, clientIP+":40002", serverFTP)
			s.say(2, "> PASV", "227 Entering Passive Mode (10,0,0,5,195,93).")
			s.announce("10.0.0.5:50013")
			s.add(probe.Event{Kind: probe.KindDialing, As: probe.AsAnnounced, Addr: addr("10.0.0.5:50013")})
		}, 2 * time.Second, "10.0.0.5:50013 no answer yet, 2 s of 5 s"},
		{"the server's connection", probe.CheckPORT, func(s *script) {
			s.session(2, probe.CheckPORT, clientIP+":40002", serverFTP)
			s.listen(clientIP + ":40021")
			s.say(2, "> PORT 192,168,1,20,156,85", "200 PORT command successful.", "> LIST")
		}, 3 * time.Second, "no connection at 192.168.1.20:40021 yet, 3 s of 5 s"},
	} {
		s := newScript("ftp.example.com")
		test.run(s)
		ev := &probe.Evidence{}
		for _, e := range s.events {
			ev.Add(e)
		}
		if l := LineAt(ev, test.check, s.now+test.at); l.State != Running || l.Summary != test.want {
			t.Errorf("%s: %s %q, want %q", test.name, l.State, l.Summary, test.want)
		}
	}
}

// TestPathDiagram: what is known of the way, and where each arrow ends.
func TestPathDiagram(t *testing.T) {
	for _, test := range []struct {
		run, want string
	}{
		{"data-filtered", `
you         192.168.1.20
your NAT    203.0.113.2
hop 1       192.168.1.1
hop 2       203.0.113.1
hop 3       198.51.100.2
server NAT  ?
server      203.0.113.10

      you     1     2     3    server
control|----------------------->| :21     ok
epsv   |---------------------X :50012     FAIL
pasv   |-----------? 203.0.113.10:50013   FAIL
eprt   |                        |         refused
port   |                        |         refused
`},
		{"private-address", `
you         192.168.1.20
your NAT    203.0.113.2
hop 1       192.168.1.1
hop 2       203.0.113.1
hop 3       198.51.100.2
server NAT  203.0.113.10
server      10.0.0.5

      you     1     2     3    server
control|----------------------->| :21     ok
epsv   |----------------------->| :50012  ok
pasv   |-----------? 10.0.0.5:50013       FAIL
eprt   |                        |         refused
port   |                        |         refused
`},
		{"all-well", `
you         192.168.1.20
your NAT    203.0.113.2
hop 1       192.168.1.1
hop 2       203.0.113.1
hop 3       198.51.100.2
server NAT  ?
server      203.0.113.10

      you     1     2     3    server
control|----------------------->| :21     ok
epsv   |----------------------->| :50012  ok
pasv   |----------------------->| :50013  ok
eprt   |<-----------------------| :20     ok
port   |<-----------------------| :20     ok
`},
		{"name-not-found", "\n"},
	} {
		got := "\n" + strings.Join(PathDiagram(runs[test.run]().evidence(), 52, nil), "\n") + "\n"
		if test.run == "name-not-found" {
			got = strings.TrimPrefix(got, "\n")
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.run, diff)
		}
	}
}

// TestPathEnds: where an arrow ends that did not arrive.
func TestPathEnds(t *testing.T) {
	const port = serverIP + ":50012"
	for _, test := range []struct {
		name    string
		outcome probe.Outcome
		hops    func(s *script)
		want    string // the arrow without its name
	}{
		{"nothing was measured", hops.Timeout, func(s *script) {}, "|-------------------------? 203.0.113.10:50012 "},
		{"refused by what is not known", hops.Refused, func(s *script) {}, "|-------------------------? 203.0.113.10:50012 "},
		{"not even the first hop answers", hops.Timeout, func(s *script) { s.hop(port, 1, hops.Timeout, "") }, "|-X 203.0.113.10:50012 "},
		{"silent after the first hop", hops.Timeout, func(s *script) {
			s.hop(port, 1, hops.Expired, "192.168.1.1")
			s.hop(port, 2, hops.Timeout, "")
		}, "|-------------------X :50012 silent after hop 1 "},
		{"another way than that of the control port", hops.Timeout, func(s *script) {
			s.hop(port, 1, hops.Expired, "192.168.1.254")
			s.hop(port, 2, hops.Timeout, "")
		}, "|-------------------------? :50012 silent after hop 1 "},
		{"refused by the server", hops.Refused, func(s *script) {
			s.hop(port, 3, hops.Expired, "198.51.100.2")
			s.hop(port, 4, hops.Refused, "")
		}, "|---------------------------------------------------X :50012 "},
	} {
		s := newScript("ftp.example.com")
		s.begin(probe.CheckControl)
		s.dial(probe.AsControl, serverFTP, hops.Open)
		s.open(1, clientIP+":40000", serverFTP)
		s.say(1, "220 ready")
		for ttl, router := range []string{"192.168.1.1", "203.0.113.1", "198.51.100.2"} {
			s.hop(serverFTP, ttl+1, hops.Expired, router)
		}
		s.hop(serverFTP, 4, hops.Open, "")
		s.session(2, probe.CheckEPSV, clientIP+":40002", serverFTP)
		s.say(2, "> EPSV", "229 Entering Extended Passive Mode (|||50012|)")
		s.announce(port)
		s.dial(probe.AsAnnounced, port, test.outcome)
		test.hops(s)
		lines := PathDiagram(s.evidence(), 80, nil)
		last := lines[len(lines)-1]
		_, arrow, _ := strings.Cut(last, "epsv   ")
		if !strings.HasPrefix(arrow, test.want) {
			t.Errorf("%s: %q, want %q", test.name, arrow, test.want)
		}
	}
}
