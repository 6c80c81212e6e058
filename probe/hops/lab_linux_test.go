package hops

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The kernel lab: five namespaces in a row, the firewalls of real networks in
// between, and the very same questions asked by an unprivileged process.
//
//	cli ── cgw ── isp ── sgw ── srv
//
// For IPv4 cgw masquerades and sgw forwards ports to srv; IPv6 is routed.

// labRules is what each namespace does with TCP ports, in both families.
var labRules = map[string]string{
	"cli": `table inet fw {
		chain out {
			type filter hook output priority 0
			tcp dport 50013 drop
			tcp dport 50014 reject with icmpx type admin-prohibited
		}
	}`,
	"cgw": `table ip nat {
		chain post {
			type nat hook postrouting priority 100
			oifname "wan" masquerade
		}
	}
	table inet proxy {
		chain pre {
			type nat hook prerouting priority -100
			tcp dport 50007 redirect to :2121
		}
	}
	table inet fw {
		chain forward_ {
			type filter hook forward priority 0
			tcp dport 50002 reject with tcp reset
			tcp dport 50004 reject with icmpx type host-unreachable
		}
	}`,
	"isp": `table inet fw {
		chain forward_ {
			type filter hook forward priority 0
			tcp dport 50001 drop
		}
	}`,
	"sgw": `table ip nat {
		chain pre {
			type nat hook prerouting priority -100
			iifname "wan" tcp dport { 21, 50000-50005, 50008-50012 } dnat to 10.0.0.10
		}
		chain post {
			type nat hook postrouting priority 100
			oifname "wan" masquerade
		}
	}
	table inet fw {
		chain pre {
			type filter hook prerouting priority -150
			tcp dport 50010 drop
		}
		chain forward_ {
			type filter hook forward priority 0
			tcp dport 50003 reject with icmpx type admin-prohibited
			tcp dport 50008 reject
			tcp dport 50011 reject with icmpx type no-route
		}
	}`,
	"srv": `table inet fw {
		chain in {
			type filter hook input priority 0
			tcp dport 50005 drop
			tcp dport 50012 reject with icmpx type admin-prohibited
		}
	}`,
}

// labRow is one row: a port, and what it is answered with without a TTL limit
// and with TTL 1 to 4. Senders go by the names of their namespaces.
type labRow struct {
	situation string
	port      uint16
	want      string
	verdict   string
}

var labRows = []labRow{
	{"control port", 21, "open | x@cgw x@isp x@sgw open", "open at 4, last hop 3"},
	{"data port", 50000, "open | x@cgw x@isp x@sgw open", "open at 4, last hop 3"},
	{"dropped by isp, forward chain", 50001, "timeout | x@cgw x@isp timeout timeout", "timeout, last hop 2"},
	{"rejected by cgw, tcp reset", 50002, "refused | x@cgw refused refused refused", "refused at 2, last hop 1"},
	{"rejected by sgw, admin-prohibited", 50003, "prohibited@sgw | x@cgw x@isp x@sgw prohibited@sgw", "rejected at 4, last hop 3"},
	{"rejected by cgw, host-unreachable", 50004, "unreachable@cgw | x@cgw unreachable@cgw unreachable@cgw unreachable@cgw", "unreachable at 2, last hop 1"},
	{"dropped on srv itself", 50005, "timeout | x@cgw x@isp x@sgw timeout", "timeout, last hop 3"},
	{"transparent proxy on cgw", 50007, "open | open open open open", "open at 1, last hop 0"},
	{"rejected by sgw, port-unreachable", 50008, "port@sgw | x@cgw x@isp x@sgw port@sgw", "rejected at 4, last hop 3"},
	{"closed on srv", 50009, "refused | x@cgw x@isp x@sgw refused", "refused at 4, last hop 3"},
	{"dropped by sgw before routing", 50010, "timeout | x@cgw x@isp timeout timeout", "timeout, last hop 2"},
	{"rejected by sgw, no route", 50011, "noroute@sgw | x@cgw x@isp x@sgw noroute@sgw", "unreachable at 4, last hop 3"},
	{"rejected by srv, admin-prohibited", 50012, "prohibited@srv | x@cgw x@isp x@sgw prohibited@srv", "rejected at 4, last hop 3"},
	{"dropped by cli itself", 50013, "timeout | timeout timeout timeout timeout", "timeout, last hop 0"},
	{"rejected by cli itself", 50014, "prohibited@cli | prohibited@cli prohibited@cli prohibited@cli prohibited@cli", "rejected at 1, last hop 0"},
}

func TestLab(t *testing.T) {
	lab := newLab(t)
	for _, family := range []struct {
		name, server string
		messages     *strings.Replacer // from ICMP type/code and address to the rows' words
		extra        []labRow
	}{
		{"IPv4", "198.51.100.2", strings.NewReplacer(
			"11/0@", "x@", "3/13@", "prohibited@", "3/1@", "unreachable@", "3/3@", "port@", "3/0@", "noroute@",
			"192.168.1.10", "cli", "192.168.1.1", "cgw", "203.0.113.1", "isp", "198.51.100.2", "sgw",
		), []labRow{
			{"not forwarded by sgw", 50006, "refused | x@cgw x@isp refused refused", "refused at 3, last hop 2"},
		}},
		{"IPv6", "2001:db8:2::10", strings.NewReplacer(
			"3/0@", "x@", "1/1@", "prohibited@", "1/3@", "unreachable@", "1/4@", "port@", "1/0@", "noroute@",
			"2001:db8:1::10", "cli", "2001:db8:1::1", "cgw", "2001:db8:a::1", "isp", "2001:db8:b::2", "sgw", "2001:db8:2::10", "srv",
		), nil},
	} {
		rows := append(labRows[:len(labRows):len(labRows)], family.extra...)
		var ask []netip.AddrPort
		for _, row := range rows {
			ask = append(ask, netip.AddrPortFrom(addr(family.server), row.port))
		}
		answers := lab.ask(t, ask)
		for _, row := range rows {
			t.Run(family.name+"/"+row.situation, func(t *testing.T) {
				want := row.want
				if family.name == "IPv4" {
					want = strings.ReplaceAll(want, "@srv", "@sgw") // behind its NAT
				}
				a := answers[netip.AddrPortFrom(addr(family.server), row.port)]
				if got := family.messages.Replace(a.words()); got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
				if got := a.verdict(); got != row.verdict {
					t.Errorf("verdict %q, want %q", got, row.verdict)
				}
				// An ordinary client is kept waiting for a second and more.
				if a.Plain.ICMP != nil && a.Plain.Took > labLimit {
					t.Errorf("%s took %v", a.Plain.Outcome, a.Plain.Took)
				}
				if a.Took > SearchLimit+time.Second {
					t.Errorf("the search took %v", a.Took)
				}
			})
		}
	}
}

// A machine without IPv6, or one that is not connected, has no route.
func TestLabNoRoute(t *testing.T) {
	lab := newLab(t)
	lab.run(t, "ip", "-n", lab.name("cli"), "route", "del", "default")
	lab.run(t, "ip", "-n", lab.name("cli"), "-6", "route", "del", "default")
	for _, host := range []string{"198.51.100.2", "2001:db8:2::10"} {
		to := netip.AddrPortFrom(addr(host), 21)
		a := lab.ask(t, []netip.AddrPort{to})[to]
		if got, want := a.words(), "unreachable | unreachable unreachable unreachable unreachable"; got != want {
			t.Errorf("%s: got %s, want %s", host, got, want)
		}
	}
}

// labAnswers is what the child found out about one port.
type labAnswers struct {
	Plain Attempt    // without a TTL limit
	TTL   [4]Attempt // each by itself
	Steps []Step     // of a search
	Took  time.Duration
}

func (a labAnswers) words() string {
	words := []string{word(a.Plain), "|"}
	for _, t := range a.TTL {
		words = append(words, word(t))
	}
	return strings.Join(words, " ")
}

// word is "11/0@192.0.2.1" for an ICMP message and the outcome otherwise.
func word(a Attempt) string {
	if m := a.ICMP; m != nil {
		return fmt.Sprintf("%d/%d@%s", m.Type, m.Code, m.From)
	}
	return string(a.Outcome)
}

func (a labAnswers) verdict() string {
	v := Read(a.Steps)
	at := ""
	if v.Answered != 0 {
		at = fmt.Sprintf(" at %d", v.Answered)
	}
	return fmt.Sprintf("%s%s, last hop %d", v.Outcome, at, v.LastHop)
}

const (
	labChild = "FTPCHECK_LAB_CHILD" // set: be the unprivileged child
	// Longer than the second after which Linux repeats a SYN: one may get lost on
	// a busy machine.
	labLimit = 1300 * time.Millisecond
)

func TestMain(m *testing.M) {
	if os.Getenv(labChild) == "" {
		os.Exit(m.Run())
	}
	if err := labAsk(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// labAsk is the child: it reads ports and writes what answers at each.
func labAsk(r io.Reader, w io.Writer) error {
	var ports []netip.AddrPort
	if err := json.NewDecoder(r).Decode(&ports); err != nil {
		return err
	}
	if os.Getuid() == 0 {
		return fmt.Errorf("the child is still root")
	}
	answers := make([]labAnswers, len(ports))
	done := make(chan bool)
	for i, to := range ports {
		go func() {
			answers[i] = labAskPort(to)
			done <- true
		}()
	}
	for range ports {
		<-done
	}
	return json.NewEncoder(w).Encode(answers)
}

func labAskPort(to netip.AddrPort) labAnswers {
	dial := func(ctx context.Context, ttl int) Attempt {
		return Closing(Dial(ctx, to, Options{TTL: ttl}))
	}
	var a labAnswers
	attempts := make([]Attempt, 1+len(a.TTL))
	done := make(chan bool)
	for ttl := range attempts {
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), 2*labLimit)
			defer cancel()
			attempts[ttl] = dial(ctx, ttl)
			done <- true
		}()
	}
	for range attempts {
		<-done
	}
	a.Plain = attempts[0]
	copy(a.TTL[:], attempts[1:])
	began := time.Now()
	a.Steps = Search(context.Background(), dial, 0, nil)
	a.Took = time.Since(began)
	return a
}

// lab is a set of namespaces.
type lab struct {
	prefix string
	binary string // of this test, where nobody may execute it
}

func (l *lab) name(host string) string { return l.prefix + host }

// ask starts the child as nobody in the client's namespace.
func (l *lab) ask(t *testing.T, ports []netip.AddrPort) map[netip.AddrPort]labAnswers {
	t.Helper()
	in, err := json.Marshal(ports)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, l.binary)
	cmd.Env = append(os.Environ(), labChild+"=1")
	cmd.Dir = "/"
	cmd.Stdin = strings.NewReader(string(in))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &labUser}
	var out []byte
	l.inside(t, "cli", func() error {
		out, err = cmd.Output()
		return err
	})
	var list []labAnswers
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatal(err)
	}
	answers := make(map[netip.AddrPort]labAnswers)
	for i, a := range list {
		answers[ports[i]] = a
	}
	return answers
}

// inside runs f on a thread that has moved into the host's namespace: sockets
// and processes that f makes are born there.
func (l *lab) inside(t *testing.T, host string, f func() error) {
	t.Helper()
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked, so the thread ends with the goroutine
		ns, err := os.Open(filepath.Join("/run/netns", l.name(host)))
		if err != nil {
			result <- err
			return
		}
		defer ns.Close()
		if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
			result <- err
			return
		}
		result <- f()
	}()
	if err := <-result; err != nil {
		t.Fatalf("in %s: %v", host, err)
	}
}

func (l *lab) run(t *testing.T, command ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
	}
}

// listen listens on a port of host in both families and drops what comes.
func (l *lab) listen(t *testing.T, host string, port int) {
	t.Helper()
	l.inside(t, host, func() error {
		s, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err != nil {
			return err
		}
		t.Cleanup(func() { s.Close() })
		go func() {
			for {
				c, err := s.Accept()
				if err != nil {
					return
				}
				c.Close()
			}
		}()
		return nil
	})
}

// TestLabFollow searches along established connections, from an unprivileged
// client, and reads what the routers quote, as root.
func TestLabFollow(t *testing.T) {
	lab := newLab(t)
	for _, host := range []string{"198.51.100.2", "2001:db8:2::10"} {
		to := netip.AddrPortFrom(addr(host), 50009)
		t.Run(host, func(t *testing.T) {
			for _, tc := range []struct{ name, rules, want string }{
				{"open", "", "x x x open"},
				{"dropped in the forward chain of hop 2", "tcp dport 50009 drop", "x x timeout timeout"},
				{"changed in the forward chain of hop 2", "tcp dport 50009 @ih,0,32 0x504f5254 @ih,40,16 set 0x3939", "x x x99 open"},
			} {
				t.Run(tc.name, func(t *testing.T) {
					var conn net.Conn
					lab.inside(t, "srv", func() error {
						l, err := net.Listen("tcp", ":50009") // its queue holds what nobody accepts
						if err == nil {
							t.Cleanup(func() { l.Close() })
						}
						return err
					})
					lab.inside(t, "cli", func() (err error) {
						conn, err = net.Dial("tcp", to.String())
						return err
					})
					defer conn.Close()
					if tc.rules != "" {
						lab.nft(t, "isp", "table inet t {\nchain f {\ntype filter hook forward priority 0\n"+tc.rules+"\n}\n}")
						defer lab.nft(t, "isp", "delete table inet t")
					}
					var got []string
					lab.inside(t, "cli", func() error {
						q, end := QuoterOf(conn)
						if q == nil {
							return fmt.Errorf("root may not read ICMP messages")
						}
						defer end()
						for _, s := range Follow(t.Context(), q, func() error {
							_, err := conn.Write([]byte("PORT 10,0"))
							return err
						}, 4, 300*time.Millisecond) {
							got = append(got, followWord(s))
						}
						return nil
					})
					if got := strings.Join(got, " "); got != tc.want {
						t.Errorf("got %s, want %s", got, tc.want)
					}
				})
			}
		})
	}
}

func followWord(s Step) string {
	switch {
	case s.Attempt.Outcome != Expired:
		return string(s.Attempt.Outcome)
	case s.Quote == "PORT 10,0" && s.Attempt.ICMP.From.IsValid():
		return "x"
	case s.Quote == "PORT 99,0":
		return "x99"
	}
	return fmt.Sprintf("%q", s.Quote)
}
