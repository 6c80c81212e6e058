//go:build linux

package main

import (
	"errors"
	"slices"
)

// ftpcheck is the program itself at the other end.
func ftpcheck(s *labServer) ([]string, error) {
	v := s.scenario.Server
	args := []string{programPath(), "serve", "--listen", ":" + s.port, "--passive", s.low + "-" + s.high}
	args = append(args, v.Config["ftpcheck"]...) // one argument a line
	if v.Announce != "" {
		args = append(args, "--announce", v.Announce)
	}
	for _, fault := range v.Faults {
		args = append(args, "--fault", fault)
	}
	secure, err := s.ftpcheckTLS()
	if err != nil {
		return nil, err
	}
	if !s.account() {
		return slices.Concat(args, []string{"--anonymous"}, secure), nil
	}
	path, err := s.write("password", v.Password+"\n")
	return slices.Concat(args, []string{"--user", v.User, "--password-file", path}, secure), err
}

func (s *labServer) ftpcheckTLS() ([]string, error) {
	t := s.scenario.Server.TLS
	if t == nil {
		return nil, nil
	}
	if t.ClientCert {
		return nil, errors.New("it has no such TLS")
	}
	args := []string{"--tls", t.Mode, "--certificate", s.certificate(), "--key", s.key()}
	if t.Reuse {
		args = append(args, "--require-session-reuse")
	}
	if t.Min != "" {
		args = append(args, "--tls-min", t.Min)
	}
	if t.Max != "" {
		args = append(args, "--tls-max", t.Max)
	}
	return args, nil
}
