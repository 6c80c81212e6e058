package ftpd

import (
	"context"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/hops"
)

// The two ends of a piped session.
var (
	pipeServer = netip.MustParseAddrPort("192.0.2.21:21")
	pipeClient = netip.MustParseAddrPort("192.0.2.99:50000")
)

// pipeTo gives a new server a client over a pipe, in the virtual time of a
// synctest bubble, and returns the client's end.
func pipeTo(t *testing.T, opt Options) net.Conn {
	t.Helper()
	return newTestServer(t, opt).connect()
}

// testServer is a server whose clients come over pipes.
type testServer struct {
	*Server
	ctx     context.Context
	all     sync.WaitGroup
	clients []net.Conn
}

func newTestServer(t *testing.T, opt Options) *testServer {
	t.Helper()
	opt.Listen = []netip.AddrPort{pipeServer}
	opt.User, opt.Password = testUser, testPassword
	s, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	p := &testServer{Server: s}
	var cancel context.CancelFunc
	p.ctx, cancel = context.WithCancel(context.Background())
	t.Cleanup(func() {
		cancel()
		for _, c := range p.clients {
			c.Close()
		}
		p.all.Wait()
	})
	return p
}

// connect returns the end of a new client.
func (p *testServer) connect() net.Conn {
	ours, theirs := net.Pipe()
	p.clients = append(p.clients, ours)
	p.receive(p.ctx, pipeNetwork{}, piped{theirs, pipeServer, pipeClient}, &p.all)
	return ours
}

// piped is a pipe whose ends have addresses.
type piped struct {
	net.Conn
	local, remote netip.AddrPort
}

func (p piped) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(p.local) }
func (p piped) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(p.remote) }

// pipeNetwork is one in which the client makes each data connection at once,
// reads for a second, and closes.
type pipeNetwork struct{ probe.Network }

// passivePort is the one at which every pipeNetwork listens.
const passivePort = 50000

func (pipeNetwork) Traces() bool { return true }

func (pipeNetwork) Listen(_ context.Context, local netip.AddrPort) (net.Listener, error) {
	l := &pipeListener{
		addr:  netip.AddrPortFrom(local.Addr(), passivePort),
		conns: make(chan net.Conn, 1), closed: make(chan struct{}),
	}
	l.conns <- dataPipe()
	return l, nil
}

func (pipeNetwork) Dial(context.Context, netip.AddrPort, probe.DialOptions) (net.Conn, hops.Attempt) {
	return dataPipe(), hops.Attempt{Outcome: hops.Open}
}

func dataPipe() net.Conn {
	ours, theirs := net.Pipe()
	go func() {
		ours.SetDeadline(time.Now().Add(time.Second))
		io.Copy(io.Discard, ours)
		ours.Close()
	}()
	return piped{theirs, pipeServer, pipeClient}
}

type pipeListener struct {
	addr   netip.AddrPort
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() {
		close(l.closed)
		select {
		case conn := <-l.conns: // nobody has accepted it
			conn.Close()
		default:
		}
	})
	return nil
}

func (l *pipeListener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.addr) }
