//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ftpcheck/probe/netlab"
)

// labServer is what a launcher needs to know to start one FTP server.
type labServer struct {
	scenario  *netlab.Scenario
	dir       string // for its configuration and logs; only root may read it
	files     string // what it serves
	low, high string // passive range
	port      string
	extra     string // further configuration lines
	authority string // certificate of the lab's authority
}

// labLaunchers write a server's configuration and return the command that
// runs it in the foreground.
var labLaunchers = map[string]func(*labServer) ([]string, error){
	"vsftpd":    vsftpd,
	"proftpd":   proftpd,
	"pure-ftpd": pureFTPd,
	"pyftpdlib": pyftpdlib,
	"ftpcheck":  ftpcheck,
}

// startServer starts the software in the lab's server namespace and waits
// until it listens. Its output is logged when the test fails. The process is
// nil where there is none.
func startServer(t *testing.T, n *labNet, software string) *os.Process {
	t.Helper()
	if kind, raw := strings.CutPrefix(software, "raw:"); raw {
		startRaw(t, n, kind)
		return nil
	}
	s := newLabServer(t, n, software)
	args, err := labLaunchers[software](s)
	if err != nil {
		t.Fatalf("%s: %v", software, err)
	}
	env, err := s.secure()
	if err != nil {
		t.Fatalf("%s: %v", software, err)
	}
	logPath := filepath.Join(s.dir, "output.log")
	output, err := os.Create(logPath)
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	cmd := n.command(context.Background(), "srv", args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, output, output
	cmd.Stdin = output // where vsftpd writes why it does not start
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v", software, err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		if t.Failed() {
			logServer(t, s.dir)
		}
		if labKept() {
			return
		}
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
	})
	// It asks the kernel rather than the server, which would count one session more.
	if err := n.await("srv", func() (bool, error) { return listens(s.port) }, ended); err != nil {
		t.Fatalf("%s does not listen on port %s: %v", software, s.port, err)
	}
	return cmd.Process
}

func newLabServer(t *testing.T, n *labNet, software string) *labServer {
	t.Helper()
	s := &labServer{scenario: n.scenario, dir: filepath.Join(n.folder, software), files: filepath.Join(n.folder, "files"), authority: n.authorityPath()}
	s.port = fmt.Sprint(controlPort(n.scenario))
	s.low, s.high, _ = strings.Cut(passiveRange(n.scenario), "-")
	s.extra = strings.Join(n.scenario.Server.Config[software], "\n") + "\n"

	// Only root reads the configuration; the files are for the servers' own accounts.
	err := errors.Join(os.Mkdir(s.dir, 0o700), os.Mkdir(s.files, 0o755))
	for name, size := range map[string]int{"readme.txt": 120, "list.csv": 4000, "1MiB.bin": 1 << 20} {
		err = errors.Join(err, os.WriteFile(filepath.Join(s.files, name), bytes.Repeat([]byte("ftpcheck\n"), size/9), 0o644))
	}
	for i := range manyFiles(n.scenario) {
		err = errors.Join(err, os.WriteFile(filepath.Join(s.files, fmt.Sprintf("one-of-many-%03d.txt", i)), nil, 0o644))
	}
	incoming := filepath.Join(s.files, "incoming")
	err = errors.Join(err, os.Mkdir(incoming, 0o755), os.Chown(incoming, 2121, 2121)) // the account ftp, see names
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// manyFiles is how many more files a server needs for its listing to fill
// packets that do not fit through a black hole.
func manyFiles(s *netlab.Scenario) int {
	for _, b := range s.Boxes {
		if b.Kind == netlab.BoxBlackHole {
			return 200
		}
	}
	return 0
}

// write stores a file of the server's configuration and returns its path.
func (s *labServer) write(name, text string) (string, error) {
	path := filepath.Join(s.dir, name)
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// logServer shows what the server wrote to its logs.
func logServer(t *testing.T, dir string) {
	logs, _ := filepath.Glob(filepath.Join(dir, "*.log"))
	for _, path := range logs {
		text, err := os.ReadFile(path)
		if err == nil && len(text) > 0 {
			t.Logf("%s:\n%s", filepath.Base(path), text[max(0, len(text)-4000):])
		}
	}
}

// listens reads the kernel's list of sockets: the second column is the local
// address, the fourth the state, 0A for a listening one.
func listens(port string) (bool, error) { return hasSocket(port, "0A") }

// hasSocket reports whether a TCP socket of this namespace at a local port is
// in a state: 0A listens, 01 is connected (include/net/tcp_states.h).
func hasSocket(port, state string) (bool, error) {
	number, err := net.LookupPort("tcp", port)
	if err != nil {
		return false, err
	}
	for _, family := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile("/proc/thread-self/net/" + family)
		if err != nil {
			return false, err
		}
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if len(f) > 3 && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", number)) && f[3] == state {
				return true, nil
			}
		}
	}
	return false, nil
}

// startRaw starts something in the server's place that is no FTP server:
// ssh, silent (it accepts and says nothing), close, or none at all.
func startRaw(t *testing.T, n *labNet, kind string) {
	t.Helper()
	if kind == "none" {
		return
	}
	greeting := map[string]string{"ssh": "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "silent": "", "close": ""}
	text, known := greeting[kind]
	if !known {
		t.Fatalf("no server is called raw:%s", kind)
	}
	l, err := n.listen("srv", fmt.Sprintf(":%d", controlPort(n.scenario)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if kind == "close" {
				_ = c.Close()
				continue
			}
			go func() {
				defer c.Close()
				_, _ = c.Write([]byte(text))
				_ = c.SetReadDeadline(time.Now().Add(time.Minute))
				_, _ = c.Read(make([]byte, 64)) // an SSH server waits for the client's own version line
				if kind == "silent" {
					_, _ = c.Read(make([]byte, 64))
				}
			}()
		}
	}()
}

// serverFolder holds the servers that Debian does not allow to be installed
// beside vsftpd, unpacked from their packages.
func serverFolder() string {
	if dir := os.Getenv("FTPCHECK_LAB_SERVERS"); dir != "" {
		return dir
	}
	return "/var/tmp/ftpcheck-lab"
}

// unpacked returns the start of a command that runs a program of serverFolder
// with the libraries that were unpacked beside it.
func unpacked(program string) []string {
	libs, _ := filepath.Glob(filepath.Join(serverFolder(), "usr/lib/*-linux-gnu"))
	return []string{"env", "LD_LIBRARY_PATH=" + strings.Join(libs, ":"), filepath.Join(serverFolder(), "usr/sbin", program)}
}
