package probe_test

import (
	"bytes"
	"context"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/ftpd"
	"ftpcheck/probe/netlab"
	"ftpcheck/report"
)

// harmless are the faults that a run may find nothing wrong with: they change
// nothing that a client depends on.
var harmless = map[string]bool{
	"long-list":        true, // no fault by itself
	"escapes":          true, // texts only; see TestEscapesStayText
	"high-source-port": true, // a note
	"active-from":      true, // needs a second address
	"spill":            true, // needs a range that is too narrow
	"tls-unlisted":     true, // TLS works without being listed
	"idle-421":         true, // needs a silence
	"idle-drop":        true,
	"later-fail":       true, // needs several transfers in one session

	"refuse-clear-data": true, // this run encrypts its data
}

// arguments are those of the faults that take one.
var arguments = map[string]string{"swallow": "PASV", "stall-after": "10", "closed-from": "50040", "closed-one-in": "2"}

// verbs are the commands at which a server may hang up.
var verbs = []string{"USER", "PASS", "FEAT", "SYST", "STAT", "EPSV", "PASV", "EPRT", "PORT", "LIST"}

func hostileFaults() []string {
	var names []string
	for _, f := range ftpd.Faults() {
		switch {
		case harmless[f.Name]:
		case f.Name == "close-at":
			for _, v := range verbs {
				names = append(names, "close-at="+v)
			}
		case f.Arg != "":
			names = append(names, f.Name+"="+arguments[f.Name])
		default:
			names = append(names, f.Name)
		}
	}
	return names
}

// A server may do what it likes: the run ends in time, and says what was wrong.
func TestHostileServersEndInAFinding(t *testing.T) {
	const limit = 2*probe.DefaultReplyTimeout + probe.DefaultTimeout + 5*time.Second
	for _, fault := range hostileFaults() {
		t.Run(fault, func(t *testing.T) {
			s := &netlab.Scenario{About: fault, Server: netlab.Server{Faults: []string{fault}}}
			if (ftpd.Fault{Name: fault}).NeedsTLS() {
				s.Server.TLS = &netlab.TLS{Mode: "explicit"}
				s.Run.Trust = true
			}
			ev, _ := simulate(t, s, probe.Options{})
			if ev.Took > limit {
				t.Errorf("took %v, want at most %v", ev.Took, limit)
			}
			r := report.New(ev, report.Judge{})
			var text bytes.Buffer
			for _, f := range report.Formats {
				if err := f.Write(&text, r, report.TextOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			if len(r.Findings) == 0 {
				t.Errorf("no finding:\n%s", text.String())
			}
			if strings.ContainsFunc(text.String(), func(c rune) bool { return c < ' ' && c != '\n' || c > '~' }) {
				t.Errorf("the report is not plain ASCII:\n%q", text.String())
			}
		})
	}
}

func TestEscapesStayText(t *testing.T) {
	s := &netlab.Scenario{About: "escapes", Server: netlab.Server{Faults: []string{"escapes"}}}
	ev, _ := simulate(t, s, probe.Options{})
	var text bytes.Buffer
	if err := report.WriteText(&text, report.New(ev, report.Judge{}), report.TextOptions{Verbose: true}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsRune(text.String(), 0x1b) {
		t.Errorf("an escape sequence got through:\n%q", text.String())
	}
	if !strings.Contains(text.String(), `\x1b`) {
		t.Errorf("the escape sequence is not shown as text:\n%s", text.String())
	}
}

// Over real sockets: what floods is bounded in memory as well as in time.
func TestFloodsStayInMemory(t *testing.T) {
	const most = 64 << 20
	for _, fault := range []string{"endless-line", "endless-reply", "never-ending-list"} {
		ctx, stop := context.WithCancel(t.Context())
		ready := make(chan netip.AddrPort, 1)
		server, err := ftpd.New(ftpd.Options{
			Listen:    []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")},
			Anonymous: true, Faults: []string{fault},
			Ready: func(a []netip.AddrPort) { ready <- a[0] },
		})
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- server.Serve(ctx, probe.System{}) }()
		at := <-ready

		p := probe.Prober{
			Network: probe.System{},
			Target:  probe.Target{Host: at.Addr().String(), Port: at.Port(), User: "anonymous", Password: "ftpcheck@"},
			Options: probe.Options{Timeout: time.Second, ReplyTimeout: 2 * time.Second},
		}
		began := time.Now()
		var peak, before uint64
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		before = m.HeapInuse + m.StackInuse // of the tests that ran before this one
		for range p.Run(ctx) {
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse+m.StackInuse)
		}
		stop()
		<-served
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s: took %v", fault, took)
		}
		if peak -= min(peak, before); peak > most {
			t.Errorf("%s: %d MiB in use, want at most %d", fault, peak>>20, most>>20)
		}
	}
}
