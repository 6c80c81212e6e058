package report

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"ftpcheck/probe"
)

// Report is the judged run: all that any format prints.
type Report struct {
	Tool    string        // version of ftpcheck
	Started time.Time     // wall clock, UTC
	Took    time.Duration // of the whole run
	Result  Result
	Exit    int   // exit code of the program
	Judge   Judge // what counted as a failure

	Target     Target
	Server     Server
	Client     Client
	Checks     []CheckLine    // those that ran or were skipped, in the order of probe.Checks
	Arrows     []Arrow        // the connections that were tried, for the diagram
	Path       Path           // the way between the two sides, and where each arrow ends
	Ports      []TriedPorts   // the data ports that were tried
	Findings   []Finding      // worst first, the root cause first
	Clients    []ClientPolicy // which programs work; empty when no mode was tried
	Transcript []probe.Line

	Interrupted bool // the run was cancelled; what is missing was not tested
}

// Target is what was asked to be checked.
type Target struct {
	Host string
	Port uint16
	User string
	TLS  string // off, explicit or implicit
}

// Server is what was learned about the server.
type Server struct {
	Product string // as it names itself; empty when it does not
	Version string
	Address string // the control connection's peer; empty when none opened
	Hops    int    // its distance on the control port; 0 when it was not measured
}

// Client is what was learned about the machine that ftpcheck ran on.
type Client struct {
	Address string // our end of the control connection
	SeenAs  string // our address as the server names it; empty when it does not
}

// New judges the evidence.
func New(ev *probe.Evidence, o Judge) *Report {
	v := newView(ev)
	r := &Report{
		Took:        ev.Took,
		Judge:       o,
		Target:      Target{TLS: wantedTLS(ev)},
		Server:      serverOf(ev),
		Client:      clientOf(ev),
		Checks:      Lines(ev),
		Arrows:      Arrows(ev),
		Path:        v.path(),
		Ports:       v.triedPorts(),
		Findings:    Diagnose(ev),
		Clients:     Clients(ev),
		Transcript:  ev.Transcript(),
		Interrupted: ev.Finished == probe.OutcomeCancelled,
	}
	if s := ev.Start; s != nil {
		r.Tool, r.Started = s.Tool, s.Time.UTC()
		r.Target.Host, r.Target.Port, r.Target.User = s.Host, s.Port, s.User
	}
	r.judge(ev)
	return r
}

// state returns the state of a check; zero when it was not tested.
func (r *Report) state(c probe.Check) State {
	for _, l := range r.Checks {
		if l.Check == c {
			return l.State
		}
	}
	return ""
}

// loginAnswer returns the last reply of the login dialogue, or nil.
func loginAnswer(s *probe.Session) *probe.Reply {
	for _, verb := range []string{"ACCT", "PASS", "USER"} {
		if r := s.Reply(verb); r != nil {
			return r
		}
	}
	return nil
}

// wasRun reports whether the check was run, at least in part.
func wasRun(ev *probe.Evidence, c probe.Check) bool {
	run := ev.Checks[c]
	return run != nil && run.Skipped == ""
}

func serverOf(ev *probe.Evidence) Server {
	var s Server
	s.Product, s.Version = productNames(fingerprint(ev))
	if at := peerOf(ev); at.IsValid() {
		s.Address = at.Addr().String()
		s.Hops = hopsTo(ev, at)
	}
	return s
}

func clientOf(ev *probe.Evidence) Client {
	var c Client
	if s := ev.Login(); s != nil && s.Local.IsValid() {
		c.Address = s.Local.Addr().String()
	}
	if seen := clientSeen(ev, fingerprint(ev)); seen.known() {
		c.SeenAs = seen.addr.String()
	}
	return c
}

// words are what was learned about the server.
func (s Server) words() string {
	text := strings.TrimSpace(s.Product + " " + s.Version)
	if s.Address != "" {
		text = join(text, ", ", s.Address)
	}
	if s.Hops > 0 {
		text += ", " + count(s.Hops, "hop") + " away"
	}
	return text
}

// words are what was learned about this machine.
func (c Client) words() string {
	if c.Address == "" {
		return ""
	}
	return join(c.Address, ", seen by the server as ", c.SeenAs)
}

// productNames returns the server's name as its greeting spells it, and its
// version.
func productNames(p product) (name, version string) {
	if p.Name == "vsftpd" {
		return "vsFTPd", p.Version
	}
	return p.Name, p.Version
}

// peerOf returns the address of the control connection, or the zero
// value when none opened.
func peerOf(ev *probe.Evidence) netip.AddrPort {
	if s := ev.Login(); s != nil && s.Peer.IsValid() {
		return s.Peer
	}
	for _, d := range ev.Control {
		if d.Outcome == "open" {
			return d.To
		}
	}
	return netip.AddrPort{}
}

// HostPort returns host:port, with brackets around an IPv6 address.
func HostPort(host string, port uint16) string {
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(int(port))
}
