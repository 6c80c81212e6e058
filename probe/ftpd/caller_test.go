package ftpd

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"ftpcheck/probe/wire"
)

// caller is a client for tests in which many run at once: it returns errors.
type caller struct {
	net.Conn
	read *wire.Reader
}

// callOn connects and logs in as anonymous.
func callOn(to netip.AddrPort) (*caller, error) {
	conn, err := netDial(to)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	v := &caller{Conn: conn, read: wire.NewReader(conn, wire.DefaultLimits)}
	for _, step := range [][2]string{{"", "220"}, {"USER ftp", "331"}, {"PASS x", "230"}} {
		if _, err := v.ask(step[0], step[1]); err != nil {
			return v, err
		}
	}
	return v, nil
}

// ask sends a command, unless it is empty, and wants a reply.
func (v *caller) ask(command, want string) (string, error) {
	if command != "" {
		if _, err := io.WriteString(v, command+"\r\n"); err != nil {
			return "", err
		}
	}
	reply, err := v.read.ReadReply(nil)
	got := strings.Join(reply.Strings(), "\n")
	if err == nil && !strings.HasPrefix(got, want) {
		err = fmt.Errorf("%q got %q, want %q", command, got, want)
	}
	return got, err
}

// fetch returns what a transfer command sends over an EPSV data connection.
func (v *caller) fetch(command string) (string, error) {
	text, err := v.ask("EPSV", "229")
	if err != nil {
		return "", err
	}
	port, _, err := wire.ParseEPSV(text)
	if err != nil {
		return "", err
	}
	data, err := netDial(netip.AddrPortFrom(addrPort(v.RemoteAddr()).Addr(), port))
	if err != nil {
		return "", err
	}
	defer data.Close()
	if _, err := v.ask(command, "150"); err != nil {
		return "", err
	}
	data.SetDeadline(time.Now().Add(20 * time.Second))
	got, err := io.ReadAll(data)
	if err == nil {
		_, err = v.ask("", "226")
	}
	return string(got), err
}

func portOf(a netip.AddrPort) string { return wire.FormatPORT(a) }

func itoa(port uint16) string { return strconv.Itoa(int(port)) }
