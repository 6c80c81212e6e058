package ftpd

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTLSJudges: real clients list, download and upload over encrypted data
// connections. lftp resumes sessions, curl need not.
func TestTLSJudges(t *testing.T) {
	explicit := &TLS{Mode: TLSRequiredData}
	reuse := &TLS{Mode: TLSRequiredData, Reuse: true}
	lftp := func(mode, settings string) judge {
		return lftpJudge(mode, "set ftp:ssl-allow yes; set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ssl:verify-certificate no; "+settings)
	}
	judges := []struct {
		judge
		tls *TLS
	}{
		{curlJudge("TLS EPSV", "--ssl-reqd", "-k"), explicit},
		{curlJudge("TLS PASV", "--ssl-reqd", "-k", "--disable-epsv", "--tls-max", "1.2"), explicit},
		{curlJudge("TLS with reuse", "--ssl-reqd", "-k"), reuse},
		{lftp("TLS PASV", "set ftp:passive-mode yes"), reuse},
		{lftp("TLS PORT", "set ftp:passive-mode no"), reuse},
	}
	upload := filepath.Join(t.TempDir(), "up.bin")
	if err := os.WriteFile(upload, bytes.Repeat([]byte{7}, uploadSize), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := Checksum("1MiB.bin")
	for _, j := range judges {
		t.Run(j.name, func(t *testing.T) {
			tool := need(t, j.tool)
			r := serve(t, Options{Passive: freeRange(t, 50), TLS: j.tls})
			var listed strings.Builder
			perform(t, &listed, tool, j.list(r))
			if !strings.Contains(listed.String(), largest) {
				t.Errorf("the listing was %q", listed.String())
			}
			h := sha256.New()
			perform(t, h, tool, j.get(r, "1MiB.bin"))
			if got := hex.EncodeToString(h.Sum(nil)); got != sum {
				t.Errorf("the download has checksum %s, want %s", got, sum)
			}
			perform(t, io.Discard, tool, j.put(r, upload))
			r.uploaded(t)
			resumed := func(line string) bool { return strings.HasSuffix(line, ", resumed") }
			if got := r.logged(WhatSecure); j.tls.Reuse && !slices.ContainsFunc(got, resumed) {
				t.Errorf("nothing was resumed: %q", got)
			}
		})
	}
}

// TestOpenSSL: its s_client begins TLS by AUTH TLS, or at once.
func TestOpenSSL(t *testing.T) {
	tool := need(t, "openssl")
	for mode, flags := range map[TLSMode][]string{TLSExplicit: {"-starttls", "ftp"}, TLSImplicit: nil} {
		t.Run(string(mode), func(t *testing.T) {
			r := serve(t, Options{TLS: &TLS{Mode: mode}})
			args := append([]string{"s_client", "-crlf", "-ign_eof", "-connect", r.addr.String()}, flags...)
			cmd := exec.CommandContext(t.Context(), tool, args...)
			cmd.Stdin = strings.NewReader("FEAT\nQUIT\n")
			cmd.WaitDelay = 20 * time.Second
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "TLSv1.3") || !strings.Contains(string(out), "221 Goodbye.") {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}
