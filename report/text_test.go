package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe"
)

// sampleReport is the report that stands in the design as the example of the
// format, with its findings written by hand.
func sampleReport() *Report {
	return &Report{
		Tool: "0.1.0", Started: time.Date(2026, 11, 22, 14, 3, 7, 0, time.UTC), Took: 5321 * time.Millisecond,
		Result: Fail, Exit: ExitFail,
		Target: Target{Host: "ftp.example.com", Port: 21, User: "anonymous", TLS: "off"},
		Server: Server{Product: "vsFTPd", Version: "3.0.5", Address: "203.0.113.10", Hops: 9},
		Client: Client{Address: "192.168.1.20", SeenAs: "203.0.113.2"},
		Checks: []CheckLine{
			{Check: "name", State: OK, Summary: "ftp.example.com is 203.0.113.10"},
			{Check: "control", State: OK, Summary: "203.0.113.10:21 answered in 31 ms, vsFTPd 3.0.5, 9 hops away"},
			{Check: "secure", State: Skip, Summary: "the server offers no TLS"},
			{Check: "login", State: OK, Summary: "230 Login successful"},
			{Check: "epsv", State: OK, Summary: "203.0.113.10:50012 open in 31 ms, listing received"},
			{Check: "pasv", State: Failed, Summary: "10.0.0.5:50013 timed out in 5 s (203.0.113.10:50013 is open)"},
			{Check: "eprt", State: Warn, Summary: "192.168.1.20:40021 refused by the server: 500"},
			{Check: "port", State: Warn, Summary: "192.168.1.20:40022 refused by the server: 500"},
			{Check: "ports", State: OK, Summary: "12 of 12 announced ports open, 50003-50019"},
			{Check: "client", State: OK, Summary: "jlaffaye/ftp listed / over EPSV"},
		},
		Arrows: []Arrow{
			{Name: "control", Arrived: true, Note: ":21", Word: "ok"},
			{Name: "epsv data", Arrived: true, Note: ":50012", Word: "ok"},
			{Name: "pasv data", Note: "10.0.0.5:50013", Word: "FAIL"},
			{Name: "port data", Inbound: true, Word: "refused"},
		},
		Findings: []Finding{{
			Code: "passive-address-private", Severity: Problem, Certainty: Certain, Owner: ServerAdmin,
			Title:  "The server announces a private address",
			Checks: []probe.Check{probe.CheckPASV},
			Story: []string{"In passive mode the server told us to connect to 10.0.0.5:",
				"The control connection goes to 203.0.113.10, so 10.0.0.5 can only be the server's address behind its own NAT. " +
					"From here it does not exist. The port itself is fine: 203.0.113.10:50013 accepted a connection."},
			Quote: []Quote{
				{Line: probe.Line{Number: 12, Dir: probe.KindSend, Text: "PASV"}},
				{Line: probe.Line{Number: 13, Dir: probe.KindRecv, Text: "227 Entering Passive Mode (10,0,0,5,195,93)"},
					From: 27, To: 35, Label: "private (RFC 1918)"},
			},
			Effect: "Clients that trust the reply hang in PASV. Clients that ignore the announced address work. EPSV works.",
			Fixes: []Fix{{Who: ServerAdmin, Do: "announce 203.0.113.10.",
				Examples: []Example{{For: "vsftpd", Text: "pasv_address=203.0.113.10"}}}},
		}, {
			Code: "active-behind-nat", Severity: Warning, Certainty: Certain, Owner: ClientNetwork, Title: "hidden in the sample",
		}},
	}
}

const sampleText = `ftpcheck 0.1.0  ftp.example.com:21 as anonymous  2026-11-22T14:03:07Z

  ok    name     ftp.example.com is 203.0.113.10
  ok    control  203.0.113.10:21 answered in 31 ms, vsFTPd 3.0.5, 9 hops away
  skip  secure   the server offers no TLS
  ok    login    230 Login successful
  ok    epsv     203.0.113.10:50012 open in 31 ms, listing received
  FAIL  pasv     10.0.0.5:50013 timed out in 5 s (203.0.113.10:50013 is open)
  warn  eprt     192.168.1.20:40021 refused by the server: 500
  warn  port     192.168.1.20:40022 refused by the server: 500
  ok    ports    12 of 12 announced ports open, 50003-50019
  ok    client   jlaffaye/ftp listed / over EPSV

      you                                                     server
      192.168.1.20                                            203.0.113.10
           |------ control ------------------------------> :21    ok
           |------ epsv data ----------------------------> :50012 ok
           |------ pasv data ---X 10.0.0.5:50013                  FAIL
           |  X--- port data -------------------------------      refused

-- PROBLEM  The server announces a private address ---- passive-address-private

      In passive mode the server told us to connect to 10.0.0.5:

          12 > PASV
          13 < 227 Entering Passive Mode (10,0,0,5,195,93)
                                          ^^^^^^^^ private (RFC 1918)

      The control connection goes to 203.0.113.10, so 10.0.0.5 can only be the
      server's address behind its own NAT. From here it does not exist. The port
      itself is fine: 203.0.113.10:50013 accepted a connection.

      Effect  Clients that trust the reply hang in PASV. Clients that ignore the
              announced address work. EPSV works.
      Fix     Server administrator: announce 203.0.113.10.
                vsftpd   pasv_address=203.0.113.10
      Sure    certain
      More    ftpcheck explain passive-address-private

`

const sampleResult = "RESULT FAIL ftp.example.com:21 problems=1 warnings=1 works=epsv fails=pasv,eprt,port\n"

func TestTextIsTheDocumentedSample(t *testing.T) {
	r := sampleReport()
	got := text80(t, r, TextOptions{})
	before, after, _ := strings.Cut(got, "-- WARNING")
	if before != sampleText {
		t.Errorf("got:\n%s\nwant:\n%s", before, sampleText)
	}
	if !strings.HasSuffix(after, sampleResult) {
		t.Errorf("last line: %q", after)
	}
}

func TestQuietTextHasOneLinePerFinding(t *testing.T) {
	got := text80(t, sampleReport(), TextOptions{Quiet: true})
	want := "-- PROBLEM  The server announces a private address ---- passive-address-private\n" +
		"-- WARNING  hidden in the sample ---------------------------- active-behind-nat\n" + sampleResult
	if got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestColourOnlyDecorates(t *testing.T) {
	var b bytes.Buffer
	if err := WriteText(&b, sampleReport(), TextOptions{Color: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "  \x1b[31mFAIL\x1b[0m  pasv     10.0.0.5") {
		t.Error("FAIL is not painted")
	}
	bare := regexp.MustCompile("\x1b\\[[0-9]*m").ReplaceAllString(b.String(), "")
	if bare != text80(t, sampleReport(), TextOptions{}) {
		t.Error("the report without colours differs from the plain one")
	}
}

var promised = map[string]*regexp.Regexp{
	"check":   regexp.MustCompile(`^  (ok|warn|FAIL|skip) `),
	"finding": regexp.MustCompile(`^-- (PROBLEM|WARNING|NOTE)  .* [a-z0-9-]+$`),
	"result":  regexp.MustCompile(`^RESULT (PASS|FAIL|ERROR) \S+ problems=\d+ warnings=\d+ works=\S+ fails=\S+$`),
}

// text80 prints a report and checks all that the format promises.
func text80(t *testing.T, r *Report, opt TextOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteText(&b, r, opt); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	count := map[string]int{}
	for i, l := range lines {
		if len(l) > 80 && i < len(lines)-1 {
			t.Errorf("line %d has %d columns: %q", i+1, len(l), l)
		}
		if l != ASCII(l) {
			t.Errorf("line %d is not printable ASCII: %q", i+1, l)
		}
		for name, shape := range promised {
			if shape.MatchString(l) {
				count[name]++
			}
		}
	}
	want := map[string]int{"check": len(r.Checks), "finding": len(r.Findings), "result": 1}
	if opt.Quiet {
		want["check"] = 0
	}
	for name, n := range want {
		if count[name] != n {
			t.Errorf("%d lines have the shape of a %s line, want %d:\n%s", count[name], name, n, b.String())
		}
	}
	if !promised["result"].MatchString(lines[len(lines)-1]) {
		t.Errorf("the last line is %q", lines[len(lines)-1])
	}
	return b.String()
}
