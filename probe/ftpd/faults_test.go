package ftpd

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe"
)

// TestFaults shows what each fault does, as conversations from the greeting on.
func TestFaults(t *testing.T) {
	const in = "< 220\n> USER anonymous\n< 331\n> PASS x\n< 230\n"
	tests := []struct{ faults, talk string }{
		{"announce-private", in + "> PASV\n< 227 Entering Passive Mode (10,20,30,40,"},
		{"announce-loopback", in + "> PASV\n< 227 Entering Passive Mode (127,0,0,1,"},
		{"announce-foreign", in + "> PASV\n< 227 Entering Passive Mode (192,0,2,77,"},
		{"announce-zero", in + "> PASV\n< 227 Entering Passive Mode (0,0,0,0,"},
		{"bad-227", in + "> PASV\n< 227 Entering Passive Mode (127,0,0,1,300,300)."},
		{"bad-229", in + "> EPSV\n< 229 Entering Extended Passive Mode (\n> PASV\n< 227"},
		{"bad-227 announce-private", in + "> PASV\n< 227 Entering Passive Mode (10,20,30,40,300,300)."},
		{"refuse-epsv", in + "> EPSV\n< 500\n> PASV\n< 227\n> FEAT\n< 211-Features:\n EPRT\n MDTM\n"},
		{"refuse-pasv", in + "> PASV\n< 550\n> EPSV\n< 229"},
		{"refuse-passive", in + "> PASV\n< 550\n> EPSV\n< 550\n> FEAT\n< 211-Features:\n EPRT\n MDTM\n"},
		{"refuse-port", in + "> PORT 127,0,0,1,200,1\n< 550\n> EPRT |1|127.0.0.1|50000|\n< 200"},
		{"refuse-eprt", in + "> EPRT |1|127.0.0.1|50000|\n< 500\n> PORT 127,0,0,1,200,1\n< 200"},
		{"refuse-active", in + "> EPRT |1|127.0.0.1|50000|\n< 550\n> PORT 127,0,0,1,200,1\n< 550"},
		{"close-at-once", "."},
		{"greeting-421", "< 421 There are too many connected users\n."},
		{"deny-address", "< 421 Service not available.\n."},
		{"deny-in-220", "< 220 Access from your address is denied.\n."},
		{"deny-user", "< 220\n> USER anonymous\n< 530 Access denied.\n."},
		{"login-refused", "< 220\n> USER anonymous\n< 331\n> PASS x\n< 530 Login incorrect."},
		{"require-tls", "< 220\n> USER anonymous\n< 530 Non-anonymous sessions must use encryption.\n."},
		{"home-missing", "< 220\n> USER anonymous\n< 331\n> PASS x\n< 500 OOPS: cannot change directory:/home/ftp\n."},
		{"list-550", in + "> LIST\n< 550\n> NLST\n< 550\n> MLSD\n< 550"},
		{"swallow=pasv", in + "> PASV\n> EPSV\n< 229"},
		{"tls-stripped", "< 220\n> FEAT\n< 211-Features:\n AUTH TLS\n> AUTH TLS\n< 500\n> USER ftp\n< 331"},
		{"later-fail=2", in + "> LIST\n< 425 Use PORT\n> LIST\n< 425 Failed to establish\n> LIST\n< 425 Use PORT"},
		{"close-at=pasv", in + "> EPSV\n< 229\n> PASV\n."},
		{"closed-from=1", in + "> PASV\n< 227\n> LIST\n< 425 Failed to establish connection."},
		{"closed-one-in=1", in + "> EPSV\n< 229\n> LIST\n< 425 Failed to establish connection."},
		{"active-never", in + "> PORT 127,0,0,1,200,1\n< 200\n> LIST\n< 425 Failed to establish connection."},
		{"closed-port", in + "> PASV\n< 227\n> LIST\n< 425 Failed to establish connection."},
		{"escapes", "< 220 (ftpcheck)\x1b[2J"},
	}
	for _, tt := range tests {
		t.Run(tt.faults, func(t *testing.T) {
			t.Parallel()
			opt := Options{Faults: strings.Fields(tt.faults), DataTimeout: 50 * time.Millisecond}
			serve(t, opt).connect(t).hold(tt.talk)
		})
	}
}

func TestFaultsAmongSessions(t *testing.T) {
	t.Run("one-session", func(t *testing.T) {
		r := serve(t, Options{Faults: []string{"one-session"}})
		first, second := r.login(t), r.connect(t)
		second.wants("421 There are too many connections from your internet address.")
		second.ends()
		first.ask("QUIT", "221")
		r.login(t) // as soon as the 221 is read
	})
	t.Run("ports-exhausted", func(t *testing.T) {
		r := serve(t, Options{Faults: []string{"ports-exhausted"}})
		first, second := r.login(t), r.login(t)
		first.passive()
		second.ask("EPSV", "425")
		first.passive() // its own port may be replaced
		first.ask("QUIT", "221")
		first.ends()
		second.passive()
	})
}

// TestSpill: beyond its own range the server announces ports that nobody opened
// in a firewall.
func TestSpill(t *testing.T) {
	ports := freeRange(t, 4)
	low := ports.Low + 2
	r := serve(t, Options{
		Passive: probe.PortRange{Low: ports.Low, High: ports.Low + 1},
		Faults:  []string{fmt.Sprintf("spill=%d-%d", low, ports.High)},
	})
	for i := range 4 {
		if port := r.login(t).passive().Port(); port >= low != (i >= 2) {
			t.Errorf("session %d got port %d, the range is %v and the rest spills", i, port, ports)
		}
	}
	r.login(t).ask("PASV", "425 Cannot open a data port")
}

func TestFaultyTransfers(t *testing.T) {
	t.Run("never-226", func(t *testing.T) {
		r := serve(t, Options{Faults: []string{"never-226"}})
		c := r.login(t)
		data := dialTCP(t, c.passive())
		c.ask("LIST", "150")
		mustRead(t, data)
		c.ask("NOOP", "200") // no 226 before it
	})
	t.Run("data-reset", func(t *testing.T) {
		c := serve(t, Options{Faults: []string{"data-reset"}}).login(t)
		data := dialTCP(t, c.passive())
		c.ask("LIST", "150")
		if _, err := io.ReadAll(data); err == nil {
			t.Error("the data connection ended in good order")
		}
		c.wants("426")
	})
	t.Run("data-source", func(t *testing.T) {
		c := serve(t, Options{Faults: []string{"data-source"}, DataTimeout: 50 * time.Millisecond}).login(t)
		dialTCP(t, c.passive())
		c.ask("LIST", "425 Security: Bad IP connecting.")
	})
	t.Run("never-ending-list", func(t *testing.T) {
		c := serve(t, Options{Faults: []string{"never-ending-list"}}).login(t)
		data := dialTCP(t, c.passive())
		c.ask("LIST", "150")
		if _, err := io.CopyN(io.Discard, data, 1<<20); err != nil {
			t.Error(err)
		}
		data.Close()
		c.wants("426")
	})
	t.Run("stall-after", func(t *testing.T) {
		c := serve(t, Options{Faults: []string{"stall-after=5000"}, Idle: 200 * time.Millisecond}).login(t)
		data := dialTCP(t, c.passive())
		c.ask("RETR 1MiB.bin", "150")
		if got, _ := io.ReadAll(data); len(got) != 5000 {
			t.Errorf("%d bytes came", len(got))
		}
		c.wants("426")
		data = dialTCP(t, c.passive())
		c.ask("RETR 1KiB.bin", "150")
		if got := mustRead(t, data); len(got) != 1024 {
			t.Errorf("%d bytes came", len(got))
		}
		c.wants("226")
	})
	t.Run("high-source-port", func(t *testing.T) {
		c := serve(t, Options{Faults: []string{"high-source-port"}}).login(t)
		l, command := listen(t)
		c.ask(command, "200")
		c.ask("LIST", "150")
		data, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if from := addrPort(data.RemoteAddr()); from.Port() == 20 {
			t.Errorf("data came from %v", from)
		}
		mustRead(t, data)
		c.wants("226")
	})
	t.Run("active-from", func(t *testing.T) {
		c := serve(t, Options{Faults: []string{"active-from=127.0.0.9"}}).login(t)
		l, command := listen(t)
		c.ask(command, "200")
		c.ask("LIST", "150")
		data, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if from := addrPort(data.RemoteAddr()); from.Addr().String() != "127.0.0.9" {
			t.Errorf("data came from %v", from)
		}
		mustRead(t, data)
		c.wants("226")
	})
}

// TestNoGreeting: faults that send something else, or nothing, at the start.
// The server must still stop while they go on.
func TestNoGreeting(t *testing.T) {
	tests := []struct{ fault, starts string }{
		{"silent", ""},
		{"slow-greeting", ""},
		{"ssh", "SSH-2.0-OpenSSH_9.2\r\n"},
		{"endless-line", "220 220 220 "},
		{"endless-reply", "220-never the last line\r\n220-never"},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			t.Parallel()
			r := serve(t, Options{Faults: []string{tt.fault}})
			conn := dialTCP(t, r.addr)
			defer conn.Close()
			got := make([]byte, len(tt.starts))
			conn.SetDeadline(time.Now().Add(20 * time.Second))
			if _, err := io.ReadFull(conn, got); err != nil || string(got) != tt.starts {
				t.Errorf("got %q, %v, want %q", got, err, tt.starts)
			}
			if tt.starts == "" {
				conn.SetDeadline(time.Now().Add(100 * time.Millisecond))
				if n, err := conn.Read(make([]byte, 1)); n > 0 || err == io.EOF {
					t.Errorf("read %d bytes, %v, want silence", n, err)
				}
			}
			r.stop()
		})
	}
}

func TestUnknownFault(t *testing.T) {
	tests := []struct{ fault, want string }{
		{"refuse-pasw", `unknown fault "refuse-pasw", did you mean refuse-pasv?`},
		{"226", `unknown fault "226", did you mean never-226?`},
		{"qqqqqqqqqqqq", `unknown fault "qqqqqqqqqqqq"`},
		{"silent=1", "fault silent takes no argument"},
		{"close-at", "fault close-at needs an argument: close-at=VERB"},
		{"later-fail=0", `fault later-fail: "0" is not a number from 1 on`},
		{"stall-after=x", `fault stall-after: "x" is not a number from 1 on`},
		{"idle-drop=5", `fault idle-drop: "5" is not a duration such as 30s`},
		{"spill=9-1", `fault spill: "9-1" is not a port range`},
		{"closed-from=0", `fault closed-from: "0" is not a port`},
		{"active-from=x", `fault active-from: "x" is not an IP address`},
		{"close-at=PSAV", `fault close-at: "PSAV" is not a command of FTP`},
		{"swallow=-1", `fault swallow: "-1" is not a command of FTP`},
	}
	for _, tt := range tests {
		if _, err := parseFaults([]string{tt.fault}); err == nil {
			t.Errorf("%s: no error, want %q", tt.fault, tt.want)
		} else if err.Error() != tt.want {
			t.Errorf("%s: got error %q, want %q", tt.fault, err, tt.want)
		}
	}
}

func TestFaultTable(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Faults() {
		if seen[f.Name] || f.About == "" {
			t.Errorf("fault %q comes twice or says nothing", f.Name)
		}
		seen[f.Name] = true
	}
}
