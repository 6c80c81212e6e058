package ftpd

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jlaffaye/ftp"
)

const (
	largest    = "64MiB.bin"
	uploadSize = 300_000
)

// judge is a real client. Each of its commands writes to standard output what
// it receives.
type judge struct {
	name string
	tool string
	list func(r *running) []string // arguments
	get  func(r *running, file string) []string
	put  func(r *running, from string) []string
}

// curlJudge is curl with flags that choose the mode.
func curlJudge(mode string, flags ...string) judge {
	args := func(more ...string) []string {
		account := []string{"-sS", "--max-time", "30", "-u", testUser + ":" + testPassword}
		return append(append(account, flags...), more...)
	}
	return judge{
		name: "curl " + mode, tool: "curl",
		list: func(r *running) []string { return args(urlOf(r.addr, "")) },
		get:  func(r *running, file string) []string { return args(urlOf(r.addr, file)) },
		put:  func(r *running, from string) []string { return args("-T", from, urlOf(r.addr, "up.bin")) },
	}
}

// lftpJudge is lftp with settings that choose the mode.
func lftpJudge(mode, settings string) judge {
	args := func(r *running, do string) []string {
		script := fmt.Sprintf("set net:max-retries 1; set net:timeout 20; set ftp:ssl-allow no; %s; open -u ann,'%s' -p %d %v; %s",
			settings, testPassword, r.addr.Port(), r.addr.Addr(), do)
		return []string{"--norc", "-c", script}
	}
	return judge{
		name: "lftp " + mode, tool: "lftp",
		list: func(r *running) []string { return args(r, "ls") },
		get:  func(r *running, file string) []string { return args(r, "cat "+file) },
		put:  func(r *running, from string) []string { return args(r, "put "+from+" -o up.bin") },
	}
}

// pythonJudge is Python's ftplib, passive or active.
func pythonJudge(mode, passive string) judge {
	args := func(r *running, do string) []string {
		return []string{"-c", fmt.Sprintf(`
import ftplib, sys
f = ftplib.FTP(timeout=20)
f.connect("%v", %d)
f.login("%s", "%s")
f.set_pasv(%s)
%s
f.quit()`, r.addr.Addr(), r.addr.Port(), testUser, testPassword, passive, do)}
	}
	return judge{
		name: "ftplib " + mode, tool: "/usr/bin/python3",
		list: func(r *running) []string { return args(r, "f.dir()\nassert len(list(f.mlsd())) == 4") },
		get: func(r *running, file string) []string {
			return args(r, "f.retrbinary('RETR "+file+"', sys.stdout.buffer.write)")
		},
		put: func(r *running, from string) []string {
			return args(r, "f.storbinary('STOR up.bin', open('"+from+"', 'rb'))")
		},
	}
}

func TestJudges(t *testing.T) {
	judges := []judge{
		curlJudge("EPSV"),
		curlJudge("PASV", "--disable-epsv"),
		curlJudge("EPRT", "-P", "-"),
		curlJudge("PORT", "-P", "-", "--disable-eprt"),
		lftpJudge("EPSV", "set ftp:prefer-epsv yes"),
		lftpJudge("PASV", "set ftp:prefer-epsv no"),
		lftpJudge("PORT", "set ftp:passive-mode no"),
		pythonJudge("PASV", "True"),
		pythonJudge("PORT", "False"),
	}
	upload := filepath.Join(t.TempDir(), "up.bin")
	if err := os.WriteFile(upload, bytes.Repeat([]byte{7}, uploadSize), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := Checksum(largest)
	for _, j := range judges {
		t.Run(j.name, func(t *testing.T) {
			tool := need(t, j.tool)
			r := serve(t, Options{Passive: freeRange(t, 50)})
			var listed strings.Builder
			perform(t, &listed, tool, j.list(r))
			if !strings.Contains(listed.String(), "67108864") || !strings.Contains(listed.String(), largest) {
				t.Errorf("the listing was %q", listed.String())
			}
			h := sha256.New()
			perform(t, h, tool, j.get(r, largest))
			if got := hex.EncodeToString(h.Sum(nil)); got != sum {
				t.Errorf("%s has checksum %s, want %s", largest, got, sum)
			}
			perform(t, io.Discard, tool, j.put(r, upload))
			r.uploaded(t)
		})
	}
}

// need returns the path of a tool. Without it the test is skipped, unless the
// lab is required to be complete.
func need(t *testing.T, tool string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err == nil {
		return path
	}
	if os.Getenv("FTPCHECK_LAB") == "require" {
		t.Fatalf("%s is missing", tool)
	}
	t.Skipf("%s is missing", tool)
	return ""
}

func perform(t *testing.T, out io.Writer, tool string, args []string) {
	t.Helper()
	var words strings.Builder
	cmd := exec.CommandContext(t.Context(), tool, args...)
	cmd.Stdout, cmd.Stderr = out, &words
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "LC_ALL=C")
	if err := cmd.Run(); err != nil {
		t.Errorf("%s %q: %v: %s", tool, args, err, words.String())
	}
}

// uploaded fails unless the server has measured the upload in full.
func (r *running) uploaded(t *testing.T) {
	t.Helper()
	want := fmt.Sprintf("STOR %q: %d bytes", "up.bin", uploadSize)
	eventually(t, want, func() bool {
		return strings.Contains(strings.Join(r.logged(WhatTransfer), "\n"), want)
	})
}

// TestJlaffaye is the judge that is a library.
func TestJlaffaye(t *testing.T) {
	for _, epsv := range []bool{true, false} {
		t.Run(fmt.Sprintf("EPSV %v", epsv), func(t *testing.T) {
			r := serve(t, Options{})
			c, err := ftp.Dial(r.addr.String(), ftp.DialWithTimeout(20*time.Second), ftp.DialWithDisabledEPSV(!epsv))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Quit()
			if err := c.Login(testUser, testPassword); err != nil {
				t.Fatal(err)
			}
			entries, err := c.List("")
			if err != nil || len(entries) != len(files) {
				t.Fatalf("listed %v, %v", entries, err)
			}
			for i, e := range entries {
				if e.Name != files[i].Name || int64(e.Size) != files[i].Size || !e.Time.Equal(modified) {
					t.Errorf("listed %+v, want %+v", *e, files[i])
				}
			}
			for _, f := range files {
				data, err := c.Retr(f.Name)
				if err != nil {
					t.Fatal(err)
				}
				h := sha256.New()
				if _, err := io.Copy(h, data); err != nil {
					t.Error(err)
				}
				if err := data.Close(); err != nil {
					t.Error(err)
				}
				if got := hex.EncodeToString(h.Sum(nil)); got != Checksum(f.Name) {
					t.Errorf("%s has checksum %s", f.Name, got)
				}
			}
			if err := c.Stor("up.bin", bytes.NewReader(make([]byte, uploadSize))); err != nil {
				t.Error(err)
			}
			r.uploaded(t)
		})
	}
}
