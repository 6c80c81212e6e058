package probe_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/ftpd"
	"ftpcheck/probe/netlab"
)

// tlsPeer is a server that shows each session a certificate of its own, and may
// do what it likes instead of a handshake or a reply.
type tlsPeer struct {
	kind     func(session int) ftpd.Kind           // nil: signed
	shake    func(session int, c net.Conn) bool    // in place of the control handshake, if it reports true
	data     func(session int, c net.Conn) bool    // in place of the data handshake, likewise; it closes the connection
	answer   func(session int, line string) string // empty: as a server should
	late     time.Duration                         // of the greeting
	implicit bool                                  // TLS comes first
	subject  func(session int) *tls.Certificate    // nil: one of kind

	authority          *ftpd.Authority
	mostAtOnce, logins atomic.Int32
}

// heardLine is a command as a server got it.
type heardLine struct {
	session   int
	encrypted bool
	text      string
}

const peerAddress = "198.51.100.66"

// check runs the prober against the peer, in virtual time. during gets each
// event and may cancel the run.
func (p *tlsPeer) check(t *testing.T, target probe.Target, opt probe.Options, during func(e probe.Event, cancel func())) (ev *probe.Evidence, heard []heardLine, all []probe.Event) {
	t.Helper()
	ev = &probe.Evidence{}
	synctest.Test(t, func(t *testing.T) {
		authority, err := ftpd.NewAuthority() // in the time of the run
		if err != nil {
			t.Fatal(err)
		}
		p.authority = authority
		lab, err := netlab.Build(&netlab.Scenario{Server: netlab.Server{Faults: []string{"none"}}})
		if err != nil {
			t.Fatal(err)
		}
		defer lab.Close()
		at := netip.MustParseAddrPort(peerAddress + ":21")
		l, err := lab.Server().Listen(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var sessions, open atomic.Int32
		var serving sync.WaitGroup
		serving.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				p.mostAtOnce.Store(max(p.mostAtOnce.Load(), open.Add(1)))
				serving.Go(func() {
					defer open.Add(-1)
					defer c.Close()
					s := &peerSession{peer: p, id: int(sessions.Add(1)), conn: c, lab: lab, tell: func(h heardLine) {
						mu.Lock()
						defer mu.Unlock()
						heard = append(heard, h)
					}}
					s.serve()
				})
			}
		})
		target.Host, target.Port = at.Addr().String(), 21
		if target.User == "" {
			target.User, target.Password = "anonymous", "x@"
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		run := probe.Prober{Network: lab.Client(), Target: target, Options: opt, Roots: p.authority.Pool()}
		for e := range run.Run(ctx) {
			ev.Add(e)
			all = append(all, e)
			if during != nil {
				during(e, cancel)
			}
		}
		l.Close()
		lab.Close()
		serving.Wait()
	})
	return ev, heard, all
}

type peerSession struct {
	peer   *tlsPeer
	id     int
	conn   net.Conn
	lab    *netlab.Lab
	tell   func(heardLine)
	config *tls.Config
	data   net.Listener
	secret bool
	sealed bool
}

func (s *peerSession) serve() {
	if s.peer.implicit && !s.secure() {
		return
	}
	if s.peer.late > 0 {
		s.conn.SetReadDeadline(time.Now().Add(s.peer.late))
		if _, err := s.conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		s.conn.SetReadDeadline(time.Time{})
	}
	fmt.Fprint(s.conn, "220 hello\r\n")
	defer func() {
		if s.data != nil {
			s.data.Close()
		}
	}()
	in := bufio.NewScanner(s.conn)
	for in.Scan() {
		line := in.Text()
		s.tell(heardLine{s.id, s.secret, line})
		if a := s.peer.answer; a != nil {
			if reply := a(s.id, line); reply != "" {
				fmt.Fprint(s.conn, reply)
				if !strings.HasPrefix(line, "AUTH") || reply[0] != '2' {
					continue
				}
			}
		}
		switch verb, _, _ := strings.Cut(line, " "); verb {
		case "AUTH":
			if s.peer.answer == nil || s.peer.answer(s.id, line) == "" {
				fmt.Fprint(s.conn, "234 go\r\n")
			}
			if !s.secure() {
				return
			}
			in = bufio.NewScanner(s.conn)
		case "PROT":
			s.sealed = line == "PROT P"
			fmt.Fprint(s.conn, "200 ok\r\n")
		case "USER":
			fmt.Fprint(s.conn, "331 who\r\n")
		case "PASS":
			s.peer.logins.Add(1)
			fmt.Fprint(s.conn, "230 in\r\n")
		case "EPSV", "PASV":
			s.announce(verb)
		case "LIST", "RETR", "STOR":
			s.transfer(verb)
		case "EPRT", "PORT":
			fmt.Fprint(s.conn, "500 no\r\n")
		case "QUIT":
			fmt.Fprint(s.conn, "221 bye\r\n")
			return
		default:
			fmt.Fprint(s.conn, "200 ok\r\n")
		}
	}
}

func (s *peerSession) secure() bool {
	time.Sleep(20 * time.Millisecond) // what comes next is a segment of its own
	if f := s.peer.shake; f != nil && f(s.id, s.conn) {
		return false
	}
	var cert *tls.Certificate
	if s.peer.subject != nil {
		cert = s.peer.subject(s.id)
	} else {
		kind := ftpd.Signed
		if s.peer.kind != nil {
			kind = s.peer.kind(s.id)
		}
		var err error
		if cert, err = s.peer.authority.Certificate(kind, peerAddress); err != nil {
			panic(err)
		}
	}
	s.config = &tls.Config{Certificates: []tls.Certificate{*cert}}
	c := tls.Server(s.conn, s.config)
	if c.Handshake() != nil {
		return false
	}
	s.conn, s.secret = c, true
	return true
}

func (s *peerSession) announce(verb string) {
	if s.data != nil {
		s.data.Close()
	}
	s.data, _ = s.lab.Server().Listen(context.Background(), netip.MustParseAddrPort(peerAddress+":0"))
	p := s.data.Addr().(*net.TCPAddr).Port
	if verb == "EPSV" {
		fmt.Fprintf(s.conn, "229 ok (|||%d|)\r\n", p)
	} else {
		fmt.Fprintf(s.conn, "227 ok (198,51,100,66,%d,%d)\r\n", p>>8, p&255)
	}
}

func (s *peerSession) transfer(verb string) {
	if s.data == nil {
		fmt.Fprint(s.conn, "425 no\r\n")
		return
	}
	d, err := s.data.Accept()
	if err != nil {
		return
	}
	fmt.Fprint(s.conn, "150 here\r\n")
	if f := s.peer.data; f != nil && f(s.id, d) {
		fmt.Fprint(s.conn, "226 done\r\n")
		return
	}
	defer d.Close()
	if s.sealed {
		c := tls.Server(d, s.config)
		defer c.Close()
		d = c
	}
	if verb == "STOR" {
		buf := make([]byte, 4096)
		for {
			if _, err := d.Read(buf); err != nil {
				break
			}
		}
	} else {
		d.Write([]byte("x\r\n"))
	}
	d.Close()
	fmt.Fprint(s.conn, "226 done\r\n")
}
