package probe

import (
	"crypto/tls"
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"ftpcheck/probe/wire"
)

// Who ended a silent connection: an end of TLS is the server's own word, a bare
// end of TCP is anybody's.
func TestWhoEndsASilence(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	tests := []struct {
		name  string
		end   func(server *tls.Conn, raw net.Conn)
		want  Outcome
		alert string
	}{
		{"close_notify", func(s *tls.Conn, _ net.Conn) { s.Close() }, OutcomeAlert, "close_notify"},
		{"FIN alone", func(_ *tls.Conn, raw net.Conn) { raw.Close() }, OutcomeClosed, ""},
		{"RST", func(_ *tls.Conn, raw net.Conn) { raw.(*net.TCPConn).SetLinger(0); raw.Close() }, OutcomeReset, ""},
		{"alive", func(*tls.Conn, net.Conn) {}, OutcomeOK, ""},
	}
	for _, test := range tests {
		m, raw := realMover(t)
		server := tls.Server(raw, &tls.Config{Certificates: web.TLS.Certificates})
		shaken := make(chan error, 1)
		go func() { shaken <- server.Handshake() }()
		conn, ok := m.session.run.handshake(t.Context(), m.raw, &tls.Config{InsecureSkipVerify: true}, &Event{TLS: &TLS{}})
		if err := <-shaken; !ok || err != nil {
			t.Fatal("no handshake", err)
		}
		test.end(server, raw)
		s := &session{run: m.session.run, conn: conn, read: wire.NewReader(conn, wire.DefaultLimits)}
		if _, o, alert := s.hush(time.Now().Add(100 * time.Millisecond)); o != test.want || alert != test.alert {
			t.Errorf("%s: %s %q, want %s %q", test.name, o, alert, test.want, test.alert)
		}
	}
}
