package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"ftpcheck/probe"
	"ftpcheck/report"

	"golang.org/x/term"
)

// anonymousPassword is what FTP programs send as an anonymous user's mail
// address (RFC 1635).
const anonymousPassword = "ftpcheck@"

const passwordInURL = "a password in the URL can be read in the process list and the shell's history"

var (
	twoPasswords = usageError{"two passwords: one in TARGET and one in --password-file", ""}
	twoUsers     = usageError{"two users: one in TARGET and another in --user", ""}
)

// Bounds of files that hold secrets.
const (
	maxPassword = 4096
	maxNetrc    = 1 << 20
)

// credentials finds user and password for target: in the URL, the flags, the
// environment, the netrc file, at the terminal, or anonymous, in this order.
func credentials(ctx context.Context, s *streams, t parsedTarget, user, passwordFile string) (probe.Target, error) {
	target := t.Target
	if t.HasPassword {
		warn(s, passwordInURL, "use --password-file, FTPCHECK_PASSWORD or a netrc file")
		if passwordFile != "" {
			return target, twoPasswords
		}
	}
	if target.User != "" && user != "" && target.User != user {
		return target, twoUsers
	}
	if target.User == "" {
		target.User = user
	}
	if strings.ContainsAny(target.User, "\r\n\x00") {
		return target, usageError{"the user contains a line break or a zero byte", ""}
	}
	err := findPassword(ctx, s, &target, t.HasPassword, passwordFile)
	if err == nil && strings.ContainsAny(target.Password, "\r\n\x00") {
		err = usageError{"the password contains a line break or a zero byte", ""}
	}
	return target, err
}

// findPassword fills in the password, and the user where none was given.
func findPassword(ctx context.Context, s *streams, target *probe.Target, have bool, passwordFile string) error {
	var err error
	fromEnv := s.getenv("FTPCHECK_PASSWORD")
	switch {
	case have:
		return nil
	case passwordFile != "" && target.User == "":
		return usageError{"--password-file is given, but no user", "add --user NAME"}
	case passwordFile != "":
		target.Password, err = readPasswordFile(s, passwordFile)
		return err
	case target.User != "" && fromEnv != "":
		target.Password = fromEnv
		return nil
	}
	if entry, ok := netrcFor(s, target.Host, target.User); ok {
		target.User = entry.Login
		if entry.HasPassword {
			target.Password = entry.Password
			return nil
		}
	}
	switch {
	case target.User == "" && fromEnv != "":
		warn(s, "FTPCHECK_PASSWORD is set, but no user is given: logging in as anonymous", "add --user NAME")
		fallthrough
	case target.User == "":
		target.User, target.Password = "anonymous", anonymousPassword
		return nil
	case target.User == "anonymous" || target.User == "ftp":
		target.Password = anonymousPassword
		return nil
	case s.readPassword == nil:
		return usageError{"no password for user " + report.Escape(target.User),
			"use --password-file, FTPCHECK_PASSWORD or a netrc file"}
	}
	target.Password, err = s.readPassword(ctx, fmt.Sprintf("password for %s on %s: ", report.Escape(target.User), target.Host))
	return err
}

// readPasswordFile returns the first line of a file, or of standard input.
func readPasswordFile(s *streams, name string) (string, error) {
	in := s.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return "", usageError{"cannot read the password file: " + err.Error(), ""}
		}
		defer f.Close()
		warnIfReadable(s, f)
		in = f
	}
	line, err := bufio.NewReader(io.LimitReader(in, maxPassword+1)).ReadString('\n')
	switch {
	case errors.As(err, &interruption{}):
		return "", err
	case err != nil && err != io.EOF:
		return "", usageError{"cannot read the password: " + err.Error(), ""}
	case line == "":
		return "", usageError{"the password file is empty", "its first line is the password"}
	case len(line) > maxPassword:
		return "", usageError{fmt.Sprintf("the password is longer than %d bytes", maxPassword), ""}
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
}

// netrcFor returns the netrc entry for host and user (empty: any). A file
// that cannot be used is worth a warning, not the end of the run.
func netrcFor(s *streams, host, user string) (netrcEntry, bool) {
	name := s.getenv("NETRC")
	chosen := name != ""
	switch {
	case chosen:
	case s.home == "":
		return netrcEntry{}, false
	default:
		name = filepath.Join(s.home, ".netrc")
	}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) && !chosen {
		return netrcEntry{}, false
	}
	if err != nil {
		warn(s, "the netrc file is not used: "+err.Error(), "")
		return netrcEntry{}, false
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxNetrc+1))
	if err == nil && len(text) > maxNetrc {
		err = fmt.Errorf("it is larger than %d bytes", maxNetrc)
	}
	var entries []netrcEntry
	if err == nil {
		entries, err = parseNetrc(string(text))
	}
	if err != nil {
		warn(s, fmt.Sprintf("the netrc file %s is not used: %v", name, err), "")
		return netrcEntry{}, false
	}
	entry, ok := findNetrc(entries, host, user)
	if ok && entry.HasPassword {
		warnIfReadable(s, f)
	}
	return entry, ok
}

// warnIfReadable warns of a file with a password that others can read.
func warnIfReadable(s *streams, f *os.File) {
	info, err := f.Stat()
	if err != nil || runtime.GOOS == "windows" || !info.Mode().IsRegular() || info.Mode().Perm()&0o044 == 0 {
		return
	}
	warn(s, f.Name()+" holds a password and can be read by other users", "chmod 600 "+f.Name())
}

func warn(s *streams, msg, hint string) {
	fmt.Fprintf(s.err, "ftpcheck: warning: %s\n", report.Escape(msg))
	if hint != "" {
		fmt.Fprintf(s.err, "ftpcheck: hint: %s\n", report.Escape(hint))
	}
}

// promptPassword asks for a password on the terminal. When ctx is cancelled it
// gives up and switches the echo on again: term.ReadPassword leaves it off
// when a signal ends the program.
func promptPassword(ctx context.Context, prompt string) (string, error) {
	fd := int(os.Stdin.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", usageError{"cannot ask for the password: " + err.Error(), ""}
	}
	out := io.Writer(os.Stderr)
	if tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil { // also when standard error is a file
		defer tty.Close()
		out = tty
	}
	type answer struct {
		password []byte
		err      error
	}
	answers := make(chan answer, 1)
	fmt.Fprint(out, prompt)
	defer fmt.Fprintln(out)
	go func() {
		password, err := term.ReadPassword(fd)
		answers <- answer{password, err}
	}()
	select {
	case a := <-answers:
		if a.err != nil {
			return "", usageError{"no password was entered", ""}
		}
		return string(a.password), nil
	case <-ctx.Done():
		_ = term.Restore(fd, before)
		return "", context.Cause(ctx)
	}
}
