package main

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/report"

	"github.com/jlaffaye/ftp"
)

// serving is a running serve command.
type serving struct {
	stop func() error // as a signal does; returns what the command returned
	out  *lockedBuilder
}

// startServe runs the serve command with args, on a free loopback port.
func startServe(t *testing.T, args ...string) serving {
	t.Helper()
	out := &lockedBuilder{}
	s := streams{in: strings.NewReader(""), out: out, err: io.Discard, network: probe.System{}, getenv: func(string) string { return "" }}
	cmd := newServeCommand(&s)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append([]string{"--listen", "127.0.0.1:0"}, args...))
	ctx, cancel := context.WithCancelCause(context.Background())
	done := make(chan error, 1)
	go func() { done <- cmd.ExecuteContext(ctx) }()
	stop := sync.OnceValue(func() error {
		cancel(interruption{os.Interrupt})
		return <-done
	})
	t.Cleanup(func() { stop() })
	return serving{stop: stop, out: out}
}

// lockedBuilder may be written to and read at the same time.
type lockedBuilder struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuilder) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuilder) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// await returns the first group of pattern as soon as it has been printed.
func (l *lockedBuilder) await(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(10 * time.Second)
	for {
		if m := re.FindStringSubmatch(l.String()); m != nil {
			return m[1]
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("never printed: %s; but: %s", pattern, l.String())
		}
	}
}

// TestServePrintsWhatToType: the command that is printed leads to a login, the
// visit is logged, and a signal ends the server with exit code 0.
func TestServePrintsWhatToType(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("chosen\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name     string
		args     []string
		user     string // pattern of the printed command
		password string // empty: it is printed
	}{
		{"one-time account", nil, `check-[a-z2-7]{6}`, ""},
		{"named user", []string{"--user", "ann"}, `ann`, ""},
		{"chosen password", []string{"--user", "ann", "--password-file", secret}, `ann`, "chosen"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := startServe(t, append(tt.args, "--passive", "40000-49999")...)
			addr := s.out.await(t, `ftpcheck ftp://`+tt.user+`@(127\.0\.0\.1:\d+)\n`)
			user := s.out.await(t, `ftp://(`+tt.user+`)@`)
			password := tt.password
			if password == "" {
				password = s.out.await(t, `FTPCHECK_PASSWORD=([A-Z2-7]{26}) ftpcheck`)
			}
			visit(t, addr, user, password)
			s.out.await(t, `\d\d:\d\d:\d\dZ 127\.0\.0\.1:\d+ +(transfer RETR 1KiB\.bin: 1024 bytes)\n`)
			if err := s.stop(); !errors.Is(err, exitStatus(report.ExitPass)) {
				t.Errorf("stopped with %v, want exit code 0", err)
			}
			if tt.password != "" && strings.Contains(s.out.String(), tt.password) {
				t.Error("the chosen password was printed")
			}
		})
	}
}

func visit(t *testing.T, addr, user, password string) {
	t.Helper()
	c, err := ftp.Dial(addr, ftp.DialWithTimeout(10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Quit()
	if err := c.Login(user, password); err != nil {
		t.Fatal(err)
	}
	data, err := c.Retr("1KiB.bin")
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	if got, err := io.ReadAll(data); err != nil || len(got) != 1024 {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

func TestServeAnonymousAndFaults(t *testing.T) {
	s := startServe(t, "--anonymous", "--fault", "login-refused", "--for", "1h")
	s.out.await(t, `(?s)stops +after (1h).*fault +login-refused.*user +anonymous`)
	addr := s.out.await(t, `\n  ftpcheck ftp://(127\.0\.0\.1:\d+)\n`)
	c, err := ftp.Dial(addr, ftp.DialWithTimeout(10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Quit()
	if err := c.Login("anonymous", "x"); err == nil {
		t.Error("login-refused let somebody in")
	}
}

func TestServeFaultHelp(t *testing.T) {
	var out strings.Builder
	s := streams{in: strings.NewReader(""), out: &out, err: io.Discard, network: probe.System{}}
	if code := run(context.Background(), []string{"serve", "--fault", "help"}, s); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{
		"\nnever-226                completion-reply-missing    transfers are never confirmed\n",
		"\nclose-at=VERB            control-stalled             closes", "\ntls-outdated                --tls explicit --tls-min",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the list lacks %q:\n%s", want, out.String())
		}
	}
}

func TestServeUsage(t *testing.T) {
	tests := []struct{ args, want string }{
		{"x", `error: serve takes no argument, but "x" is one`},
		{"--fault refuse-pasw", `error: unknown fault "refuse-pasw", did you mean refuse-pasv?`},
		{"--passive 9-1", `error: --passive "9-1" is not a port range`},
		{"--announce fe80::1", `error: --announce "fe80::1" is not an IPv4 address`},
		{"--listen nowhere", `error: --listen "nowhere" is not an address and port`},
		{"--listen 192.0.2.1:2121", "error: cannot listen on 192.0.2.1:2121: "},
		{"--user ftp", "error: --user ftp is the user that has no password"},
		{"--password-file x", "error: --password-file is given, but no user"},
		{"--max-sessions 0", "error: --max-sessions and --max-per-address are at least 1"},
		{"--idle 0s", "error: --idle and --for are durations"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var words strings.Builder
			s := streams{in: strings.NewReader(""), out: io.Discard, err: &words, network: probe.System{}, getenv: os.Getenv}
			args := append([]string{"serve", "--listen", "127.0.0.1:0"}, strings.Fields(tt.args)...)
			if code := run(t.Context(), args, s); code != report.ExitUsage {
				t.Errorf("exit code %d, want %d", code, report.ExitUsage)
			}
			if !strings.Contains(words.String(), tt.want) {
				t.Errorf("got %q, want %q", words.String(), tt.want)
			}
		})
	}
}

func TestListenAddresses(t *testing.T) {
	tests := []struct{ text, first string }{
		{":2121", "0.0.0.0:2121"},
		{"192.0.2.1:21", "192.0.2.1:21"},
		{"[2001:db8::1]:21", "[2001:db8::1]:21"},
	}
	for _, tt := range tests {
		got, err := listenAddresses(t.Context(), probe.System{}, tt.text)
		if err != nil || got[0] != netip.MustParseAddrPort(tt.first) {
			t.Errorf("listenAddresses(%q) = %v, %v, want %s first", tt.text, got, err, tt.first)
		}
	}
}
