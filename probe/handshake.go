package probe

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// tickets keeps the TLS session of one control connection, for its data
// connections to resume. It ignores the key under which crypto/tls looks: that
// is the server's name or, without one, its address and port, and a data
// connection has another port.
type tickets struct {
	mu      sync.Mutex
	session *tls.ClientSessionState
}

// Get implements tls.ClientSessionCache.
func (t *tickets) Get(string) (*tls.ClientSessionState, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.session, t.session != nil
}

// Put implements tls.ClientSessionCache.
func (t *tickets) Put(_ string, s *tls.ClientSessionState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s != nil {
		t.session = s
	}
}

// presented shows a data connection the control connection's session and
// nothing else: a session of its own must not take that one's place.
type presented struct{ of *tickets }

func (p presented) Get(key string) (*tls.ClientSessionState, bool) { return p.of.Get(key) }

func (p presented) Put(string, *tls.ClientSessionState) {}

// oldSuites are offered beside the library's own choice: servers in use need
// them (RSA key exchange), and the connection is still encrypted.
var oldSuites = []uint16{
	tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA,
}

// tlsConfig is how this run speaks TLS. Certificates are judged afterwards:
// what is wrong with them is an observation.
func (r *run) tlsConfig(state *TLS, cache tls.ClientSessionCache) *tls.Config {
	c := &tls.Config{
		InsecureSkipVerify: true,
		ClientSessionCache: cache,
		MinVersion:         tls.VersionTLS10,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			state.WantsClient = true
			return &tls.Certificate{}, nil
		},
	}
	for _, suite := range tls.CipherSuites() {
		c.CipherSuites = append(c.CipherSuites, suite.ID)
	}
	c.CipherSuites = append(c.CipherSuites, oldSuites...)
	if _, err := netip.ParseAddr(r.Target.Host); err != nil {
		c.ServerName = strings.TrimSuffix(r.Target.Host, ".")
		state.ServerName = c.ServerName
	}
	if cache != nil {
		_, state.Presented = cache.Get("")
	}
	return c
}

// secured is a TLS connection that tells whether the TCP connection ended
// before TLS did.
type secured struct {
	*tls.Conn
	below *endWatch
}

// cut reports whether the end that was read came without close_notify.
func (c *secured) cut() bool { return c.below.ended.Load() }

type endWatch struct {
	net.Conn
	ended atomic.Bool
}

// NetConn returns the connection below, as that of tls.Conn does.
func (c *endWatch) NetConn() net.Conn { return c.Conn }

func (c *endWatch) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if errors.Is(err, io.EOF) {
		c.ended.Store(true)
	}
	return n, err
}

// handshake speaks TLS as the client over conn, which has a deadline, and fills
// in e what it showed.
func (r *run) handshake(ctx context.Context, conn net.Conn, cfg *tls.Config, e *Event) (*secured, bool) {
	e.Kind = KindTLS
	began := time.Now()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	watch := &endWatch{Conn: conn}
	c := tls.Client(watch, cfg)
	err := c.Handshake()
	e.Took = time.Since(began)
	if err != nil {
		e.Outcome, e.TLS.Alert, e.Text = handshakeFailure(err)
		if e.Outcome != OutcomePlaintext { // those are five bytes as they came
			e.Text = r.words(e.Text)
		}
		*e = r.received(*e, []byte(e.Text))
		return nil, false
	}
	e.Outcome = OutcomeOK
	r.describe(e.TLS, c.ConnectionState())
	return &secured{c, watch}, true
}

func handshakeFailure(err error) (outcome Outcome, alert, words string) {
	var record tls.RecordHeaderError
	if errors.As(err, &record) {
		return OutcomePlaintext, "", string(record.RecordHeader[:])
	}
	if alert, ok := alertOf(err); ok {
		return OutcomeAlert, alert, err.Error()
	}
	if outcome = ending(err); outcome == OutcomeReset && !isReset(err) {
		outcome = OutcomeFailed
	}
	return outcome, "", err.Error()
}

// alertOf returns the name that RFC 8446 6 gives to the alert by which the peer
// ended a connection.
func alertOf(err error) (name string, ok bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return "", false
	}
	words := strings.TrimPrefix(op.Err.Error(), "tls: ")
	if name, ok := alertNames[words]; ok {
		return name, true
	}
	return strings.ReplaceAll(words, " ", "_"), true
}

// alertNames are those that are not simply the library's words.
var alertNames = map[string]string{
	"protocol version not supported":  "protocol_version",
	"insufficient security level":     "insufficient_security",
	"unknown certificate authority":   "unknown_ca",
	"unknown certificate":             "certificate_unknown",
	"expired certificate":             "certificate_expired",
	"revoked certificate":             "certificate_revoked",
	"error decoding message":          "decode_error",
	"error decrypting message":        "decrypt_error",
	"bad record MAC":                  "bad_record_mac",
	"unknown PSK identity":            "unknown_psk_identity",
	"encrypted client hello required": "ech_required",
}

// describe notes what a handshake agreed on.
func (r *run) describe(t *TLS, s tls.ConnectionState) {
	t.Version, t.Cipher, t.Resumed = tls.VersionName(s.Version), tls.CipherSuiteName(s.CipherSuite), s.DidResume
	if len(s.PeerCertificates) == 0 {
		return
	}
	if !s.DidResume {
		for _, c := range s.PeerCertificates[:min(len(s.PeerCertificates), maxChain)] {
			t.Certificates = append(t.Certificates, r.certificate(c))
		}
	}
	r.verify(t, s.PeerCertificates)
}

// maxChain bounds the certificates of a chain that are told of.
const maxChain = 8

// verify asks the three questions about a certificate apart from each other.
func (r *run) verify(t *TLS, chain []*x509.Certificate) {
	leaf, now := chain[0], time.Now()
	at := now
	switch {
	case now.Before(leaf.NotBefore):
		t.Expired, at = "not valid before "+leaf.NotBefore.UTC().Format(time.DateOnly), leaf.NotBefore
	case now.After(leaf.NotAfter):
		t.Expired, at = "expired on "+leaf.NotAfter.UTC().Format(time.DateOnly), leaf.NotAfter
	}
	host := strings.TrimSuffix(r.Target.Host, ".")
	if err := leaf.VerifyHostname(host); err != nil {
		t.NameMismatch = r.words(strings.TrimPrefix(err.Error(), "x509: "))
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: r.roots, Intermediates: between, CurrentTime: at})
	var unknown x509.UnknownAuthorityError
	switch {
	case err == nil:
	case errors.As(err, &unknown) && leaf.CheckSignatureFrom(leaf) == nil, slices.Equal(leaf.RawIssuer, leaf.RawSubject):
		t.Untrusted = "self-signed"
	case errors.As(err, &unknown):
		t.Untrusted = "signed by an unknown authority"
	default:
		t.Untrusted = r.words(strings.TrimPrefix(err.Error(), "x509: "))
	}
}

// maxNames bounds the alternative names of one certificate that are told of.
const maxNames = 20

// maxWords bounds the length of a text that a certificate's maker chose, in
// bytes: a certificate may be as long as 256 KiB.
const maxWords = 512

// words makes a text of a certificate, or about one, fit to be told of.
func (r *run) words(text string) string {
	text = r.redact(text)
	if len(text) > maxWords {
		text = text[:maxWords] + " ..."
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

func (r *run) certificate(c *x509.Certificate) Certificate {
	sum := sha256.Sum256(c.Raw)
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	names = names[:min(len(names), maxNames)]
	for i, name := range names {
		names[i] = r.words(name)
	}
	return Certificate{
		Subject: r.words(c.Subject.String()), Issuer: r.words(c.Issuer.String()), Names: names,
		NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(),
		Key: keyName(c.PublicKey), SHA256: hex.EncodeToString(sum[:]),
	}
}

func keyName(key any) string {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", k.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + k.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "unknown"
}
