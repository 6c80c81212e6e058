//go:build linux

package main

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// account reports whether the scenario's server has the account that the run
// logs in with.
func (s *labServer) account() bool {
	v := s.scenario.Server
	return v.Password != "" && !slices.Contains(v.Faults, "login-refused")
}

// vsftpdAccount has PAM let everybody in who is in /etc/passwd (see names).
func (s *labServer) vsftpdAccount() string {
	if !s.account() {
		return ""
	}
	return "local_enable=YES\npam_service_name=ftpcheck\nlocal_root=" + s.files + "\n"
}

func (s *labServer) proftpdAccount() (string, error) {
	if !s.account() {
		return "", nil
	}
	hash := exec.Command("openssl", "passwd", "-6", "-stdin")
	hash.Stdin = strings.NewReader(s.scenario.Server.Password + "\n")
	out, err := hash.Output()
	if err != nil {
		return "", err
	}
	path, err := s.write("accounts", fmt.Sprintf("%s:%s:2121:2121::%s:/bin/false\n", s.scenario.Server.User, strings.TrimSpace(string(out)), s.files))
	return "AuthUserFile " + path + "\n", err
}

func (s *labServer) pyftpdlibAccount() string {
	if !s.account() {
		return ""
	}
	return fmt.Sprintf("authorizer.add_user(%q, %q, %q, perm='elradfmw')\n", s.scenario.Server.User, s.scenario.Server.Password, s.files)
}
