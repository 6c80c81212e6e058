package netlab

// Scenario is one network with one fault: hosts, NAT, firewall rules, a
// helper, a server with its faults, and the findings that a run must end in.
// The same file runs in the simulation (demo, tests) and in the kernel lab.
//
// The topology is fixed:
//
//	cli ── cgw ── isp ── sgw ── srv
//
//	cli  192.168.1.10 behind cgw's NAT, or 203.0.113.66 without; 2001:db8:1::10
//	cgw  lan 192.168.1.1, wan 203.0.113.2: the client's router
//	isp  203.0.113.1, 198.51.100.1: a plain router
//	sgw  wan 198.51.100.2, lan 10.0.0.1: the server's router
//	srv  10.0.0.10 behind sgw's NAT, or 198.51.100.66 without; 2001:db8:2::10
type Scenario struct {
	Name   string   `json:"-"`              // file name without .json
	About  string   `json:"about"`          // one line for demo --list
	Only   string   `json:"only,omitempty"` // "simulation" or "kernel" when it cannot be expressed in the other
	Why    string   `json:"why,omitempty"`  // the reason for Only
	Client Client   `json:"client"`
	Server Server   `json:"server"`
	Rules  []Rule   `json:"rules,omitempty"`  // firewall rules, first match wins
	Helper []string `json:"helper,omitempty"` // devices with an FTP helper: "cgw", "sgw"
	Boxes  []Box    `json:"boxes,omitempty"`  // what else stands on the way
	Run    Run      `json:"run"`
	Expect Expect   `json:"expect"`
}

// Client is the machine that ftpcheck runs on.
type Client struct {
	NAT        bool   `json:"nat,omitempty"`           // cgw masquerades
	IPv6       bool   `json:"ipv6,omitempty"`          // it has an IPv6 address and route
	IPv6Only   bool   `json:"ipv6_only,omitempty"`     // and no IPv4
	DataFrom   string `json:"data_from,omitempty"`     // cgw's NAT uses this address for connections to ports other than 21
	OnServer   bool   `json:"on_server_net,omitempty"` // the client stands in the server's own network: 10.0.0.20 at sgw
	NoResolver bool   `json:"no_resolver,omitempty"`   // its name server fails every question (SERVFAIL)
	Raw        bool   `json:"raw,omitempty"`           // ftpcheck may read ICMP messages there: CAP_NET_RAW; at the server it always may
}

// Server is the machine that is checked.
type Server struct {
	NAT       bool                `json:"nat,omitempty"`        // sgw forwards Forward to it
	Forward   []string            `json:"forward,omitempty"`    // ports or ranges that sgw forwards, "21", "50000-50100"; nil with NAT: these two
	SourceNAT bool                `json:"source_nat,omitempty"` // sgw masquerades towards the server too: it sees the gateway instead of the client
	Hairpin   bool                `json:"hairpin,omitempty"`    // sgw forwards also for clients of its own network
	Names     []string            `json:"names,omitempty"`      // addresses that the name ftp.example.com has; nil: the server's public ones
	IPv6      bool                `json:"ipv6,omitempty"`
	Port      uint16              `json:"port,omitempty"`     // control port, 21 by default
	Passive   string              `json:"passive,omitempty"`  // range, "50000-50100" by default
	Announce  string              `json:"announce,omitempty"` // address in 227 replies instead of its own
	Peer      bool                `json:"peer,omitempty"`     // it is ftpcheck's own and takes part in the exchange; its software is "ftpcheck"
	Faults    []string            `json:"faults,omitempty"`   // of probe/ftpd, for the simulation and for software "ftpcheck"
	Software  []string            `json:"software,omitempty"` // for the kernel lab: vsftpd proftpd pure-ftpd pyftpdlib, or raw:ssh raw:silent raw:close raw:none; nil: vsftpd, or ftpcheck with Peer
	Config    map[string][]string `json:"config,omitempty"`   // further configuration lines per software
	TLS       *TLS                `json:"tls,omitempty"`      // nil: it has none
	User      string              `json:"user,omitempty"`     // account to log in with, "anonymous" by default
	Password  string              `json:"password,omitempty"`
}

// TLS is how the server encrypts. Its certificate is for ftp.example.com and
// all addresses of the server, signed by the lab's own authority.
type TLS struct {
	Mode        string `json:"mode"`                  // "explicit"; "required": no login without; "required-data": no plain data either; "implicit"
	Certificate string `json:"certificate,omitempty"` // "self-signed", "expired" or "wrong-name" instead
	Min         string `json:"min,omitempty"`         // lowest version, "1.0" to "1.3"; "1.2" by default
	Max         string `json:"max,omitempty"`         // highest version, "1.3" by default
	Reuse       bool   `json:"reuse,omitempty"`       // data connections must resume the control connection's session
	ClientCert  bool   `json:"client_cert,omitempty"` // a client certificate is demanded
}

// Rule is one firewall rule of a device, for TCP.
type Rule struct {
	At     string `json:"at"`               // cli, cgw, isp, sgw, srv
	Toward string `json:"toward,omitempty"` // "server" or "client": the direction of the packet; empty: both
	Ports  string `json:"ports,omitempty"`  // destination port or range; empty: all
	From   string `json:"from,omitempty"`   // source port or range
	State  string `json:"state,omitempty"`  // "new": only packets that open a connection; "related": only those that a helper on this device expects
	OneIn  int    `json:"one_in,omitempty"` // only every n-th connection, at random, by addresses and ports; 0: all
	IPv6   bool   `json:"ipv6,omitempty"`   // for IPv6 packets instead of IPv4 ones
	Do     string `json:"do"`               // accept, drop, reset, admin-prohibited, host-unreachable, port-unreachable
}

// Run is how ftpcheck is called.
type Run struct {
	Target string   `json:"target,omitempty"` // "server" (its address) by default, or "name" for ftp.example.com, with the port if it is not 21
	Args   []string `json:"args,omitempty"`   // flags
	Trust  bool     `json:"trust,omitempty"`  // the client trusts the lab's authority
}

// Expect is what the run must end in.
type Expect struct {
	Exit     int               `json:"exit"`
	Findings []ExpectedFinding `json:"findings"`         // all problems and warnings in order; notes are listed in Notes
	Notes    []string          `json:"notes,omitempty"`  // codes of notes that must appear
	Checks   map[string]string `json:"checks"`           // state by check name; "ok|fail" where it is a matter of chance
	Within   string            `json:"within,omitempty"` // duration that the run must not exceed, "5s"; it is then run alone
}

// ExpectedFinding is one finding that must appear.
type ExpectedFinding struct {
	Code      string `json:"code"`
	Severity  string `json:"severity,omitempty"`
	Certainty string `json:"certainty,omitempty"`
	Side      string `json:"side,omitempty"` // where
	AfterHop  int    `json:"after_hop,omitempty"`
	Of        int    `json:"of,omitempty"`
	Address   string `json:"address,omitempty"`
}

// Matches reports whether a finding is the expected one. What the expectation
// leaves empty may be anything.
func (want ExpectedFinding) Matches(got ExpectedFinding) bool {
	text := func(w, g string) bool { return w == "" || w == g }
	number := func(w, g int) bool { return w == 0 || w == g }
	return want.Code == got.Code && text(want.Severity, got.Severity) && text(want.Certainty, got.Certainty) &&
		text(want.Side, got.Side) && text(want.Address, got.Address) &&
		number(want.AfterHop, got.AfterHop) && number(want.Of, got.Of)
}
