package ftpd

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestWaits measures what takes time, in virtual time.
func TestWaits(t *testing.T) {
	tests := []struct {
		name string
		opt  Options
		send string
		want string // all that comes until the wait is over
		took time.Duration

		closes bool // and then the server closes
	}{
		{"slow greeting", Options{Faults: []string{"slow-greeting"}}, "", "220 (ftpcheck)\r\n", 5 * time.Second, false},
		{"drip", Options{Faults: []string{"drip"}}, "", "220 (ftpcheck)\r\n", 16 * time.Second, false},
		{"wrong password", Options{}, "USER ann\r\nPASS x\r\n",
			"220 (ftpcheck)\r\n331 Please specify the password.\r\n530 Login incorrect.\r\n", time.Second, false},
		{"three wrong passwords end the session", Options{}, strings.Repeat("USER ann\r\nPASS x\r\n", 4),
			"220 (ftpcheck)\r\n" + strings.Repeat("331 Please specify the password.\r\n530 Login incorrect.\r\n", 3), 3 * time.Second, true},
		{"no login", Options{}, "", "220 (ftpcheck)\r\n421 Timeout.\r\n", DefaultLoginTimeout, true},
		{"no login, with noise", Options{}, strings.Repeat("NOOP\r\n", 3),
			"220 (ftpcheck)\r\n" + strings.Repeat("200 NOOP ok.\r\n", 3) + "421 Timeout.\r\n", DefaultLoginTimeout, true},
		{"idle", Options{}, "USER ann\r\nPASS correct horse\r\n",
			"220 (ftpcheck)\r\n331 Please specify the password.\r\n230 Login successful.\r\n421 Timeout.\r\n", DefaultIdle, true},
		{"its own idle timer", Options{Faults: []string{"idle-421=15s"}}, "USER ann\r\nPASS correct horse\r\n",
			"220 (ftpcheck)\r\n331 Please specify the password.\r\n230 Login successful.\r\n421 Timeout.\r\n", 15 * time.Second, true},
		{"dead after silence", Options{Faults: []string{"idle-drop=15s"}}, "USER ann\r\nPASS correct horse\r\n",
			"220 (ftpcheck)\r\n331 Please specify the password.\r\n230 Login successful.\r\n", 15*time.Second + DefaultIdle, true},
		{"silent", Options{Faults: []string{"silent"}}, "", "", DefaultLoginTimeout, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				conn := pipeTo(t, tt.opt)
				go io.WriteString(conn, tt.send)
				got := make([]byte, len(tt.want))
				if _, err := io.ReadFull(conn, got); err != nil || string(got) != tt.want {
					t.Errorf("got %q, %v, want %q", got, err, tt.want)
				}
				if tt.closes {
					if n, err := conn.Read(make([]byte, 1)); n > 0 || err != io.EOF {
						t.Errorf("then read %d bytes, %v, want the end", n, err)
					}
				}
				if took := time.Since(began); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
			})
		})
	}
}

// TestDeadAfterSilence: short silences are nothing; after a long one the
// connection takes what is sent and answers nothing.
func TestDeadAfterSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := pipeTo(t, Options{Faults: []string{"idle-drop=15s"}})
		c := newClient(t, conn)
		conn.SetDeadline(time.Time{})
		c.hold("< 220\n> USER ann\n< 331\n> PASS correct horse\n< 230")
		time.Sleep(14 * time.Second)
		c.ask("NOOP", "200")
		time.Sleep(16 * time.Second)
		c.send("NOOP")
		conn.SetReadDeadline(time.Now().Add(time.Minute))
		var ne net.Error
		if n, err := conn.Read(make([]byte, 1)); n > 0 || !errors.As(err, &ne) || !ne.Timeout() {
			t.Errorf("read %d bytes, %v, want silence", n, err)
		}
	})
}

// FuzzSession sends bytes to a session that has logged in and one that has
// not. Whatever they are, the session ends and the server's goroutines with it.
func FuzzSession(f *testing.F) {
	for _, seed := range []string{
		"LIST\r\n", "EPSV\r\nLIST\r\nABOR\r\n", "PORT 1,2,3,4,5,6\r\n", "\xff\xf4\xff\xf2ABOR\r\n", "EPRT |1|x|1|\r\n",
		"EPSV ALL\r\nPASV\r\n", "STOR \x1b[2J\r\n", "SITE\r\nOPTS\r\nMLST\r\nQUIT\r\n", "\n\n\n\r\r", "USER a\nPASS b\nUSER c\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		for _, before := range []string{"", "USER ann\r\nPASS correct horse\r\n"} {
			synctest.Test(t, func(t *testing.T) {
				panicked := false
				conn := pipeTo(t, Options{Log: func(e Entry) { panicked = panicked || e.Text == internalError }})
				go func() {
					io.WriteString(conn, before)
					conn.Write(input)
				}()
				io.Copy(io.Discard, conn) // ends when the session does
				synctest.Wait()
				if panicked {
					t.Error("a handler panicked")
				}
			})
		}
	})
}
