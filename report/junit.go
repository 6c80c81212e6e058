package report

import (
	"bytes"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"time"

	"ftpcheck/probe"
)

// WriteJUnit prints the report as a JUnit file with one test case for each
// check. It agrees with the exit code: with 0 no case fails, with 1 cases have
// failures, with any other code errors. The text report stands in system-out;
// verbose makes that the long one.
func WriteJUnit(w io.Writer, r *Report, verbose bool) error {
	var text bytes.Buffer
	if err := WriteText(&text, r, TextOptions{Verbose: verbose}); err != nil {
		return err
	}
	suite := junitOf(r, verbose)
	suite.Out = textOf(strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n"))
	suite.Err = &junitText{}
	all := junitSuites{
		Name: "ftpcheck", Tests: suite.Tests, Failures: suite.Failures, Errors: suite.Errors,
		Time: suite.Time, Suite: suite,
	}
	b := bytes.NewBufferString(xml.Header)
	enc := xml.NewEncoder(b)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

func junitOf(r *Report, verbose bool) junitSuite {
	target := ASCII(HostPort(r.Target.Host, r.Target.Port))
	s := junitSuite{
		Name: "ftpcheck " + target, Time: junitSeconds(r.Took),
		Timestamp: r.Started.UTC().Format("2006-01-02T15:04:05"), Hostname: "localhost",
	}
	if r.Client.Address != "" {
		s.Hostname = r.Client.Address
	}
	s.set("ftpcheck", r.Tool)
	s.set("target", target)
	s.set("user", r.Target.User)
	s.set("tls", r.Target.TLS)
	s.set("started", r.Started.UTC().Format(time.RFC3339))
	s.set("server.product", r.Server.Product)
	s.set("server.version", r.Server.Version)
	s.set("server.address", r.Server.Address)
	s.set("client.seen_as", r.Client.SeenAs)
	s.set("result", string(r.Result))
	s.set("exit", strconv.Itoa(r.Exit))

	class := "ftpcheck." + strings.ReplaceAll(target, ".", "_") // readers take dots for packages
	j := junit{r: r, verbose: verbose}
	for _, c := range probe.Checks {
		s.add(class, j.check(c))
	}
	for _, k := range j.further(s.Failures+s.Errors > 0) {
		s.add(class, k)
	}
	return s
}
