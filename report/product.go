package report

import (
	"net/netip"
	"regexp"
	"strings"

	"ftpcheck/probe"
)

// product is the server software as far as it gave itself away.
type product struct {
	Name    string // as in fixes: vsftpd, ProFTPD, Pure-FTPd, pyftpdlib, FileZilla Server, IIS, SFTPGo, ftpcheck; empty: not recognised
	Version string // empty when it does not say
	From    string // GREETING, SYST, STAT or FEAT: where it was recognised
}

// marks are signs in the text of replies, most telling first; the version is
// the first group where there is one.
var marks = []struct {
	name string
	sign *regexp.Regexp
}{
	{"ftpcheck", regexp.MustCompile(`(?i)\bftpcheck\b(?: ([\d.]+))?`)},
	{"vsftpd", regexp.MustCompile(`(?i)\bvsftpd\b(?: ([\d.]+\w*))?`)},
	{"ProFTPD", regexp.MustCompile(`(?i)\bproftpd\b(?: ([\d.]+\w*))?`)},
	{"Pure-FTPd", regexp.MustCompile(`(?i)\bpure-?ftpd\b`)},
	{"FileZilla Server", regexp.MustCompile(`(?i)\bfilezilla server\b(?: (?:version )?([\d.]+\w*))?`)},
	{"IIS", regexp.MustCompile(`(?i)\bmicrosoft ftp service\b`)},
	{"pyftpdlib", regexp.MustCompile(`(?i)\bpyftpdlib\b(?: ([\d.]+\w*))?`)},
	{"SFTPGo", regexp.MustCompile(`(?i)\bsftpgo\b(?: ([\d.]+\w*))?`)},
}

// fingerprint names the server software by its greeting and its replies to
// SYST, STAT and FEAT.
func fingerprint(ev *probe.Evidence) product {
	s := ev.Login()
	if s == nil {
		return product{}
	}
	sources := []struct {
		from  string
		reply *probe.Reply
	}{{"GREETING", s.Greeting}, {"SYST", s.Reply("SYST")}, {"STAT", s.Reply("STAT")}, {"FEAT", s.Reply("FEAT")}}
	for _, src := range sources {
		if src.reply == nil {
			continue
		}
		all := strings.Join(src.reply.Lines, "\n")
		for _, m := range marks {
			if hit := m.sign.FindStringSubmatch(all); hit != nil {
				p := product{Name: m.name, From: src.from}
				if len(hit) > 1 {
					p.Version = strings.TrimRight(hit[1], ".")
				}
				return p
			}
		}
	}
	return product{}
}

// is reports whether the server was recognised as one of these.
func (p product) is(names ...string) bool {
	for _, n := range names {
		if p.Name == n {
			return true
		}
	}
	return false
}

// sight is this client's address as the server sees it, and how we know.
type sight struct {
	addr  netip.Addr // invalid: not known
	check probe.Check
	reply *probe.Reply // that names it; nil: the opposite end told it in the exchange
	match [2]int       // byte offsets of the address in the line
	line  int          // index of that line in reply.Lines
}

func (s sight) known() bool { return s.addr.IsValid() }

var (
	statVsftpd  = regexp.MustCompile(`^\s*Connected to ([0-9a-fA-F.:]+)\s*$`)
	statProFTPD = regexp.MustCompile(`^\s*(?:211[- ])?\s*Connected from \S+ \(([0-9a-fA-F.:]+)\)`)
	onlyTo      = regexp.MustCompile(`(?i)won't open a connection to \S+ \(only to ([0-9a-fA-F.:]+)\)`)
	fromForeign = regexp.MustCompile(`(?i)data connection from foreign address ([0-9a-fA-F.]+|\[[0-9a-fA-F:]+\])`)
)

// clientSeen is what the opposite end tells of us. From another server it finds
// the client's own address in what that says. vsftpd's
// "Connected to A" is the client; pyftpdlib's "Connected to: A:port" is the
// server itself (seen in vsftpd 3.0.3, ProFTPD 1.3.8, pyftpdlib 1.5.7).
func clientSeen(ev *probe.Evidence, p product) sight {
	if seen := peerSight(ev); seen.known() {
		return seen
	}
	for _, s := range ev.Sessions {
		if s == nil {
			continue
		}
		for _, x := range s.Exchanges {
			for i := range x.Replies {
				if seen := seenIn(x, &x.Replies[i], p); seen.known() {
					return seen
				}
			}
		}
	}
	return sight{}
}

func seenIn(x *probe.Exchange, r *probe.Reply, p product) sight {
	signs := []*regexp.Regexp{onlyTo}
	if strings.EqualFold(strings.TrimSpace(x.Command), "STAT") {
		signs = append(signs, statProFTPD)
		if p.is("vsftpd", "ftpcheck") {
			signs = append(signs, statVsftpd)
		}
	}
	for n, line := range r.Lines {
		for _, sign := range signs {
			m := sign.FindStringSubmatchIndex(line)
			if m == nil {
				continue
			}
			a, err := netip.ParseAddr(strings.TrimSuffix(line[m[2]:m[3]], "."))
			if err == nil && !a.IsUnspecified() {
				return sight{addr: a.Unmap(), check: x.Check, reply: r, match: [2]int{m[2], m[3]}, line: n}
			}
		}
	}
	return sight{}
}

var greetingAddress = regexp.MustCompile(`\[([0-9a-fA-F.:]+)\]`)

// serverSelf is the address that the server says is its own: ProFTPD's
// greeting carries it in brackets.
func (v *view) serverSelf() netip.Addr {
	if v.login == nil || v.login.Greeting == nil {
		return netip.Addr{}
	}
	for _, line := range v.login.Greeting.Lines {
		if m := greetingAddress.FindStringSubmatch(line); m != nil {
			if a, err := netip.ParseAddr(m[1]); err == nil {
				return a.Unmap()
			}
		}
	}
	return netip.Addr{}
}
