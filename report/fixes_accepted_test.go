package report

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// tables are the settings of all needs, filled in.
var tables = [][]Example{
	announceAddress.all("203.0.113.10"), passiveRange.all(50000, 50100), passiveOn.all(), passiveAllowed.all(), activeOn.all(),
	quickGreeting.all(), sessionLimits.all(), foreignData.all(), sourcePort20.all(), accountRules.all(), logOn.all(),
	tlsOn.all(), certificateFile.all(), tlsVersions.all(), clientCertificate.all(), reuseOptional.all(), clearData.all(),
}

var (
	remark     = regexp.MustCompile(` {3,}\(.*$`)
	vsftpdLine = regexp.MustCompile(`^[a-z0-9_]+=\S*$`)
	prose      = regexp.MustCompile(`^(remove|take|put|list|update|look|TLS_FTPHandler|CertFile) `)
)

// linesFor are the configuration lines for a product, without remarks; what
// is no line is left out.
func linesFor(t *testing.T, product string, isLine func(string) bool) []string {
	t.Helper()
	var lines []string
	for _, table := range tables {
		for _, e := range table {
			if e.For != product {
				continue
			}
			for l := range strings.SplitSeq(e.Text, "\n") {
				if l = strings.TrimSpace(remark.ReplaceAllString(l, "")); isLine(l) {
					lines = append(lines, l)
				} else if !prose.MatchString(l) {
					t.Errorf("%s: %q is neither a line of its configuration nor words", product, l)
				}
			}
		}
	}
	if len(lines) == 0 {
		t.Fatalf("no line for %s", product)
	}
	return lines
}

// output runs a program for a moment and returns what it says.
func output(t *testing.T, env []string, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = out, out, out // vsftpd complains on its standard input
	err = cmd.Run()
	text, _ := os.ReadFile(out.Name())
	return string(text), err
}

// unpackedServer returns a server of the lab and the environment it needs.
func unpackedServer(t *testing.T, name string) (string, []string) {
	t.Helper()
	dir := os.Getenv("FTPCHECK_LAB_SERVERS")
	if dir == "" {
		dir = "/var/tmp/ftpcheck-lab"
	}
	libs, _ := filepath.Glob(filepath.Join(dir, "usr/lib/*-linux-gnu"))
	path := filepath.Join(dir, "usr/sbin", name)
	if _, err := os.Stat(path); err != nil {
		t.Skip(err)
	}
	return path, []string{"LD_LIBRARY_PATH=" + strings.Join(libs, ":")}
}

// vsftpd refuses to start with a key that it does not know. It is given an
// address that this machine does not have, so that it never serves.
func TestVsftpdAcceptsTheFixes(t *testing.T) {
	if _, err := exec.LookPath("vsftpd"); err != nil || os.Geteuid() != 0 {
		t.Skip("vsftpd is not installed, or this is not root")
	}
	files := certificateFiles(t)
	try := func(line string) string {
		path := filepath.Join(t.TempDir(), "vsftpd.conf")
		config := "listen=YES\nlisten_address=192.0.2.1\nbackground=NO\nrsa_cert_file=/path/cert.pem\n" + line + "\n"
		config = strings.ReplaceAll(config, "/path", files)
		if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		text, _ := output(t, nil, "vsftpd", path)
		return text
	}
	const never = "could not bind"
	if text := try("no_such_key=YES"); strings.Contains(text, never) {
		t.Fatalf("vsftpd takes any key: %s", text)
	}
	for _, l := range linesFor(t, "vsftpd", vsftpdLine.MatchString) {
		if text := try(l); !strings.Contains(text, never) {
			t.Errorf("%s: %s", l, text)
		}
	}
}

// certificateFiles is a folder with the files that settings name. Each holds
// the same key and certificate: proftpd -t reads them.
func certificateFiles(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})...)
	dir := t.TempDir()
	for _, name := range []string{"cert.pem", "chain.pem", "privkey.pem", "fullchain.pem"} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestProFTPDAcceptsTheFixes(t *testing.T) {
	path, env := unpackedServer(t, "proftpd")
	try := func(line string) (string, error) {
		config := filepath.Join(t.TempDir(), "proftpd.conf")
		modules := filepath.Join(filepath.Dir(filepath.Dir(path)), "lib/proftpd")
		text := "ModulePath " + modules + "\nLoadModule mod_tls.c\nLoadModule mod_ident.c\nUser nobody\nGroup nogroup\nUseIPv6 off\nDefaultAddress 127.0.0.1\n" + line + "\n"
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return output(t, env, path, "-t", "-c", config)
	}
	if text, err := try("NoSuchDirective on"); err == nil {
		t.Fatalf("proftpd takes any directive: %s", text)
	}
	files := certificateFiles(t)
	for _, l := range linesFor(t, "ProFTPD", func(l string) bool { return l[0] >= 'A' && l[0] <= 'Z' }) {
		if text, err := try(strings.ReplaceAll(l, "/path", files)); err != nil {
			t.Errorf("%s: %v\n%s", l, err, text)
		}
	}
}

// Pure-FTPd's settings are options; it names those that it does not know.
func TestPureFTPdAcceptsTheFixes(t *testing.T) {
	path, env := unpackedServer(t, "pure-ftpd")
	try := func(args ...string) string {
		text, _ := output(t, env, path, append(args, "--help")...)
		return text
	}
	const unknown = "invalid option"
	if text := try("-~"); !strings.Contains(text, unknown) {
		t.Fatalf("pure-ftpd takes any option: %s", text)
	}
	for _, l := range linesFor(t, "Pure-FTPd", func(l string) bool { return l[0] == '-' }) {
		if text := try(strings.Fields(l)...); strings.Contains(text, unknown) || !strings.Contains(text, "--passiveportrange") {
			t.Errorf("%s: %s", l, text)
		}
	}
}

func TestPyftpdlibAcceptsTheFixes(t *testing.T) {
	const python = "/usr/bin/python3"
	if text, err := output(t, nil, python, "-c", "import pyftpdlib"); err != nil {
		t.Skip("no pyftpdlib: ", text)
	}
	for _, l := range linesFor(t, "pyftpdlib", regexp.MustCompile(`^((handler|server)\.\w+ = |logging\.)`).MatchString) {
		name, _, _ := strings.Cut(l, " = ") // of an attribute that has to exist
		script := "import logging\nfrom pyftpdlib.handlers import TLS_FTPHandler as handler\nfrom pyftpdlib.servers import FTPServer as server\n" + name + "\n" + l
		if text, err := output(t, nil, python, "-c", script); err != nil {
			t.Errorf("%s: %s", l, text)
		}
	}
}

// firewallLines are the commands of one firewall, for ports and for one port.
func firewallLines(firewall string) []string {
	var lines []string
	for _, r := range []portRange{{50000, 50100}, {21, 21}} {
		for _, e := range slices.Concat(openRange(r), forwardRange(r, "192.168.1.10"), openOut(r, "203.0.113.10")) {
			if e.For == firewall {
				lines = append(lines, e.Text)
			}
		}
	}
	return lines
}

func TestNftAcceptsTheFixes(t *testing.T) {
	if _, err := exec.LookPath("nft"); err != nil || os.Geteuid() != 0 {
		t.Skip("nft is not installed, or this is not root")
	}
	const place = "table inet filter {\n chain input { type filter hook input priority 0; }\n chain forward { type filter hook forward priority 0; }\n}\n" +
		"table ip nat {\n chain prerouting { type nat hook prerouting priority -100; }\n}\n"
	try := func(line string) (string, error) {
		path := filepath.Join(t.TempDir(), "rules.nft")
		if err := os.WriteFile(path, []byte(place+line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return output(t, nil, "nft", "-c", "-f", path)
	}
	if text, err := try("add rule inet filter input tcp dport 50000:50100 accept"); err == nil {
		t.Fatalf("nft takes what it should refuse: %s", text)
	}
	for _, l := range firewallLines("nft") {
		if text, err := try(strings.TrimPrefix(l, "nft ")); err != nil {
			t.Errorf("%s: %s", l, text)
		}
	}
}

func TestIptablesAcceptsTheFixes(t *testing.T) {
	if _, err := exec.LookPath("iptables"); err != nil || os.Geteuid() != 0 {
		t.Skip("iptables is not installed, or this is not root")
	}
	for _, l := range firewallLines("iptables") {
		// In a network of its own: the rule is really made.
		args := append([]string{"-n"}, strings.Fields(l)...)
		if text, err := output(t, nil, "unshare", args...); err != nil {
			t.Errorf("%s: %s", l, text)
		}
	}
}
