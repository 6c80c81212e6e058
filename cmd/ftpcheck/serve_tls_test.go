package main

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ftpcheck/probe"
	"ftpcheck/probe/ftpd"
	"ftpcheck/report"

	"github.com/jlaffaye/ftp"
)

// TestServeTLSPrintsWhatToType: the printed command says how TLS begins, and
// the printed fingerprint is that of the certificate that a client gets.
func TestServeTLSPrintsWhatToType(t *testing.T) {
	tests := []struct{ name, args, command string }{
		{"an account, nobody vouches", "--tls explicit", `ftpcheck --insecure ftpes://check-[a-z2-7]{6}@`},
		{"no password at stake", "--tls required --anonymous", `ftpcheck ftpes://`},
		{"implicit", "--tls implicit --anonymous", `ftpcheck ftps://`},
		{"own certificate", "--tls required-data --certificate CERT --key KEY", `FTPCHECK_PASSWORD=[A-Z2-7]{26} ftpcheck ftpes://check-[a-z2-7]{6}@`},
	}
	cert, key := certificateFiles(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := strings.NewReplacer("CERT", cert, "KEY", key).Replace(tt.args)
			s := startServe(t, strings.Fields(args)...)
			addr := s.out.await(t, tt.command+`(127\.0\.0\.1:\d+)\n`)
			sum := s.out.await(t, `sha256 +([0-9a-f]{64})\n`)
			config := &tls.Config{InsecureSkipVerify: true}
			begin := ftp.DialWithExplicitTLS(config)
			if strings.Contains(args, "implicit") {
				begin = ftp.DialWithTLS(config)
			}
			var seen string
			config.VerifyPeerCertificate = func(raw [][]byte, _ [][]*x509.Certificate) error {
				digest := sha256.Sum256(raw[0])
				seen = hex.EncodeToString(digest[:])
				return nil
			}
			c, err := ftp.Dial(addr, ftp.DialWithTimeout(10*time.Second), begin)
			if err != nil {
				t.Fatal(err)
			}
			c.Quit()
			if seen != sum {
				t.Errorf("printed fingerprint %s, the client got %s", sum, seen)
			}
		})
	}
}

// TestServeDemandsReuse: a client that does not resume gets no data.
func TestServeDemandsReuse(t *testing.T) {
	s := startServe(t, "--tls", "required", "--anonymous", "--require-session-reuse", "--tls-max", "1.2", "--passive", "40000-49999")
	addr := s.out.await(t, `ftpes://(127\.0\.0\.1:\d+)\n`)
	config := &tls.Config{InsecureSkipVerify: true}
	c, err := ftp.Dial(addr, ftp.DialWithTimeout(10*time.Second), ftp.DialWithExplicitTLS(config))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Quit()
	if err := c.Login("anonymous", "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.List(""); err == nil {
		t.Error("listed without resuming the session")
	}
	s.out.await(t, `secure +(data: TLS 1\.2, not resumed)\n`)
}

// certificateFiles writes a certificate and its key as PEM files.
func certificateFiles(t *testing.T) (cert, key string) {
	t.Helper()
	made, err := ftpd.SelfSigned("localhost")
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: made.Certificate[0]},
		key:  {Type: "PRIVATE KEY", Bytes: der},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestServeTLSUsage(t *testing.T) {
	cert, _ := certificateFiles(t)
	tests := []struct{ args, want string }{
		{"--tls auto", `error: --tls "auto" is none of off, explicit, required, required-data, implicit`},
		{"--certificate " + cert, "hint: add --tls explicit"},
		{"--require-session-reuse", "error: the other flags of TLS are given, but TLS is off"},
		{"--fault data-plain", "hint: add --tls explicit"},
		{"--tls explicit --key x", "error: --certificate and --key belong together"},
		{"--tls explicit --certificate x --key x", "error: cannot use the certificate and its key: open x:"},
		{"--tls explicit --certificate " + cert + " --key " + cert, "error: cannot use the certificate and its key: tls: "},
		{"--tls explicit --tls-min 3", "error: --tls-min and --tls-max are versions of TLS"},
		{"--tls explicit --tls-min 1.3 --tls-max 1.2", "error: --tls-max 1.2 is below --tls-min 1.3"},
	}
	for _, tt := range tests {
		var words strings.Builder
		s := streams{in: strings.NewReader(""), out: io.Discard, err: &words, network: probe.System{}, getenv: os.Getenv}
		args := append([]string{"serve", "--listen", "127.0.0.1:0"}, strings.Fields(tt.args)...)
		if code := run(t.Context(), args, s); code != report.ExitUsage {
			t.Errorf("%s: exit code %d, want %d", tt.args, code, report.ExitUsage)
		}
		if !strings.Contains(words.String(), tt.want) {
			t.Errorf("%s: got %q, want %q", tt.args, words.String(), tt.want)
		}
	}
}

// TestServeImplicitPort: without --listen it is 990, IANA's port of ftps.
func TestServeImplicitPort(t *testing.T) {
	f := serveFlags{format: "text", passive: "50000-50100", anonymous: true, sessions: 1, perAddress: 1, idle: time.Second}
	for mode, want := range map[string]uint16{"off": 21, "explicit": 21, "implicit": 990} {
		f.tls.mode = mode
		opt, err := f.options(t.Context(), &streams{network: probe.System{}})
		if err != nil || opt.Listen[0].Port() != want {
			t.Errorf("--tls %s: %v, %v, want port %d", mode, opt.Listen, err, want)
		}
	}
}
