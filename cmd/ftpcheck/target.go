package main

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"ftpcheck/probe"
)

// Control ports of FTP, and of FTP over implicit TLS (IANA: ftps).
const (
	defaultPort  = 21
	implicitPort = 990
)

// maxTarget bounds the length of a TARGET in bytes.
const maxTarget = 4096

// parsedTarget is a TARGET taken apart.
type parsedTarget struct {
	probe.Target
	HasPassword bool          // a password stood in the URL, perhaps an empty one
	HasPort     bool          // a port stood in it
	TLS         probe.TLSMode // that the scheme asks for; empty: none
}

// parseTarget understands host, host:port, [v6]:port, a bare IPv6 address and
// ftp://user@host:port/path (RFC 1738 3.2), with ftps:// for implicit and
// ftpes:// for explicit TLS. No error of it quotes a part in
// which a misplaced password could stand.
func parseTarget(text string) (parsedTarget, error) {
	var t parsedTarget
	if len(text) > maxTarget {
		return t, usageError{"TARGET is too long", ""}
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return t, usageError{"TARGET contains control characters or is not UTF-8", ""}
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Is6() {
		t.Host, t.Port = text, defaultPort
		return t, nil
	}
	rest, err := t.cutScheme(text)
	if err != nil {
		return t, err
	}
	authority, path := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	at := strings.LastIndexByte(authority, '@')
	if at < 0 && strings.ContainsRune(path, '@') && strings.ContainsRune(authority, ':') {
		return t, usageError{"the part of TARGET before @ contains one of / ? #", "write them as %2F, %3F and %23"}
	}
	if at >= 0 {
		if err := t.setUser(authority[:at]); err != nil {
			return t, err
		}
	}
	if err := t.setHost(authority[at+1:]); err != nil {
		return t, err
	}
	return t, t.setPath(path)
}

// cutScheme removes the scheme where there is one.
func (t *parsedTarget) cutScheme(text string) (string, error) {
	scheme, rest, found := strings.Cut(text, "://")
	// What stands before :// is a scheme only if nothing of a host does.
	if !found || strings.ContainsAny(scheme, "/@:?#") {
		return text, nil
	}
	switch strings.ToLower(scheme) {
	case "ftp":
		return rest, nil
	case "ftps":
		t.TLS = probe.TLSImplicit
		return rest, nil
	case "ftpes":
		t.TLS = probe.TLSExplicit
		return rest, nil
	case "sftp":
		return "", usageError{"sftp is a part of SSH and has no data connections to check", "TARGET is HOST, HOST:PORT or ftp://USER@HOST:PORT/PATH"}
	}
	return "", usageError{"TARGET has a scheme that is not ftp", "TARGET is HOST, HOST:PORT or ftp://USER@HOST:PORT/PATH"}
}

func (t *parsedTarget) setUser(userinfo string) error {
	user, password, hasPassword := strings.Cut(userinfo, ":")
	var err error
	if t.User, err = unescape(user); err != nil {
		return usageError{"the user in TARGET " + err.Error(), ""}
	}
	if t.Password, err = unescape(password); err != nil {
		return usageError{"the password in TARGET " + err.Error(), ""}
	}
	if hasPassword && t.User == "" {
		return usageError{"TARGET has a password without a user", ""}
	}
	t.HasPassword = hasPassword
	return nil
}

func (t *parsedTarget) setHost(hostport string) error {
	host, port, hasPort := strings.Cut(hostport, ":")
	if strings.HasPrefix(hostport, "[") {
		end := strings.IndexByte(hostport, ']')
		if end < 0 {
			return usageError{"TARGET has a [ without a ]", "an IPv6 address with a port is written [2001:db8::1]:21"}
		}
		// RFC 6874: the % before a zone is written %25 in a URL.
		host = strings.Replace(hostport[1:end], "%25", "%", 1)
		a, err := netip.ParseAddr(host)
		if err != nil || !a.Is6() {
			return usageError{"what stands in [ ] is not an IPv6 address", "an IPv6 address with a port is written [2001:db8::1]:21"}
		}
		after := hostport[end+1:]
		if after != "" && after[0] != ':' {
			return usageError{"after ] only a :PORT may stand", ""}
		}
		port, hasPort = strings.TrimPrefix(after, ":"), after != ""
	} else if strings.ContainsRune(port, ':') {
		return usageError{"TARGET has more than one : after the host", "an IPv6 address with a port is written [2001:db8::1]:21"}
	} else if err := checkHost(host); err != nil {
		return err
	}
	t.Host, t.Port = host, defaultPort
	if !hasPort {
		return nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || port[0] == '+' {
		return usageError{"the port of TARGET is not a number from 1 to 65535", "with a user: ftp://USER@HOST:PORT"}
	}
	t.Port, t.HasPort = uint16(n), true
	return nil
}

// hostPort is where the server is.
func (t *parsedTarget) hostPort() string {
	return net.JoinHostPort(t.Host, strconv.Itoa(int(t.Port)))
}

// again is what the user may type to check the target again: text, where the
// target was read from, unless a password stands in it.
func (t *parsedTarget) again(text string) string {
	if t.HasPassword {
		return t.hostPort()
	}
	return text
}

// settle brings the scheme and --tls together. Implicit TLS has a port of its
// own.
func (t *parsedTarget) settle(o *probe.Options) error {
	if t.TLS != "" {
		if o.TLS != probe.TLSAuto && o.TLS != t.TLS {
			scheme := map[probe.TLSMode]string{probe.TLSImplicit: "ftps://", probe.TLSExplicit: "ftpes://"}[t.TLS]
			return usageError{fmt.Sprintf("%s and --tls %s exclude each other", scheme, o.TLS), "ftps:// is implicit TLS, ftpes:// explicit TLS"}
		}
		o.TLS = t.TLS
	}
	if o.TLS == probe.TLSImplicit && !t.HasPort {
		t.Port = implicitPort
	}
	return nil
}

// checkHost says why host cannot be a name or an IPv4 address.
func checkHost(host string) error {
	switch {
	case host == "":
		return usageError{"TARGET has no host", "TARGET is HOST, HOST:PORT or ftp://USER@HOST:PORT/PATH"}
	case len(host) > 253:
		return usageError{"the host is longer than a name can be (253 bytes, RFC 1035)", ""}
	case strings.ContainsFunc(host, func(r rune) bool { return r >= utf8.RuneSelf }):
		return usageError{"the host has letters outside ASCII", "write it in its xn-- form"}
	case strings.ContainsFunc(host, notInName):
		return usageError{"the host has a character that no name has", "TARGET is HOST, HOST:PORT or ftp://USER@HOST:PORT/PATH"}
	case host[0] == '-':
		return usageError{"the host begins with -", ""}
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 {
			return usageError{"the host has an empty part or one of more than 63 bytes (RFC 1035)", ""}
		}
	}
	// No top-level domain is a number, so this was meant as an address.
	last := labels[len(labels)-1]
	if _, err := netip.ParseAddr(host); err != nil && strings.Trim(last, "0123456789") == "" {
		return usageError{fmt.Sprintf("%s is not an IPv4 address", host), ""}
	}
	return nil
}

func notInName(r rune) bool {
	return !(r == '.' || r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
}

// setPath takes the URL's path, which is relative to the login directory: only
// one that begins with %2F (or a second slash) is absolute (RFC 1738 3.2.2).
func (t *parsedTarget) setPath(path string) error {
	path, _, _ = strings.Cut(path, "#")
	path = strings.TrimPrefix(path, "/")
	if i := strings.LastIndexByte(path, ';'); i >= 0 && strings.HasPrefix(strings.ToLower(path[i:]), ";type=") {
		path = path[:i]
	}
	decoded, err := unescape(path)
	if err != nil {
		return usageError{"the path in TARGET " + err.Error(), ""}
	}
	if len(decoded) > 1 {
		decoded = strings.TrimSuffix(decoded, "/")
	}
	t.Path = decoded
	return nil
}

// unescape resolves %XX. What it returns may stand in an FTP command line.
func unescape(text string) (string, error) {
	decoded, err := url.PathUnescape(text)
	if err != nil {
		return "", fmt.Errorf("has a %% that two hexadecimal digits do not follow; %% itself is written %%25")
	}
	if strings.ContainsFunc(decoded, unicode.IsControl) {
		return "", fmt.Errorf("contains control characters")
	}
	return decoded, nil
}
