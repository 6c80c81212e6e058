package main

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"unicode"

	"ftpcheck/probe"

	"github.com/google/go-cmp/cmp"
)

func TestParseTarget(t *testing.T) {
	plain := func(host string, port uint16) parsedTarget {
		return parsedTarget{Target: probe.Target{Host: host, Port: port}, HasPort: port != 21}
	}
	withPath := func(path string) parsedTarget {
		return parsedTarget{Target: probe.Target{Host: "h", Port: 21, Path: path}}
	}
	withUser := func(user, password string, has bool) parsedTarget {
		return parsedTarget{Target: probe.Target{Host: "h", Port: 21, User: user, Password: password}, HasPassword: has}
	}
	secure := func(mode probe.TLSMode) parsedTarget {
		return parsedTarget{Target: probe.Target{Host: "h", Port: 21}, TLS: mode}
	}
	tests := []struct {
		text string
		want parsedTarget
	}{
		{"ftps://h", secure(probe.TLSImplicit)},
		{"FTPES://h/", secure(probe.TLSExplicit)},
		{"ftp.example.com", plain("ftp.example.com", 21)},
		{"ftp.example.com:2121", plain("ftp.example.com", 2121)},
		{"ftp.example.com.", plain("ftp.example.com.", 21)},
		{"my_host-1", plain("my_host-1", 21)},
		{"192.0.2.1:990", plain("192.0.2.1", 990)},
		{"2001:db8::1", plain("2001:db8::1", 21)},
		{"[2001:db8::1]", plain("2001:db8::1", 21)},
		{"[2001:db8::1]:2121", plain("2001:db8::1", 2121)},
		{"fe80::1%eth0", plain("fe80::1%eth0", 21)},
		{"ftp://[fe80::1%25eth0]:2121/", plain("fe80::1%eth0", 2121)},
		{"FTP://h/", plain("h", 21)},
		{"ftp://serve", plain("serve", 21)},

		{"ftp://alice@h", withUser("alice", "", false)},
		{"alice@h", withUser("alice", "", false)},
		{"ftp://alice:@h", withUser("alice", "", true)},
		{"ftp://alice:p%40ss%2F@h", withUser("alice", "p@ss/", true)},
		{"ftp://a@b.example:p@ss@h", withUser("a@b.example", "p@ss", true)},
		{"ftp://@h", withUser("", "", false)},

		{"ftp://h/pub", withPath("pub")},
		{"ftp://h/pub/", withPath("pub")},
		{"h/pub", withPath("pub")},
		{"ftp://h/%2Fetc/x", withPath("/etc/x")},
		{"ftp://h//etc", withPath("/etc")},
		{"ftp://h/%2F", withPath("/")},
		{"ftp://h/a%20b;type=I", withPath("a b")},
		{"ftp://h/a;b", withPath("a;b")},
		{"ftp://h/a?b#c", withPath("a?b")},
	}
	for _, test := range tests {
		got, err := parseTarget(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
		} else if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.text, diff)
		}
	}
}

func TestParseTargetRefuses(t *testing.T) {
	tests := []struct{ text, why string }{
		{"", "no host"},
		{"ftp://", "no host"},
		{"ftp:///pub", "no host"},
		{":2121", "no host"},
		{"user@", "no host"},
		{"h:", "port"},
		{"h:0", "port"},
		{"h:65536", "port"},
		{"h:+21", "port"},
		{"h:ftp", "port"},
		{"h:21:22", "more than one :"},
		{"[2001:db8::1", "without a ]"},
		{"[192.0.2.1]:21", "not an IPv6 address"},
		{"[2001:db8::1]21", "after ]"},
		{"192.0.2.256", "not an IPv4 address"},
		{"192.0.2", "not an IPv4 address"},
		{"a..b", "empty part"},
		{strings.Repeat("a", 64) + ".example", "more than 63"},
		{strings.Repeat("a.", 130) + "b", "253"},
		{"-h", "begins with -"},
		{"a b", "no name has"},
		{"ftp.exämple.com", "outside ASCII"},
		{"h\r\nQUIT", "control characters"},
		{"ftp://h/%0D%0AQUIT", "control characters"},
		{"ftp://a%0Ab@h", "control characters"},
		{"ftp://h/%zz", "hexadecimal"},
		{"h\xff", "UTF-8"},
		{"sftp://h", "SSH"},
		{"http://h", "scheme"},
		{"ftp://:secret@h", "without a user"},
		{"ftp://u:s/ecret@h", "%2F"},
		{strings.Repeat("x", maxTarget+1), "too long"},
	}
	for _, test := range tests {
		got, err := parseTarget(test.text)
		var usage usageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error()+usage.hint, test.why) {
			t.Errorf("%q: %+v, error %v; want one with %q", test.text, got, err, test.why)
		}
	}
}

func TestSchemeAndFlagTogether(t *testing.T) {
	for _, test := range []struct {
		text string
		flag probe.TLSMode
		want probe.TLSMode
		port uint16
		why  string // of a refusal
	}{
		{"h", probe.TLSAuto, probe.TLSAuto, 21, ""},
		{"h", probe.TLSImplicit, probe.TLSImplicit, 990, ""},
		{"h:2121", probe.TLSImplicit, probe.TLSImplicit, 2121, ""},
		{"ftps://h", probe.TLSAuto, probe.TLSImplicit, 990, ""},
		{"ftps://h:21", probe.TLSImplicit, probe.TLSImplicit, 21, ""},
		{"ftpes://h", probe.TLSAuto, probe.TLSExplicit, 21, ""},
		{"ftps://h", probe.TLSExplicit, "", 0, "exclude each other"},
		{"ftpes://h", probe.TLSOff, "", 0, "exclude each other"},
	} {
		target, err := parseTarget(test.text)
		if err != nil {
			t.Fatal(err)
		}
		o := probe.Options{TLS: test.flag}
		switch err := target.settle(&o); {
		case test.why != "":
			if err == nil || !strings.Contains(err.Error(), test.why) {
				t.Errorf("%s --tls %s: %v, want %q", test.text, test.flag, err, test.why)
			}
		case err != nil || o.TLS != test.want || target.Port != test.port:
			t.Errorf("%s --tls %s: %s port %d, %v", test.text, test.flag, o.TLS, target.Port, err)
		}
	}
}

// FuzzParseTarget: what is accepted can be dialled and put into a command, and
// what is refused is not repeated if it may hold a password.
func FuzzParseTarget(f *testing.F) {
	for _, seed := range []string{"h", "h:21", "[::1]:21", "::1", "ftp://u:p@h:2/%2Fx;type=a", "ftp://u:%00@h", "fe80::1%e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseTarget(text)
		if err != nil {
			return
		}
		if got.Host == "" || got.Port == 0 {
			t.Errorf("no host or port: %+v", got)
		}
		if strings.ContainsFunc(got.Host+got.User+got.Password+got.Path, unicode.IsControl) {
			t.Errorf("control characters: %+v", got)
		}
		if strings.ContainsRune(got.Host, ':') {
			if a, err := netip.ParseAddr(got.Host); err != nil || !a.Is6() {
				t.Errorf("host %q", got.Host)
			}
		}
	})
}

func FuzzParseTargetSecret(f *testing.F) {
	f.Add("x", "/")
	f.Add("@", ":")
	f.Fuzz(func(t *testing.T, a, b string) {
		const secret = "s3cr3tw0rd"
		_, err := parseTarget("ftp://u:" + a + secret + b + "@h:21/")
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("the error repeats the password: %v", err)
		}
	})
}
