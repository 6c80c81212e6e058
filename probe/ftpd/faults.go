package ftpd

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"ftpcheck/probe"
)

// Fault is one way in which a server can misbehave.
type Fault struct {
	Name  string // as given in Options.Faults
	Arg   string // what stands after "=", empty when the fault takes nothing
	Code  string // of the cause that ftpcheck finds; empty: none, or it depends on more
	About string // one line
	set   func(b *behaviour, arg string) error
}

const (
	slowGreeting = 5 * time.Second
	dripPause    = time.Second
	escape       = "\x1b[2J\x1b[31m\x1b]0;owned\x07\x9b1m"
)

// faults is the table, in the order in which it is shown.
var faults = slices.Concat([]Fault{
	{"announce-private", "", "passive-address-private", "227 names a private address, 10.20.30.40", announces("10.20.30.40")},
	{"announce-loopback", "", "passive-address-unusable", "227 names 127.0.0.1", announces("127.0.0.1")},
	{"announce-foreign", "", "passive-address-foreign", "227 names another public address, 192.0.2.77", announces("192.0.2.77")},
	{"announce-zero", "", "passive-address-unusable", "227 names 0.0.0.0", announces("0.0.0.0")},
	{"closed-port", "", "data-refused", "announces passive ports that nothing listens on", on(func(b *behaviour) { b.closedPort = true })},
	{"bad-227", "", "passive-reply-malformed", "227 with numbers over 255", on(func(b *behaviour) { b.badPASV = true })},
	{"bad-229", "", "passive-reply-malformed", "229 without the bars around the port", on(func(b *behaviour) { b.badEPSV = true })},
	{"closed-from", "PORT", "data-range-partly-blocked", "announces ports from this one on that nothing listens on", closedFrom},
	{"closed-one-in", "N", "data-intermittent", "announces at random one port in so many that nothing listens on", number(func(b *behaviour, n int) { b.closedOneIn = n })},
	{"refuse-epsv", "", "epsv-unsupported", "500 to EPSV", refuses("500 Unknown command.", "EPSV")},
	{"refuse-pasv", "", "passive-disabled", "550 to PASV", refuses(denied, "PASV")},
	{"refuse-passive", "", "passive-disabled", "550 to PASV and EPSV", refuses(denied, "PASV", "EPSV")},
	{"refuse-port", "", "active-disabled", "550 to PORT", refuses(denied, "PORT")},
	{"refuse-eprt", "", "eprt-unsupported", "500 to EPRT", refuses("500 Unknown command.", "EPRT")},
	{"refuse-active", "", "active-disabled", "550 to PORT and EPRT", refuses(denied, "PORT", "EPRT")},
	{"ports-exhausted", "", "passive-ports-exhausted", "425 to PASV and EPSV while another session holds a passive port", on(func(b *behaviour) { b.exhausted = true })},
	{"slow-greeting", "", "greeting-slow", "the greeting comes after 5 s", on(func(b *behaviour) { b.delay = slowGreeting })},
	{"silent", "", "control-silent", "accepts, and never sends a byte", on(func(b *behaviour) { b.silent = true })},
	{"close-at-once", "", "control-closed", "accepts, and closes", on(func(b *behaviour) { b.closes = true })},
	{"greeting-421", "", "connection-limit", "421 too many users, for everybody", greets(tooMany, true)},
	{"deny-address", "", "address-denied", "421 Service not available, as for an address that is not wanted", greets("421 Service not available.", true)},
	{"deny-in-220", "", "address-denied", "a greeting that tells of a refusal, and closes, as FileZilla Server does", greets("220 Access from your address is denied.", true)},
	{"deny-user", "", "address-denied", "530 to USER, whoever it is", ends("530 Access denied.", "USER")},
	{"one-session", "", "connection-limit", "421 for a second session of one address at once", on(func(b *behaviour) { b.oneSession = true })},
	{"ssh", "", "not-ftp", "speaks SSH instead of FTP", greets("SSH-2.0-OpenSSH_9.2", false)},
	{"login-refused", "", "login-rejected", "530 to every password", refuses("530 Login incorrect.", "PASS")},
	{"require-tls", "", "tls-required", "530 to USER: only encrypted sessions", ends("530 Non-anonymous sessions must use encryption.", "USER")},
	{"home-missing", "", "account-unusable", "500 OOPS after the password: the account has no home directory", ends("500 OOPS: cannot change directory:/home/ftp", "PASS")},
	{"list-550", "", "transfer-denied", "550 to LIST, NLST and MLSD", refuses(denied, "LIST", "NLST", "MLSD")},
	{"long-list", "", "", "listings have 200 more lines", on(func(b *behaviour) { b.longList = true })},
	{"never-ending-list", "", "", "listings have no end", on(func(b *behaviour) { b.endlessList = true })},
	{"never-226", "", "completion-reply-missing", "transfers are never confirmed", on(func(b *behaviour) { b.never226 = true })},
	{"silent-data", "", "data-silent", "data connections open, and nothing comes over them", on(func(b *behaviour) { b.silentData = true })},
	{"data-reset", "", "data-reset", "data connections end in a reset", on(func(b *behaviour) { b.resets = true })},
	{"data-source", "", "data-source-rejected", "425 to every data connection, as if it came from another address", on(func(b *behaviour) { b.stranger = true })},
	{"active-never", "", "active-inbound-blocked", "accepts PORT and EPRT, and never connects", on(func(b *behaviour) { b.neverDials = true })},
	{"high-source-port", "", "active-source-port", "active data never comes from port 20", on(func(b *behaviour) { b.highPort = true })},
	{"active-from", "IP", "active-source-address", "active data comes from this address", activeFrom},
	{"close-at", "VERB", "control-stalled", "closes the control connection when this command arrives", closeAt},
	{"swallow", "VERB", "control-stalled", "never answers this command, and goes on", swallows},
	{"later-fail", "N", "later-transfers-fail", "425 to the N-th transfer of a session", number(func(b *behaviour, n int) { b.laterFail = n })},
	{"stall-after", "BYTES", "data-stalled", "data connections stop after so many bytes, and stay open", number(func(b *behaviour, n int) { b.stallAfter = n })},
	{"spill", "LOW-HIGH", "", "announces ports of this range when those of its own are taken", spills},
	{"idle-421", "DURATION", "control-idle-timeout", "421 after so long a silence", lasting(func(b *behaviour, d time.Duration) { b.idle421 = d })},
	{"idle-drop", "DURATION", "control-idle-timeout", "stays connected, and never answers again, after so long a silence", lasting(func(b *behaviour, d time.Duration) { b.idleDrop = d })},
	{"tls-stripped", "", "tls-stripped", "FEAT lists AUTH TLS, and AUTH gets 500", stripped},
	{"endless-line", "", "control-reply-broken", "the greeting is one line without end", floods("220 ")},
	{"endless-reply", "", "control-reply-broken", "the greeting is a reply of lines without end", floods("220-never the last line\r\n")},
	{"drip", "", "control-stalled", "replies come one byte a second", on(func(b *behaviour) { b.drip = true })},
	{"escapes", "", "", "replies carry terminal escape sequences", on(func(b *behaviour) { b.escapes = true })},
}, tlsFaults)

const denied = "550 Permission denied."

// Faults returns every fault that Options.Faults may name.
func Faults() []Fault { return slices.Clone(faults) }

// parseFaults returns what the named faults do together.
func parseFaults(names []string) (behaviour, error) {
	b := behaviour{replies: map[string]string{}, last: map[string]bool{}, swallowed: map[string]bool{}}
	for _, given := range names {
		name, arg, _ := strings.Cut(given, "=")
		i := slices.IndexFunc(faults, func(f Fault) bool { return f.Name == name })
		if i < 0 {
			return b, fmt.Errorf("unknown fault %q%s", name, near(name))
		}
		switch f := faults[i]; {
		case f.Arg == "" && arg != "":
			return b, fmt.Errorf("fault %s takes no argument", name)
		case f.Arg != "" && arg == "":
			return b, fmt.Errorf("fault %s needs an argument: %s=%s", name, name, f.Arg)
		default:
			if err := f.set(&b, arg); err != nil {
				return b, fmt.Errorf("fault %s: %w", name, err)
			}
		}
	}
	return b, nil
}

func on(set func(*behaviour)) func(*behaviour, string) error {
	return func(b *behaviour, _ string) error { set(b); return nil }
}

func announces(addr string) func(*behaviour, string) error {
	return on(func(b *behaviour) { b.announce = netip.MustParseAddr(addr) })
}

func greets(line string, leaves bool) func(*behaviour, string) error {
	return on(func(b *behaviour) { b.greeting, b.leaves = line, leaves })
}

func floods(with string) func(*behaviour, string) error {
	return on(func(b *behaviour) { b.flood = with })
}

// refuses answers the verbs with reply instead of obeying them.
func refuses(reply string, verbs ...string) func(*behaviour, string) error {
	return on(func(b *behaviour) {
		for _, v := range verbs {
			b.replies[v] = reply
		}
	})
}

// ends answers the verbs with reply, and the session is over.
func ends(reply string, verbs ...string) func(*behaviour, string) error {
	return on(func(b *behaviour) {
		for _, v := range verbs {
			b.replies[v], b.last[v] = reply, true
		}
	})
}

func closeAt(b *behaviour, arg string) error {
	verb, err := knownVerb(arg)
	if err != nil {
		return err
	}
	return ends("", verb)(b, "")
}

func activeFrom(b *behaviour, arg string) error {
	a, err := netip.ParseAddr(arg)
	if err != nil {
		return fmt.Errorf("%q is not an IP address", arg)
	}
	b.activeFrom = a.Unmap()
	return nil
}

func swallows(b *behaviour, arg string) error {
	verb, err := knownVerb(arg)
	if err == nil {
		b.swallowed[verb] = true
	}
	return err
}

// knownVerb refuses what is no command of FTP: such a fault would never show.
func knownVerb(arg string) (string, error) {
	verb := strings.ToUpper(arg)
	if _, ours := commands[verb]; !ours && !noSuch[verb] {
		return "", fmt.Errorf("%q is not a command of FTP", arg)
	}
	return verb, nil
}

func closedFrom(b *behaviour, arg string) error {
	n, err := strconv.ParseUint(arg, 10, 16)
	if err != nil || n < 1 {
		return fmt.Errorf("%q is not a port", arg)
	}
	b.closedFrom = uint16(n)
	return nil
}

func number(set func(*behaviour, int)) func(*behaviour, string) error {
	return func(b *behaviour, arg string) error {
		n, err := strconv.Atoi(arg)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is not a number from 1 on", arg)
		}
		set(b, n)
		return nil
	}
}

func lasting(set func(*behaviour, time.Duration)) func(*behaviour, string) error {
	return func(b *behaviour, arg string) error {
		d, err := time.ParseDuration(arg)
		if err != nil || d <= 0 {
			return fmt.Errorf("%q is not a duration such as 30s", arg)
		}
		set(b, d)
		return nil
	}
}

func spills(b *behaviour, arg string) error {
	low, high, _ := strings.Cut(arg, "-")
	l, errLow := strconv.ParseUint(low, 10, 16)
	h, errHigh := strconv.ParseUint(high, 10, 16)
	if errLow != nil || errHigh != nil || l < 1 || h < l {
		return fmt.Errorf("%q is not a port range", arg)
	}
	b.spill = probe.PortRange{Low: uint16(l), High: uint16(h)}
	return nil
}

func stripped(b *behaviour, _ string) error {
	b.stripped = true
	return refuses("500 Unknown command.", "AUTH")(b, "")
}

// near returns the faults whose names look like name, as the end of a sentence.
func near(name string) string {
	var alike []string
	for _, f := range faults {
		if strings.Contains(f.Name, name) || strings.Contains(name, f.Name) || distance(f.Name, name) <= 2 {
			alike = append(alike, f.Name)
		}
	}
	if name == "" || len(alike) == 0 {
		return ""
	}
	return ", did you mean " + strings.Join(alike, ", ") + "?"
}

// distance is the number of letters to insert, remove or change to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
