package report

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/netlab"
	"ftpcheck/probe/wire"
)

// naive is an FTP client that knows no more than it must: it takes every
// announcement at its word and never tries twice. What it can list is what a
// mode is worth.
type naive struct {
	network probe.Network
	control net.Conn
	lines   *bufio.Scanner
	secure  *tls.Config // nil: not encrypted
}

// naivePatience is how long it waits for anything.
const naivePatience = 4 * time.Second

// lists reports whether a mode gives a listing in the scenario's network, in a
// session of its own, encrypted or not.
func lists(lab *netlab.Lab, encrypted bool, mode probe.Check) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := &naive{network: lab.Client()}
	target := lab.Target()
	addrs, err := c.network.Lookup(ctx, target.Host)
	if err != nil {
		return err
	}
	for _, a := range addrs {
		if c.control, err = c.dial(ctx, netip.AddrPortFrom(a, target.Port)); err == nil {
			break
		}
	}
	if err != nil {
		return err
	}
	defer func() { c.control.Close() }()
	if encrypted {
		c.secure = &tls.Config{InsecureSkipVerify: true, ServerName: "server", MinVersion: tls.VersionTLS10, ClientSessionCache: tls.NewLRUClientSessionCache(4)}
	}
	if err := c.login(target); err != nil {
		return err
	}
	return c.list(ctx, mode)
}

func (c *naive) dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, naivePatience)
	defer cancel()
	conn, attempt := c.network.Dial(ctx, to, probe.DialOptions{})
	if conn == nil {
		return nil, fmt.Errorf("%v: %s", to, attempt.Outcome)
	}
	return conn, nil
}

func (c *naive) login(target probe.Target) error {
	c.lines = bufio.NewScanner(c.control)
	if _, err := c.reply(2); err != nil {
		return err
	}
	if c.secure != nil {
		if _, err := c.say(2, "AUTH TLS"); err != nil {
			return err
		}
		conn := tls.Client(c.control, c.secure)
		_ = conn.SetDeadline(time.Now().Add(naivePatience))
		if err := conn.Handshake(); err != nil {
			return err
		}
		c.control, c.lines = conn, bufio.NewScanner(conn)
	}
	if _, err := c.say(3, "USER "+target.User); err != nil {
		return err
	}
	if _, err := c.say(2, "PASS "+target.Password); err != nil {
		return err
	}
	if c.secure != nil {
		if _, err := c.say(2, "PBSZ 0"); err != nil {
			return err
		}
		_, err := c.say(2, "PROT P")
		return err
	}
	return nil
}

// say sends a command and returns the last line of its reply, which must be of
// a class: 2 for 2xx.
func (c *naive) say(class int, command string) (string, error) {
	if _, err := io.WriteString(c.control, command+"\r\n"); err != nil {
		return "", err
	}
	return c.reply(class)
}

func (c *naive) reply(class int) (string, error) {
	_ = c.control.SetDeadline(time.Now().Add(naivePatience))
	for c.lines.Scan() {
		line := c.lines.Text()
		if len(line) < 4 || line[3] != ' ' || line[0] < '1' || line[0] > '5' {
			continue
		}
		if int(line[0]-'0') != class {
			return line, errors.New(line)
		}
		return line, nil
	}
	return "", errors.Join(c.lines.Err(), io.ErrUnexpectedEOF)
}

// list makes a data connection and reads a listing, which the server confirms.
func (c *naive) list(ctx context.Context, mode probe.Check) error {
	connect, err := c.announce(ctx, mode)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(c.control, "LIST\r\n"); err != nil {
		return err
	}
	conn, err := connect()
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := c.reply(1); err != nil {
		return err
	}
	if c.secure != nil {
		conn = tls.Client(conn, c.secure)
	}
	_ = conn.SetDeadline(time.Now().Add(naivePatience))
	if _, err := io.Copy(io.Discard, conn); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	conn.Close()
	_, err = c.reply(2)
	return err
}

// announce says where the data connection goes, and returns how to get it.
func (c *naive) announce(ctx context.Context, mode probe.Check) (func() (net.Conn, error), error) {
	local, remote := c.control.LocalAddr().(*net.TCPAddr).AddrPort(), c.control.RemoteAddr().(*net.TCPAddr).AddrPort()
	switch mode {
	case probe.CheckEPSV, probe.CheckPASV:
		line, err := c.say(2, strings.ToUpper(string(mode)))
		if err != nil {
			return nil, err
		}
		to := remote
		if mode == probe.CheckPASV {
			to, _, err = wire.ParsePASV(line)
		} else {
			port, _, parsing := wire.ParseEPSV(line)
			to, err = netip.AddrPortFrom(remote.Addr(), port), parsing
		}
		return func() (net.Conn, error) { return c.dial(ctx, to) }, err
	}
	l, err := c.network.Listen(ctx, netip.AddrPortFrom(local.Addr(), 50033))
	if err != nil {
		return nil, err
	}
	end := l.Addr().(*net.TCPAddr).AddrPort()
	command := "EPRT " + wire.FormatEPRT(end)
	if mode == probe.CheckPORT {
		if !end.Addr().Unmap().Is4() {
			l.Close()
			return nil, errors.New("PORT is for IPv4")
		}
		command = "PORT " + wire.FormatPORT(end)
	}
	if _, err := c.say(2, command); err != nil {
		l.Close()
		return nil, err
	}
	return func() (net.Conn, error) {
		stop := context.AfterFunc(ctx, func() { l.Close() })
		defer stop()
		defer l.Close()
		timer := time.AfterFunc(naivePatience, func() { l.Close() })
		defer timer.Stop()
		return l.Accept()
	}, nil
}
