package report

import (
	"testing"

	"ftpcheck/probe"
)

// TestWhere reads the hop searches that lab.md measured, server 4 hops away,
// and those with routers that never answer.
func TestWhere(t *testing.T) {
	const data = madeServer + ":50012"
	control := path(madeServer+":21", "x192.168.1.1", "x198.51.100.1", "x198.51.100.2", "o")
	tests := []struct {
		name    string
		control part
		steps   []string
		want    Where
	}{
		{"dropped by the client's router", control, []string{"x192.168.1.1", "-", "-", "-"}, Where{SideClient, true, 1, 4, "192.168.1.1"}},
		{"dropped by the provider", control, []string{"x192.168.1.1", "x198.51.100.1", "-", "-"}, Where{SidePath, true, 2, 4, "198.51.100.1"}},
		{"dropped by the server's router or host", control, []string{"x192.168.1.1", "x198.51.100.1", "x198.51.100.2", "-"}, Where{SideServer, true, 3, 4, "198.51.100.2"}},
		{"a hop that never answers is no end", control, []string{"x192.168.1.1", "-", "x198.51.100.2", "-"}, Where{SideServer, true, 3, 4, "198.51.100.2"}},
		{"silent routers hide the place", path(madeServer+":21", "x192.168.1.1", "-", "-", "o"), []string{"x192.168.1.1", "-", "-", "-"}, Where{SideUnknown, true, 1, 4, "192.168.1.1"}},
		{"a proxy answers for the server", path(madeServer+":21", "o"), []string{"x192.168.1.1", "x198.51.100.1", "-"}, Where{SideUnknown, true, 2, 0, "198.51.100.1"}},
		{"the control port was not searched", ran(probe.CheckPath), []string{"x192.168.1.1", "x198.51.100.1", "-"}, Where{SideUnknown, true, 2, 0, "198.51.100.1"}},
		{"an answer from hop 2 proves hop 1, whose own message was suppressed", control, []string{"-", "r"}, Where{SideClient, true, 1, 4, ""}},
		{"nothing was searched", ran(probe.CheckPath), nil, Where{Side: SideUnknown}},
	}
	for _, tt := range tests {
		v := newView(made(tt.control, path(data, tt.steps...)))
		d := madeDial(probe.AsAnnounced, data, "timeout")
		if got := *v.locate(v.traceTo([]*probe.Dial{&d}), nil); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	tests := []struct {
		greeting, stat string
		want           product
	}{
		{"220 (vsFTPd 3.0.3)", "", product{"vsftpd", "3.0.3", "GREETING"}},
		{"220 ProFTPD 1.3.8 Server (lab) [127.0.0.1]", "", product{"ProFTPD", "1.3.8", "GREETING"}},
		{"220 ProFTPD Server (lab) [127.0.0.1]", "", product{"ProFTPD", "", "GREETING"}},
		{"220-FileZilla Server 1.9.4", "", product{"FileZilla Server", "1.9.4", "GREETING"}},
		{"220 Microsoft FTP Service", "", product{"IIS", "", "GREETING"}},
		{"220 Hello.", "     vsFTPd 3.0.5 - secure, fast, stable", product{"vsftpd", "3.0.5", "STAT"}},
		{"220 Hello.", "", product{}},
	}
	for _, tt := range tests {
		parts := []part{greeting(tt.greeting)}
		if tt.stat != "" {
			parts = append(parts, says("STAT", "211-FTP server status:", tt.stat, "211 End of status"))
		}
		if got := fingerprint(made(parts...)); got != tt.want {
			t.Errorf("%q, %q: got %+v, want %+v", tt.greeting, tt.stat, got, tt.want)
		}
	}
}

// TestChance: one boundary is telling only when a random mix would rarely
// show one.
func TestChance(t *testing.T) {
	for _, tt := range []struct {
		open, shut int
		telling    bool
	}{{11, 1, false}, {10, 2, true}, {6, 6, true}, {2, 2, false}} {
		if got := chance(tt.open, tt.shut) < 0.05; got != tt.telling {
			t.Errorf("%d open, %d blocked: %v", tt.open, tt.shut, got)
		}
	}
}
