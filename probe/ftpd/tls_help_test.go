package ftpd

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"ftpcheck/probe/wire"
)

// pinned presents the control connection's session to every data connection,
// whatever their names and ports are.
type pinned struct {
	mu      sync.Mutex
	session *tls.ClientSessionState
	control bool // put is heeded
}

func (p *pinned) Get(string) (*tls.ClientSessionState, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.session, p.session != nil
}

func (p *pinned) Put(_ string, s *tls.ClientSessionState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.control && s != nil {
		p.session = s
	}
}

// tlsClient is a client whose control connection is encrypted.
type tlsClient struct {
	*client
	cache   *pinned
	control *tls.Config
	data    *tls.Config
}

// clientConfig trusts anybody and speaks one version, or any for 0.
func clientConfig(version uint16, cache tls.ClientSessionCache) *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, ClientSessionCache: cache, MinVersion: version, MaxVersion: version}
}

// encrypt says AUTH TLS and shakes hands.
func encrypt(c *client, version uint16) *tlsClient {
	c.t.Helper()
	c.ask("AUTH TLS", "234")
	return handshake(c, version)
}

func handshake(c *client, version uint16) *tlsClient {
	c.t.Helper()
	cache := &pinned{control: true}
	e := &tlsClient{client: c, cache: cache, control: clientConfig(version, cache), data: clientConfig(version, cache)}
	conn := tls.Client(c.conn, e.control)
	if err := conn.Handshake(); err != nil {
		c.t.Fatal(err)
	}
	c.conn, c.read = conn, wire.NewReader(conn, wire.DefaultLimits)
	return e
}

// enter logs in, with data connections encrypted.
func (e *tlsClient) enter() {
	e.t.Helper()
	e.hold("> USER ftp\n< 331\n> PASS x\n< 230\n> PBSZ 0\n< 200\n> PROT P\n< 200")
	e.cache.mu.Lock()
	e.cache.control = false
	e.cache.mu.Unlock()
}

// open makes an encrypted data connection for a transfer command.
func (e *tlsClient) open(command string) (*tls.Conn, error) {
	e.t.Helper()
	conn := dialTCP(e.t, e.passive())
	e.t.Cleanup(func() { conn.Close() })
	e.ask(command, "150")
	return shake(conn, e.data)
}

func shake(conn net.Conn, config *tls.Config) (*tls.Conn, error) {
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	data := tls.Client(conn, config)
	return data, data.Handshake()
}

// fetch returns what a transfer command sends, and whether the session was
// resumed.
func (e *tlsClient) fetch(command string) (text string, resumed bool) {
	e.t.Helper()
	data, err := e.open(command)
	if err != nil {
		e.t.Fatal(err)
	}
	b, err := io.ReadAll(data)
	if err != nil {
		e.t.Fatalf("%s: %v", command, err)
	}
	return string(b), data.ConnectionState().DidResume
}

var bothVersions = []uint16{tls.VersionTLS12, tls.VersionTLS13}

// eachVersion runs a test for TLS 1.2 and 1.3.
func eachVersion(t *testing.T, test func(t *testing.T, version uint16)) {
	for _, v := range bothVersions {
		t.Run(tls.VersionName(v), func(t *testing.T) { test(t, v) })
	}
}
