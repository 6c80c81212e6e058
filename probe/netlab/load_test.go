package netlab

import (
	"strings"
	"testing"
	"testing/fstest"

	"ftpcheck/testdata/scenarios"
)

func TestEveryScenarioFileIsValid(t *testing.T) {
	all, err := Load(scenarios.Files)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Error("there is no scenario")
	}
	for _, s := range all {
		if s.About == "" || len(s.Expect.Checks) == 0 {
			t.Errorf("%s: about and expect.checks are needed", s.Name)
		}
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	_, err := Load(fstest.MapFS{
		"good.json": {Data: []byte(`{"about": "good"}`)},
		"odd.json":  {Data: []byte(`{"sever": {}}`)},
	})
	if err == nil || !strings.HasPrefix(err.Error(), "odd.json: ") || !strings.Contains(err.Error(), "sever") {
		t.Errorf("got %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ text, want string }{
		{`{"sever": {}}`, `unknown field "sever"`},
		{`{} {}`, "something follows"},
		{`{"about": 1}`, "cannot unmarshal number"},
		{`{"only": "windows", "why": "x"}`, `only: "windows" is none of simulation, kernel`},
		{`{"only": "kernel"}`, "only and why belong together"},
		{`{"rules": [{"at": "srv", "do": "drop"}, {"at": "isq", "do": "drop"}]}`, `rule 2: at: "isq" is none of cli, cgw, isp, sgw, srv`},
		{`{"rules": [{"at": "isp", "do": "deny"}]}`, `rule 1: do: "deny" is none of accept, drop`},
		{`{"rules": [{"at": "isp", "do": "drop", "ports": "90-80"}]}`, `"90-80" is not a port`},
		{`{"rules": [{"at": "isp", "do": "drop", "toward": "srv"}]}`, `toward: "srv" is none of server, client`},
		{`{"rules": [{"at": "isp", "do": "drop", "state": "established"}]}`, `state: "established" is none of new`},
		{`{"helper": ["srv"]}`, `helper: "srv" is none of cgw, isp, sgw`},
		{`{"run": {"target": "ftp.example.com"}}`, `run.target: "ftp.example.com" is none of server, name`},
		{`{"server": {"faults": ["no-such-fault"]}}`, `unknown fault "no-such-fault"`},
		{`{"server": {"faults": ["none", "ssh"]}}`, "none stands alone"},
		{`{"server": {"announce": "2001:db8::1"}}`, "is no IPv4 address"},
		{`{"server": {"names": ["ftp"]}}`, `"ftp" is no address`},
		{`{"server": {"hairpin": true}}`, "need nat"},
		{`{"server": {"peer": true, "software": ["vsftpd"]}}`, "peer and software ftpcheck belong together"},
		{`{"server": {"peer": true, "software": ["ftpcheck", "vsftpd"]}}`, "peer and software ftpcheck belong together"},
		{`{"server": {"software": ["ftpcheck"]}}`, "peer and software ftpcheck belong together"},
		{`{"server": {"passive": "0"}}`, "is not a port"},
		{`{"client": {"nat": true, "on_server_net": true}}`, "stands in the server's network"},
		{`{"client": {"ipv6_only": true}}`, "needs a server with ipv6"},
	}
	for _, tt := range tests {
		wantError(t, tt.text, "", tt.want)
	}
}

// wantError parses a scenario that is refused.
func wantError(t *testing.T, text, begins, contains string) {
	t.Helper()
	_, err := Parse("x.json", []byte(text))
	if err == nil || !strings.HasPrefix(err.Error(), "x.json: "+begins) || !strings.Contains(err.Error(), contains) {
		t.Errorf("%s\ngot  %v\nwant %s … %s …", text, err, begins, contains)
	}
}

// Whatever Parse accepts can be built.
func FuzzParse(f *testing.F) {
	files, err := scenarios.Files.ReadDir(".")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := scenarios.Files.ReadFile(file.Name())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"server": {"faults": ["active-from=fe80::1%eth0"]}}`))
	f.Add([]byte(`{"server": {"tls": {"mode": "explicit", "max": "1.2"}}, "run": {"trust": true}, "boxes": [
		{"at": "cgw", "kind": "proxy"}, {"at": "cgw", "kind": "false-open"}, {"at": "isp", "kind": "idle", "value": "5s"},
		{"at": "isp", "kind": "black-hole", "value": "1000"}, {"at": "sgw", "kind": "swallow", "value": "PASV"},
		{"at": "sgw", "kind": "rewrite", "value": "203.0.113.99"}, {"at": "isp", "kind": "mask", "value": "SITE"},
		{"at": "cgw", "kind": "rewrite-active-port", "value": "61540"}, {"at": "cgw", "kind": "cut-silent", "value": "LIST"},
		{"at": "sgw", "kind": "slow", "value": "100000"}, {"at": "isp", "kind": "truncate", "value": "227"}]}`))
	f.Add([]byte(`{"server": {"peer": true}, "boxes": [{"at": "isp", "kind": "black-hole", "value": "1000", "toward": "client"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse("fuzz.json", text)
		if err != nil {
			return
		}
		l, err := Build(s)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		l.Close()
	})
}
