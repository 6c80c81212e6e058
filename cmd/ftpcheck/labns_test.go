//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// labNames is the form of every namespace and folder that the lab makes: it
// carries the process id, so that a later run can remove what a killed one left.
var labNames = regexp.MustCompile(`^ftpc(\d+)x\d+(-[a-z]+)?$`)

// labFolders is where the labs' folders are made. The path to t.TempDir is
// closed to the accounts that the servers and the program run under.
const labFolders = "/var/tmp"

// command prepares a command in a device's namespace, in its own process group.
func (n *labNet) command(ctx context.Context, device string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", n.ns(device)}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// enter runs f with the calling thread in a device's namespace. The thread
// ends with f, because it could not serve any other goroutine afterwards.
func (n *labNet) enter(device string, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		file, err := os.Open(filepath.Join("/var/run/netns", n.ns(device)))
		if err == nil {
			err = unix.Setns(int(file.Fd()), unix.CLONE_NEWNET)
			file.Close()
		}
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

// listen opens a listening socket on a device. A socket stays in the namespace
// in which it was made, whoever uses it.
func (n *labNet) listen(device, addr string) (l net.Listener, err error) {
	err = n.enter(device, func() error {
		l, err = net.Listen("tcp", addr)
		return err
	})
	return l, err
}

// remove ends every process in the namespaces and deletes them.
func (n *labNet) remove() {
	for _, d := range devices {
		removeNamespace(n.ns(d))
	}
	_ = os.RemoveAll(n.folder)
}

func removeNamespace(name string) {
	pids, _ := exec.Command("ip", "netns", "pids", name).Output()
	for _, field := range strings.Fields(string(pids)) {
		if pid, err := strconv.Atoi(field); err == nil && pid != os.Getpid() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	_ = exec.Command("ip", "netns", "del", name).Run()
	_ = os.RemoveAll(filepath.Join("/etc/netns", name))
}

// sweepLabs removes what the test processes have left that are gone.
func sweepLabs(gone func(pid int) bool) {
	dead := func(name string) bool {
		m := labNames.FindStringSubmatch(name)
		if m == nil {
			return false
		}
		pid, err := strconv.Atoi(m[1])
		return err == nil && gone(pid)
	}
	namespaces, _ := os.ReadDir("/var/run/netns")
	for _, e := range namespaces {
		if dead(e.Name()) {
			removeNamespace(e.Name())
		}
	}
	folders, _ := os.ReadDir(labFolders)
	for _, e := range folders {
		if dead(e.Name()) {
			_ = os.RemoveAll(filepath.Join(labFolders, e.Name()))
		}
	}
	_ = os.Remove("/etc/netns") // only when it is empty
}

// exited reports whether a process is no more.
func exited(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// guardLabs starts a second process that removes this one's labs when it ends
// in a way that runs no cleanup: a panic, a time limit, a signal.
func guardLabs(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe() // w closes with this process, whatever it dies of
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	guard := exec.Command(self, "-test.run=^TestLabGuard$")
	guard.Env = append(os.Environ(), "FTPCHECK_LAB_GUARD="+pid())
	guard.Stdin = r
	guard.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // the terminal's signals are not for it
	if err := guard.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = w.Close()
		_ = guard.Wait()
	})
}

// TestLabGuard is the guard's part of guardLabs.
func TestLabGuard(t *testing.T) {
	guarded, err := strconv.Atoi(os.Getenv("FTPCHECK_LAB_GUARD"))
	if err != nil {
		t.Skip("for the kernel lab's own use")
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Fatal(err)
	}
	sweepLabs(func(pid int) bool { return pid == guarded })
}

// ipBatch runs ip commands in one process, in namespace ns unless it is empty.
func ipBatch(ns string, lines []string) error {
	args := []string{"-batch", "-"}
	if ns != "" {
		args = append([]string{"-n", ns}, args...)
	}
	cmd := exec.Command("ip", args...)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// await asks again and again, in a device's namespace, until something is so.
// It gives up after 10 s and when ended closes.
func (n *labNet) await(device string, so func() (bool, error), ended <-chan struct{}) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(10 * time.Second)
	for {
		reached := false
		err := n.enter(device, func() (err error) {
			reached, err = so()
			return err
		})
		if err != nil || reached {
			return err
		}
		select {
		case <-tick.C:
		case <-ended:
			return errors.New("ended too early")
		case <-limit:
			return errors.New("not so after 10 s")
		}
	}
}

// setSysctls must run in the device's namespace: /proc/sys/net shows the
// namespace of the thread that opens it.
func setSysctls(device string) error {
	settings := map[string]string{
		// Duplicate address detection would leave IPv6 addresses unusable for a second.
		"ipv6/conf/all/accept_dad": "0", "ipv6/conf/default/accept_dad": "0",
		"ipv6/conf/default/dad_transmits": "0",
		// Linux sends one ICMP message a second to one destination after a burst of
		// six (icmp(7)). Which of a run's many attempts goes unanswered then is
		// chance, and so is whether the hop is known.
		"ipv4/icmp_ratelimit": "0", "ipv6/icmp/ratelimit": "0",
	}
	if device != "cli" && device != "srv" {
		settings["ipv4/ip_forward"] = "1"
		settings["ipv6/conf/all/forwarding"] = "1"
	}
	for name, value := range settings {
		err := os.WriteFile("/proc/sys/net/"+name, []byte(value), 0o644)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// labMissing returns what the lab needs and this machine lacks.
func labMissing() (missing []string) {
	if os.Geteuid() != 0 {
		return []string{"root"}
	}
	for _, tool := range []string{"ip", "tc", "nft", "setpriv", "vsftpd", "/usr/bin/python3", "openssl", "nmap"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing = append(missing, tool)
		}
	}
	for _, program := range []string{"proftpd", "pure-ftpd"} {
		if _, err := os.Stat(filepath.Join(serverFolder(), "usr/sbin", program)); err != nil {
			missing = append(missing, program+" unpacked in "+serverFolder())
		}
	}
	if err := exec.Command("/usr/bin/python3", "-c", "import pyftpdlib, OpenSSL").Run(); err != nil {
		missing = append(missing, "pyftpdlib and OpenSSL for /usr/bin/python3")
	}
	if len(missing) > 0 {
		return missing
	}
	probe := "ftpc" + pid() + "x0-probe"
	defer removeNamespace(probe)
	if out, err := exec.Command("ip", "netns", "add", probe).CombinedOutput(); err != nil {
		return []string{fmt.Sprintf("the right to make network namespaces (%s)", bytes.TrimSpace(out))}
	}
	cmd := exec.Command("ip", "netns", "exec", probe, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(nftHelper)
	if out, err := cmd.CombinedOutput(); err != nil {
		return []string{fmt.Sprintf("a kernel with nftables and its FTP helper (%s)", bytes.TrimSpace(out))}
	}
	return nil
}
