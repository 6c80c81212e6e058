package probe

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"time"

	"ftpcheck/probe/wire"
)

// versions are tried one by one when a handshake failed, the newest first.
var versions = []uint16{tls.VersionTLS13, tls.VersionTLS12, tls.VersionTLS11, tls.VersionTLS10}

// trials asks for each version of TLS alone, with every cipher suite that we
// know, each on a control connection of its own.
func (c *crew) trials(ctx context.Context) {
	for _, v := range versions {
		if ctx.Err() != nil {
			return
		}
		c.trial(ctx, AsTrial, func(cfg *tls.Config, t *TLS) {
			t.Offer = tls.VersionName(v)
			cfg.MinVersion, cfg.MaxVersion = v, v
			for _, suite := range tls.InsecureCipherSuites() {
				cfg.CipherSuites = append(cfg.CipherSuites, suite.ID)
			}
		})
	}
}

// speaksAtOnce reports whether the port answers a handshake that is not asked
// for by AUTH TLS.
func (c *crew) speaksAtOnce(ctx context.Context) bool {
	end := c.run.begin(CheckSecure)
	defer end()
	return c.trial(ctx, AsImplicit, func(*tls.Config, *TLS) {})
}

// trial makes one handshake on a control connection of its own and tells what
// it showed. It waits no longer than for a connection.
func (c *crew) trial(ctx context.Context, as As, set func(*tls.Config, *TLS)) bool {
	r := c.run
	e := Event{Check: CheckSecure, As: as, Addr: r.peer}
	conn, _ := r.dial(ctx, e, r.Timeout, DialOptions{})
	if conn == nil {
		return false
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	conn.SetDeadline(time.Now().Add(min(r.ReplyTimeout, 2*r.Timeout)))
	if as == AsTrial && r.TLS != TLSImplicit && !asksForTLS(conn) {
		return false
	}
	e.TLS = &TLS{}
	cfg := r.tlsConfig(e.TLS, nil)
	set(cfg, e.TLS)
	secure, ok := r.handshake(ctx, conn, cfg, &e)
	if ok {
		defer secure.Close()
	}
	if ctx.Err() == nil {
		r.emit(e)
	}
	return ok
}

// asksForTLS brings a control connection of its own to where the handshake
// begins.
func asksForTLS(conn net.Conn) bool {
	replies := wire.NewReader(conn, wire.DefaultLimits)
	reply, err := replies.ReadReply(nil)
	for range maxEarly {
		if err != nil || reply.Code/100 != 1 {
			break
		}
		reply, err = replies.ReadReply(nil)
	}
	if err != nil || reply.Code/100 != 2 {
		return false
	}
	if _, err := io.WriteString(conn, "AUTH TLS\r\n"); err != nil {
		return false
	}
	reply, err = replies.ReadReply(nil)
	return err == nil && acceptsTLS(reply) && replies.Buffered() == 0
}
