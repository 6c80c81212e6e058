package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"ftpcheck/probe"
	"ftpcheck/probe/ftpd"
)

// options turns the flags into those of the server.
func (f *serveFlags) options(ctx context.Context, s *streams) (ftpd.Options, error) {
	opt := ftpd.Options{
		Anonymous: f.anonymous, User: f.user, Faults: f.faults, Product: "(ftpcheck " + version + ")",
		Tool: version, Exchange: f.exchange,
		MaxSessions: f.sessions, MaxPerAddress: f.perAddress, Idle: f.idle, Life: f.life,
	}
	if f.sessions < 1 || f.perAddress < 1 {
		return opt, usageError{"--max-sessions and --max-per-address are at least 1", ""}
	}
	if !slices.Contains(serveFormats, f.format) {
		return opt, unknownValue("--format", f.format, serveFormats)
	}
	if f.idle <= 0 || f.life < 0 {
		return opt, usageError{"--idle and --for are durations such as 30s or 15m", ""}
	}
	var err error
	if opt.Passive, err = parsePorts("--passive", f.passive); err != nil || f.passive == "" {
		return opt, usageError{fmt.Sprintf("--passive %q is not a port range", f.passive), "for example --passive 50000-50100"}
	}
	if f.announce != "" {
		opt.Announce, err = netip.ParseAddr(f.announce)
		if err != nil || !opt.Announce.Is4() {
			return opt, usageError{fmt.Sprintf("--announce %q is not an IPv4 address", f.announce), "EPSV, which IPv6 needs, announces none"}
		}
	}
	if opt.TLS, err = f.tls.options(); err != nil {
		return opt, err
	}
	listen := f.listen
	if listen == "" && f.tls.implicit() {
		listen = ":990"
	} else if listen == "" {
		listen = ":21"
	}
	if opt.Listen, err = listenAddresses(ctx, s.network, listen); err != nil {
		return opt, err
	}
	return opt, f.account(s, &opt)
}

// account fills in the one user, made up where none was given.
func (f *serveFlags) account(s *streams, opt *ftpd.Options) error {
	var err error
	switch {
	case strings.EqualFold(f.user, "anonymous") || strings.EqualFold(f.user, "ftp"):
		return usageError{fmt.Sprintf("--user %s is the user that has no password", f.user), "use --anonymous"}
	case !utf8.ValidString(f.user) || strings.ContainsFunc(f.user, unicode.IsControl):
		return usageError{"--user contains control characters or is not UTF-8", ""}
	case f.passwordFile != "" && f.user == "":
		return usageError{"--password-file is given, but no user", "add --user NAME"}
	case f.passwordFile != "":
		if opt.Password, err = readPasswordFile(s, f.passwordFile); err == nil && opt.Password == "" {
			err = usageError{"the password is empty", ""}
		}
		return err
	case f.anonymous && f.user == "":
		return nil
	case f.user == "":
		opt.User = "check-" + strings.ToLower(rand.Text()[:6])
	}
	opt.Password = rand.Text()
	return nil
}

// listenAddresses reads --listen. Without an address it means all of IPv4, and
// of IPv6 where this machine has it.
func listenAddresses(ctx context.Context, network probe.Network, text string) ([]netip.AddrPort, error) {
	if port, ok := strings.CutPrefix(text, ":"); ok {
		n, err := strconv.ParseUint(port, 10, 16)
		if err == nil {
			all := []netip.AddrPort{netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(n))}
			if l, err := network.Listen(ctx, netip.AddrPortFrom(netip.IPv6Unspecified(), 0)); err == nil {
				l.Close()
				all = append(all, netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(n)))
			}
			return all, nil
		}
	} else if one, err := netip.ParseAddrPort(text); err == nil {
		return []netip.AddrPort{one}, nil
	}
	return nil, usageError{fmt.Sprintf("--listen %q is not an address and port", text), "for example --listen :2121, or --listen 192.0.2.1:21"}
}
