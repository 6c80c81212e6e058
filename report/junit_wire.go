package report

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// The elements of a JUnit file, in the order that its schema wants.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Time     junitSeconds `xml:"time,attr"`
		Suite    junitSuite   `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       junitSeconds    `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"` // in UTC: the schema has no zone
		Hostname   string          `xml:"hostname,attr"`  // of this machine, not the server
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
		Out        *junitText      `xml:"system-out"`
		Err        *junitText      `xml:"system-err"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string       `xml:"classname,attr"`
		Name    string       `xml:"name,attr"`
		Time    junitSeconds `xml:"time,attr"`
		Skipped *junitSkip   `xml:"skipped"`
		Error   *junitFault  `xml:"error"`
		Failure *junitFault  `xml:"failure"`
		Out     *junitText   `xml:"system-out"`
	}
	junitSkip struct {
		Message string `xml:"message,attr"`
	}
	junitFault struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",cdata"`
	}
	junitText struct {
		Text string `xml:",cdata"`
	}
)

// junitSeconds is a duration as JUnit writes it.
type junitSeconds time.Duration

// MarshalText writes seconds with milliseconds.
func (s junitSeconds) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%.3f", time.Duration(s).Seconds()), nil
}

// add appends a case and counts it.
func (s *junitSuite) add(class string, c junitCase) {
	c.Class = class
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

// set adds a property that has a value.
func (s *junitSuite) set(name, value string) {
	if value != "" {
		s.Properties = append(s.Properties, junitProperty{name, ASCII(value)})
	}
}

// textOf joins lines for an element; nil without any.
func textOf(lines []string) *junitText {
	if len(lines) == 0 {
		return nil
	}
	return &junitText{"\n" + strings.Join(lines, "\n") + "\n"}
}
