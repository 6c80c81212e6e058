package probe_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"ftpcheck/probe"
	"ftpcheck/probe/netlab"
)

// script answers one command line of a session; nil leaves it to the server.
type script func(session int, c net.Conn, line string) (reply string, ok bool)

// scripted runs the prober against a server that does as the script says.
func scripted(t *testing.T, greet func(session int) string, s script, target probe.Target, opt probe.Options) (ev *probe.Evidence, sent []string, all []probe.Event) {
	t.Helper()
	ev = &probe.Evidence{}
	synctest.Test(t, func(t *testing.T) {
		lab, err := netlab.Build(&netlab.Scenario{Server: netlab.Server{Faults: []string{"none"}}})
		if err != nil {
			t.Fatal(err)
		}
		defer lab.Close()
		at := netip.MustParseAddrPort("198.51.100.66:21")
		l, err := lab.Server().Listen(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		var n atomic.Int32
		var mu sync.Mutex // guards sent
		var serving sync.WaitGroup
		serving.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				serving.Go(func() {
					defer c.Close()
					id := int(n.Add(1))
					c.Write([]byte(greet(id)))
					var data net.Listener
					defer func() {
						if data != nil {
							data.Close()
						}
					}()
					in := bufio.NewScanner(c)
					for in.Scan() {
						line := in.Text()
						mu.Lock()
						sent = append(sent, fmt.Sprint(id, " ", line))
						mu.Unlock()
						if r, ok := s(id, c, line); ok {
							c.Write([]byte(r))
							continue
						}
						switch strings.ToUpper(strings.Fields(line)[0]) {
						case "USER":
							c.Write([]byte("331 who\r\n"))
						case "PASS":
							c.Write([]byte("230 in\r\n"))
						case "EPSV", "PASV":
							if data != nil {
								data.Close()
							}
							data, _ = lab.Server().Listen(context.Background(), netip.AddrPortFrom(at.Addr(), 0))
							p := data.Addr().(*net.TCPAddr).Port
							if line == "EPSV" {
								fmt.Fprintf(c, "229 ok (|||%d|)\r\n", p)
							} else {
								fmt.Fprintf(c, "227 ok (198,51,100,66,%d,%d)\r\n", p>>8, p&255)
							}
						case "PORT", "EPRT":
							if data != nil {
								data.Close()
							}
							data = nil
							c.Write([]byte("200 ok\r\n"))
						case "LIST":
							if data == nil {
								c.Write([]byte("425 no\r\n"))
								continue
							}
							d, err := data.Accept()
							if err != nil {
								continue
							}
							c.Write([]byte("150 here\r\n"))
							d.Write([]byte("x\r\n"))
							d.Close()
							c.Write([]byte("226 done\r\n"))
						case "STOR":
							d, err := data.Accept()
							if err != nil {
								continue
							}
							c.Write([]byte("150 go\r\n"))
							io.Copy(io.Discard, d)
							d.Close()
							c.Write([]byte("226 done\r\n"))
						case "QUIT":
							c.Write([]byte("221 bye\r\n"))
							return
						default:
							c.Write([]byte("200 ok\r\n"))
						}
					}
				})
			}
		})
		target.Host, target.Port = at.Addr().String(), 21
		if target.User == "" {
			target.User, target.Password = "anonymous", "x@"
		}
		p := probe.Prober{Network: lab.Client(), Target: target, Options: opt}
		for e := range p.Run(t.Context()) {
			ev.Add(e)
			all = append(all, e)
		}
		l.Close()
		lab.Close()
		serving.Wait()
	})
	return
}

func hello(int) string { return "220 hi\r\n" }

func plain(int, net.Conn, string) (string, bool) { return "", false }
