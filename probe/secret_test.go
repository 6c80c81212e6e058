package probe_test

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"ftpcheck/probe"
)

// A server may echo the password wherever it likes: no event carries it.
func TestEchoedPasswordIsNotRecorded(t *testing.T) {
	const password = `gehéim"x1`
	echo := func(_ int, _ net.Conn, line string) (string, bool) {
		switch verb, _, _ := strings.Cut(line, " "); verb {
		case "USER":
			return "331 go on\r\n", true
		case "PASS":
			return "230 welcome, " + password + "\r\n", true
		case "PASV", "EPSV":
			return "227 Entering " + password + " Mode (10,0,0," + password + ")\r\n", true
		case "STAT":
			return "211-status\r\n password " + password + "\r\n211 end\r\n", true
		}
		return "500 not " + password + "\r\n", true
	}
	_, _, all := scripted(t, hello, echo, probe.Target{User: "bob", Password: password}, probe.Options{})
	var record bytes.Buffer
	for _, e := range all {
		if err := probe.WriteEvent(&record, e); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(record.String(), "****") {
		t.Error("nothing was replaced")
	}
	for _, part := range []string{"gehéim", `geh\u00e9im`, `geh\\u00e9im`, "im\"x1"} {
		if i := strings.Index(record.String(), part); i >= 0 {
			t.Errorf("the recording has %q: …%s", part, record.String()[max(0, i-80):min(i+40, record.Len())])
		}
	}
}
