package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"ftpcheck/probe/ftpd"
	"ftpcheck/report"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// serveFlags are the flags of the opposite end.
type serveFlags struct {
	listen, passive, announce string
	anonymous                 bool
	user, passwordFile        string
	faults                    []string
	sessions, perAddress      int
	idle, life                time.Duration
	format, record, like      string
	passiveGiven              bool
	exchange                  bool
	tls                       serveTLSFlags
	tui                       bool
}

func (f *serveFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.listen, "listen", "", "serve on `[IP]:PORT`; without IP on all addresses of this machine (default :21, :990 for implicit TLS)")
	fs.StringVar(&f.passive, "passive", "50000-50100", "use the ports `LOW-HIGH` for passive data connections")
	fs.StringVar(&f.announce, "announce", "", "announce this IPv4 `IP` in 227 replies instead of our own")
	fs.BoolVar(&f.anonymous, "anonymous", false, "admit everybody, as user anonymous")
	fs.StringVar(&f.user, "user", "", "admit the user `NAME` (default a random one)")
	fs.StringVar(&f.passwordFile, "password-file", "", "read the user's password from `FILE` (default a random one); - is standard input")
	f.tls.add(fs)
	fs.StringArrayVar(&f.faults, "fault", nil, "misbehave as `NAME` says, repeatable; help lists the names")
	fs.IntVar(&f.sessions, "max-sessions", ftpd.DefaultMaxSessions, "admit `N` sessions at once, in all")
	fs.IntVar(&f.perAddress, "max-per-address", ftpd.DefaultMaxPerAddress, "admit `N` sessions at once from one address")
	fs.DurationVar(&f.idle, "idle", ftpd.DefaultIdle, "end a session that is silent for this `DURATION`")
	fs.DurationVar(&f.life, "for", 0, "stop after this `DURATION` (default never)")
	fs.BoolVar(&f.exchange, "exchange", true, "tell clients that are ftpcheck's own what was seen of them, and listen and dial for them; --exchange=false: do not")
	fs.StringVar(&f.like, "like", "", "imitate the running server `[USER@]HOST[:PORT]`: its greeting, FEAT, passive ports and announced address")
	fs.StringVar(&f.format, "format", "text", "print `FORMAT`: text, json (one JSON object a line)")
	fs.StringVar(&f.record, "record", "", "record all that happens in `FILE`, one JSON object a line")
	fs.BoolVar(&f.tui, "tui", false, "show it on an interactive screen, where faults can be switched on and off")
}

// serveFormats are what --format takes.
var serveFormats = []string{"text", "json"}

// newServeCommand is the opposite end: a server to check against.
func newServeCommand(s *streams) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve [flags]",
		Short: "Be the opposite end: a small FTP server to check against",
		Long: `Serve FTP on this machine, in the real server's place or beside it, so that a
check from the other side tells the network's faults from the server's. There is
no disk behind it: one directory with made-up files; uploads are measured and
dropped. It prints who came, what was announced, what arrived and what did not.
A client that is ftpcheck's own is told the same, so that its report is certain
where it would be likely.

With --format json, and in the file of --record, each line is one object. Its
"what" says what happened: listen, come, refuse, greet, secure, login, hear,
announce, open, arrive, half (a SYN was answered, the third packet never came),
absent (nothing arrived), shut, dial, hop, transfer, visit, faults, leave, stop.
On standard output a "visitor" sums up each client that has left, and "total"
all of them; what is for people goes to standard error then.`,
		Example: "  ftpcheck serve --for 15m\n  ftpcheck serve --listen :2121 --anonymous\n  ftpcheck serve --fault announce-private\n  ftpcheck serve --tui --for 1h\n  ftpcheck serve --tls required --require-session-reuse",
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range f.faults {
				if name == "help" {
					return listFaults(s)
				}
			}
			if len(args) > 0 {
				return usageError{fmt.Sprintf("serve takes no argument, but %q is one", args[0]), "ftpcheck serve --help"}
			}
			f.passiveGiven = cmd.Flags().Changed("passive")
			return f.run(cmd.Context(), s)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().SortFlags = false
	f.add(cmd.Flags())
	completeServe(cmd)
	return cmd
}

// run serves until the context ends, which is the ordinary way to stop.
func (f *serveFlags) run(ctx context.Context, s *streams) error {
	if err := f.screenFits(s); err != nil {
		return err
	}
	opt, err := f.options(ctx, s)
	if err != nil {
		return err
	}
	var like *likeness
	if f.like != "" {
		if like, err = f.imitate(ctx, s, &opt); err != nil {
			return err
		}
	}
	if f.tui {
		return f.runScreen(ctx, s, opt, like)
	}
	log := &serveLog{out: s.out, json: f.format == "json"}
	var server *ftpd.Server
	opt.Ready = func(addrs []netip.AddrPort) {
		fmt.Fprint(f.welcomeTo(s), f.welcome(opt, like, addrs, server.Certificate()))
	}
	opt.Log = log.add
	if server, err = newServer(opt); err != nil {
		return err
	}
	if err := f.serve(ctx, s, server, log); err != nil {
		return err
	}
	return exitStatus(report.ExitPass) // also when a signal has stopped it
}

// welcomeTo is where the welcome is printed.
func (f *serveFlags) welcomeTo(s *streams) io.Writer {
	if f.format == "json" {
		return s.err
	}
	return s.out
}

func newServer(opt ftpd.Options) (*ftpd.Server, error) {
	server, err := ftpd.New(opt)
	if err != nil {
		return nil, usageError{err.Error(), newHint(err)}
	}
	return server, nil
}

// serve serves until the context ends, and records what happens.
func (f *serveFlags) serve(ctx context.Context, s *streams, server *ftpd.Server, log *serveLog) error {
	var err error
	if log.record, err = openServeRecord(f.record); err != nil {
		return err
	}
	err = server.Serve(ctx, s.network)
	recorded := log.close()
	if err != nil {
		return usageError{err.Error(), listenHint(err)}
	}
	return recorded
}

// welcome says where the server is, who may log in, and what to type at the
// other side. A password that the user has chosen is not repeated.
func (f *serveFlags) welcome(opt ftpd.Options, like *likeness, addrs []netip.AddrPort, cert *x509.Certificate) string {
	var b strings.Builder
	line := func(name, text string) { fmt.Fprintf(&b, "  %-9s %s\n", name, text) }
	fmt.Fprintf(&b, "ftpcheck %s serves FTP; Ctrl-C stops it\n\n", version)
	for _, a := range addrs {
		line("listens", a.String())
	}
	line("passive", fmt.Sprintf("ports %d-%d", opt.Passive.Low, opt.Passive.High))
	if opt.Announce.IsValid() {
		line("announces", opt.Announce.String())
	}
	like.describe(line)
	if opt.Life > 0 {
		line("stops", "after "+opt.Life.String())
	}
	if opt.Exchange {
		line("exchange", "a client that is ftpcheck's own is told what was seen of it")
	}
	for _, name := range opt.Faults {
		line("fault", name)
	}
	f.tls.describe(line, opt.TLS, cert)
	if opt.Anonymous {
		line("user", "anonymous, with any password")
	}
	if opt.User != "" {
		line("user", report.Escape(opt.User))
		if f.passwordFile == "" {
			line("password", opt.Password)
		}
	}
	fmt.Fprintf(&b, "\nat the other side:\n\n  %s\n\n", f.otherSide(opt, addrs[0]))
	return b.String()
}

// otherSide is the command that checks this server. It brings the password
// along when that was made up for the occasion.
func (f *serveFlags) otherSide(opt ftpd.Options, listening netip.AddrPort) string {
	command := f.tls.command(opt.TLS, opt.User != "")
	if opt.User != "" {
		command += url.User(opt.User).String() + "@"
		if f.passwordFile == "" {
			command = "FTPCHECK_PASSWORD=" + opt.Password + " " + command
		}
	}
	return command + reachableAt(opt, listening).String()
}

// reachableAt is the control address as the other side has to write it, as far
// as this machine can know it.
func reachableAt(opt ftpd.Options, listening netip.AddrPort) netip.AddrPort {
	addr := listening.Addr()
	if addr.IsUnspecified() && opt.Announce.IsValid() {
		addr = opt.Announce
	} else if addr.IsUnspecified() {
		addr = ownAddress(addr)
	}
	return netip.AddrPortFrom(addr, listening.Port())
}

// ownAddress is the machine's first address that others may use, or otherwise.
func ownAddress(otherwise netip.Addr) netip.Addr {
	all, _ := net.InterfaceAddrs() // without them the wildcard has to do
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && p.Addr().IsGlobalUnicast() {
			return p.Addr()
		}
	}
	return otherwise
}

// newHint says what to do about options that contradict each other.
func newHint(err error) string {
	if errors.Is(err, ftpd.ErrNeedsTLS) {
		return "add --tls explicit"
	}
	return "ftpcheck serve --help; --fault help lists the faults"
}

// listenHint says what to do about an address that cannot be listened on.
func listenHint(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "ports below 1024 need privileges: try --listen :2121"
	case errors.Is(err, syscall.EADDRINUSE):
		return "another server has this port: stop it, or choose another port, --listen :2122"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "the address is not one of this machine; --announce is for the public address of a NAT"
	}
	return ""
}
