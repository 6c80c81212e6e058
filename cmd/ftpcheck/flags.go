package main

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"ftpcheck/probe"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Bounds of the numbers on the command line.
const (
	maxTimeout  = 10 * time.Minute
	maxParallel = 16
	maxPorts    = 200
	minIdle     = time.Second
	maxIdle     = 2 * time.Hour
)

var tlsModes = []string{string(probe.TLSAuto), string(probe.TLSOff), string(probe.TLSExplicit), string(probe.TLSImplicit)}

var follows = []string{string(probe.FollowAuto), string(probe.FollowAlways), string(probe.FollowNever)}

// checkFlags are the flags of a run against a real server.
type checkFlags struct {
	user, passwordFile         string
	ipv4, ipv6                 bool
	checks                     []string
	timeout, replyTimeout      time.Duration
	parallel, ports            int
	activeAddress, activePorts string
	follow                     string
	tls                        string
	insecure                   bool
	sweep, download, upload    string
	idle                       time.Duration
}

func (f *checkFlags) add(fs *pflag.FlagSet) {
	fs.StringVarP(&f.user, "user", "u", "", "log in as `NAME` (default anonymous, or as the netrc file says)")
	fs.StringVar(&f.passwordFile, "password-file", "", "read the password from the first line of `FILE`; - is standard input")
	fs.BoolVarP(&f.ipv4, "ipv4", "4", false, "use IPv4 only")
	fs.BoolVarP(&f.ipv6, "ipv6", "6", false, "use IPv6 only")
	fs.StringVar(&f.tls, "tls", string(probe.TLSAuto), "`MODE` of TLS: auto (where the server accepts it), off, explicit, implicit")
	fs.BoolVar(&f.insecure, "insecure", false, "send the password also over a TLS connection that is not verified, and in clear for a comparison with plain FTP")
	fs.StringSliceVar(&f.checks, "checks", nil, "run only the checks in `LIST`: "+strings.Join(checkNames(), ", "))
	fs.DurationVar(&f.timeout, "timeout", probe.DefaultTimeout, "`LIMIT` of each connection attempt, or of a wait for one")
	fs.DurationVar(&f.replyTimeout, "reply-timeout", probe.DefaultReplyTimeout, "`LIMIT` of each wait for a reply")
	fs.IntVar(&f.parallel, "parallel", probe.DefaultParallel, "use up to `N` control sessions at once, 1 to 16")
	fs.IntVar(&f.ports, "ports", probe.DefaultPorts, "sample `N` passive ports, 0 to 200")
	fs.StringVar(&f.sweep, "sweep", "", "map the server's ports `LOW-HIGH`: open, refused, silent or rejected")
	fs.StringVar(&f.activeAddress, "active-address", "", "announce this `IP` in active mode instead of our own")
	fs.StringVar(&f.activePorts, "active-ports", "", "listen on a port of `LOW-HIGH` in active mode")
	fs.StringVar(&f.follow, "follow", string(probe.FollowAuto), "`WHEN` to connect to an announced address: auto (not to third parties), always, never")
	fs.StringVar(&f.upload, "upload", "", "store a file of ours in the server's directory `DIR`, and remove it again")
	fs.StringVar(&f.download, "download", "", "download the server's file `PATH`; nothing is kept")
	fs.DurationVar(&f.idle, "idle", 0, "find out how long a silent control connection lives: silences of up to `DURATION`, 1s to 2h, are tried")
}

// options turns the flags into those of the prober.
func (f *checkFlags) options() (probe.Options, error) {
	o := probe.Options{Timeout: f.timeout, ReplyTimeout: f.replyTimeout, Parallel: f.parallel, Ports: f.ports}
	var err error
	switch {
	case f.ipv4 && f.ipv6:
		return o, usageError{"-4 and -6 exclude each other", "without either, both are tried"}
	case f.ipv4:
		o.Family = 4
	case f.ipv6:
		o.Family = 6
	}
	for _, d := range []struct {
		flag  string
		value time.Duration
	}{{"--timeout", f.timeout}, {"--reply-timeout", f.replyTimeout}} {
		if d.value <= 0 || d.value > maxTimeout {
			return o, usageError{fmt.Sprintf("%s %v is out of range", d.flag, d.value), "more than 0, at most 10m"}
		}
	}
	if f.parallel < 1 || f.parallel > maxParallel {
		return o, usageError{fmt.Sprintf("--parallel %d is out of range", f.parallel), fmt.Sprintf("1 to %d", maxParallel)}
	}
	if f.ports < 0 || f.ports > maxPorts {
		return o, usageError{fmt.Sprintf("--ports %d is out of range", f.ports), fmt.Sprintf("0 to %d", maxPorts)}
	}
	o.Follow = probe.Follow(f.follow)
	if !slices.Contains(follows, f.follow) {
		return o, unknownValue("--follow", f.follow, follows)
	}
	o.TLS, o.Insecure = probe.TLSMode(f.tls), f.insecure
	if !slices.Contains(tlsModes, f.tls) {
		return o, unknownValue("--tls", f.tls, tlsModes)
	}
	if err := f.deep(&o); err != nil {
		return o, err
	}
	if o.Checks, err = parseChecks("--checks", f.checks); err != nil {
		return o, err
	}
	if o.Checks == nil {
		o.Checks = slices.Clone(probe.DefaultChecks)
	}
	o.Checks = f.chosen(o)
	o.Peer = slices.Contains(f.checks, string(probe.CheckPeer))
	if f.ports == 0 && o.Sweep.Low != 0 {
		o.Ports = -1 // the ports check sweeps, and samples nothing
	}
	if slices.Contains(o.Checks, probe.CheckIdle) && o.Idle == 0 {
		return o, usageError{"--checks idle needs --idle", "for example --idle 5m"}
	}
	if o.ActivePorts, err = parsePorts("--active-ports", f.activePorts); err != nil {
		return o, err
	}
	o.ActiveAddress, err = parseActiveAddress(f.activeAddress, o.Family)
	return o, err
}

// optionsFor are the options of a run whose required checks must be ok: what is
// required is asked for.
func (f *checkFlags) optionsFor(require []string) (probe.Options, error) {
	o, err := f.options()
	o.Peer = o.Peer || slices.Contains(require, string(probe.CheckPeer))
	return o, err
}

// deep reads the flags of what is done only when asked for.
func (f *checkFlags) deep(o *probe.Options) (err error) {
	if o.Sweep, err = parsePorts("--sweep", f.sweep); err != nil {
		return err
	}
	for _, path := range []struct{ flag, value string }{{"--download", f.download}, {"--upload", f.upload}} {
		if !utf8.ValidString(path.value) || strings.ContainsFunc(path.value, unicode.IsControl) {
			return usageError{path.flag + " contains control characters or is not UTF-8", ""}
		}
	}
	o.Download, o.Upload, o.Idle = f.download, f.upload, f.idle
	if f.idle != 0 && (f.idle < minIdle || f.idle > maxIdle) {
		return usageError{fmt.Sprintf("--idle %v is out of range", f.idle), "1s to 2h"}
	}
	return nil
}

// chosen are the checks of the run: what a flag asks for is checked.
func (f *checkFlags) chosen(o probe.Options) []probe.Check {
	asked := map[probe.Check]bool{
		probe.CheckPorts:    o.Sweep.Low != 0,
		probe.CheckTransfer: o.Download != "" || o.Upload != "",
		probe.CheckIdle:     o.Idle != 0,
	}
	var list []probe.Check
	for _, c := range probe.Checks {
		sampled := c != probe.CheckPorts || f.ports > 0
		if asked[c] || slices.Contains(o.Checks, c) && sampled {
			list = append(list, c)
		}
	}
	return list
}

func parseActiveAddress(text string, family int) (netip.Addr, error) {
	if text == "" {
		return netip.Addr{}, nil
	}
	a, err := netip.ParseAddr(text)
	a = a.Unmap()
	switch {
	case err != nil || a.Zone() != "":
		return a, usageError{"--active-address is not an IP address", "for example --active-address 203.0.113.2"}
	case a.IsUnspecified() || a.IsMulticast():
		return a, usageError{fmt.Sprintf("--active-address %s is not the address of a host", a), ""}
	case family == 6 && a.Is4() || family == 4 && a.Is6():
		return a, usageError{fmt.Sprintf("--active-address %s and -%d exclude each other", a, family), ""}
	}
	return a, nil
}

// parsePorts reads a port, or a range of them; the empty text is any port.
func parsePorts(flag, text string) (probe.PortRange, error) {
	if text == "" {
		return probe.PortRange{}, nil
	}
	low, high, isRange := strings.Cut(text, "-")
	if !isRange {
		high = low
	}
	from, err1 := strconv.ParseUint(low, 10, 16)
	to, err2 := strconv.ParseUint(high, 10, 16)
	if err1 != nil || err2 != nil || from == 0 || to < from {
		return probe.PortRange{}, usageError{fmt.Sprintf("%s %q is not a port range", flag, text), "for example " + flag + " 50000-50100"}
	}
	return probe.PortRange{Low: uint16(from), High: uint16(to)}, nil
}

// parseChecks reads a list of check names. It keeps the order of probe.Checks.
func parseChecks(flag string, names []string) ([]probe.Check, error) {
	for _, name := range names {
		if !slices.Contains(checkNames(), name) {
			return nil, unknownValue(flag, name, checkNames())
		}
	}
	var checks []probe.Check
	for _, c := range probe.Checks {
		if slices.Contains(names, string(c)) {
			checks = append(checks, c)
		}
	}
	return checks, nil
}

// checkNames are the names of all checks.
func checkNames() []string {
	var names []string
	for _, c := range probe.Checks {
		names = append(names, string(c))
	}
	return names
}

func unknownValue(flag, value string, known []string) error {
	hint := "one of " + strings.Join(known, ", ")
	if near := nearest(value, known); near != "" {
		hint = fmt.Sprintf("did you mean %s? It is %s", near, hint)
	}
	return usageError{fmt.Sprintf("%s: there is no %q", flag, value), hint}
}

// flagError puts the flag library's errors into our words.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	help := "see " + cmd.CommandPath() + " --help"
	switch {
	case errors.As(err, &unknown):
		var flags []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { flags = append(flags, f.Name) })
		name := "--" + unknown.GetSpecifiedName()
		if short := unknown.GetSpecifiedShortnames(); short != "" {
			name = "-" + unknown.GetSpecifiedName()
		} else if near := nearest(unknown.GetSpecifiedName(), flags); near != "" {
			help = fmt.Sprintf("did you mean --%s?", near)
		}
		if name == "--pass" || nearest(unknown.GetSpecifiedName(), []string{"password"}) != "" {
			help = "a password never stands on the command line: use --password-file, FTPCHECK_PASSWORD or a netrc file"
		}
		return usageError{"unknown flag " + name, help}
	case errors.As(err, &missing):
		return usageError{fmt.Sprintf("--%s needs a value", missing.GetFlag().Name), help}
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		kinds := map[string]string{"duration": "a duration such as 5s or 500ms", "int": "a whole number", "bool": "true or false"}
		return usageError{fmt.Sprintf("--%s %q is not %s", f.Name, invalid.GetValue(), kinds[f.Value.Type()]), help}
	}
	return usageError{err.Error(), help}
}
